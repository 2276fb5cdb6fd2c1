/**
 * Where the databases differ. Everything else in the store is written once, in the SQL that all of them speak.
 */
export interface Dialect {
  readonly name: "sqlite" | "mysql";
  readonly mariaDb: boolean;
  /**
   * Collation of text: compares code points and keeps trailing spaces, as SQLite does. (MySQL's better known
   * utf8mb4_bin pads: there "a" equals "a ".)
   */
  readonly collation: string;
  /** Follows an expression whose collation is not the column's own, e.g. the result of a JSON function. */
  readonly collate: string;
}

export const SQLITE: Dialect = {
  name: "sqlite",
  mariaDb: false,
  collation: "BINARY",
  collate: "",
};

export const MARIADB: Dialect = {
  name: "mysql",
  mariaDb: true,
  collation: "utf8mb4_nopad_bin",
  collate: " COLLATE utf8mb4_nopad_bin",
};

export const MYSQL: Dialect = {
  name: "mysql",
  mariaDb: false,
  collation: "utf8mb4_0900_bin",
  collate: " COLLATE utf8mb4_0900_bin",
};

/** The suffix of an INSERT that leaves an existing row as it is. `column` is any column of the key. */
export function keepExisting(dialect: Dialect, column: string): string {
  return dialect.name === "sqlite"
    ? " ON CONFLICT DO NOTHING"
    : ` ON DUPLICATE KEY UPDATE ${column} = ${column}`;
}

/** The suffix of an INSERT that replaces `columns` of the row with the same primary key. */
export function replaceExisting(
  dialect: Dialect,
  key: readonly string[],
  columns: readonly string[],
): string {
  if (dialect.name === "sqlite") {
    const sets = columns.map((column) => `${column} = excluded.${column}`);
    return ` ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${sets.join(", ")}`;
  }
  const sets = columns.map((column) => `${column} = VALUES(${column})`);
  return ` ON DUPLICATE KEY UPDATE ${sets.join(", ")}`;
}

/** The larger of two expressions; SQLite has no GREATEST. */
export function greatest(dialect: Dialect, left: string, right: string): string {
  return dialect.name === "sqlite" ? `MAX(${left}, ${right})` : `GREATEST(${left}, ${right})`;
}
