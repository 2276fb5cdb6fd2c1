import { Router } from "express";
import { noStore } from "../http/securityHeaders.js";
import { DISCOVERY_PATH } from "./discovery.js";
import { pageHeaders } from "./pageHeaders.js";
import { escapeHtml, escaping, page } from "./pages.js";
import { type PageWords, wordsOf } from "./words.js";

/** The base address, to which people come who cut off the end of another one. */
export interface StartDeps {
  readonly baseUrl: string;
  /** Where somebody sees whether they are signed in. */
  readonly landingPath: string;
}

/** Only for browsers: everybody else is answered that there is nothing, as before. */
export function createStartRouter({ baseUrl, landingPath }: StartDeps): Router {
  const router = Router();
  // Then the base address says it by itself.
  if (landingPath === "/") return router;
  const links = { signIn: `${baseUrl}${DISCOVERY_PATH}`, session: `${baseUrl}${landingPath}` };
  const headers = pageHeaders(baseUrl);
  router.get("/", (request, response, next) => {
    response.vary("Accept");
    // Who would take anything is no browser.
    if (request.accepts(["json", "html"]) !== "html") {
      next();
      return;
    }
    headers(request, response, () => {
      noStore(request, response, () => {
        response.type("html").send(startPage(links, wordsOf(response)));
      });
    });
  });
  return router;
}

interface Links {
  readonly signIn: string;
  readonly session: string;
}

function startPage({ signIn, session }: Links, words: PageWords): string {
  const { text } = escaping(words);
  return page(
    words,
    words.say("start.title"),
    `<h1>${text("start.heading")}</h1>
    <p>${text("start.about")}</p>
    <p><a class="button" href="${escapeHtml(signIn)}">${text("start.signIn")}</a></p>
    <p><a href="${escapeHtml(session)}">${text("start.session")}</a></p>
    <p>${text("start.documentation")}</p>`,
  );
}
