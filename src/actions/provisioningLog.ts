import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import type { Logger, Store } from "../ports.js";
import { DAY_MS } from "../domain/durations.js";

/**
 * What of the provisioning log goes on beside the requests: writing down what changed nothing, and forgetting what is
 * old (docs/adr/0007).
 */
export interface LogWriter {
  /** Returns at once. Lost if the process dies before it is written; a record of a change never is. */
  readonly note: (record: ProvisioningRecord) => void;
  /** Resolves when everything that was noted is written, or could not be. */
  readonly flushed: () => Promise<void>;
  /** `flushed`, and time enough for the other processes on the database to write what they have noted. */
  readonly writtenEverywhere: () => Promise<void>;
}

/** One statement for what comes together: a provider that is refused once is often refused many times. */
const DELAY_MS = 100;
const OTHERS_MS = 3 * DELAY_MS;
const BATCH_MAX = 200;
/** Behind a database that does not keep up; what comes then is dropped, and the server's log says how much. */
const WAITING_MAX = 2_000;
const WAITING_CHARACTERS_MAX = 16_000_000;

export function createLogWriter({
  store,
  logger,
}: {
  readonly store: Pick<Store, "provisioningLog">;
  readonly logger: Logger;
}): LogWriter {
  let waiting: { readonly record: ProvisioningRecord; readonly characters: number }[] = [];
  let waitingCharacters = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  return {
    note: (record) => {
      const characters = charactersOf(record);
      if (
        waiting.length >= WAITING_MAX ||
        waitingCharacters + characters > WAITING_CHARACTERS_MAX
      ) {
        dropped += 1;
        return;
      }
      waiting.push({ record, characters });
      waitingCharacters += characters;
      timer ??= setTimeout(() => void flush(), DELAY_MS).unref();
    },
    flushed: flush,
    writtenEverywhere: async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, OTHERS_MS);
      });
      await flush();
    },
  };

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(writeAll);
    return writing;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_MAX);
      waiting = waiting.slice(BATCH_MAX);
      try {
        await store.provisioningLog.append(batch.map(({ record }) => record));
      } catch (error) {
        dropped += batch.length;
        logger.warn({ error }, "requests could not be recorded");
      }
      for (const { characters } of batch) waitingCharacters -= characters;
    }
    if (dropped > 0) logger.warn({ count: dropped }, "records of refused requests were dropped");
    dropped = 0;
  }
}

/** What can be long; the rest is small beside it. */
function charactersOf({ query, body, trail }: ProvisioningRecord): number {
  return JSON.stringify([query, body, trail]).length;
}

export interface LogRetention {
  /** Deletes what is too old, in portions; at most once a minute. */
  cleanUp(): Promise<void>;
}

const INTERVAL_MS = 60_000;
const PORTION = 500;
/** What is left after so many portions waits for the next turn, so that other work is not held up. */
const PORTIONS_MAX = 40;

/** @param keepDays 0: nothing is kept */
export function createLogRetention({
  store,
  keepDays,
}: {
  readonly store: Pick<Store, "provisioningLog" | "clock">;
  readonly keepDays: number;
}): LogRetention {
  let nextAt = 0;
  return {
    cleanUp: async () => {
      const now = store.clock.now();
      if (now < nextAt) return;
      nextAt = now + INTERVAL_MS;
      for (let portion = 0; portion < PORTIONS_MAX; portion += 1) {
        const before = now - keepDays * DAY_MS;
        if ((await store.provisioningLog.deleteBefore(before, PORTION)) < PORTION) return;
      }
    },
  };
}
