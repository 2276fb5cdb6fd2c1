import type { Id, Timestamp } from "../domain/directory.js";
import type { SignInRecord } from "../domain/signIn/signInLog.js";
import type { Cause } from "../domain/history.js";
import type { Clock, Logger, Scope, Store } from "../ports.js";
import type { SignInTrace } from "../ports/signInLog.js";
import { DAY_MS } from "../domain/durations.js";

/**
 * What of the sign-in log goes on beside the sign-ins: refused attempts, which anybody can make as many of as they like, the trace,
 * and forgetting what is old (docs/adr/0031).
 */

// ---------------------------------------------------------------------------------------------------------------
// Refused attempts

export interface SignInLogWriter {
  /**
   * Returns at once. `verified`: the identity provider's signature was good. Such attempts have a budget of their own, so that
   * who has no key cannot crowd them out.
   */
  readonly note: (record: SignInRecord, verified: boolean) => void;
  /** Resolves when everything that was noted is written, or could not be. */
  readonly flushed: () => Promise<void>;
}

/** Of each connection and process. What goes beyond is counted: one line a minute, with the number. */
export const BUDGET = { perMinute: 20, perDay: 1_000 } as const;

const MINUTE_MS = 60_000;
/** One statement for what comes together. */
const DELAY_MS = 100;

interface Budget {
  minute: number;
  inMinute: number;
  day: number;
  inDay: number;
  /** The first of this minute that was not written down, with how many they were. */
  beyond: SignInRecord | null;
}

export function createSignInLogWriter({
  store,
  logger,
}: {
  readonly store: Pick<Store, "signInLog">;
  readonly logger: Logger;
}): SignInLogWriter {
  const budgets = new Map<string, Budget>();
  let waiting: SignInRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let minuteTimer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  return {
    note: (record, verified) => {
      const key = `${record.connectionId} ${String(verified)}`;
      const budget = turnedTo(budgets, key, record.at, (summary) => waiting.push(summary));
      if (budget.inMinute < BUDGET.perMinute && budget.inDay < BUDGET.perDay) {
        budget.inMinute += 1;
        budget.inDay += 1;
        waiting.push(record);
        timer ??= setTimeout(() => void flush(), DELAY_MS).unref();
        return;
      }
      budget.beyond =
        budget.beyond === null
          ? { ...record, ...UNNAMED }
          : { ...budget.beyond, count: budget.beyond.count + 1 };
      minuteTimer ??= setTimeout(() => void flushAll(), MINUTE_MS).unref();
    },
    flushed: flushAll,
  };

  /** With what was only counted so far. */
  function flushAll(): Promise<void> {
    clearTimeout(minuteTimer);
    minuteTimer = undefined;
    for (const budget of budgets.values()) {
      if (budget.beyond !== null) waiting.push(budget.beyond);
      budget.beyond = null;
    }
    return flush();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll);
    return writing;
  }

  async function writeAll(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      await store.signInLog.append(batch);
    } catch (error) {
      logger.warn({ error, count: batch.length }, "refused sign-ins could not be recorded");
    }
  }
}

/** Nobody is named by a line that stands for several attempts. */
const UNNAMED = {
  ...{ code: "TooManyRequests", reason: "Flood", userId: null, userName: null },
  ...{ address: null, trace: null, traceUntil: null, count: 1 },
} as const;

/** The budget of this minute; what the minute before had left over is told. */
function turnedTo(
  budgets: Map<string, Budget>,
  key: string,
  at: Timestamp,
  tell: (summary: SignInRecord) => void,
): Budget {
  const minute = Math.floor(at / MINUTE_MS);
  const day = Math.floor(at / DAY_MS);
  const budget = budgets.get(key) ?? { minute, inMinute: 0, day, inDay: 0, beyond: null };
  budgets.set(key, budget);
  if (budget.minute !== minute) {
    if (budget.beyond !== null) tell(budget.beyond);
    Object.assign(budget, { minute, inMinute: 0, beyond: null });
  }
  if (budget.day !== day) Object.assign(budget, { day, inDay: 0 });
  return budget;
}

// ---------------------------------------------------------------------------------------------------------------
// The trace

/** A connection's messages are kept for so many attempts at most; the trace stays on, and keeps no more. */
export const TRACED_MAX = 100;

export interface TraceDeps {
  readonly store: Pick<Store, "signInLog" | "clock">;
}

/** Ends by itself. The ledger says who switched it on, and until when. */
export async function startTrace(
  { store }: TraceDeps,
  { organisationId, connectionId }: Scope,
  minutes: number,
  cause: Cause,
): Promise<SignInTrace> {
  const startedAt = store.clock.now();
  const endsAt = startedAt + minutes * MINUTE_MS;
  const trace = { connectionId, startedAt, startedBy: cause.actor, endsAt };
  const details = { connectionId, until: new Date(endsAt).toISOString() };
  await store.signInLog.startTrace(organisationId, trace, {
    ...{ cause, at: startedAt, details },
  });
  return { ...trace, taken: 0 };
}

/** Also forgets what was kept. False: there was nothing to end. */
export function endTrace({ store }: TraceDeps, scope: Scope, cause: Cause): Promise<boolean> {
  const details = { connectionId: scope.connectionId };
  return store.signInLog.endTrace(scope, { cause, at: store.clock.now(), details });
}

/** The sealed message; who looks at it is in the ledger. Null: none was kept, or no longer. */
export function readTrace(
  deps: TraceDeps,
  scope: Scope,
  id: Id,
  cause: Cause,
): Promise<string | null> {
  const details = { connectionId: scope.connectionId, signIn: id };
  const at = deps.store.clock.now();
  return deps.store.signInLog.readTrace(scope, id, { cause, at, details });
}

// ---------------------------------------------------------------------------------------------------------------
// Forgetting

const PORTION = 500;
/** What is left after so many portions waits for the next turn, so that other work is not held up. */
const PORTIONS_MAX = 40;

/** @param keepDays 0: nothing is kept */
export function createSignInLogRetention({
  store,
  keepDays,
}: {
  readonly store: { readonly signInLog: Store["signInLog"]; readonly clock: Clock };
  readonly keepDays: number;
}): { cleanUp(): Promise<void> } {
  const inPortions = async (work: () => Promise<number>): Promise<void> => {
    for (let portion = 0; portion < PORTIONS_MAX; portion += 1) {
      if ((await work()) < PORTION) return;
    }
  };
  return {
    cleanUp: async () => {
      const now = store.clock.now();
      const { signInLog } = store;
      await inPortions(() => signInLog.clearTraces(now, PORTION));
      await inPortions(() => signInLog.deleteBefore(now - keepDays * DAY_MS, PORTION));
    },
  };
}
