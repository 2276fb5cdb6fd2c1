import type { Clock, Logger } from "../ports.js";
import type { Database } from "./database.js";

const REFRESH_MS = 30_000;

export interface StoreClock extends Clock {
  stop(): void;
}

/**
 * The database's clock, so that all nodes agree on what has expired: the process clock plus the difference that was
 * measured last. A database without a clock of its own (SQLite) has the process clock.
 */
export async function startClock(database: Database, logger: Logger): Promise<StoreClock> {
  let offset = 0;

  async function measure(): Promise<boolean> {
    const before = Date.now();
    const time = await database.time();
    if (time === null) {
      return false;
    }
    // The answer was true about half-way between question and arrival.
    offset = Math.round(time - (before + Date.now()) / 2);
    return true;
  }

  const timer = (await measure())
    ? setInterval(() => {
        measure().catch((error: unknown) => {
          logger.warn(
            { error },
            "the database's clock could not be read; the last difference stays",
          );
        });
      }, REFRESH_MS).unref()
    : undefined;

  return {
    now: () => Date.now() + offset,
    stop: () => clearInterval(timer),
  };
}
