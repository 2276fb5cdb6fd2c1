import { createHash } from "node:crypto";
import { Router, type NextFunction, type Request, type Response } from "express";
import { createActions, type Actions } from "./actions/index.js";
import { createDelivery } from "./actions/deliverEvents.js";
import { createLogRetention, createLogWriter, type LogWriter } from "./actions/provisioningLog.js";
import type { AdministerDeps } from "./actions/administer.js";
import { createAdminRouter } from "./admin/router.js";
import { createBackground, type Background } from "./background.js";
import { loadCatalogue } from "./catalogueFile.js";
import type { Config } from "./config.js";
import type { Catalogue } from "./domain/catalogue.js";
import type { Changes } from "./domain/snapshot.js";
import { SeatkeeperError } from "./errors.js";
import { methodNotAllowed, notFound, renderJsonErrors } from "./http/errors.js";
import { createLogger, requestLog } from "./http/logger.js";
import { createRateLimits, type RateLimits } from "./http/rateLimit.js";
import { requestId } from "./http/requestId.js";
import { securityHeaders } from "./http/securityHeaders.js";
import { createSafeFetch } from "./http/safeFetch.js";
import { createSessionKeeper, type SessionKeeper } from "./http/session.js";
import { createWebhookSink } from "./http/webhook.js";
import { createKeySource } from "./oauth/keys.js";
import { createOAuthRouter } from "./oauth/router.js";
import type { Plugin } from "./plugin.js";
import { loadPlugins } from "./pluginLoader.js";
import type { EventSink, Ids, Logger, Store } from "./ports.js";
import { readAccessToken } from "./saml/accessToken.js";
import { PRACTICE_RSA_BITS } from "./saml/keys.js";
import { loadKeys } from "./saml/loadKeys.js";
import { readIdentityProvider, readManualProvider } from "./saml/metadata.js";
import { createSamlRouter } from "./saml/router.js";
import { createSessionRouter } from "./saml/sessionRouter.js";
import { createVerifier } from "./saml/verify.js";
import { createCursors, cursorKeyOf } from "./scim/cursor.js";
import type { RequestRecorder } from "./scim/record.js";
import { replay } from "./scim/replay.js";
import type { ScimRouterDeps } from "./scim/context.js";
import { createScimRouter } from "./scim/router.js";
import { schemasFor } from "./scim/schema.js";
import { createStore } from "./store/index.js";
import { systemIds } from "./store/ids.js";

/** The parts, put together. Nothing here decides anything. */
export interface App {
  /** All routes, below the path of the base URL. */
  readonly router: Router;
  readonly store: Store;
  readonly actions: Actions;
  readonly catalogue: Catalogue;
  readonly administer: AdministerDeps;
  readonly keeper: SessionKeeper;
  readonly logger: Logger;
  readonly ids: Ids;
  /** Finishes what was acknowledged, then lets go of the database. */
  close(): Promise<void>;
}

export interface AppParts {
  readonly logger?: Logger;
  readonly ids?: Ids;
  readonly catalogue?: Catalogue;
  /** Beside those named in the configuration. */
  readonly plugins?: readonly Plugin[];
  /** Where events go; otherwise the configured webhook, otherwise nowhere. */
  readonly sink?: EventSink;
  readonly store?: Store;
}

/** @throws SeatkeeperError InvalidConfiguration, InvalidCatalogue, Unavailable */
export async function createApp(config: Config, parts: AppParts = {}): Promise<App> {
  const core = await createCore(config, parts);
  const { store, ids, logger, actions, background, catalogue, plugins, logWriter } = core;
  const { clock, sessions, administration } = store;
  const verifier = createVerifier();
  const practice = config.mode === "practice" ? { rsaBits: PRACTICE_RSA_BITS } : {};
  const keys = await loadKeys({
    administration,
    master: masterKey(config),
    ids,
    clock,
    ...practice,
  });
  const https = config.server.baseUrl.startsWith("https:");
  const keeper = createSessionKeeper({
    sessions,
    clock,
    ids,
    options: { ...config.signIn, https },
  });
  const saml = samlReader(config, store);
  const administer: AdministerDeps = {
    store,
    ids,
    catalogue,
    pluginIds: [...plugins.keys()],
    saml,
  };
  const baseUrl = config.server.baseUrl;
  const rateLimits = createRateLimits(config.limits, ids);
  const shared = {
    store,
    actions,
    plugins,
    ids,
    logger,
    logWriter,
    keeper,
    verifier,
    keys,
    baseUrl,
    rateLimits,
  };
  const router = routes(config, { ...shared, administer });
  background.start();

  const close = async (): Promise<void> => {
    await actions.settled();
    await logWriter.flushed();
    await background.stop();
    await verifier.close();
    await store.close();
  };
  return { router, store, actions, catalogue, administer, keeper, logger, ids, close };
}

