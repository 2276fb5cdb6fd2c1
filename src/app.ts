import type { Router } from "express";
import { createActions, type Actions } from "./actions/index.js";
import { createDelivery, createUntoldRetention } from "./actions/deliverEvents.js";
import { createLogRetention, createLogWriter } from "./actions/provisioningLog.js";
import { createSignInLogRetention, createSignInLogWriter } from "./actions/signInLog.js";
import type { AdministerDeps } from "./actions/administer.js";
import { createMetadataActions } from "./actions/metadata.js";
import { createDomainChecks } from "./actions/domains.js";
import { createRetention } from "./actions/people.js";
import { createBackground, type Background } from "./background.js";
import { loadCatalogue } from "./catalogueFile.js";
import type { Config } from "./config.js";
import { masterKeys } from "./config/masterKeys.js";
import type { Catalogue } from "./domain/catalogue.js";
import type { Changes } from "./domain/snapshot.js";
import { createLogger } from "./http/logger.js";
import { createRateLimits } from "./http/rateLimit.js";
import { createSessionKeeper, type SessionKeeper } from "./http/session.js";
import type { Shortcut } from "./http/shortcut.js";
import { createEventPush } from "./http/eventPush.js";
import { txtRecords as askDns } from "./http/txtRecords.js";
import { createWebhookSink } from "./http/webhook.js";
import type { Plugin } from "./plugin.js";
import { loadPlugins } from "./pluginLoader.js";
import type { EventSink, Ids, Logger, Store } from "./ports.js";
import type { TxtRecords, VerifiedDomains } from "./ports/domains.js";
import { PRACTICE_RSA_BITS, type TokenKeys } from "./saml/keys.js";
import { createKeyRing } from "./saml/keyRing.js";
import { createSamlReader } from "./saml/reader.js";
import { signSecurityEvent } from "./saml/securityEventToken.js";
import { sessionRevokedOf } from "./saml/sessionRevoked.js";
import { createVerifier } from "./saml/verify.js";
import { cursorKeyOf } from "./scim/cursor.js";
import { securityEventOf } from "./scim/securityEvents.js";
import { createPageWords, type OwnTexts } from "./saml/words.js";
import { createStore } from "./store/index.js";
import { systemIds } from "./store/ids.js";
import { routes } from "./routes.js";
import { DAY_MS } from "./domain/durations.js";

/** The parts, put together. Nothing here decides anything. */
export interface App {
  /** All routes, below the path of the base URL. */
  readonly router: Router;
  /** Past the router, for who owns the whole application. */
  readonly shortcut: Shortcut;
  readonly store: Store;
  readonly actions: Actions;
  readonly catalogue: Catalogue;
  readonly administer: AdministerDeps;
  readonly keeper: SessionKeeper;
  readonly logger: Logger;
  readonly ids: Ids;
  /** Finishes what was acknowledged, then lets go of the database. Whoever asks again waits for the same end. */
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
  /** Instead of those that organisations have shown to be theirs (the store knows them). */
  readonly domains?: VerifiedDomains;
  /** Reads identity providers' metadata; for tests that bring their own network. */
  readonly saml?: AdministerDeps["saml"];
  /** Texts of the sign-in's pages, over those of the configuration: by language, then by key. */
  readonly pageTexts?: OwnTexts;
  /** Asks DNS; a test has its own. */
  readonly txtRecords?: TxtRecords;
}

/** @throws SeatkeeperError InvalidConfiguration, InvalidCatalogue, Unavailable */
export async function createApp(config: Config, parts: AppParts = {}): Promise<App> {
  const core = await createCore(config, parts);
  const { store, ids, logger, actions, background, catalogue, plugins, logWriter, keys } = core;
  const { signInWriter } = core;
  const { clock, sessions } = store;
  const verifier = createVerifier();
  const https = config.server.baseUrl.startsWith("https:");
  const keeper = createSessionKeeper({
    sessions,
    clock,
    ids,
    options: { ...config.signIn, https },
  });
  const administer: AdministerDeps = {
    store,
    ids,
    catalogue,
    pluginIds: [...plugins.keys()],
    saml: core.saml,
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
    signInWriter,
    keeper,
    verifier,
    keys,
    trust: core.trust,
    domains: parts.domains ?? store.domains,
    baseUrl,
    rateLimits,
    wordsFor: pageWords(config, parts),
    txtRecords: core.txtRecords,
  };
  const { router, shortcut } = routes(config, { ...shared, administer });
  background.start();
  keys.start();

  const closeAll = async (): Promise<void> => {
    await actions.settled();
    await Promise.all([logWriter.flushed(), signInWriter.flushed()]);
    keys.stop();
    await background.stop();
    await verifier.close();
    await store.close();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());
  return { router, shortcut, store, actions, catalogue, administer, keeper, logger, ids, close };
}

