import { Router, type NextFunction, type Request, type Response } from "express";
import type { Actions } from "./actions/index.js";
import type { MetadataActions } from "./actions/metadata.js";
import { createPlanActions } from "./actions/plans.js";
import type { LogWriter } from "./actions/provisioningLog.js";
import type { SignInLogWriter } from "./actions/signInLog.js";
import type { AdministerDeps } from "./actions/administer.js";
import { createAdminRouter } from "./admin/router.js";
import type { Config } from "./config.js";
import { masterKeys } from "./config/masterKeys.js";
import { SeatkeeperError } from "./errors.js";
import { methodNotAllowed, notFound, renderJsonErrors } from "./http/errors.js";
import { requestLog } from "./http/logger.js";
import { onlyOwnOrigin } from "./http/ownOrigin.js";
import { addressOf, limitRate, type RateLimits } from "./http/rateLimit.js";
import { requestId } from "./http/requestId.js";
import { securityHeaders } from "./http/securityHeaders.js";
import { createSafeFetch } from "./http/safeFetch.js";
import type { Shortcut } from "./http/shortcut.js";
import type { SessionKeeper } from "./http/session.js";
import { createKeySource } from "./oauth/keys.js";
import { createOAuthRouter } from "./oauth/router.js";
import type { Plugin } from "./plugin.js";
import type { Ids, Logger, Store } from "./ports.js";
import type { TxtRecords, VerifiedDomains } from "./ports/domains.js";
import { readAccessToken } from "./saml/accessToken.js";
import { signInInsight, type SignInLogDoor } from "./saml/attempts.js";
import { createDiscoveryRouter, DISCOVERY_PATH } from "./saml/discovery.js";
import { createIntrospectionRouter } from "./saml/introspection.js";
import type { KeyRing } from "./saml/keyRing.js";
import { createProviderSignOut } from "./saml/providerSignOut.js";
import { createSamlRouter } from "./saml/router.js";
import { createSessionRouter } from "./saml/sessionRouter.js";
import type { createVerifier } from "./saml/verify.js";
import { createStartRouter } from "./saml/startPage.js";
import { speak, type createPageWords } from "./saml/words.js";
import { createCursors, cursorKeyWith, type CursorKey } from "./scim/cursor.js";
import type { RequestRecorder } from "./scim/record.js";
import { rehearse } from "./scim/rehearse.js";
import { replay } from "./scim/replay.js";
import type { ScimRouterDeps } from "./scim/context.js";
import { createScimRouter } from "./scim/router.js";
import { schemasFor } from "./scim/schema.js";
import { EVENT_URIS } from "./scim/securityEvents.js";

/** What the routes are made of. */
export interface Routed {
  readonly store: Store;
  readonly actions: Actions;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly logWriter: LogWriter;
  readonly signInWriter: SignInLogWriter;
  readonly keeper: SessionKeeper;
  readonly verifier: ReturnType<typeof createVerifier>;
  readonly keys: KeyRing;
  readonly baseUrl: string;
  readonly rateLimits: RateLimits;
  readonly administer: AdministerDeps;
  readonly trust: MetadataActions;
  readonly domains: VerifiedDomains;
  readonly txtRecords: TxtRecords;
  readonly wordsFor: ReturnType<typeof createPageWords>;
}

const SCIM = "/scim/v2";

export interface Routes {
  /** All routes, below the path of the base URL. */
  readonly router: Router;
  /** To what is asked most. */
  readonly shortcut: Shortcut;
}

export function routes(config: Config, parts: Routed): Routes {
  const { store, logger, baseUrl } = parts;
  const router = Router();
  const before = [
    requestId(parts.ids),
    requestLog(logger, store.clock),
    securityHeaders({ https: baseUrl.startsWith("https:") }),
  ];
  router.use(...before);
  const scim = scimDeps(config, parts);
  const scimRoutes = createScimRouter(scim);
  router.use(SCIM, scimRoutes.router);
  router.use(health(store));
  router.use(createIntrospectionRouter({ ...parts, tokenKeys: parts.keys.token }));
  router.use(fromBrowsers(config, parts));
  router.use(oauthRouter(config, parts));
  router.use(speak(parts.wordsFor), createDiscoveryRouter(parts));
  router.use(createStartRouter({ baseUrl, landingPath: config.signIn.landingPath }));
  router.use(
    "/saml",
    createSamlRouter({
      ...parts,
      signIn: config.signIn,
      bodyBytesMax: config.limits.samlBodyBytes,
      signInLog: signInLogOf(config, parts.signInWriter),
    }),
  );
  router.use("/api/v1", adminRouter(config, parts, scim));
  router.use(
    createSessionRouter({
      ...parts,
      tokenKeys: parts.keys.token,
      catalogue: parts.administer.catalogue,
      landingPath: config.signIn.landingPath,
      signOutAtProvider: createProviderSignOut(parts),
    }),
  );
  router.use(notFound);
  router.use(renderJsonErrors(logger));
  return { router, shortcut: { prefix: SCIM, before, ...scimRoutes.resources } };
}

