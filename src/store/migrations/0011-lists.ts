import type { Sql } from "../sql.js";
import { createIndex } from "./schema.js";

/** Users are looked up by displayName, too. The id at the end is the order of the list. */
export async function createListIndexes(sql: Sql): Promise<void> {
  await createIndex(sql, "users", "display", [
    "organisationId",
    "connectionId",
    "displayNameKey*",
    "id",
  ]);
}
