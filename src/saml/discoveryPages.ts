import { escapeHtml, escaping, page } from "./pages.js";
import type { PageWords } from "./words.js";

/** The pages on the way to an organisation's sign-in. */

export interface FindOptions {
  readonly action: string;
  readonly returnTo: string | null;
  /** As it was written. */
  readonly email?: string;
  readonly problem?: string;
}

export function findPage(
  { action, returnTo, email = "", problem }: FindOptions,
  words: PageWords,
): string {
  const { text } = escaping(words);
  const hasProblem = problem !== undefined;
  const told = hasProblem
    ? `<p id="problem" class="error" role="alert"><strong>${text("find.error")}</strong> ${escapeHtml(problem)}</p>`
    : "";
  const described = hasProblem ? "problem hint" : "hint";
  const invalid = hasProblem ? ' aria-invalid="true"' : "";
  const next =
    returnTo === null
      ? ""
      : `<input type="hidden" name="returnTo" value="${escapeHtml(returnTo)}">`;
  return page(
    words,
    hasProblem ? `${words.say("find.error")} ${words.say("find.title")}` : words.say("find.title"),
    `<h1>${text("find.heading")}</h1>
    ${told}
    <form method="post" action="${escapeHtml(action)}">${next}
      <p><label for="email">${text("find.email")}</label>
      <input id="email" name="email" type="email" autocomplete="email" required maxlength="320" value="${escapeHtml(email)}" aria-describedby="${described}"${invalid}></p>
      <p id="hint">${text("find.hint")}</p>
      <button>${text("find.continue")}</button>
    </form>`,
  );
}

export interface Way {
  readonly name: string;
  readonly url: string;
}

export function choosePage(domain: string, ways: readonly Way[], words: PageWords): string {
  const { text } = escaping(words);
  const items = ways.map(
    ({ name, url }) =>
      `<li><a class="button" href="${escapeHtml(url)}">${text("choose.option", { name })}</a></li>`,
  );
  return page(
    words,
    words.say("choose.title"),
    `<h1>${text("choose.heading")}</h1><p>${text("choose.about", { domain })}</p><ul>${items.join("")}</ul>`,
  );
}

/**
 * Goes on by itself, without a script. A redirect would not do: browsers hold the redirects that follow a form to the
 * addresses that `form-action` allows, and the identity provider's is not among them.
 */
export function goOnPage(url: string, words: PageWords): string {
  const { text } = escaping(words);
  const address = escapeHtml(url);
  return page(
    words,
    words.say("goOn.title"),
    `<h1>${text("goOn.heading")}</h1><p><a class="button" href="${address}">${text("goOn.link")}</a></p>`,
    `<meta http-equiv="refresh" content="0;url=${address}">`,
  );
}
