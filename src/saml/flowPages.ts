import { escapeHtml, escaping, page } from "./pages.js";
import { ENGLISH_WORDS } from "./words.js";

/** Pages on the way out. */

/** The session here has ended already; this page only leads on, with or without scripts. */
export function onwardPage(url: string, nonce: string, words = ENGLISH_WORDS): string {
  const { text } = escaping(words);
  return page(
    words,
    words.say("signingOut.title"),
    `<h1>${text("signingOut.heading")}</h1>
    <p>${text("signingOut.onward")}</p>
    <p><a href="${escapeHtml(url)}">${text("signingOut.continue")}</a></p>
    <script nonce="${escapeHtml(nonce)}">location.replace(document.links[0].href)</script>`,
  );
}

export function partlySignedOutPage(words = ENGLISH_WORDS): string {
  const { text } = escaping(words);
  return page(
    words,
    words.say("partlySignedOut.title"),
    `<h1>${text("partlySignedOut.heading")}</h1>
    <p>${text("partlySignedOut.elsewhere")}</p>`,
  );
}

/** Only a reference number: which check failed is for the administrator. */
export function logoutFailedPage(
  reference: string,
  sentence: string,
  words = ENGLISH_WORDS,
): string {
  const { text } = escaping(words);
  return page(
    words,
    words.say("logoutFailed.title"),
    `<h1>${text("logoutFailed.heading")}</h1>
    <p>${escapeHtml(sentence)}</p>
    <p>${text("logoutFailed.instead")}</p>
    <p><code>${escapeHtml(reference)}</code></p>`,
  );
}
