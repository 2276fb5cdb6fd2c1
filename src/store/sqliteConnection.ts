import type { SqlValue } from "./sql.js";

/** A statement that SQLite has parsed and planned, as far as the driver's is used here. */
interface Statement {
  all(values: readonly SqlValue[], done: (error: Error | null, rows: object[]) => void): void;
  run(
    values: readonly SqlValue[],
    done: (this: { changes: number }, error: Error | null) => void,
  ): void;
  finalize(done: () => void): void;
}

/** The driver's connection, as far as it is used here. */
export interface DriverConnection {
  exec(text: string, done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
}

/** The driver's class: prepares on a thread, then calls back. */
export type StatementClass = new (
  connection: DriverConnection,
  text: string,
  done: (error: Error | null) => void,
) => Statement;

/** The texts are few: those of a batch differ by its size alone. What is longer has many rows, and comes once. */
const KEPT_MAX = 200;
const CHARACTERS_MAX = 4_000;

/**
 * A connection that keeps what it has prepared: to parse and plan a small statement takes SQLite longer than to run it, and the
 * driver another way to a thread and back. What is kept is prepared anew by SQLite itself when the schema has changed.
 */
export class SqliteConnection {
  /** For Sequelize's models. */
  readonly driver: DriverConnection;
  readonly #statementClass: StatementClass;
  readonly #kept = new Map<string, Promise<Statement>>();

  constructor(driver: DriverConnection, statementClass: StatementClass) {
    this.driver = driver;
    this.#statementClass = statementClass;
  }

  async all<Row extends object>(text: string, values: readonly SqlValue[]): Promise<Row[]> {
    return this.#using(
      text,
      (statement) =>
        new Promise((resolve, reject) => {
          statement.all(values, (error, rows) => {
            if (error === null) resolve(rows as Row[]);
            else reject(error);
          });
        }),
    );
  }

  /** @returns the number of rows that it changed */
  async run(text: string, values: readonly SqlValue[]): Promise<number> {
    return this.#using(
      text,
      (statement) =>
        new Promise((resolve, reject) => {
          statement.run(values, function done(error) {
            if (error === null) resolve(this.changes);
            else reject(error);
          });
        }),
    );
  }

  /** One statement or several, without values and without an answer. The first failure ends it. */
  execute(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.driver.exec(text, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  /** A connection with prepared statements cannot be closed. */
  async close(): Promise<void> {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(kept.map(discard));
    await new Promise<void>((resolve, reject) => {
      this.driver.close((error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  async #using<T>(text: string, work: (statement: Statement) => Promise<T>): Promise<T> {
    if (text.length > CHARACTERS_MAX) {
      const once = this.#prepared(text);
      try {
        return await work(await once);
      } finally {
        await discard(once);
      }
    }
    const known = this.#kept.get(text);
    const statement = known ?? this.#prepared(text);
    // The one that was used last stands last.
    if (known !== undefined) this.#kept.delete(text);
    this.#kept.set(text, statement);
    if (known === undefined) this.#makeRoom(text, statement);
    return work(await statement);
  }

  #makeRoom(text: string, statement: Promise<Statement>): void {
    statement.catch(() => {
      if (this.#kept.get(text) === statement) this.#kept.delete(text);
    });
    const [oldest] = this.#kept;
    if (this.#kept.size <= KEPT_MAX || oldest === undefined) return;
    this.#kept.delete(oldest[0]);
    // The driver lets what was asked of it before end first.
    void discard(oldest[1]);
  }

  #prepared(text: string): Promise<Statement> {
    return new Promise((resolve, reject) => {
      const statement = new this.#statementClass(this.driver, text, (error) => {
        if (error === null) resolve(statement);
        else reject(error);
      });
    });
  }
}

/** What could not be prepared need not be discarded. */
function discard(prepared: Promise<Statement>): Promise<void> {
  return prepared.then(
    (statement) => new Promise((resolve) => statement.finalize(resolve)),
    () => undefined,
  );
}
