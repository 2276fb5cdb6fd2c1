import type { Dialect } from "../dialect.js";
import type { Sql } from "../sql.js";

/** Column types by meaning. A migration never names a database's own type. */
export interface ColumnTypes {
  readonly id: string;
  /** Exact text of at most `length` characters. */
  readonly text: (length: number) => string;
  /** Text of any length that no index holds. */
  readonly long: string;
  readonly time: string;
  readonly integer: string;
  readonly flag: string;
  /** Ascending numbers given by the database; is the primary key. */
  readonly serial: string;
}

export interface TableOptions {
  readonly primaryKey?: readonly string[];
  readonly unique?: Readonly<Record<string, readonly string[]>>;
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
  readonly foreignKeys?: readonly ForeignKey[];
  readonly checks?: Readonly<Record<string, string>>;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  readonly references: readonly string[];
}

/** What fits into an InnoDB index beside the other columns (3,072 bytes, four a character). */
const PREFIX_CHARACTERS = 191;

export function columnTypes(dialect: Dialect): ColumnTypes {
  if (dialect.name === "sqlite") {
    return {
      id: "TEXT",
      text: () => "TEXT",
      long: "TEXT",
      time: "INTEGER",
      integer: "INTEGER",
      flag: "INTEGER",
      serial: "INTEGER PRIMARY KEY AUTOINCREMENT",
    };
  }
  const unicode = `CHARACTER SET utf8mb4 COLLATE ${dialect.collation}`;
  return {
    id: "VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin",
    text: (length) => `VARCHAR(${length}) ${unicode}`,
    long: `LONGTEXT ${unicode}`,
    time: "BIGINT",
    integer: "INT",
    flag: "TINYINT",
    serial: "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
  };
}

/**
 * Creates a table with its indexes unless it is there: MySQL commits after each definition, so a migration that was
 * interrupted must be able to run again. A column written `name*` in an index is indexed by its first characters only
 * (MySQL cannot index long text whole).
 */
export async function createTable(
  sql: Sql,
  name: string,
  columns: readonly string[],
  options: TableOptions = {},
): Promise<void> {
  const onSqlite = sql.dialect.name === "sqlite";
  const parts = [...columns, ...constraints(name, options)];
  if (!onSqlite) {
    parts.push(
      ...entries(options.indexes).map(
        ([key, list]) => `KEY ${name}_${key} (${indexed(sql, list)})`,
      ),
    );
  }
  const end = onSqlite
    ? "STRICT"
    : `ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=${sql.dialect.collation}`;
  await sql.run(`CREATE TABLE IF NOT EXISTS ${name} (${parts.join(", ")}) ${end}`);
  if (onSqlite) {
    for (const [key, list] of entries(options.indexes)) {
      const target = `${name} (${indexed(sql, list)})`;
      await sql.run(`CREATE INDEX IF NOT EXISTS ${name}_${key} ON ${target}`);
    }
  }
}

/** Adds a column to a table that exists, unless it is there already: an interrupted migration runs again. */
export async function addColumn(
  sql: Sql,
  table: string,
  column: string,
  definition: string,
): Promise<void> {
  const there =
    sql.dialect.name === "sqlite"
      ? await sql.all(`SELECT 1 FROM pragma_table_xinfo('${table}') WHERE name = ?`, [column])
      : await sql.all(
          "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?",
          [table, column],
        );
  if (there.length === 0) await sql.run(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
}

/** Adds an index to a table that exists, unless it is there already: an interrupted migration runs again. */
export async function createIndex(
  sql: Sql,
  table: string,
  key: string,
  columns: readonly string[],
  kind: "INDEX" | "UNIQUE INDEX" = "INDEX",
): Promise<void> {
  const name = `${table}_${key}`;
  if (sql.dialect.name === "sqlite") {
    await sql.run(`CREATE ${kind} IF NOT EXISTS ${name} ON ${table} (${indexed(sql, columns)})`);
    return;
  }
  if (!(await hasIndex(sql, table, name))) {
    await sql.run(`CREATE ${kind} ${name} ON ${table} (${indexed(sql, columns)})`);
  }
}

/** Removes an index that another one has taken the place of, unless it is gone already. */
export async function dropIndex(sql: Sql, table: string, key: string): Promise<void> {
  const name = `${table}_${key}`;
  if (sql.dialect.name === "sqlite") {
    await sql.run(`DROP INDEX IF EXISTS ${name}`);
    return;
  }
  if (await hasIndex(sql, table, name)) await sql.run(`DROP INDEX ${name} ON ${table}`);
}

async function hasIndex(sql: Sql, table: string, name: string): Promise<boolean> {
  const there = await sql.all(
    "SELECT 1 FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ? LIMIT 1",
    [table, name],
  );
  return there.length > 0;
}

function constraints(name: string, options: TableOptions): string[] {
  const list: string[] = [];
  if (options.primaryKey !== undefined) {
    list.push(`PRIMARY KEY (${options.primaryKey.join(", ")})`);
  }
  for (const [key, columns] of entries(options.unique)) {
    list.push(`CONSTRAINT ${name}_${key} UNIQUE (${columns.join(", ")})`);
  }
  for (const [key, condition] of Object.entries(options.checks ?? {})) {
    list.push(`CONSTRAINT ${name}_${key} CHECK (${condition})`);
  }
  for (const key of options.foreignKeys ?? []) {
    const target = `${key.table} (${key.references.join(", ")})`;
    list.push(`FOREIGN KEY (${key.columns.join(", ")}) REFERENCES ${target}`);
  }
  return list;
}

function entries(
  lists: Readonly<Record<string, readonly string[]>> | undefined,
): [string, readonly string[]][] {
  return Object.entries(lists ?? {});
}

function indexed(sql: Sql, columns: readonly string[]): string {
  const prefix = sql.dialect.name === "sqlite" ? "" : `(${PREFIX_CHARACTERS})`;
  return columns.map((column) => column.replace("*", prefix)).join(", ");
}

/** Belongs to one organisation; the referenced table's primary key is (organisationId, id). */
export function within(table: string, column: string): ForeignKey {
  return {
    columns: ["organisationId", column],
    table,
    references: ["organisationId", "id"],
  };
}

export const OF_ORGANISATION: ForeignKey = {
  columns: ["organisationId"],
  table: "organisations",
  references: ["id"],
};
