import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createIndex } from "./schema.js";

/** In which browser a session was opened, so that a new sign-in there ends it. Null: it was opened before this was noted. */
export async function addBrowserOfSession(sql: Sql): Promise<void> {
  const { text } = columnTypes(sql.dialect);
  await addColumn(sql, "sessions", "browserHash", text(128));
  await createIndex(sql, "sessions", "browser", ["browserHash"]);
}
