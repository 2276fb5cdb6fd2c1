import type { Sql } from "../sql.js";
import { columnTypes } from "./schema.js";

/** Whether what an identity provider assigns counts. Present connections begin to accept it. */
export async function addAssignments(sql: Sql): Promise<void> {
  // MySQL commits each definition by itself, so an interrupted migration may find its column.
  const columns =
    sql.dialect.name === "sqlite"
      ? "SELECT name FROM pragma_table_info('connections') WHERE name = 'assignments'"
      : "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'connections' AND column_name = 'assignments'";
  if ((await sql.all(columns)).length === 0) {
    const { flag } = columnTypes(sql.dialect);
    await sql.run(`ALTER TABLE connections ADD COLUMN assignments ${flag} NOT NULL DEFAULT 1`);
  }
}
