import { SeatkeeperError } from "../errors.js";
import type { CopyOptions } from "../ports/provisioningLog.js";
import type { Database } from "./database.js";
import type { Reader } from "./reader.js";
import { insertRows } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";
import type { Writer } from "./write.js";

/**
 * One organisation copied into an empty, migrated SQLite database. Which tables and columns there are is read from the
 * copy itself, so a new table comes along without a line here.
 */

/**
 * Credentials, what is under way at the doors, and history: no decision about people or seats reads them. And who is still to
 * be re-evaluated because of something else, which is not to be done, and counted as seen by the brake, with what is played here.
 */
const NOT_COPIED = new Set([
  "tokens",
  "access_tokens",
  "clients",
  "sessions",
  "session_spans",
  "sign_in_requests",
  "used_assertions",
  "logout_messages",
  "sign_in_tests",
  "outbox",
  "push_outbox",
  "entries",
  "stale_users",
  "use_days",
  "billing_modes",
  "principals",
  "purchases",
  "provisioning_log",
  "sign_in_log",
  "sign_in_traces",
  "mail_domains",
  "plans",
]);

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

interface Filled extends Table {
  readonly rows: readonly (readonly SqlValue[])[];
}

type Source = { readonly reader: Reader; readonly writer: Writer };

/** @throws SeatkeeperError NotFound, TooMany */
export async function copyOrganisation(
  { reader, writer }: Source,
  copy: Database,
  organisationId: string,
  options: CopyOptions,
): Promise<void> {
  const tables = (await copy.read(tablesOf)).filter((table) => isWanted(table, options));
  await reader.read((sql) => refuseTooMany(sql, tables, organisationId, options.rowsMax));
  // Nobody else writes meanwhile, so that all tables are of one moment.
  const filled = await writer.locked(organisationId, (sql) => readAll(sql, tables, organisationId));
  const kept = filled.map((table) => withoutPeople(table, options));
  await copy.change((sql) => fill(sql, kept));
}

async function tablesOf(sql: Sql): Promise<Table[]> {
  const names = await sql.all<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
  );
  const tables: Table[] = [];
  for (const { name } of names) {
    // A generated column is worked out again.
    const columns = await sql.all<{ name: string }>(
      `SELECT name FROM pragma_table_xinfo('${name}') WHERE hidden = 0`,
    );
    tables.push({ name, columns: columns.map((column) => column.name) });
  }
  return tables;
}

function isWanted({ name, columns }: Table, { isSetUpOnly }: CopyOptions): boolean {
  if (name === "organisations") return true;
  if (NOT_COPIED.has(name) || !columns.includes("organisationId")) return false;
  const isAboutPeople = ownerColumn(name) !== null || columns.some(isReference);
  return !(isSetUpOnly === true && isAboutPeople);
}

function isReference(column: string): boolean {
  return column === "userId" || column === "groupId";
}

/** Whose rows are the people or groups themselves. */
function ownerColumn(table: string): "userId" | "groupId" | null {
  if (table === "users") return "userId";
  return table === "directory_groups" ? "groupId" : null;
}

function scoped({ name }: Table): string {
  return `FROM ${name} WHERE ${name === "organisations" ? "id" : "organisationId"} = ?`;
}

async function refuseTooMany(
  sql: Sql,
  tables: readonly Table[],
  organisationId: string,
  rowsMax: number,
): Promise<void> {
  let total = 0;
  for (const table of tables) {
    const text = `SELECT COUNT(*) AS total ${scoped(table)}`;
    const [row] = await sql.all<{ total: number }>(text, [organisationId]);
    total += row?.total ?? 0;
  }
  if (total > rowsMax) {
    throw new SeatkeeperError("TooMany", {
      sentence: `The organisation has ${String(total)} rows; a copy in memory may have ${String(rowsMax)}.`,
    });
  }
}

async function readAll(
  sql: Sql,
  tables: readonly Table[],
  organisationId: string,
): Promise<Filled[]> {
  const filled: Filled[] = [];
  for (const table of tables) {
    const text = `SELECT ${table.columns.join(", ")} ${scoped(table)}`;
    const rows = await sql.all<Record<string, SqlValue>>(text, [organisationId]);
    filled.push({
      ...table,
      rows: rows.map((row) => table.columns.map((column) => row[column] ?? null)),
    });
  }
  return filled;
}

function withoutPeople(table: Filled, { without }: CopyOptions): Filled {
  if (without === undefined || without.size === 0) return table;
  const places = table.columns.flatMap((column, index) =>
    isReference(column) || (column === "id" && ownerColumn(table.name) !== null) ? [index] : [],
  );
  const isKept = (row: readonly SqlValue[]): boolean =>
    !places.some((index) => without.has(String(row[index])));
  return { ...table, rows: table.rows.filter(isKept) };
}

/** The rows are consistent already: constraints and triggers would only get in the way of their order. */
async function fill(sql: Sql, tables: readonly Filled[]): Promise<void> {
  const triggers = await sql.all<{ name: string; sql: string }>(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
  );
  await sql.run("PRAGMA foreign_keys = OFF");
  for (const { name } of triggers) await sql.run(`DROP TRIGGER ${name}`);
  for (const { name, columns, rows } of tables) await insertRows(sql, name, columns, rows);
  await recount(sql);
  for (const trigger of triggers) await sql.run(trigger.sql);
  await sql.run("PRAGMA foreign_keys = ON");
}

/** Totals that are kept beside the rows, for the rows that came along. */
async function recount(sql: Sql): Promise<void> {
  const counted = (from: string): string => `(SELECT COUNT(*) FROM ${from})`;
  const seats = counted(
    "seats s WHERE s.organisationId = pools.organisationId AND s.poolId = pools.id AND s.consumes = 1",
  );
  await sql.run(`UPDATE pools SET used = ${seats}, ceiling = MAX(capacity + overage, ${seats})`);
  const users = counted("users u WHERE u.connectionId = connections.id AND u.deletedAt IS NULL");
  const groups = counted("directory_groups g WHERE g.connectionId = connections.id");
  await sql.run(`UPDATE connections SET userCount = ${users}, groupCount = ${groups}`);
}
