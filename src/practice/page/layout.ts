import { markup } from "../markup.js";
import type { Markup } from "../markup.js";

export interface Document {
  readonly title: string;
  readonly body: Markup;
  /** A file of public/, loaded after the page; the page works without it. */
  readonly script?: "page.js" | "post.js";
  readonly wide?: boolean;
}

/** Every page says so, loudly: nobody should mistake this for a real identity provider. */
const BANNER = markup`<section class="banner" aria-label="Practice mode"><strong>Practice mode: not for production.</strong> Everybody here is invented, nobody is asked for a password, and the page answers this computer only.</section>`;

export function documentOf(page: Document): string {
  const script =
    page.script === undefined ? [] : [markup`<script src="/public/${page.script}" defer></script>`];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · Practice</title>
<link rel="icon" href="/public/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/public/page.css">
${script}
</head>
<body>
${BANNER}
<div class="${page.wide === true ? "shell shell-wide" : "shell"}">
${page.body}
</div>
</body>
</html>
`.text;
}

/** A page with one message, for everything that did not go well. */
export function messagePage(title: string, sentence: string): string {
  const body = markup`<main class="card narrow">
<h1>${title}</h1>
<p>${sentence}</p>
<p><a class="button" href="/">Back to the people of Acorn</a></p>
</main>`;
  return documentOf({ title, body });
}
