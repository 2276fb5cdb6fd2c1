import mysql2 from "mysql2";
import { Sequelize } from "sequelize";
import type { Options } from "sequelize";
import { SeatkeeperError } from "../errors.js";
import { openTriggersAnew } from "./brokenTriggers.js";
import { aloneInCluster } from "./clusterLock.js";
import type { Database, Link } from "./database.js";
import { MARIADB, MYSQL } from "./dialect.js";
import type { Dialect } from "./dialect.js";
import { failureOf, isBrokenTrigger } from "./failures.js";
import {
  bound,
  inTransaction,
  isNotBegun,
  isQuickLoss,
  link,
  NotBegun,
  noteCluster,
  query,
  type MysqlConnection,
  type MysqlLink,
} from "./mysqlLink.js";
import { SharedReads } from "./sharedReads.js";
import type { Reads, SqlValue } from "./sql.js";
import type { MysqlAddress } from "./url.js";

const CONNECT_TIMEOUT_MS = 5_000;
const ACQUIRE_TIMEOUT_MS = 10_000;
const IDLE_MS = 60_000;
const LOCK_WAIT_SECONDS = 5;
const MIGRATION_LOCK_SECONDS = 120;

/** Independent of the server's defaults: without strict mode a too long value would be cut off in silence. */
const SESSION = [
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
];

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

  /** The caller runs what failed once more. */
  async function withTriggers<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isBrokenTrigger(error)) await withConnection(openTriggersAnew);
      throw error;
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
    change: (work) => withTriggers(() => withConnection(work)),
    transaction: (work, keep) =>
      withTriggers(() =>
        onLiveConnection(poolSize, isNotBegun, () =>
          withConnection((sql) => inTransaction(sql, work, keep)),
        ),
      ),
    alone: async (work) => {
      const alone = () => withConnection((sql) => locked(sql, () => work(sql)));
      const isInCluster = await withConnection((sql) => Promise.resolve(sql.isInCluster));
      return isInCluster ? aloneInCluster(withConnection, alone) : alone();
    },
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
      // Without values there is nothing to look for in a text, which may be long.
      queryFormat: (text: string, values: unknown) =>
        Array.isArray(values) && values.length === 0
          ? text
          : mysql2.format(text, values as [], true),
      ...address.driverOptions,
    },
  };
  const sequelize = new Sequelize(address.database, address.user, address.password, options);
  sequelize.addHook("afterConnect", async (connection: unknown) => {
    for (const text of SESSION) {
      await query(connection as MysqlConnection, text, []);
    }
    await noteCluster(connection as MysqlConnection);
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

/**
 * The pool tells whoever has waited longest when a connection that it makes is lost in the making, whomever it was for. So a
 * loss here is a loss before the beginning.
 */
async function acquire(sequelize: Sequelize): Promise<MysqlConnection> {
  try {
    const connection = await sequelize.connectionManager.getConnection({ type: "write" });
    return connection as MysqlConnection;
  } catch (error) {
    throw isQuickLoss(error) ? new NotBegun(error) : error;
  }
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

/** The server's own lock: in a cluster each server has its own. */
async function locked<T>(sql: Link, work: () => Promise<T>): Promise<T> {
  const name = "CONCAT('seatkeeper.', DATABASE())";
  const rows = await sql.all<{ held: number | null }>(
    `SELECT GET_LOCK(${name}, ${MIGRATION_LOCK_SECONDS}) AS held`,
  );
  if (rows[0]?.held !== 1) {
    throw new SeatkeeperError("Unavailable", { detail: "another node holds the migration lock" });
  }
  try {
    return await work();
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