/** Everything that works without a door: the store, the use cases, and what goes on beside the requests. */
async function createCore(config: Config, parts: AppParts) {
  const logger = parts.logger ?? createLogger({ level: config.log.level });
  const ids = parts.ids ?? systemIds;
  const catalogue = parts.catalogue ?? loadCatalogue(config.catalogue.file);
  const plugins = await loadPlugins(config.plugins, parts.plugins ?? []);
  const { url, poolSize } = config.database;
  const pushEvents = config.eventPush !== null;
  const store = parts.store ?? (await createStore({ url, poolSize, ids, logger, pushEvents }));
  await store.migrate();
  const keys = await keyRingOf(config, { store, ids, logger });

  const sink = parts.sink ?? sinkOf(config, store);
  const push = pushOf(config, keys.token);
  const deliveries = [
    ...(sink === null ? [] : [createDelivery({ store, sink, logger })]),
    ...(push === null
      ? []
      : [createDelivery({ store, sink: push, logger, outbox: store.pushOutbox })]),
  ];
  // The background wants to be woken by commits, and works through the same actions.
  let wake: Background["wake"] = () => undefined;
  const committed = (_organisationId: string, changes: Changes): void => wake(changes);
  const logWriter = createLogWriter({ store, logger });
  const signInWriter = createSignInLogWriter({ store, logger });
  const recordsWritten = async (): Promise<void> => {
    await Promise.all([logWriter.writtenEverywhere(), signInWriter.flushed()]);
  };
  const sessions = { idleMinutes: config.signIn.idleMinutes, namesShown: config.pages.namesShown };
  const actions = createActions({
    ...{ store, catalogue, ids, logger, committed, recordsWritten, sessions },
  });
  const { txtRecords } = { txtRecords: askDns, ...parts };
  const domains = createDomainChecks({ store, ids, txtRecords, logger });
  const untold = sink === null ? createUntoldRetention(store) : null;
  const retention = retentionOf(config, store, logger, { domains, untold });
  const { saml, trust } = trustOf(config, parts.saml, { store, ids, logger });
  const background = createBackground({
    reconciliation: actions,
    deliveries,
    retention,
    trust,
    logger,
  });
  wake = (changes) => background.wake(changes);
  return {
    logger,
    ids,
    catalogue,
    plugins,
    store,
    actions,
    background,
    logWriter,
    signInWriter,
    txtRecords,
    keys,
    saml,
    trust,
  };
}

interface Basics {
  readonly store: Store;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** The deployment's own keys. */
function keyRingOf(config: Config, parts: Basics) {
  const masters = masterKeys(config);
  return createKeyRing({
    ...{ ...parts, clock: parts.store.clock, masters },
    rsaBits: config.mode === "practice" ? PRACTICE_RSA_BITS : undefined,
    firstCursorSecret: cursorKeyOf(masters[0]).secret,
  });
}

/** Where certificates of identity providers come from. */
function trustOf({ mode, signIn }: Config, reader: AppParts["saml"], parts: Basics) {
  const { clock } = parts.store;
  const saml = reader ?? createSamlReader({ clock, allowLoopback: mode === "practice" });
  const refreshMinutes = signIn.metadataRefreshMinutes;
  return { saml, trust: createMetadataActions({ ...parts, saml, refreshMinutes }) };
}

const PLANS_A_TURN = 100;

/** @throws SeatkeeperError InvalidConfiguration */
function pageWords({ pages }: Config, { pageTexts = {} }: AppParts) {
  const { productName, texts } = pages;
  const languages = [...new Set([...Object.keys(texts), ...Object.keys(pageTexts)])];
  const merged = languages.map((name) => [name, { ...texts[name], ...pageTexts[name] }] as const);
  return createPageWords({ productName, texts: Object.fromEntries(merged) });
}

/** What is kept for a time, and then no longer. */
function retentionOf(
  config: Config,
  store: Store,
  logger: Logger,
  parts: {
    readonly domains: ReturnType<typeof createDomainChecks>;
    /** Null: there is a receiver of events. */
    readonly untold: ReturnType<typeof createUntoldRetention> | null;
  },
) {
  const people = createRetention({ store, logger, deletedDays: config.retention.deletedDays });
  const log = createLogRetention({ store, keepDays: config.provisioningLog.keepDays });
  const signIns = createSignInLogRetention({ store, keepDays: config.signInLog.keepDays });
  return {
    purgeDue: async () => {
      await people.purgeDue();
      await store.plans.deleteExpired(store.clock.now() - DAY_MS, PLANS_A_TURN);
      await log.cleanUp();
      await signIns.cleanUp();
      await parts.untold?.cleanUp();
      await parts.domains.checkDue();
    },
  };
}

function sinkOf({ webhook }: Config, store: Store): EventSink | null {
  return webhook === null ? null : createWebhookSink({ ...webhook, now: () => store.clock.now() });
}

/** Security event tokens, signed with the key that applications know already. */
function pushOf({ eventPush, server }: Config, keys: TokenKeys): EventSink | null {
  if (eventPush === null) return null;
  const { url, token, timeoutSeconds, audience } = eventPush;
  return createEventPush({
    url,
    token,
    timeoutSeconds,
    encode: async (event) => {
      const parties = { issuer: server.baseUrl, audience };
      const claims = securityEventOf(event, parties) ?? sessionRevokedOf(event, parties);
      return claims === null ? null : signSecurityEvent(keys, claims);
    },
  });
}
