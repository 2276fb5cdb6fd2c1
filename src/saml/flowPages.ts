import { escapeHtml, page } from "./pages.js";

/** Pages on the way out. */

/** The session here has ended already; this page only leads on, with or without scripts. */
export function onwardPage(url: string, nonce: string): string {
  return page(
    "Signing out",
    `<h1>You are signed out here</h1>
    <p>You are being signed out at your organisation's identity provider, too.</p>
    <p><a href="${escapeHtml(url)}">Continue</a></p>
    <script nonce="${escapeHtml(nonce)}">location.replace(document.links[0].href)</script>`,
  );
}

export function partlySignedOutPage(): string {
  return page(
    "Signed out here",
    `<h1>You are signed out here</h1>
    <p>Your organisation's identity provider says that you may still be signed in elsewhere. Close your browser to be sure.</p>`,
  );
}

/** Only a reference number: which check failed is for the administrator. */
export function logoutFailedPage(reference: string, sentence: string): string {
  return page(
    "Sign-out failed",
    `<h1>You could not be signed out this way</h1>
    <p>${escapeHtml(sentence)}</p>
    <p>Nothing was changed. If you want to be signed out here, use the sign-out button of this service. Your administrator can
    find the reason by this reference:</p>
    <p><code>${escapeHtml(reference)}</code></p>`,
  );
}
