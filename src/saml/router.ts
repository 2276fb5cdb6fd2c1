import express, { Router, type NextFunction, type Request, type Response } from "express";
import passportPackage, { type Strategy } from "passport";
import type { Connection } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { logError, methodNotAllowed, toSeatkeeperError } from "../http/errors.js";
import { addressOf, countFailures, limitRate, refuseSpent } from "../http/rateLimit.js";
import { requestIdOf } from "../http/requestId.js";
import { noStore } from "../http/securityHeaders.js";
import { consumeAssertion } from "./assertionConsumer.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import { startSignIn } from "./login.js";
import { pageHeaders } from "./pageHeaders.js";
import { failedPage } from "./pages.js";
import { serviceProviderMetadata, type ServiceProvider } from "./serviceProvider.js";
import { createSamlStrategy } from "./strategy.js";
import { DEFAULT_NAME_ID_FORMATS } from "./subject.js";

/**
 * The routes of one connection. Login takes no SAML field at all and the consumer takes POST only, so none of
 * passport-saml's other doors can be reached (SAML.md section 5 a).
 *
 *   GET  /:connection/metadata   our side, for the identity provider
 *   GET  /:connection/login      to the identity provider, bound to this browser
 *   POST /:connection/acs        back from it: verify ─▶ one transaction ─▶ session ─▶ application
 */
export function createSamlRouter(deps: SamlDeps): Router {
  const router = Router();
  const strategy = createSamlStrategy({
    verifier: deps.verifier,
    now: () => deps.store.clock.now(),
  });
  const passport = new passportPackage.Passport();
  passport.use(strategy as unknown as Strategy);
  const form = express.urlencoded({
    extended: false,
    limit: deps.bodyBytesMax,
    parameterLimit: 20,
  });

  const { signIns, refusedResponses, publicRequests } = deps.rateLimits;

  router.use(pageHeaders(deps.baseUrl), noStore);
  router
    .route("/:connection/metadata")
    .get(limitRate(publicRequests, addressOf), async (request, response) => {
      const { connection, provider } = await findConnection(deps, request);
      const nameIdFormats = connection.saml?.nameIdFormats ?? DEFAULT_NAME_ID_FORMATS;
      response
        .type("application/samlmetadata+xml")
        .send(serviceProviderMetadata(provider, { nameIdFormats }));
    })
    .all(methodNotAllowed("GET"));
  router
    .route("/:connection/login")
    .get(limitRate(signIns, atConnection("begun")), async (request, response, next) => {
      await startSignIn(deps, passport, await samlRequest(deps, request), {
        request,
        response,
        next,
      });
    })
    .all(methodNotAllowed("GET"));
  router
    .route("/:connection/acs")
    .post(
      limitRate(signIns, atConnection("ended")),
      refuseSpent(refusedResponses, atConnection("refused")),
      form,
      async (request: Request, response: Response, next: NextFunction) => {
        await consumeAssertion(deps, passport, await samlRequest(deps, request), {
          request,
          response,
          next,
        });
      },
      countFailures(refusedResponses, atConnection("refused"), isHostile),
    )
    .all(methodNotAllowed("POST"));
  router.use((thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
    renderFailure(deps, thrown, response);
  });
  return router;
}

/** One connection's flood is not another's, and one address's not everybody's. */
function atConnection(what: string): (request: Request) => string {
  return (request) => `${what} ${String(request.params["connection"])} ${addressOf(request)}`;
}

/** What no genuine provider sends. Whom it sends but we do not know, or know as deactivated, is no attack. */
function isHostile(error: unknown): boolean {
  const { code, status } = toSeatkeeperError(asTooLarge(error));
  return code === "SignInFailed" || status === 400 || status === 413;
}

export function serviceProviderOf(
  { baseUrl, keys }: Pick<SamlDeps, "baseUrl" | "keys">,
  connectionId: string,
): ServiceProvider {
  return {
    entityId: `${baseUrl}/saml/${connectionId}/metadata`,
    acsUrl: `${baseUrl}/saml/${connectionId}/acs`,
    privateKey: keys.serviceProvider.privateKey,
    certificates: [keys.serviceProvider.certificate],
  };
}

/** Metadata is there before the identity provider's side is: each side needs the other's first. */
async function findConnection(
  deps: SamlDeps,
  request: Request,
): Promise<{ connection: Connection; provider: ServiceProvider }> {
  const id = String(request.params["connection"] ?? "");
  const connection = await deps.store.administration.findConnection(id);
  if (connection === null || !connection.enabled) throw new SeatkeeperError("NotFound");
  return { connection, provider: serviceProviderOf(deps, connection.id) };
}

async function samlRequest(deps: SamlDeps, request: Request): Promise<SamlRequest> {
  const { connection, provider } = await findConnection(deps, request);
  const { saml } = connection;
  if (saml === null) throw new SeatkeeperError("NotFound", { detail: "no SAML settings" });
  return { connection: { ...connection, saml }, provider };
}

/** The browser gets a sentence and a reference; which check failed is in the log under that reference. */
export function renderFailure(
  deps: Pick<SamlDeps, "logger">,
  thrown: unknown,
  response: Response,
): void {
  const error = toSeatkeeperError(asTooLarge(thrown));
  logError(deps.logger, error, response);
  if (response.headersSent) return;
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader("Retry-After", String(error.retryAfterSeconds));
  }
  response
    .status(error.status)
    .type("html")
    .send(failedPage(requestIdOf(response), error.message));
}

function asTooLarge(thrown: unknown): unknown {
  const type =
    typeof thrown === "object" && thrown !== null && "type" in thrown ? thrown.type : null;
  return type === "entity.too.large"
    ? new SeatkeeperError("PayloadTooLarge", { cause: thrown })
    : thrown;
}
