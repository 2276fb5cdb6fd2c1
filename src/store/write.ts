import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SeatkeeperError } from "../errors.js";
import type { Clock, Logger, WriteTransaction } from "../ports.js";
import { type LedgerEnd, NOTHING_YET } from "./chain.js";
import { Queue } from "./database.js";
import type { Database, Link } from "./database.js";
import { failureOf, toSeatkeeperError } from "./failures.js";
import { nothingSeen } from "./load/seen.js";
import { loadSnapshot } from "./load/snapshot.js";
import type { RuleCache } from "./load/tenant.js";
import { isStorableId } from "./limits.js";
import { momentOf } from "./moment.js";
import { StaleDecision } from "./save/guard.js";
import { saveChanges } from "./save/save.js";
import type { Written } from "./standings.js";

const ATTEMPTS_MAX = 10;
/** Who has waited this long is told to come again; trying on would only make the queue longer. */
const PATIENCE_MS = 15_000;
const BACK_OFF_MS = 4;
const BACK_OFF_MAX_MS = 400;

type Work<T> = (sql: Link) => Promise<T>;

export interface Writer {
  /** @see Store.write */
  readonly write: <T>(
    organisationId: string,
    work: (tx: WriteTransaction) => Promise<T>,
  ) => Promise<T>;
  /** The same for statements of the store itself that say, before they run, what they change and how that is to be noted. */
  readonly noted: <T>(organisationId: string, work: NotedWork<T>) => Promise<T>;
  /** The same lock and retries for statements of the store itself. */
  readonly locked: <T>(organisationId: string, work: Work<T>) => Promise<T>;
  /** One transaction that makes the organisation itself: nobody else can know it, so there is nothing to lock. */
  readonly founding: <T>(organisationId: string, work: Work<T>) => Promise<T>;
  /** One transaction over organisations of which none is locked: for what no decision reads. */
  readonly unlocked: <T>(work: Work<T>) => Promise<T>;
  /** Small changes outside an organisation's decisions, each statement committed by itself. */
  readonly change: <T>(work: Work<T>) => Promise<T>;
  /** Resolves when no write is under way. */
  readonly idle: () => Promise<void>;
}

export interface WriterOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: RuleCache;
  readonly pushEvents?: boolean;
  /** Told of each write before it is answered; null: what it did is not known. */
  readonly written?: (organisationId: string, written: Written | null) => void;
}

/**
 * One writer per organisation. Between nodes the organisation's row is the lock; inside a node a queue stands before
 * it, so that a busy organisation holds one connection and not the whole pool.
 */
export function createWriter(options: WriterOptions): Writer {
  const { database, logger, written = () => undefined } = options;
  const queues = new Map<string, Queue>();

  async function queued<T>(organisationId: string, work: () => Promise<T>): Promise<T> {
    if (!isStorableId(organisationId)) {
      throw new SeatkeeperError("NotFound");
    }
    const queue = queues.get(organisationId) ?? new Queue();
    queues.set(organisationId, queue);
    try {
      return await queue.run(() => withRetries(logger, work));
    } finally {
      if (queue.length === 0) {
        queues.delete(organisationId);
      }
    }
  }

  const noted = <T>(organisationId: string, work: NotedWork<T>): Promise<T> =>
    queued(organisationId, () => transact(options, organisationId, work));

  return {
    locked: (organisationId, work) =>
      queued(organisationId, () =>
        database
          .transaction(async (sql) => {
            await lock(sql, organisationId);
            return work(sql);
          })
          .finally(() => written(organisationId, null)),
      ),
    founding: (organisationId, work) =>
      queued(organisationId, () =>
        database.transaction(work).finally(() => written(organisationId, null)),
      ),
    write: (organisationId, work) =>
      noted(organisationId, (locking, note) => work(transaction(options, locking, note))),
    noted,
    unlocked: (work) => withRetries(logger, () => database.transaction(work)),
    change: (work) => withRetries(logger, () => database.change(work)),
    async idle() {
      await Promise.all([...queues.values()].map((queue) => queue.run(() => Promise.resolve())));
    },
  };
}

async function transact<T>(
  { database, written = () => undefined }: WriterOptions,
  organisationId: string,
  work: NotedWork<T>,
): Promise<T> {
  /** What the transaction leaves when it commits. Null: nothing. */
  const state: { saved: Written | null } = { saved: null };
  const note = (done: Written): void => {
    state.saved = done;
  };
  try {
    const answer = await database.transaction(
      async (sql) => {
        // On its way with what the work loads first; nobody sees that before the lock is there.
        const locked = lock(sql, organisationId);
        locked.catch(() => undefined);
        const result = await work({ organisationId, sql, locked }, note);
        await locked;
        return result;
      },
      // A decision that changes nothing need not wait for the disk.
      () => state.saved !== null,
    );
    if (state.saved !== null) written(organisationId, state.saved);
    return answer;
  } catch (error) {
    // A lost connection may have committed.
    written(organisationId, null);
    throw error;
  }
}

type Note = (done: Written) => void;
type NotedWork<T> = (locking: Locking, note: Note) => Promise<T>;

interface Locking {
  readonly organisationId: string;
  readonly sql: Link;
  /** @throws SeatkeeperError NotFound */
  readonly locked: Promise<void>;
}

function transaction(
  { clock, rules, pushEvents = false }: WriterOptions,
  { organisationId, sql, locked }: Locking,
  note: Note,
): WriteTransaction {
  const seen = nothingSeen();
  let at: number | undefined;
  const now = (head: LedgerEnd = NOTHING_YET): number => (at ??= momentOf(clock.now(), head));
  return {
    async load(needs) {
      const [, snapshot] = await Promise.all([
        locked,
        loadSnapshot(sql, organisationId, needs, { now, seen, rules }),
      ]);
      return snapshot;
    },
    async save(changes) {
      await locked;
      note({ revision: seen.revision, at: performance.now(), changes });
      await saveChanges({ sql, organisationId, now: now(seen.head), seen, pushEvents }, changes);
    },
  };
}

async function withRetries<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isLast = attempt >= ATTEMPTS_MAX || performance.now() - begun > PATIENCE_MS;
      if (isLast || !mayRunAgain(error)) {
        throw toSeatkeeperError(error);
      }
      logger.debug({ attempt, error }, "write transaction runs again");
      // What another transaction holds takes time to go away; a changed row is as it is.
      if (!(error instanceof StaleDecision)) {
        await sleep(backOff(attempt));
      }
    }
  }
}

/**
 * A lost connection is not in the list: whether its COMMIT happened is unknown, and running again could do everything
 * twice.
 */
function mayRunAgain(error: unknown): boolean {
  return error instanceof StaleDecision || failureOf(error) === "conflict";
}

function backOff(attempt: number): number {
  const longest = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** attempt);
  return longest * (0.5 + randomInt(1_000) / 2_000);
}

/** The organisation's row is the lock: whoever wants to write waits here for whoever writes. */
async function lock(sql: Link, organisationId: string): Promise<void> {
  const affected = await sql.run("UPDATE organisations SET revision = revision + 1 WHERE id = ?", [
    organisationId,
  ]);
  if (affected === 0) {
    throw new SeatkeeperError("NotFound");
  }
}
