import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createIndex, dropIndex } from "./schema.js";

/**
 * A renewed lease stays where it is in every index (docs/adr/0040): what has ended is found by `lookAt`, which is never later than
 * `expiresAt` and moves once in half a lease, and who displaces somebody looks for seats that are no leases.
 */
export async function addLeaseLooks(sql: Sql): Promise<void> {
  // 0: of whom a server of before writes, somebody looks each time.
  await addColumn(sql, "seats", "lookAt", `${columnTypes(sql.dialect).time} DEFAULT 0`);
  await sql.run("UPDATE seats SET lookAt = expiresAt");
  await createIndex(sql, "seats", "look", ["organisationId", "lookAt"]);
  await dropIndex(sql, "seats", "expiry");
  // Only SQLite knows indexes over a part of a table.
  if (sql.dialect.name !== "sqlite") return;
  await sql.run("DROP INDEX IF EXISTS seats_use");
  await sql.run(
    "CREATE INDEX seats_use ON seats (organisationId, poolId, lastUsedAt, grantedAt, id) WHERE expiresAt IS NULL",
  );
}
