import mysql2 from "mysql2";
import { Sequelize } from "sequelize";
import type { Options } from "sequelize";
import { SeatkeeperError } from "../errors.js";
import { modelOptions } from "./database.js";
import type { Database, Link } from "./database.js";
import { MARIADB, MYSQL } from "./dialect.js";
import type { Dialect } from "./dialect.js";
import { failureOf } from "./failures.js";
import { Pipeline } from "./pipeline.js";
import { SharedReads } from "./sharedReads.js";
import type { Reads, SqlValue } from "./sql.js";
import type { MysqlAddress } from "./url.js";

const CONNECT_TIMEOUT_MS = 5_000;
const ACQUIRE_TIMEOUT_MS = 10_000;
const IDLE_MS = 60_000;
/** A statement that takes longer counts as a lost connection. */
const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_WAIT_SECONDS = 5;
const MIGRATION_LOCK_SECONDS = 120;

/** Independent of the server's defaults: without strict mode a too long value would be cut off in silence. */
const SESSION = [
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
];

interface QueryOptions {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
  readonly timeout: number;
  readonly typeCast: boolean;
}

/** The driver's connection, as far as it is used here. */
interface MysqlConnection {
  query(options: QueryOptions, done: (error: Error | null, result: unknown) => void): void;
}

export async function openMysql(address: MysqlAddress, poolSize: number): Promise<Database> {
  const sequelize = connectPool(address, poolSize);
  const dialect = await detectDialect(sequelize);

  async function withConnection<T>(work: (sql: MysqlLink) => Promise<T>): Promise<T> {
    const connection = await acquire(sequelize);
    let healthy = true;
    const sql = link(connection, dialect);
    try {
      return await work(sql);
    } catch (error) {
      healthy = failureOf(error) !== "lost";
      throw error;
    } finally {
      sql.end();
      await giveBack(sequelize, connection, healthy);
    }
  }

  const shared = new SharedReads((texts) =>
    onLiveConnection(poolSize, isQuickLoss, () => withConnection((sql) => sql.send(texts))),
  );
  const quick: Reads = {
    dialect,
    all: async <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      (await shared.ask(bound(text, values))) as Row[],
  };

  return {
    dialect,
    sequelize,
    // Reading twice does no harm, so a loss in the middle is found here, too.
    read: (work) => onLiveConnection(poolSize, isQuickLoss, () => withConnection(work)),
    quick: (work) => work(quick),
    change: withConnection,
    transaction: (work, keep) =>
      onLiveConnection(poolSize, isNotBegun, () =>
        withConnection((sql) => inTransaction(sql, work, keep)),
      ),
    alone: (work) => withConnection((sql) => locked(sql, work)),
    time: () => withConnection(readTime),
    close: () => sequelize.close(),
  };
}

function connectPool(address: MysqlAddress, poolSize: number): Sequelize {
  const options: Options & { databaseVersion: string; keepDefaultTimezone: boolean } = {
    dialect: "mysql",
    dialectModule: mysql2,
    host: address.host,
    port: address.port,
    logging: false,
    // Saves Sequelize a connection of its own at start, made only to ask for the version.
    databaseVersion: "8.0.0",
    keepDefaultTimezone: true,
    pool: { max: poolSize, min: 0, idle: IDLE_MS, acquire: ACQUIRE_TIMEOUT_MS },
    dialectOptions: {
      charset: "utf8mb4_bin",
      connectTimeout: CONNECT_TIMEOUT_MS,
      supportBigNumbers: true,
      stringifyObjects: true,
      // Not Sequelize's function: mysql2 compiles a reader of rows anew, and keeps it, for each result that has one.
      typeCast: true,
      // Sequelize asks for "rows changed"; a version check needs "rows matched".
      flags: "+FOUND_ROWS",
      // For the pipeline. No value is ever part of a text before it is escaped, here as without.
      multipleStatements: true,
      ...address.driverOptions,
    },
  };
  const sequelize = new Sequelize(address.database, address.user, address.password, options);
  sequelize.addHook("afterConnect", async (connection: unknown) => {
    for (const text of SESSION) {
      await query(connection as MysqlConnection, text, []);
    }
  });
  return sequelize;
}

/** @throws SeatkeeperError InvalidConfiguration when the server is too old. */
async function detectDialect(sequelize: Sequelize): Promise<Dialect> {
  const connection = await acquire(sequelize);
  try {
    const rows = (await query(connection, "SELECT VERSION() AS version", [])) as {
      version: string;
    }[];
    return dialectOf(rows[0]?.version ?? "");
  } finally {
    await giveBack(sequelize, connection, true);
  }
}

/** The first versions with all that the statements and migrations use. */
const OLDEST = { mariaDb: [10, 6, 0], mysql: [8, 0, 17] } as const;

/** Exported for its test. @throws SeatkeeperError InvalidConfiguration when the server is too old. */
export function dialectOf(version: string): Dialect {
  const mariaDb = /mariadb/i.test(version);
  // Old MariaDB servers put "5.5.5-" in front for the sake of old clients.
  const given = version
    .replace(/^5\.5\.5-/, "")
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  const oldest = mariaDb ? OLDEST.mariaDb : OLDEST.mysql;
  const differing = oldest.findIndex((part, index) => given[index] !== part);
  // Also a version that cannot be read is refused.
  if (differing >= 0 && !((given[differing] ?? NaN) > (oldest[differing] ?? 0))) {
    throw new SeatkeeperError("InvalidConfiguration", {
      sentence: `The database server is too old (${version.slice(0, 40)}): MariaDB 10.6 or MySQL 8.0.17 is needed.`,
      field: "database.url",
      detail: version,
    });
  }
  return mariaDb ? MARIADB : MYSQL;
}

