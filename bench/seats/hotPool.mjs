import mysql from "mysql2/promise";
import { openMysql } from "../../dist/src/store/mysql.js";
import { insertRows } from "../../dist/src/store/sql.js";
import { openSqlite } from "../../dist/src/store/sqlite.js";
import { readDatabaseUrl } from "../../dist/src/store/url.js";
import { closedLoop, microseconds, ms, openLoop, whole } from "./load.mjs";

/**
 * Seats of one pool, given as fast as they are asked for; beside two things on the same database: one counter that each
 * request raises in a transaction of its own, and the same rows as an allocation writes, inserted in portions without
 * any question.
 */
const CALLERS = 256;
/** As many requests as are decided together at most. */
const PORTION = 128;
const COUNTER_CONNECTIONS = 32;
const CAUSE = { type: "app", action: "seat.acquired", actor: "bench", requestId: null };

/** Allocations before the first that counts: what Node has not compiled yet is no property of the pool. */
const WARMING = 4_000;

/** @param {import("./world.mjs").World} world @param {{ allocations: number }} sizes */
export async function measureHotPool({ app, kind, url, tenant }, { allocations }) {
  const acorn = await tenant("hot");
  const everybody = await acorn.people(WARMING + 2 * allocations);
  const people = everybody.slice(WARMING);
  await acorn.pool({ kind: "shared" });
  await acorn.settled();
  const database = await openDatabase(url);
  try {
    const acquire = (id) => app.actions.acquireSeat(acorn.organisationId, id, "support", CAUSE);
    await closedLoop(everybody.slice(0, WARMING), CALLERS, acquire);
    const before = await counts(database);
    const ours = await closedLoop(people.slice(0, allocations), CALLERS, acquire);
    // Before the rows are read: what they leave behind for the garbage collector is no property of the pool.
    const half = await openLoop(people.slice(allocations), ours.perSecond / 2, acquire);
    const all = await rowsSince(database, before, acorn.organisationId);
    const written = all.map(({ table, rows }) => ({ table, rows: rows.slice(0, rows.length / 2) }));
    const bulk = await bulkInserts(database, written, allocations);
    const counter = await counterRow(database, url, allocations);
    const row = (what, perSecond, more) => [
      `${kind}: ${what}`,
      whole(perSecond),
      (ours.perSecond / perSecond).toFixed(2),
      more,
    ];
    const tables = written.map(({ table, rows }) => `${rows.length / allocations} ${table}`);
    return [
      row(
        `allocations, ${CALLERS} callers`,
        ours.perSecond,
        `p50 ${ms(ours.p50)} ms, p99 ${ms(ours.p99)} ms, ${microseconds(ours)} of this process each`,
      ),
      row("at half of that", half.perSecond, `p50 ${ms(half.p50)} ms, p99 ${ms(half.p99)} ms`),
      row(
        `counter row and insert, ${counter.callers} connections`,
        counter.perSecond,
        `p99 ${ms(counter.p99)} ms`,
      ),
      row(
        `the same rows in portions of ${PORTION}`,
        bulk.perSecond,
        `${microseconds(bulk)} of this process each: ${tables.join(", ")}`,
      ),
    ];
  } finally {
    await database.close();
  }
}

async function openDatabase(url) {
  const address = readDatabaseUrl(url);
  return address.type === "sqlite" ? openSqlite(address.path, 1) : openMysql(address.mysql, 4);
}

async function tableNames(database) {
  const text =
    database.dialect.name === "sqlite"
      ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
      : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()";
  return (await database.read((sql) => sql.all(text))).map(({ name }) => name);
}

async function counts(database) {
  const found = new Map();
  for (const name of await tableNames(database)) {
    const [row] = await database.read((sql) => sql.all(`SELECT COUNT(*) AS rows_ FROM ${name}`));
    found.set(name, row.rows_);
  }
  return found;
}

