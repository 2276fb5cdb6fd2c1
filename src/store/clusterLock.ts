import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SeatkeeperError } from "../errors.js";
import type { Link } from "./database.js";
import { failureOf } from "./failures.js";

/**
 * A lock for all nodes of a Galera cluster, where GET_LOCK is each server's own (docs/adr/0038). One row of a table: whoever
 * can insert it has the lock, and deletes it at the end. It can be inserted again only where that deletion has arrived, and with
 * it all that was written before. Its holder counts on as long as it lives, so that the lock of a process that was killed is not waited for.
 */
const CREATE =
  "CREATE TABLE IF NOT EXISTS migration_lock (id INT NOT NULL PRIMARY KEY, holder VARCHAR(64) NOT NULL, beat BIGINT NOT NULL)";
const INSERT = "INSERT INTO migration_lock (id, holder, beat) VALUES (1, ?, 0)";
const LOOK = "SELECT holder, beat FROM migration_lock WHERE id = 1";
const BEAT = "UPDATE migration_lock SET beat = beat + 1 WHERE id = 1 AND holder = ?";
const RELEASE = "DELETE FROM migration_lock WHERE id = 1 AND holder = ?";
const BEAT_MS = 1_000;
const LOOK_MS = 250;
/** So many looks without a beat between them: the holder is dead. A look waits as long as the cluster stands still. */
const LOOKS_MAX = 120;
const WAIT_MAX_MS = 600_000;

interface Holder {
  readonly holder: string;
  readonly beat: number;
}

/** On any connection, each time: that of the holder is busy with a migration, and one on which a statement failed is used up. */
type Change = <T>(work: (sql: Link) => Promise<T>) => Promise<T>;

/** @throws SeatkeeperError Unavailable when other nodes have held the lock for ten minutes */
export async function aloneInCluster<T>(
  change: Change,
  work: () => Promise<T>,
  looksMax = LOOKS_MAX,
): Promise<T> {
  const own = randomUUID();
  await acquire(change, own, looksMax);
  const beating = setInterval(() => {
    // If one does not come through, the next one may.
    change((sql) => sql.run(BEAT, [own])).catch(() => undefined);
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beating);
    await change((sql) => sql.run(RELEASE, [own]));
  }
}

async function acquire(change: Change, own: string, looksMax: number): Promise<void> {
  const deadline = performance.now() + WAIT_MAX_MS;
  let last = "";
  let looks = 0;
  while (!(await insert(change, own))) {
    const [holder] = await change((sql) => sql.all<Holder>(LOOK));
    if (holder === undefined) continue;
    const seen = `${holder.holder} ${holder.beat}`;
    looks = seen === last ? looks + 1 : 0;
    last = seen;
    if (looks >= looksMax) await change((sql) => sql.run(RELEASE, [holder.holder]));
    if (performance.now() > deadline) {
      throw new SeatkeeperError("Unavailable", { detail: "another node holds the migration lock" });
    }
    await sleep(LOOK_MS);
  }
}

/** False: somebody else has it. */
async function insert(change: Change, own: string): Promise<boolean> {
  try {
    await change((sql) => sql.run(INSERT, [own]));
    return true;
  } catch (error) {
    const failure = failureOf(error);
    if (failure === "uniqueness" || failure === "conflict") return false;
    if (failure !== "unavailable") throw error;
    // As far as it is the table that is missing: it is there the next time. If it is more, this fails, too.
    await change((sql) => sql.run(CREATE));
    return false;
  }
}
