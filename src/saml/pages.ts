import { ENGLISH_WORDS, type PageWords } from "./words.js";

/**
 * The pages that a person sees on the way. Plain HTML, readable without a style sheet or a script, in the language that the
 * browser asks for; every text and every value is escaped where it is put in.
 */
const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto 2rem; padding: 0 1.25rem; overflow-wrap: anywhere; }
  h1 { font-size: 1.5rem; line-height: 1.25; }
  h2 { font-size: 1.125rem; }
  button, .button { display: inline-block; font: inherit; padding: .55rem 1.1rem; border-radius: .4rem; border: 1px solid; cursor: pointer; }
  input { font: inherit; padding: .5rem; border: 1px solid; border-radius: .4rem; width: 100%; box-sizing: border-box; }
  label { font-weight: 600; display: block; }
  a { color: inherit; }
  :focus-visible { outline: 3px solid; outline-offset: 2px; }
  ul { list-style: none; padding: 0; } li { margin: .75rem 0; }
  dt { font-weight: 600; margin-top: .75rem; } dd { margin: 0; }
  .brand { font-weight: 600; } .error { border-inline-start: .25rem solid; padding-inline-start: .75rem; }
  code { font-size: .95em; }
`;

/** The style is inline, so its hash goes into the Content-Security-Policy; nothing else may load. */
export const PAGE_STYLE = STYLE;

/** Only a reference number: which check failed is for the administrator, not for who is at the door. */
export function failedPage(reference: string, sentence: string, words = ENGLISH_WORDS): string {
  const { text } = escaping(words);
  return page(
    words,
    words.say("failed.title"),
    `<h1>${text("failed.heading")}</h1>
    <p>${escapeHtml(sentence)}</p>
    <p>${text("failed.again")} ${text("failed.reference")}</p>
    <p><code>${escapeHtml(reference)}</code></p>`,
  );
}

/** What there is to say about one product. */
export interface SeatLine {
  readonly product: string;
  readonly sentences: readonly string[];
}

export interface SignedIn {
  readonly name: string;
  readonly hasSeat: boolean;
  readonly lines: readonly SeatLine[];
  readonly signOutAction: string;
  /** Where to sign in once more; null: that would change nothing. */
  readonly againUrl: string | null;
}

export function signedInPage(
  { name, hasSeat, lines, signOutAction, againUrl }: SignedIn,
  words = ENGLISH_WORDS,
): string {
  const { text } = escaping(words);
  const about = hasSeat ? "signedIn" : "noSeat";
  const list = lines.map(({ product, sentences }) => {
    const said = sentences.map((sentence) => `<dd>${escapeHtml(sentence)}</dd>`).join("");
    return `<dt>${escapeHtml(product)}</dt>${said}`;
  });
  const seats =
    list.length === 0
      ? `<p>${text("noSeat.noClaim")}</p>`
      : `<h2>${text("signedIn.products")}</h2><dl>${list.join("")}</dl>`;
  const again =
    againUrl === null
      ? ""
      : `<p><a class="button" href="${escapeHtml(againUrl)}">${text("noSeat.again")}</a></p>`;
  return page(
    words,
    words.say(`${about}.title`),
    `<h1>${text(`${about}.heading`, { name })}</h1>
    ${seats}
    ${again}
    <form method="post" action="${escapeHtml(signOutAction)}"><button>${text("signedIn.signOut")}</button></form>`,
  );
}

export function signedOutPage(words = ENGLISH_WORDS): string {
  const { text } = escaping(words);
  return page(
    words,
    words.say("signedOut.title"),
    `<h1>${text("signedOut.heading")}</h1><p>${text("signedOut.close")}</p>`,
  );
}

/** @param signInUrl where one says who one is; null: nowhere here */
export function notSignedInPage(words = ENGLISH_WORDS, signInUrl: string | null = null): string {
  const { text } = escaping(words);
  const link =
    signInUrl === null
      ? ""
      : `<p><a class="button" href="${escapeHtml(signInUrl)}">${text("notSignedIn.signIn")}</a></p>`;
  return page(
    words,
    words.say("notSignedIn.title"),
    `<h1>${text("notSignedIn.heading")}</h1><p>${text("notSignedIn.how")}</p>${link}`,
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
  words = ENGLISH_WORDS,
): string {
  const { text } = escaping(words);
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return page(
    words,
    words.say("handOver.title"),
    `<h1>${text("handOver.heading")}</h1>
    <form method="post" action="${escapeHtml(action)}">${inputs.join("")}<button>${text("handOver.continue")}</button></form>
    <script nonce="${escapeHtml(nonce)}">document.forms[0].submit()</script>`,
  );
}

/** `text`: a text of the page, ready to be put into HTML. */
export function escaping(words: PageWords): {
  text: (...said: Parameters<PageWords["say"]>) => string;
} {
  return { text: (...said) => escapeHtml(words.say(...said)) };
}

/** @param head more for the head of the document, in HTML */
export function page(words: PageWords, title: string, body: string, head = ""): string {
  const { language, productName } = words;
  const name = productName === null ? "" : ` - ${escapeHtml(productName)}`;
  const brand =
    productName === null ? "" : `<header><p class="brand">${escapeHtml(productName)}</p></header>`;
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}${name}</title>${head}
    <style>${STYLE}</style>
  </head>
  <body>${brand}<main>${body}</main></body>
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
