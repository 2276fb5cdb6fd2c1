/**
 * The few pages that a person sees on the way. Plain HTML, readable without a style sheet or a script; every value is
 * escaped where it is put in.
 */
const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem; }
  h1 { font-size: 1.5rem; line-height: 1.25; }
  button { font: inherit; padding: .55rem 1.1rem; border-radius: .4rem; border: 1px solid; cursor: pointer; }
  dt { font-weight: 600; margin-top: .75rem; } dd { margin: 0; }
  code { font-size: .95em; overflow-wrap: anywhere; }
`;

/** The style is inline, so its hash goes into the Content-Security-Policy; nothing else may load. */
export const PAGE_STYLE = STYLE;

/** Only a reference number: which check failed is for the administrator, not for who is at the door. */
export function failedPage(reference: string, sentence: string): string {
  return page(
    "Sign-in failed",
    `<h1>You could not be signed in</h1>
    <p>${escapeHtml(sentence)}</p>
    <p>Please try again from the start. If it fails again, give your administrator this reference:</p>
    <p><code>${escapeHtml(reference)}</code></p>`,
  );
}

export interface SeatLine {
  readonly product: string;
  readonly text: string;
}

export function signedInPage(
  name: string,
  seats: readonly SeatLine[],
  signOutAction: string,
): string {
  const lines = seats.map(
    ({ product, text }) => `<dt>${escapeHtml(product)}</dt><dd>${escapeHtml(text)}</dd>`,
  );
  return page(
    "Signed in",
    `<h1>Hello ${escapeHtml(name)}, you are signed in</h1>
    <dl>${lines.join("")}</dl>
    <form method="post" action="${escapeHtml(signOutAction)}"><button>Sign out</button></form>`,
  );
}

export function signedOutPage(): string {
  return page("Signed out", `<h1>You are signed out</h1><p>You can close this window.</p>`);
}

export function notSignedInPage(): string {
  return page(
    "Not signed in",
    `<h1>You are not signed in</h1><p>Open the application from your organisation's sign-in page.</p>`,
  );
}

/**
 * Carries the token to the application by a form: it stays out of addresses, logs and histories. The script presses the
 * button; without scripts the person does.
 */
export function handOverPage(
  action: string,
  fields: Readonly<Record<string, string>>,
  nonce: string,
): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return page(
    "Signing in",
    `<h1>Signing you in</h1>
    <form method="post" action="${escapeHtml(action)}">${inputs.join("")}<button>Continue</button></form>
    <script nonce="${escapeHtml(nonce)}">document.forms[0].submit()</script>`,
  );
}

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <style>${STYLE}</style>
  </head>
  <body><main>${body}</main></body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
