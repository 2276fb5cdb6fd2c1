import { readFileSync } from "node:fs";
import type { Dialect } from "../dialect.js";
import type { Sql } from "../sql.js";
import { createTrigger } from "./triggers.js";

/**
 * What the migrations make of an empty database, in one piece: a third of the statements, and none that asks what is there
 * already. Written by test/store/emptyDatabase.test.ts, which compares it with what the migrations make. False: nothing was
 * done, the migrations have to do it.
 */
export async function fillEmptyDatabase(sql: Sql): Promise<boolean> {
  const file = fileFor(sql.dialect);
  if (file === null || !(await isEmpty(sql))) return false;
  for (const statement of readFileSync(file, "utf8").trim().split(/\n\n+/)) {
    if (statement.startsWith(TRIGGER)) await createTrigger(sql, statement.slice(TRIGGER.length));
    else await sql.run(statement);
  }
  return true;
}

const TRIGGER = "CREATE TRIGGER ";

/**
 * The last statement of the file says which migrations it stands for; later ones follow as always. Null where nothing was
 * written: MySQL describes its tables otherwise than MariaDB.
 */
export function fileFor(dialect: Dialect): URL | null {
  if (dialect.name === "sqlite") return new URL("./sqlite.sql", import.meta.url);
  return dialect.mariaDb ? new URL("./mariadb.sql", import.meta.url) : null;
}

/** MariaDB commits each statement by itself: what was interrupted is not empty, and the migrations bring it to its end. */
async function isEmpty(sql: Sql): Promise<boolean> {
  const text =
    sql.dialect.name === "sqlite"
      ? "SELECT 1 FROM sqlite_master WHERE tbl_name <> 'migrations' AND name NOT LIKE 'sqlite%' LIMIT 1"
      : "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT IN ('migrations', 'migration_lock') LIMIT 1";
  return (await sql.all(text)).length === 0;
}
