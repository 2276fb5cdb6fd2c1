import type { Sql } from "../sql.js";
import { createIndex } from "./schema.js";

/** Who waits is told when the first holder may be displaced: where `minHold` protects, that is whose grant is the oldest (docs/adr/0043). */
export async function addGrantedOrder(sql: Sql): Promise<void> {
  const columns = ["organisationId", "poolId", "grantedAt", "id"];
  if (sql.dialect.name !== "sqlite") {
    await createIndex(sql, "seats", "granted", columns);
    return;
  }
  // A lease displaces nobody; only SQLite knows indexes over a part of a table.
  await sql.run(
    `CREATE INDEX IF NOT EXISTS seats_granted ON seats (${columns.join(", ")}) WHERE expiresAt IS NULL`,
  );
}
