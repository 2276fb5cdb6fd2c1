import type { Sequelize, Transaction } from "sequelize";
import type { Dialect } from "./dialect.js";
import type { Reads, Sql } from "./sql.js";

/**
 * One open database. Errors pass through as the driver raised them; src/store/failures.ts says what they mean.
 */
export interface Database {
  readonly dialect: Dialect;
  readonly sequelize: Sequelize;
  /** Statements outside a transaction: each sees what is committed. */
  read<T>(work: (sql: Link) => Promise<T>): Promise<T>;
  /** Reads of a few rows by key: those of different requests may travel together, so none may take long. */
  quick<T>(work: (sql: Reads) => Promise<T>): Promise<T>;
  /** Statements that change something, each committed by itself. */
  change<T>(work: (sql: Link) => Promise<T>): Promise<T>;
  /**
   * One transaction, tried once: commits when `work` resolves and `keep`, asked then, does not say no. Otherwise
   * nothing has happened.
   */
  transaction<T>(work: (sql: Link) => Promise<T>, keep?: () => boolean): Promise<T>;
  /** Alone among all processes that do the same; for migrations. */
  alone<T>(work: (sql: Link) => Promise<T>): Promise<T>;
  /** Milliseconds since the epoch by the database's own clock; null where that is the process clock. */
  time(): Promise<number | null>;
  close(): Promise<void>;
}

/**
 * The statements of one connection of Sequelize's pool. Hot statements go straight to the driver, which costs a third
 * of `sequelize.query` (docs/adr/0003); models get the same connection through `options`.
 */
export interface Link extends Sql {
  readonly options: { readonly transaction: Transaction };
}

/** What Sequelize needs to run a model's statement on a connection that we hold. */
export function modelOptions(connection: object): { readonly transaction: Transaction } {
  const holder = { connection, rollback: () => Promise.resolve() };
  return { transaction: holder as unknown as Transaction };
}

/** Runs one piece of work after the other. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#length += 1;
    const result = this.#last.then(work, work).finally(() => {
      this.#length -= 1;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}
