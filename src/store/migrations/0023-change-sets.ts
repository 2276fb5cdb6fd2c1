import type { Sql } from "../sql.js";
import {
  addColumn,
  columnTypes,
  createIndex,
  createTable,
  dropIndex,
  OF_ORGANISATION,
} from "./schema.js";

/** Plans, the state of the brake, and a place at the end of the list for who holds more than is needed. */
export async function addChangeSets(sql: Sql): Promise<void> {
  await addLastPlaces(sql);
  const { id, text, long, time } = columnTypes(sql.dialect);
  await addColumn(sql, "organisations", "brake", long);
  await createTable(
    sql,
    "plans",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `planned ${long} NOT NULL`,
      `report ${long} NOT NULL`,
      `people ${long} NOT NULL`,
      `baseVersion ${time} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `createdBy ${text(256)} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
      `appliedAt ${time}`,
      `appliedBy ${text(256)}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: { expiry: ["expiresAt"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

/** Nobody waits there yet. */
async function addLastPlaces(sql: Sql): Promise<void> {
  const { flag } = columnTypes(sql.dialect);
  await addColumn(sql, "waiting", "behind", `${flag} NOT NULL DEFAULT 0`);
  await createIndex(sql, "waiting", "queue", [
    ...["organisationId", "product", "tier", "poolId", "atTheDoor", "behind", "turn", "id"],
  ]);
  await dropIndex(sql, "waiting", "turn");
  const list = ["organisationId", "product", "behind", "turn", "id"];
  await createIndex(sql, "waiting", "lineup", list);
  await dropIndex(sql, "waiting", "order");
}
