import type { Database, Link } from "./database.js";
import { failureOf, toSeatkeeperError } from "./failures.js";
import type { Reads } from "./sql.js";

/** Runs statements outside a transaction and turns every failure into an error of ours. */
export interface Reader {
  readonly read: <T>(work: (sql: Link) => Promise<T>) => Promise<T>;
  /** For a few rows by key, which may travel with those of other requests. */
  readonly quick: <T>(work: (sql: Reads) => Promise<T>) => Promise<T>;
}

export function createReader(database: Database): Reader {
  return {
    read: (work) => twice(() => database.read(work)),
    quick: (work) => twice(() => database.quick(work)),
  };
}

/** A lost connection is tried once more: a server that was restarted leaves dead ones in the pool. */
async function twice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (failureOf(error) !== "lost") {
      throw toSeatkeeperError(error);
    }
  }
  try {
    return await read();
  } catch (error) {
    throw toSeatkeeperError(error);
  }
}
