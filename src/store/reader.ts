import type { Database, Link } from "./database.js";
import { failureOf, toSeatkeeperError } from "./failures.js";

/** Runs statements outside a transaction and turns every failure into an error of ours. */
export interface Reader {
  readonly read: <T>(work: (sql: Link) => Promise<T>) => Promise<T>;
}

/** A lost connection is tried once more: a server that was restarted leaves dead ones in the pool. */
export function createReader(database: Database): Reader {
  return {
    async read(work) {
      try {
        return await database.read(work);
      } catch (error) {
        if (failureOf(error) !== "lost") {
          throw toSeatkeeperError(error);
        }
      }
      try {
        return await database.read(work);
      } catch (error) {
        throw toSeatkeeperError(error);
      }
    },
  };
}