/** What was written since then, table by table, as it is stored. */
async function rowsSince(database, before, organisationId) {
  const written = [];
  for (const [table, count] of await counts(database)) {
    const more = count - (before.get(table) ?? 0);
    if (more <= 0) continue;
    const rows = await database.read((sql) =>
      sql.all(`SELECT * FROM ${table} WHERE organisationId = ?`, [organisationId]),
    );
    // Ids rise with time.
    if ("id" in rows[0]) rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    written.push({ table, rows: rows.slice(-more) });
  }
  return written;
}

/** Allocations a second, if each were nothing but its rows. */
async function bulkInserts(database, written, allocations) {
  const plans = [];
  for (const { table, rows } of written) {
    const columns = await columnsOf(database, table);
    await copyShape(database, table);
    const values = rows.map((row) => columns.map((column) => row[column]));
    plans.push({ table: `bulk_${table}`, columns, values, share: rows.length / allocations });
  }
  const begun = performance.now();
  const cpu = process.cpuUsage();
  for (let start = 0; start < allocations; start += PORTION) {
    await database.transaction(async (sql) => {
      for (const { table, columns, values, share } of plans) {
        const portion = values.slice(start * share, (start + PORTION) * share);
        if (portion.length > 0) await insertRows(sql, table, columns, portion);
      }
    });
  }
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: allocations / seconds, cpuShare: (user + system) / 1e6 / seconds };
}

/** Without what the database works out by itself. */
async function columnsOf(database, table) {
  const isSqlite = database.dialect.name === "sqlite";
  const rows = await database.read((sql) =>
    sql.all(
      isSqlite
        ? `SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`
        : `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '${table}' AND extra NOT LIKE '%GENERATED%' AND extra NOT LIKE '%auto_increment%'`,
    ),
  );
  return rows.map(({ name }) => name);
}

/** Columns and indexes, without triggers. */
async function copyShape(database, table) {
  if (database.dialect.name !== "sqlite") {
    await database.change((sql) => sql.run(`CREATE TABLE bulk_${table} LIKE ${table}`));
    return;
  }
  const parts = await database.read((sql) =>
    sql.all(
      "SELECT name, type, sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC",
      [table],
    ),
  );
  for (const { name, type, sql: text } of parts) {
    const renamed =
      type === "table"
        ? text.replace(/^(CREATE TABLE\s+)\S+/i, `$1bulk_${table}`)
        : text
            .replace(new RegExp(`\\b${name}\\b`), `bulk_${name}`)
            .replace(/(\bON\s+)[`"]?\w+[`"]?/i, `$1bulk_${table}`);
    await database.change((sql) => sql.run(renamed));
  }
}

/** One row that everybody raises, and a row for who has the seat; a transaction each, committed as durably. */
async function counterRow(database, url, allocations) {
  await database.change((sql) =>
    sql.run("CREATE TABLE counters (id INTEGER PRIMARY KEY, used INTEGER, capacity INTEGER)"),
  );
  await database.change((sql) => sql.run("INSERT INTO counters VALUES (1, 0, 1000000)"));
  await database.change((sql) =>
    sql.run("CREATE TABLE counted (id INTEGER PRIMARY KEY, pool INTEGER, who VARCHAR(36))"),
  );
  const requests = Array.from({ length: Math.min(allocations, 5_000) }, (_, index) => index);
  const raise = "UPDATE counters SET used = used + 1 WHERE id = 1 AND used < capacity";
  const insert = "INSERT INTO counted VALUES (?, 1, ?)";
  if (database.dialect.name === "sqlite") {
    const take = (id) =>
      database.transaction(async (sql) => {
        await sql.run(raise);
        await sql.run(insert, [id, `person ${id}`]);
      });
    return { ...(await closedLoop(requests, COUNTER_CONNECTIONS, take)), callers: 1 };
  }
  const pool = mysql.createPool({ uri: url, connectionLimit: COUNTER_CONNECTIONS });
  const take = async (id) => {
    const connection = await pool.getConnection();
    await connection.beginTransaction();
    await connection.execute(raise);
    await connection.execute(insert, [id, `person ${id}`]);
    await connection.commit();
    connection.release();
  };
  try {
    const measured = await closedLoop(requests, COUNTER_CONNECTIONS, take);
    return { ...measured, callers: COUNTER_CONNECTIONS };
  } finally {
    await pool.end();
  }
}
