import type { Dialect } from "./dialect.js";

/** What may be bound. No objects and no arrays: a driver would expand those into SQL. */
export type SqlValue = string | number | boolean | null;

/** Statements that only read. Text and values as in `Sql`. */
export interface Reads {
  readonly dialect: Dialect;
  all<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<Row[]>;
}

/** The statements of one connection. Text holds `?` for every value; no value is ever part of it. */
export interface Sql extends Reads {
  /** Number of rows that matched (not: that differ afterwards). */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
  /** As `run`, in its turn, without an answer: a failure is that of the next statement, or of the commit. */
  later(text: string, values?: readonly SqlValue[]): void;
}

/** The same statements, none of which is waited for. For those of a transaction whose counts nobody needs. */
export function unawaited(sql: Sql): Sql {
  return {
    ...sql,
    run: (text, values) => {
      sql.later(text, values);
      return Promise.resolve(0);
    },
  };
}

/** Below SQLite's 32,766 variables. */
const VARIABLES_MAX = 30_000;
/** Keeps a statement well below the smallest usual max_allowed_packet (4 MiB) even with escapes. */
const CHARACTERS_MAX = 500_000;
const ROWS_MAX = 500;
/** A CASE of n branches is evaluated for n rows: keep n small, but not far below a batch of requests. */
const CASES_MAX = 64;
const LIST_MAX = 1_000;

export function placeholders(count: number): string {
  return count === 0 ? "NULL" : `?${", ?".repeat(count - 1)}`;
}

export function chunks<T>(items: readonly T[], size: number = LIST_MAX): (readonly T[])[] {
  if (items.length <= size) {
    return items.length === 0 ? [] : [items];
  }
  const result: (readonly T[])[] = [];
  for (let start = 0; start < items.length; start += size) {
    result.push(items.slice(start, start + size));
  }
  return result;
}

export function unique<T>(items: Iterable<T>): T[] {
  return [...new Set(items)];
}

/** Runs one SELECT per chunk of `items`; `text` gets the placeholders of its chunk. */
export async function selectIn<Row extends object>(
  sql: Reads,
  items: readonly string[],
  text: (list: string) => string,
  before: readonly SqlValue[],
  after: readonly SqlValue[] = [],
): Promise<Row[]> {
  const parts: Row[][] = [];
  for (const chunk of chunks(unique(items))) {
    const values = [...before, ...chunk, ...after];
    parts.push(await sql.all<Row>(text(placeholders(chunk.length)), values));
  }
  return parts.length === 1 ? (parts[0] ?? []) : parts.flat();
}

/** As `selectIn`, for statements that change rows. */
export async function runIn(
  sql: Sql,
  items: readonly string[],
  text: (list: string) => string,
  before: readonly SqlValue[],
): Promise<number> {
  let affected = 0;
  for (const chunk of chunks(unique(items))) {
    affected += await sql.run(text(placeholders(chunk.length)), [...before, ...chunk]);
  }
  return affected;
}

/** Splits rows so that neither the number of variables nor the size of a statement gets too large. */
function rowChunks(
  rows: readonly (readonly SqlValue[])[],
  columns: number,
): (readonly SqlValue[])[][] {
  const rowsMax = Math.max(1, Math.min(ROWS_MAX, Math.floor(VARIABLES_MAX / columns)));
  const result: (readonly SqlValue[])[][] = [];
  let current: (readonly SqlValue[])[] = [];
  let characters = 0;
  for (const row of rows) {
    let size = 0;
    for (const value of row) size += typeof value === "string" ? value.length : 8;
    if (current.length > 0 && (current.length >= rowsMax || characters + size > CHARACTERS_MAX)) {
      result.push(current);
      current = [];
      characters = 0;
    }
    current.push(row);
    characters += size;
  }
  if (current.length > 0) {
    result.push(current);
  }
  return result;
}

/** Multi-row INSERT. `suffix` is what follows the values, e.g. the dialect's "keep what is there". */
export async function insertRows(
  sql: Sql,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  suffix = "",
): Promise<void> {
  const one = `(${placeholders(columns.length)})`;
  for (const chunk of rowChunks(rows, columns.length)) {
    const places = `${one}${`, ${one}`.repeat(chunk.length - 1)}`;
    // Not `flat`, which costs more than all the rest.
    const values: SqlValue[] = [];
    for (const row of chunk) values.push(...row);
    await sql.run(`INSERT INTO ${table} (${columns.join(", ")}) VALUES ${places}${suffix}`, values);
  }
}

/** One row of an update: its id, the values in the order of the columns, and the version it must still have. */
export interface RowUpdate {
  readonly id: string;
  readonly values: readonly SqlValue[];
  readonly expectedVersion?: number;
}

/**
 * Updates many rows of one organisation by id in few statements. A column with one value for all rows is set to it; any
 * other becomes a CASE over the ids. Returns the number of rows that existed with the expected version.
 */
export async function updateRows(
  sql: Sql,
  table: string,
  organisationId: string,
  columns: readonly string[],
  rows: readonly RowUpdate[],
): Promise<number> {
  let affected = 0;
  for (const chunk of chunks(rows, CASES_MAX)) {
    const values: SqlValue[] = [];
    const sets = columns.map((column, index) => {
      const [common, ...others] = new Set(chunk.map((row) => row.values[index] ?? null));
      if (common !== undefined && others.length === 0) {
        values.push(common);
        return `${column} = ?`;
      }
      if (column === "version" && chunk.every((row) => isNextVersion(row, row.values[index]))) {
        return "version = version + 1";
      }
      chunk.forEach((row) => values.push(row.id, row.values[index] ?? null));
      return `${column} = CASE id${" WHEN ? THEN ?".repeat(chunk.length)} END`;
    });
    values.push(organisationId, ...chunk.map((row) => row.id));
    let where = `organisationId = ? AND id IN (${placeholders(chunk.length)})`;
    if (chunk.every((row) => row.expectedVersion !== undefined)) {
      where += ` AND version = CASE id${" WHEN ? THEN ?".repeat(chunk.length)} END`;
      chunk.forEach((row) => values.push(row.id, row.expectedVersion ?? null));
    }
    affected += await sql.run(`UPDATE ${table} SET ${sets.join(", ")} WHERE ${where}`, values);
  }
  return affected;
}

function isNextVersion({ expectedVersion }: RowUpdate, version: SqlValue | undefined): boolean {
  return expectedVersion !== undefined && version === expectedVersion + 1;
}
