import express, { Router, type NextFunction, type Request, type Response } from "express";
import passportPackage, { type Strategy } from "passport";
import type { Connection, SamlSettings } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import { logError, methodNotAllowed, toSeatkeeperError } from "../http/errors.js";
import { addressOf, countFailures, limitRate, refuseSpent } from "../http/rateLimit.js";
import { requestIdOf } from "../http/requestId.js";
import { noStore } from "../http/securityHeaders.js";
import { within } from "../http/within.js";
import { consumeAssertion } from "./assertionConsumer.js";
import { recorded } from "./attempts.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import { refuseSamlFields, startSignIn, type Exchange, type Passport } from "./login.js";
import { addLogoutRoutes } from "./logoutRoutes.js";
import { pageHeaders } from "./pageHeaders.js";
import { failedPage } from "./pages.js";
import {
  serviceProviderMetadata,
  type MetadataOptions,
  type ServiceProvider,
} from "./serviceProvider.js";
import { beginSignInTest, finishSignInTest } from "./signInTest.js";
import { createSamlStrategy } from "./strategy.js";
import { DEFAULT_NAME_ID_FORMATS } from "./subject.js";
import { sentenceFor, wordsOf } from "./words.js";

/**
 * The routes of one connection. Login takes no SAML field at all and the consumer takes POST only, so none of
 * passport-saml's other doors can be reached.
 *
 *   GET  /:connection/metadata   our side, for the identity provider
 *   GET  /:connection/login      to the identity provider, bound to this browser
 *   POST /:connection/acs        back from it: verify ─▶ one transaction ─▶ session ─▶ application
 *   GET  /:connection/test/:secret   a practice sign-in (signInTest.ts)
 *   *    /:connection/slo        logout messages, where the connection takes them (logoutRoutes.ts)
 */
export function createSamlRouter(deps: SamlDeps): Router {
  const router = Router();
  const strategy = createSamlStrategy({
    verifier: deps.verifier,
    now: () => deps.store.clock.now(),
  });
  const passport = new passportPackage.Passport();
  passport.use(strategy as unknown as Strategy);
  const limit = deps.bodyBytesMax;
  const form = within(limit, express.urlencoded({ extended: false, limit, parameterLimit: 20 }));
  const { signIns, refusedResponses, publicRequests } = deps.rateLimits;

  router.use(pageHeaders(deps.baseUrl), noStore);
  router
    .route("/:connection/metadata")
    .get(limitRate(publicRequests, addressOf), async (request, response) => {
      const { connection, provider } = await findConnection(deps, request);
      response
        .type("application/samlmetadata+xml")
        .send(serviceProviderMetadata(provider, metadataOptions(connection.saml, provider)));
    })
    .all(methodNotAllowed("GET"));
  router
    .route("/:connection/login")
    .get(limitRate(signIns, atConnection("begun")), async (request, response, next) => {
      const asked = await samlRequest(deps, request);
      await startSignIn(deps, passport, asked, { request, response, next });
    })
    .all(methodNotAllowed("GET"));
  router
    .route("/:connection/acs")
    .get((request, _response, next) => {
      refuseSamlFields(request);
      next();
    })
    .post(
      limitRate(signIns, atConnection("ended")),
      refuseSpent(refusedResponses, atConnection("refused")),
      form,
      async (request: Request, response: Response, next: NextFunction) => {
        await answer(deps, passport, { request, response, next });
      },
      countFailures(refusedResponses, atConnection("refused"), isHostile),
    )
    .all(methodNotAllowed("POST"));
  router
    .route("/:connection/test/:secret")
    .get(async (request, response, next) => {
      const asked = await samlRequest(deps, request);
      await beginSignInTest(deps, passport, asked, { request, response, next });
    })
    .all(methodNotAllowed("GET"));
  router.use("/:connection/slo", limitRate(signIns, atConnection("loggedOut")));
  addLogoutRoutes(router, { deps, form, find: (request) => samlRequest(deps, request) });
  router.use((thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
    renderFailure(deps, thrown, response);
  });
  return router;
}

/** A response of the provider, to a practice sign-in or to a real one. */
async function answer(deps: SamlDeps, passport: Passport, exchange: Exchange): Promise<void> {
  const asked = await samlRequest(deps, exchange.request);
  if (await finishSignInTest(deps, asked, exchange)) return;
  await recorded(deps, asked.connection, exchange, (attempt) =>
    consumeAssertion(deps, passport, asked, { ...exchange, attempt }),
  );
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
  const { others = [] } = keys.serviceProvider;
  return {
    entityId: `${baseUrl}/saml/${connectionId}/metadata`,
    acsUrl: `${baseUrl}/saml/${connectionId}/acs`,
    sloUrl: `${baseUrl}/saml/${connectionId}/slo`,
    privateKey: keys.serviceProvider.privateKey,
    certificates: [keys.serviceProvider, ...others].map(({ certificate }) => certificate),
    otherPrivateKeys: others.map(({ privateKey }) => privateKey),
  };
}

/** Empty formats mean the usual ones. */
function metadataOptions(saml: SamlSettings | null, { sloUrl }: ServiceProvider): MetadataOptions {
  const formats = saml?.nameIdFormats ?? [];
  return {
    nameIdFormats: formats.length === 0 ? DEFAULT_NAME_ID_FORMATS : formats,
    offerEncryption: saml?.offerEncryption === true,
    allowCbc: saml?.allowCbc === true,
    signsRequests: saml?.signRequests !== false,
    ...(saml?.singleLogout === true && sloUrl !== undefined ? { sloUrl } : {}),
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
  const words = wordsOf(response);
  response
    .status(error.status)
    .type("html")
    .send(failedPage(requestIdOf(response), sentenceFor(words, error), words));
}

function asTooLarge(thrown: unknown): unknown {
  const type =
    typeof thrown === "object" && thrown !== null && "type" in thrown ? thrown.type : null;
  return type === "entity.too.large"
    ? new SeatkeeperError("PayloadTooLarge", { cause: thrown })
    : thrown;
}
