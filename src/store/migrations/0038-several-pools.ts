import { keepExisting } from "../dialect.js";
import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createTable, within } from "./schema.js";

/**
 * Who waits for a seat of one of several pools by name stands in the lists of all of them (docs/adr/0050): the first is named by the
 * row, the others by a row each, so that the head of a pool's list is a range of an index, as it was.
 */
export async function addSeveralPools(sql: Sql): Promise<void> {
  const { id, text, long, time, flag } = columnTypes(sql.dialect);
  await addColumn(sql, "waiting", "alsoPools", long);
  await createTable(
    sql,
    "waiting_also",
    [
      `organisationId ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `entryId ${id} NOT NULL`,
      `poolId ${id} NOT NULL`,
      `firstPoolId ${id} NOT NULL`,
      `tier ${text(128)} NOT NULL`,
      `behind ${flag} NOT NULL`,
      `turn ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "userId", "entryId", "poolId"],
      indexes: {
        queue: ["organisationId", "poolId", "tier", "behind", "turn", "entryId", "firstPoolId"],
      },
      foreignKeys: [within("users", "userId")],
    },
  );
  // Whoever waits for a pool by name may have named others, too: the background looks at them once.
  await sql.run(
    `INSERT INTO stale_users (organisationId, userId) SELECT DISTINCT w.organisationId, w.userId FROM waiting w WHERE w.poolId IS NOT NULL${keepExisting(sql.dialect, "stale_users.userId")}`,
  );
}