async function acquire(sequelize: Sequelize): Promise<MysqlConnection> {
  const connection = await sequelize.connectionManager.getConnection({ type: "write" });
  return connection as MysqlConnection;
}

async function giveBack(
  sequelize: Sequelize,
  connection: MysqlConnection,
  healthy: boolean,
): Promise<void> {
  if (healthy) {
    sequelize.connectionManager.releaseConnection(connection);
    return;
  }
  await sequelize.connectionManager.destroyConnection(connection).catch(() => undefined);
}

/** A dead connection, found before anything was done with it. `parent` as in Sequelize's errors. */
class NotBegun extends Error {
  readonly parent: unknown;

  constructor(parent: unknown) {
    super("the connection was lost before the transaction began", { cause: parent });
    this.parent = parent;
  }
}

function isNotBegun(error: unknown): boolean {
  return error instanceof NotBegun;
}

/** Not a time-out: a server that does not answer is not asked again and again. */
function isQuickLoss(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return failureOf(error) === "lost" && code !== "PROTOCOL_SEQUENCE_TIMEOUT";
}

/**
 * After a restart or behind a firewall that forgets idle connections, all those in the pool may be dead. Each is thrown
 * away when it turns out, so that after as many tries as the pool has places the connection is a new one.
 */
async function onLiveConnection<T>(
  poolSize: number,
  mayTryAgain: (error: unknown) => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let left = poolSize; left > 0; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayTryAgain(error)) throw error;
    }
  }
  return attempt();
}

/** The beginning travels with the first statements of the work, and the end with those that nobody waited for. */
async function inTransaction<T>(
  sql: MysqlLink,
  work: (sql: Link) => Promise<T>,
  keep?: () => boolean,
): Promise<T> {
  let hasBegun = false;
  const begun = sql.run("START TRANSACTION").then(() => {
    hasBegun = true;
  });
  begun.catch(() => undefined);
  try {
    const result = await work(sql);
    await Promise.all([begun, sql.run(keep?.() === false ? "ROLLBACK" : "COMMIT")]);
    return result;
  } catch (error) {
    // Whatever of the work still goes on must not reach the connection behind the rollback.
    sql.end();
    if (!hasBegun && isQuickLoss(error)) {
      throw new NotBegun(error);
    }
    if (failureOf(error) !== "lost") {
      await sql.rollback();
    }
    throw error;
  }
}

async function locked<T>(sql: Link, work: (sql: Link) => Promise<T>): Promise<T> {
  const name = "CONCAT('seatkeeper.', DATABASE())";
  const rows = await sql.all<{ held: number | null }>(
    `SELECT GET_LOCK(${name}, ${MIGRATION_LOCK_SECONDS}) AS held`,
  );
  if (rows[0]?.held !== 1) {
    throw new SeatkeeperError("Unavailable", { detail: "another node holds the migration lock" });
  }
  try {
    return await work(sql);
  } finally {
    await sql.all(`SELECT RELEASE_LOCK(${name})`);
  }
}

async function readTime(sql: Link): Promise<number> {
  const rows = await sql.all<{ now: number }>(
    "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now",
  );
  return rows[0]?.now ?? Date.now();
}

interface MysqlLink extends Link {
  /** Texts with their values in one message. */
  send(texts: readonly string[]): Promise<readonly unknown[]>;
  /** Past everything that was asked for and not sent. */
  rollback(): Promise<void>;
  end(): void;
}

function link(connection: MysqlConnection, dialect: Dialect): MysqlLink {
  const send = (texts: readonly string[]) => sendMessage(connection, texts);
  const pipeline = new Pipeline(send, bound);
  return {
    dialect,
    options: modelOptions(connection),
    all: async <Row extends object>(text: string, values: readonly SqlValue[] = []) =>
      (await pipeline.ask(text, values)) as Row[],
    run: async (text, values = []) => {
      const result = (await pipeline.ask(text, values)) as { affectedRows?: number };
      return result.affectedRows ?? 0;
    },
    send,
    later: (text, values = []) => void pipeline.ask(text, values),
    rollback: async () => {
      await query(connection, "ROLLBACK", []);
    },
    end: () => pipeline.end(),
  };
}

/** No text has a question mark but for a value, so they need not be looked for behind quotes. */
function bound(text: string, values: readonly SqlValue[]): string {
  const parts = text.split("?");
  if (parts.length !== values.length + 1) {
    throw new TypeError(`${values.length} values for ${parts.length - 1} places: ${text}`);
  }
  let result = parts[0] ?? "";
  for (let index = 0; index < values.length; index += 1) {
    result += mysql2.escape(values[index], true) + (parts[index + 1] ?? "");
  }
  return result;
}

async function sendMessage(
  connection: MysqlConnection,
  texts: readonly string[],
): Promise<readonly unknown[]> {
  const result = await query(connection, texts.join(";\n"));
  return texts.length === 1 ? [result] : (result as readonly unknown[]);
}

function query(
  connection: MysqlConnection,
  sql: string,
  values?: readonly SqlValue[],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const bound = values === undefined ? {} : { values };
    const options = { sql, ...bound, timeout: STATEMENT_TIMEOUT_MS, typeCast: true };
    connection.query(options, (error, result) => {
      if (error === null) {
        resolve(result);
      } else {
        reject(error);
      }
    });
  });
}