/** Everything that works without a door: the store, the use cases, and what goes on beside the requests. */
async function createCore(config: Config, parts: AppParts) {
  const logger = parts.logger ?? createLogger({ level: config.log.level });
  const ids = parts.ids ?? systemIds;
  const catalogue = parts.catalogue ?? loadCatalogue(config.catalogue.file);
  const plugins = await loadPlugins(config.plugins, parts.plugins ?? []);
  const { url, poolSize } = config.database;
  const store = parts.store ?? (await createStore({ url, poolSize, ids, logger }));
  await store.migrate();

  const sink = parts.sink ?? sinkOf(config, store);
  const delivery = sink === null ? null : createDelivery({ store, sink, logger });
  // The background wants to be woken by commits, and works through the same actions.
  let wake: Background["wake"] = () => undefined;
  const committed = (_organisationId: string, changes: Changes): void => wake(changes);
  const actions = createActions({ store, catalogue, ids, logger, committed });
  const logWriter = createLogWriter({ store, logger });
  const retention = createLogRetention({ store, keepDays: config.provisioningLog.keepDays });
  const background = createBackground({ reconciliation: actions, delivery, retention, logger });
  wake = (changes) => background.wake(changes);
  return { logger, ids, catalogue, plugins, store, actions, background, logWriter };
}

interface Routed {
  readonly store: Store;
  readonly actions: Actions;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly logWriter: LogWriter;
  readonly keeper: SessionKeeper;
  readonly verifier: ReturnType<typeof createVerifier>;
  readonly keys: Awaited<ReturnType<typeof loadKeys>>;
  readonly baseUrl: string;
  readonly rateLimits: RateLimits;
  readonly administer: AdministerDeps;
}

function routes(config: Config, parts: Routed): Router {
  const { store, logger, baseUrl } = parts;
  const router = Router();
  router.use(requestId(parts.ids), requestLog(logger, store.clock));
  router.use(securityHeaders({ https: baseUrl.startsWith("https:") }));
  router.use(health(store));
  const scim = scimDeps(config, parts);
  router.use("/scim/v2", createScimRouter(scim));
  router.use(oauthRouter(config, parts));
  router.use(
    "/saml",
    createSamlRouter({
      ...parts,
      signIn: config.signIn,
      bodyBytesMax: config.limits.samlBodyBytes,
    }),
  );
  router.use(
    "/api/v1",
    createAdminRouter({
      ...parts.administer,
      store,
      actions: parts.actions,
      logger,
      logWriter: parts.logWriter,
      replay: (plan) => replay(scim, plan),
      baseUrl,
      rateLimits: parts.rateLimits,
      bodyBytesMax: config.limits.apiBodyBytes,
    }),
  );
  router.use(
    createSessionRouter({
      ...parts,
      tokenKeys: parts.keys.token,
      landingPath: config.signIn.landingPath,
    }),
  );
  router.use(notFound);
  router.use(renderJsonErrors(logger));
  return router;
}

function scimDeps(config: Config, parts: Routed): ScimRouterDeps {
  const { catalogue } = parts.administer;
  const { clock } = parts.store;
  return {
    ...parts,
    catalogue,
    schemas: schemasFor(catalogue),
    limits: config.limits,
    recorder: recorderOf(config, parts.logWriter),
    cursors: createCursors({
      keys: [cursorKeyOf(masterKey(config))],
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

function sinkOf({ webhook }: Config, store: Store): EventSink | null {
  return webhook === null ? null : createWebhookSink({ ...webhook, now: () => store.clock.now() });
}

/** The configured secret is a text of any length; the ciphers need 32 bytes. */
function masterKey({ secrets }: Config): Uint8Array {
  return createHash("sha256").update(`seatkeeper master ${secrets.master}`).digest();
}

function samlReader(config: Config, store: Store): AdministerDeps["saml"] {
  const reading = () => ({ now: store.clock.now(), allowLoopback: config.mode === "practice" });
  return {
    fromMetadata: (xml) => readIdentityProvider(xml, reading()),
    byHand: (values) => readManualProvider(values, reading()),
  };
}
