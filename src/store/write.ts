import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SeatkeeperError } from "../errors.js";
import type { Clock, Logger, WriteTransaction } from "../ports.js";
import { Queue } from "./database.js";
import type { Database, Link } from "./database.js";
import { failureOf, toSeatkeeperError } from "./failures.js";
import { nothingSeen } from "./load/seen.js";
import { loadSnapshot } from "./load/snapshot.js";
import type { RuleCache } from "./load/tenant.js";
import { isStorableId } from "./limits.js";
import { saveChanges } from "./save/save.js";

export const ATTEMPTS_MAX = 10;
const BACK_OFF_MS = 4;
const BACK_OFF_MAX_MS = 400;

export interface Writer {
  /** @see Store.write */
  readonly write: <T>(
    organisationId: string,
    work: (tx: WriteTransaction) => Promise<T>,
  ) => Promise<T>;
  /** The same lock and retries for statements of the store itself. */
  locked<T>(organisationId: string, work: (sql: Link) => Promise<T>): Promise<T>;
  /** A small change outside an organisation's decisions, in a transaction of its own. */
  alone<T>(work: (sql: Link) => Promise<T>): Promise<T>;
  /** Resolves when no write is under way. */
  idle(): Promise<void>;
}

export interface WriterOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: RuleCache;
}

/**
 * One writer per organisation. Between nodes the organisation's row is the lock; inside a node a queue stands before
 * it, so that a busy organisation holds one connection and not the whole pool.
 */
export function createWriter(options: WriterOptions): Writer {
  const queues = new Map<string, Queue>();

  async function locked<T>(organisationId: string, work: (sql: Link) => Promise<T>): Promise<T> {
    if (!isStorableId(organisationId)) {
      throw new SeatkeeperError("NotFound");
    }
    const queue = queues.get(organisationId) ?? new Queue();
    queues.set(organisationId, queue);
    try {
      return await queue.run(() =>
        withRetries(options, (sql) => lockFirst(sql, organisationId, work)),
      );
    } finally {
      if (queue.length === 0) {
        queues.delete(organisationId);
      }
    }
  }

  return {
    locked,
    alone: (work) => withRetries(options, work),
    write: (organisationId, work) =>
      locked(organisationId, (sql) => work(transaction(options, organisationId, sql))),
    async idle() {
      await Promise.all([...queues.values()].map((queue) => queue.run(() => Promise.resolve())));
    },
  };
}

function transaction(
  { clock, rules }: WriterOptions,
  organisationId: string,
  sql: Link,
): WriteTransaction {
  const now = clock.now();
  const seen = nothingSeen();
  return {
    load: (needs) => loadSnapshot(sql, organisationId, needs, { now, seen, rules }),
    save: (changes) => saveChanges({ sql, organisationId, now, seen }, changes),
  };
}

async function withRetries<T>(
  { database, logger }: WriterOptions,
  work: (sql: Link) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(work);
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || !mayRunAgain(error)) {
        throw toSeatkeeperError(error);
      }
      logger.debug({ attempt, error }, "write transaction runs again");
      await sleep(backOff(attempt));
    }
  }
}

/**
 * A lost connection is not in the list: whether its COMMIT happened is unknown, and running again could do everything
 * twice.
 */
function mayRunAgain(error: unknown): boolean {
  if (error instanceof SeatkeeperError) {
    return error.code === "VersionMismatch";
  }
  return failureOf(error) === "conflict";
}

function backOff(attempt: number): number {
  const longest = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** attempt);
  return longest * (0.5 + randomInt(1_000) / 2_000);
}

/** The organisation's row is the lock: whoever wants to write waits here for whoever writes. */
async function lockFirst<T>(
  sql: Link,
  organisationId: string,
  work: (sql: Link) => Promise<T>,
): Promise<T> {
  const affected = await sql.run("UPDATE organisations SET revision = revision + 1 WHERE id = ?", [
    organisationId,
  ]);
  if (affected === 0) {
    throw new SeatkeeperError("NotFound");
  }
  return work(sql);
}
