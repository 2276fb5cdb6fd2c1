import type { Connection, Id, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { afterUse } from "../domain/signIn/rollOver.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Logger, Store } from "../ports.js";
import type { MetadataState } from "../ports/trust.js";
import type { SamlReader } from "./samlReader.js";
import { watchCertificates } from "./certificateExpiry.js";
import { fingerprintOf, isStale, pin, REFRESHED, RETIRED, rolledOver, sameSet } from "./pinned.js";

/**
 * Trust in identity providers that publish their metadata: it is read again from time to time, and once more when
 * somebody arrives with a signature that no known certificate verifies (docs/adr/0029).
 */
export interface MetadataActions {
  /** Reads what is due; each by one node at a time. */
  refreshDue(): Promise<void>;
  /** Now, for an administrator. @throws SeatkeeperError InvalidValue with the reason; Conflict while it is being read */
  refreshMetadata(connection: Connection, cause: Cause): Promise<void>;
  /**
   * After a signature that no certificate verified: the connection with the certificates that are known by now, or null when
   * those are the ones that failed.
   */
  certificatesAfterRefusal(connection: Connection): Promise<Connection | null>;
  /** After a sign-in that this certificate (PEM) verified. */
  certificateWorked(connection: Connection, certificate: string): Promise<void>;
  /** Tells of certificates that end soon, once for each threshold, and lets go of those that have ended. */
  watchExpiry(): Promise<void>;
}

export interface MetadataDeps {
  readonly store: Pick<Store, "administration" | "trust" | "clock">;
  readonly ids: Ids;
  readonly saml: SamlReader;
  readonly logger: Logger;
  /** Between two readings of metadata that can be read. */
  readonly refreshMinutes: number;
  /** For tests; otherwise the process's own timer. */
  readonly pause?: (ms: number) => Promise<void>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Longer than a download may take. */
const CLAIM_MS = 30_000;
/** Whoever sends signatures of nobody's makes us ask no more often than this. */
const REFUSAL_PAUSE_MS = 30_000;
const FIRST_RETRY_MS = 5 * MINUTE_MS;
const SOURCES_A_TURN = 20;
const POLL_MS = 200;
const POLLS_MAX = 30;

/** What is remembered per process, so that the database is not told the same thing at every sign-in. */
const REMEMBERED_MAX = 10_000;

export function createMetadataActions(deps: MetadataDeps): MetadataActions {
  const { store } = deps;
  const { administration, trust, clock } = store;
  const askOnce = createAsking(deps);
  const noted = new Map<string, Timestamp>();

  return {
    refreshDue: async () => {
      for (let turn = 0; turn < SOURCES_A_TURN; turn += 1) {
        const now = clock.now();
        const [due] = await trust.claimDueMetadata(1, { now, until: now + CLAIM_MS });
        if (due === undefined) return;
        await refresh(deps, due, REFRESHED);
      }
    },
    refreshMetadata: async ({ id, saml }, cause) => {
      if (saml?.metadataUrl === undefined) {
        throw new SeatkeeperError("Conflict", {
          sentence: "This connection has no metadata address. Set saml.metadataUrl first.",
        });
      }
      const now = clock.now();
      const claim = { now, until: now + CLAIM_MS, notSince: now };
      const state = await trust.claimMetadata(id, claim);
      if (state === null) {
        throw new SeatkeeperError("Conflict", {
          sentence: "The metadata is being read at this moment. Look again in half a minute.",
        });
      }
      const failure = await refresh(deps, state, cause);
      if (failure !== null) throw failure;
    },
    certificatesAfterRefusal: async ({ id, saml }) => {
      if (saml?.metadataUrl === undefined) return null;
      await askOnce(id);
      const after = await administration.findConnection(id);
      if (after === null || !after.enabled || after.saml === null) return null;
      return sameSet(after.saml.certificates, saml.certificates) ? null : after;
    },
    certificateWorked: async (connection, certificate) => {
      const { id, saml } = connection;
      const now = clock.now();
      const key = `${id} ${fingerprintOf(certificate)}`;
      if (now - (noted.get(key) ?? -Infinity) >= HOUR_MS) {
        await trust.certificateVerified(connection, fingerprintOf(certificate), now);
        if (noted.size >= REMEMBERED_MAX) noted.clear();
        noted.set(key, now);
      }
      const pinned = saml === null ? null : afterUse(saml, certificate);
      if (pinned === null) return;
      // Whoever signed in at the same moment may have done it.
      await pin(deps, connection, pinned, RETIRED).catch((error: unknown) => {
        if (!isStale(error)) throw error;
      });
    },
    watchExpiry: watchCertificates(deps),
  };
}

/** Those who arrive together wait for one answer; what this process has just read it does not ask for again. */
function createAsking(deps: MetadataDeps): (connectionId: Id) => Promise<void> {
  const { clock } = deps.store;
  const asking = new Map<Id, Promise<void>>();
  const asked = new Map<Id, Timestamp>();
  return async (connectionId) => {
    const now = clock.now();
    const running = asking.get(connectionId);
    if (running !== undefined) return running;
    if (now - (asked.get(connectionId) ?? -Infinity) < REFUSAL_PAUSE_MS) return;
    const turn = askAgain(deps, connectionId).then((wasRead) => {
      if (asked.size >= REMEMBERED_MAX) asked.clear();
      if (wasRead) asked.set(connectionId, now);
    });
    asking.set(connectionId, turn);
    return turn.finally(() => asking.delete(connectionId));
  };
}

/** Reads it, or waits for whoever is reading it. False: somebody else has read it. */
async function askAgain(deps: MetadataDeps, connectionId: Id): Promise<boolean> {
  const { trust, clock } = deps.store;
  const now = clock.now();
  const claim = { now, until: now + CLAIM_MS, notSince: now - REFUSAL_PAUSE_MS };
  const state = await trust.claimMetadata(connectionId, claim);
  if (state !== null) {
    await refresh(deps, state, REFRESHED);
    return true;
  }
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const other = await trust.findMetadata(connectionId);
    if (other === null || other.claimedUntil <= clock.now()) break;
    await (deps.pause ?? pause)(POLL_MS);
  }
  return false;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One reading of claimed metadata. Resolves to what was wrong with it, which is noted; an outage is thrown. */
async function refresh(
  deps: MetadataDeps,
  { connectionId, url, failures }: MetadataState,
  cause: Cause,
): Promise<SeatkeeperError | null> {
  const { administration, trust, clock } = deps.store;
  const interval = deps.refreshMinutes * MINUTE_MS;
  try {
    const text = await deps.saml.download(url);
    await follow(deps, connectionId, url, text, cause).catch(async (error: unknown) => {
      // Somebody has changed the connection meanwhile: once more, with what it says now.
      if (!isStale(error)) throw error;
      await follow(deps, connectionId, url, text, cause);
    });
  } catch (error) {
    if (!(error instanceof SeatkeeperError) || error.status >= 500) throw error;
    const now = clock.now();
    const wait = Math.min(interval, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
    await trust.metadataFailed(connectionId, now, now + wait, error.message);
    const name = (await administration.findConnection(connectionId))?.name;
    const { message: reason, detail } = error;
    deps.logger.warn({ connectionId, name, reason, detail }, "metadata cannot be used");
    return error;
  }
  const now = clock.now();
  await trust.metadataRefreshed(connectionId, now, now + interval);
  return null;
}

/** What the metadata says becomes the connection's, except whose it is. */
async function follow(
  deps: MetadataDeps,
  connectionId: Id,
  url: string,
  text: string,
  cause: Cause,
): Promise<void> {
  const { administration } = deps.store;
  const connection = await administration.findConnection(connectionId);
  if (connection?.saml == null || connection.saml.metadataUrl !== url) return;
  const facts = deps.saml.fromMetadata(text, connection.saml.idpEntityId);
  const pinned = await rolledOver(deps.store, connection, facts.certificates);
  // What the metadata does not offer may have been given by hand, and stays.
  const services = {
    ssoUrl: facts.ssoUrl,
    ...(facts.isPostOnly === true ? { requestBinding: "post" as const } : {}),
    ...(facts.ssoPostUrl === undefined ? {} : { ssoPostUrl: facts.ssoPostUrl }),
    ...(facts.logout === undefined ? {} : { logout: facts.logout }),
  };
  await pin(deps, connection, { ...pinned, ...services }, cause);
}
