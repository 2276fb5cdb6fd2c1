import type { Sql } from "../sql.js";
import { dropIndex } from "./schema.js";

/**
 * Each change of a person writes several messages and a line of the log, and each index costs all of them something. Those
 * that are left serve the questions that these served: a message's person is its subject, and what was claimed is found by
 * its positions.
 */
export async function lightenWrites(sql: Sql): Promise<void> {
  for (const table of ["outbox", "push_outbox"]) {
    await dropIndex(sql, table, "user");
    await dropIndex(sql, table, "claim");
  }
}
