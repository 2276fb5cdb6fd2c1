import type { Queue } from "./database.js";
import type { SqliteConnection } from "./sqliteConnection.js";

const USUAL = {
  /** Apart, so that what several commits have changed of a page is carried over once. */
  apartMs: 1_000,
  /** Pages of 4 KiB: a log as long as this begins anew, for which the writer has to pause. */
  logPagesMax: 8_000,
};

interface Checkpoint {
  /** Pages in the log. */
  readonly log: number;
  /** Those of them that are in the database file, too. */
  readonly checkpointed: number;
}

/**
 * Carries what the log holds over into the database file, over a connection of its own and beside the writer: left to itself
 * SQLite does that within a commit, every few batches, and everybody waits (docs/adr/0040). While somebody writes all the time
 * there is always something left to carry, so the log would grow for ever: when it is long, the writer waits for the rest.
 */
export class Checkpoints {
  readonly #open: () => Promise<SqliteConnection>;
  readonly #writing: Queue;
  readonly #limits: typeof USUAL;
  #connection: SqliteConnection | null = null;
  #last = performance.now();
  #running: Promise<void> | null = null;

  /** @param open called when there is something to do, at most once */
  constructor(open: () => Promise<SqliteConnection>, writing: Queue, limits = USUAL) {
    this.#open = open;
    this.#writing = writing;
    this.#limits = limits;
  }

  /** To be called after each commit. */
  committed(): void {
    if (this.#running !== null || performance.now() - this.#last < this.#limits.apartMs) return;
    // What ails the file the next commit will say; whatever else it was, there is a next time.
    this.#running = this.#run()
      .catch(() => undefined)
      .finally(() => {
        this.#last = performance.now();
        this.#running = null;
      });
  }

  /** After the last commit. What is left in the log is carried over by whoever closes the file last. */
  async close(): Promise<void> {
    await this.#running;
    await this.#connection?.close();
  }

  async #run(): Promise<void> {
    const connection = (this.#connection ??= await this.#open());
    const { log, checkpointed } = await carry(connection);
    const { logPagesMax } = this.#limits;
    // Who still reads old pages keeps them in the log; to wait for that would be too long a pause.
    if (log < logPagesMax || log - checkpointed > logPagesMax) return;
    await this.#writing.run(() => carry(connection));
  }
}

async function carry(connection: SqliteConnection): Promise<Checkpoint> {
  const [done] = await connection.all<Checkpoint>("PRAGMA wal_checkpoint(PASSIVE)", []);
  return done ?? { log: 0, checkpointed: 0 };
}
