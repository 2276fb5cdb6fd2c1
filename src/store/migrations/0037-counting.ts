import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createIndex } from "./schema.js";

/**
 * Where the brake still counts a large change, so that the background finds it when nobody is left to evaluate: a server that was
 * killed after the last full portion left it so.
 */
export async function addCounting(sql: Sql): Promise<void> {
  const { flag } = columnTypes(sql.dialect);
  await addColumn(sql, "organisations", "isCounting", `${flag} NOT NULL DEFAULT 0`);
  // Only what is open can be in this state. Where the words are part of something else, one more portion finds nothing to do.
  await sql.run("UPDATE organisations SET isCounting = 1 WHERE brake LIKE ?", [
    '%"state":"Counting"%',
  ]);
  await createIndex(sql, "organisations", "counting", ["isCounting", "id"]);
}