function adminRouter(config: Config, parts: Routed, scim: ScimRouterDeps): Router {
  const { store, administer, actions } = parts;
  return createAdminRouter({
    ...administer,
    ...{ store, actions, baseUrl: parts.baseUrl, rateLimits: parts.rateLimits },
    logger: parts.logger,
    logWriter: parts.logWriter,
    trust: parts.trust,
    txtRecords: parts.txtRecords,
    signIns: { ...signInInsight(masterKeys(config)), flushed: parts.signInWriter.flushed },
    replay: (plan) => replay(scim, plan),
    plans: createPlanActions({
      ...{ ...administer, store, committed: actions.committed },
      planHours: config.retention.planHours,
      rehearse: (organisationId, change) => rehearse(scim, organisationId, change),
    }),
    bodyBytesMax: config.limits.apiBodyBytes,
  });
}

function signInLogOf(config: Config, writer: SignInLogWriter): SignInLogDoor | null {
  const { keepDays, traceHours } = config.signInLog;
  return keepDays === 0 ? null : { writer, master: masterKeys(config)[0], traceHours };
}

/** The providers' pages post here. */
const POSTED_FROM_ELSEWHERE = /^\/saml\/[^/]+\/(?:acs|slo)\/?$/;

/** What holds for every address that a browser can be sent to, before it is looked for. */
function fromBrowsers({ signIn }: Config, { baseUrl, rateLimits }: Routed): Router {
  const router = Router();
  router.use(onlyOwnOrigin({ baseUrl, except: POSTED_FROM_ELSEWHERE }));
  const open = ["/.well-known/jwks.json", signIn.landingPath, "/sign-out", DISCOVERY_PATH];
  router.all(open, limitRate(rateLimits.publicRequests, addressOf));
  return router;
}

function scimDeps(config: Config, parts: Routed): ScimRouterDeps {
  const { catalogue } = parts.administer;
  const { clock } = parts.store;
  const cursorKeys = cursorKeysOf(parts.keys);
  return {
    ...parts,
    catalogue,
    schemas: schemasFor(catalogue),
    ...(config.eventPush === null ? {} : { eventUris: EVENT_URIS }),
    limits: config.limits,
    recorder: recorderOf(config, parts.logWriter),
    cursors: createCursors({
      get keys() {
        return cursorKeys();
      },
      lifetimeSeconds: config.limits.scimCursorSeconds,
      clock,
    }),
    personOf: (connection, token) =>
      readAccessToken(parts.keys.token, token, {
        issuer: parts.baseUrl,
        connection,
        now: clock.now(),
      }),
  };
}

function oauthRouter(config: Config, { store, ...parts }: Routed): Router {
  return createOAuthRouter({
    ...parts,
    clients: store.clients,
    clock: store.clock,
    keys: createKeySource(createSafeFetch({ allowLoopback: config.mode === "practice" })),
    tokenSeconds: config.oauth.tokenMinutes * 60,
    skewSeconds: config.signIn.clockSkewSeconds,
  });
}

/** healthz: the process lives. readyz: it can serve, database included. */
function health(store: Store): Router {
  const router = Router();
  router
    .route("/healthz")
    .get((_request, response) => void response.json({ status: "ok" }))
    .all(methodNotAllowed("GET"));
  router
    .route("/readyz")
    .get(async (_request: Request, response: Response, next: NextFunction) => {
      try {
        await store.ping();
        response.json({ status: "ready" });
      } catch (error) {
        next(new SeatkeeperError("Unavailable", { cause: error }));
      }
    })
    .all(methodNotAllowed("GET"));
  return router;
}

function recorderOf({ provisioningLog }: Config, { note }: LogWriter): RequestRecorder | null {
  const { keepDays, reads } = provisioningLog;
  return keepDays === 0 ? null : { keepsReads: reads, note };
}

/** Made again when the ring has others. */
function cursorKeysOf(ring: Pick<KeyRing, "cursorSecrets">) {
  const keysOf = ([first, ...others]: KeyRing["cursorSecrets"]): [CursorKey, ...CursorKey[]] => [
    cursorKeyWith(first),
    ...others.map(cursorKeyWith),
  ];
  let seen = ring.cursorSecrets;
  let keys = keysOf(seen);
  return () => {
    if (ring.cursorSecrets !== seen) {
      seen = ring.cursorSecrets;
      keys = keysOf(seen);
    }
    return keys;
  };
}
