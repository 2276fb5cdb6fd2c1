import express, { Router, type NextFunction, type Request, type Response } from "express";
import { doorsOf } from "../actions/domains.js";
import type { Connection } from "../domain/directory.js";
import { domainOfAddress } from "../domain/signIn/mailDomain.js";
import { SeatkeeperError } from "../errors.js";
import { methodNotAllowed } from "../http/errors.js";
import { addressOf, type RateLimits } from "../http/rateLimit.js";
import { noStore } from "../http/securityHeaders.js";
import { within } from "../http/within.js";
import type { Logger, Store } from "../ports.js";
import { choosePage, findPage, goOnPage } from "./discoveryPages.js";
import { returnPath } from "./login.js";
import { pageHeaders } from "./pageHeaders.js";
import { renderFailure } from "./router.js";
import { wordsOf } from "./words.js";

/**
 * From an e-mail address to the sign-in of its organisation (docs/adr/0032). What is answered depends on the domain alone: nothing
 * here asks whether there is such a person.
 */
export interface DiscoveryDeps {
  readonly store: Pick<Store, "domains" | "administration">;
  readonly baseUrl: string;
  readonly rateLimits: Pick<RateLimits, "refusals">;
  readonly logger: Logger;
}

export const DISCOVERY_PATH = "/saml/sign-in";
const BODY_BYTES_MAX = 4_096;

export function createDiscoveryRouter(deps: DiscoveryDeps): Router {
  const router = Router();
  const headers = pageHeaders(deps.baseUrl);
  const limit = BODY_BYTES_MAX;
  const form = within(limit, express.urlencoded({ extended: false, limit, parameterLimit: 10 }));
  const action = `${deps.baseUrl}${DISCOVERY_PATH}`;
  router
    .route(DISCOVERY_PATH)
    .get(headers, noStore, (request, response) => {
      const returnTo = returnPath(request.query["returnTo"]);
      response.type("html").send(findPage({ action, returnTo }, wordsOf(response)));
    })
    .post(headers, noStore, form, (request, response) => find(deps, action, request, response))
    .all(methodNotAllowed("GET", "POST"));
  router.use(
    DISCOVERY_PATH,
    (thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
      renderFailure(deps, thrown, response);
    },
  );
  return router;
}

async function find(
  deps: DiscoveryDeps,
  action: string,
  request: Request,
  response: Response,
): Promise<void> {
  const words = wordsOf(response);
  const { email, returnTo: wanted } = (request.body ?? {}) as Record<string, unknown>;
  const returnTo = returnPath(wanted);
  const address = typeof email === "string" ? email : "";
  const domain = domainOfAddress(address);
  const asked = { action, returnTo, email: address };
  if (domain === null) {
    const problem = words.say("find.malformed");
    response
      .status(400)
      .type("html")
      .send(findPage({ ...asked, problem }, words));
    return;
  }
  const doors = await doorsOf(deps, domain);
  const [only, ...others] = doors.map((door) => ({
    name: door.name,
    url: loginUrl(deps.baseUrl, door, returnTo),
  }));
  if (only === undefined) {
    await countUnknown(deps, request);
    const problem = words.say("find.unknown", { domain });
    response.type("html").send(findPage({ ...asked, problem }, words));
  } else if (others.length > 0) {
    response.type("html").send(choosePage(domain, [only, ...others], words));
  } else {
    response.type("html").send(goOnPage(only.url, words));
  }
}

/** Who tries one domain after the other is stopped like whoever tries one token after the other. */
async function countUnknown({ rateLimits }: DiscoveryDeps, request: Request): Promise<void> {
  const retryAfterSeconds = await rateLimits.refusals.take(addressOf(request));
  if (retryAfterSeconds !== null) {
    throw new SeatkeeperError("TooManyRequests", { retryAfterSeconds });
  }
}

function loginUrl(baseUrl: string, { id }: Connection, returnTo: string | null): string {
  const query = returnTo === null ? "" : `?${new URLSearchParams({ returnTo }).toString()}`;
  return `${baseUrl}/saml/${id}/login${query}`;
}
