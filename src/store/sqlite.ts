import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as driver from "@appthreat/sqlite3";
import { Sequelize } from "sequelize";
import { SeatkeeperError } from "../errors.js";
import { modelOptions, Queue } from "./database.js";
import type { Database, Link } from "./database.js";
import { SQLITE } from "./dialect.js";
import { Checkpoints } from "./sqliteCheckpoints.js";
import {
  type DriverConnection,
  SqliteConnection,
  type StatementClass,
} from "./sqliteConnection.js";
import type { SqlValue } from "./sql.js";

type GetConnectionOptions = Parameters<Sequelize["connectionManager"]["getConnection"]>[0];

/** The driver as Sequelize wants it: the package's default export, which its types do not know. */
const { default: sqlite3 } = driver as unknown as {
  default: { readonly Statement: StatementClass };
};

/** How long SQLite itself waits for another process before it says SQLITE_BUSY. */
const BUSY_TIMEOUT_MS = 2_000;
/**
 * For what one transaction changes: SQLite's own 2 MiB are less than a batch touches, and what does not fit goes through the log
 * twice. Taken as it is needed.
 */
const CACHE_KIB = 65_536;
/** Only where nobody looks after the log: pages of 4 KiB (src/store/sqliteCheckpoints.ts). */
const LOG_PAGES = 16_000;
const LOG_BYTES_KEPT = 64 * 1024 * 1024;

/**
 * SQLite: one connection writes, in a queue, because a second `BEGIN IMMEDIATE` on it would fail and Sequelize knows
 * only one connection; others read what is committed (write-ahead log). A database in memory has one connection only,
 * so there reads wait in the same queue and never see half a transaction.
 */
export async function openSqlite(path: string, readersMax: number): Promise<Database> {
  const inMemory = path === ":memory:";
  if (!inMemory) refuseMissingFolder(path);
  const sequelize = new Sequelize({
    dialect: "sqlite",
    dialectModule: sqlite3,
    storage: path,
    logging: false,
  });
  const writer = await connect(sequelize, "writer", inMemory);
  await writer.execute(
    `PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${LOG_PAGES}; PRAGMA journal_size_limit = ${LOG_BYTES_KEPT}`,
  );
  const queue = new Queue();
  const readers = inMemory ? [] : await connectReaders(sequelize, readersMax);
  const checkpoints = inMemory
    ? null
    : new Checkpoints(() => connect(sequelize, "checkpoints", false), queue);
  let turn = 0;

  function read<T>(work: (sql: Link) => Promise<T>): Promise<T> {
    const reader = readers[turn++ % Math.max(1, readers.length)];
    return reader === undefined ? queue.run(() => work(link(writer))) : work(link(reader));
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = await queue.run(work);
    checkpoints?.committed();
    return result;
  }

  return {
    dialect: SQLITE,
    sequelize,
    read,
    // Nothing travels: the database is in the process.
    quick: read,
    change: (work) => inTurn(() => work(link(writer))),
    transaction: (work, keep) => inTurn(() => inTransaction(writer, "IMMEDIATE", work, keep)),
    alone: (work) => inTurn(() => inTransaction(writer, "EXCLUSIVE", work)),
    time: () => Promise.resolve(null),
    async close() {
      await queue.run(() => Promise.resolve());
      await checkpoints?.close();
      await Promise.all([writer, ...readers].map((connection) => connection.close()));
    },
  };
}

/** Sequelize would make it: a misspelt path would be a new database, and all customers gone. */
function refuseMissingFolder(path: string): void {
  const folder = dirname(resolve(path));
  if (path.startsWith("file:") || existsSync(folder)) return;
  throw new SeatkeeperError("InvalidConfiguration", {
    sentence: `database.url: There is no directory ${folder}. Make it first, or correct the path.`,
    field: "database.url",
  });
}

async function connectReaders(
  sequelize: Sequelize,
  readersMax: number,
): Promise<SqliteConnection[]> {
  const readers: SqliteConnection[] = [];
  for (let index = 0; index < readersMax; index += 1) {
    const reader = await connect(sequelize, `reader-${index}`, false);
    await reader.execute("PRAGMA query_only = ON");
    readers.push(reader);
  }
  return readers;
}

async function connect(
  sequelize: Sequelize,
  uuid: string,
  inMemory: boolean,
): Promise<SqliteConnection> {
  // Sequelize keeps one connection per `uuid`; its types do not say so.
  const options = { type: "write", uuid } as GetConnectionOptions;
  const made = await sequelize.connectionManager.getConnection(options);
  const connection = new SqliteConnection(made as DriverConnection, sqlite3.Statement);
  await connection.execute(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  if (!inMemory) {
    await connection.execute("PRAGMA journal_mode = WAL");
  }
  await connection.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  return connection;
}

async function inTransaction<T>(
  connection: SqliteConnection,
  kind: "IMMEDIATE" | "EXCLUSIVE",
  work: (sql: Link) => Promise<T>,
  keep?: () => boolean,
): Promise<T> {
  await connection.execute(`BEGIN ${kind}`);
  const sql = link(connection);
  try {
    const result = await work(sql);
    await sql.end();
    await connection.execute(keep?.() === false ? "ROLLBACK" : "COMMIT");
    return result;
  } catch (error) {
    // Whatever of the work still goes on must not reach the connection behind the rollback.
    await sql.end().catch(() => undefined);
    // SQLite has rolled back by itself after some errors; the first error is the one that counts.
    await connection.execute("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

interface SqliteLink extends Link {
  /** Refuses what comes from now on. Resolves when all is done that was asked for, and rejects with its first failure. */
  end(): Promise<void>;
}

/**
 * One statement after the other: the driver runs what it is given at the same time in any order. After a failure none
 * runs any more.
 */
function link(connection: SqliteConnection): SqliteLink {
  let last: Promise<unknown> = Promise.resolve();
  let hasEnded = false;
  const inTurn = <T>(statement: () => Promise<T>): Promise<T> => {
    if (hasEnded) {
      return Promise.reject(new Error("a statement was asked for after the work had ended"));
    }
    const result = last.then(statement);
    result.catch(() => undefined);
    last = result;
    return result;
  };
  const run = (text: string, values: readonly SqlValue[] = []): Promise<number> =>
    inTurn(() => connection.run(text, values));
  return {
    dialect: SQLITE,
    options: modelOptions(connection.driver),
    all: <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      inTurn(() => connection.all<Row>(text, values)),
    run,
    later: (text, values) => void run(text, values),
    end: async () => {
      hasEnded = true;
      await last;
    },
  };
}
