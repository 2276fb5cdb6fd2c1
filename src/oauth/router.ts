import { Router, type RequestHandler } from "express";
import { issueAccess } from "../actions/issueAccess.js";
import { SeatkeeperError } from "../errors.js";
import { formBody } from "../http/body.js";
import { methodNotAllowed, notFound } from "../http/errors.js";
import { addressOf, limitRate } from "../http/rateLimit.js";
import { noStore } from "../http/securityHeaders.js";
import { authenticate } from "./authenticate.js";
import { checkRequest, readCredentials } from "./credentials.js";
import type { OAuthDeps } from "./deps.js";
import { ISSUER_PATH, metadataOf, SCOPE } from "./metadata.js";
import { renderOAuthErrors } from "./respond.js";
import { notBefore } from "./steady.js";

const WELL_KNOWN = "/.well-known/oauth-authorization-server";
const LIKE_AN_ID = /^[\w-]{1,64}$/;
const BODY_BYTES_MAX = 65_536;

/**
 * The authorisation server of every connection, to be mounted at the base address: a token endpoint and its
 * description (RFC 8414 §3.1; also below the issuer, for a base address with a path).
 */
export function createOAuthRouter(deps: OAuthDeps): Router {
  const router = Router();
  const describe: RequestHandler = ({ params }, response) => {
    const id = String(params["connection"]);
    if (!LIKE_AN_ID.test(id)) throw new SeatkeeperError("NotFound");
    response.json(metadataOf(deps.baseUrl, id));
  };
  for (const path of [
    `${WELL_KNOWN}${ISSUER_PATH}/:connection`,
    `${ISSUER_PATH}/:connection${WELL_KNOWN}`,
  ]) {
    router
      .route(path)
      .get(limitRate(deps.rateLimits.publicRequests, addressOf), describe)
      .all(methodNotAllowed("GET"));
  }
  router.use(ISSUER_PATH, endpoint(deps));
  return router;
}

/** What happens to a request, in this order: how often ─▶ form ─▶ who is it ─▶ token. */
function endpoint(deps: OAuthDeps): Router {
  const router = Router();
  router
    .route("/:connection/token")
    .post(
      noStore,
      limitRate(deps.rateLimits.tokenRequests, addressOf),
      formBody({ bytesMax: BODY_BYTES_MAX }),
      giveToken(deps),
    )
    .all(methodNotAllowed("POST"));
  router.use(notFound, renderOAuthErrors(deps.logger));
  return router;
}

function giveToken(deps: OAuthDeps): RequestHandler {
  return async (request, response) => {
    const form = request.body as URLSearchParams;
    checkRequest(request, form);
    const credentials = readCredentials(request, form);
    const refusedAt = notBefore();
    const verdict = await authenticate(deps, String(request.params["connection"]), credentials);
    if ("refused" in verdict) {
      await refusedAt;
      const retryAfterSeconds = await deps.rateLimits.refusals.take(addressOf(request));
      throw retryAfterSeconds === null
        ? new SeatkeeperError("Unauthorized", { detail: verdict.refused })
        : new SeatkeeperError("TooManyRequests", { retryAfterSeconds });
    }
    const token = await issueAccess(deps, verdict.grantee, deps.tokenSeconds);
    response.setHeader("Pragma", "no-cache");
    response.json({
      access_token: token,
      token_type: "Bearer",
      expires_in: deps.tokenSeconds,
      scope: SCOPE,
    });
  };
}
