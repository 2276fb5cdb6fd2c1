import type { Sql } from "../sql.js";
import { columnTypes, createTable, OF_ORGANISATION, within } from "./schema.js";

/** Mapping rules, facts, requirements, and the list of users whose evaluation is due. */
export async function createEntitlements(sql: Sql): Promise<void> {
  const { id, text, long, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "rules",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `name ${text(256)} NOT NULL`,
      `connectionId ${id}`,
      `matching ${long} NOT NULL`,
      `gives ${long} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    { primaryKey: ["organisationId", "id"], foreignKeys: [OF_ORGANISATION] },
  );
  await createTable(
    sql,
    "facts",
    [
      `organisationId ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      // Digest of what makes two facts the same (`factKey`).
      `digest ${id} NOT NULL`,
      `kind ${text(32)} NOT NULL`,
      `name ${text(256)} NOT NULL`,
      `value ${long} NOT NULL`,
      `source ${long} NOT NULL`,
      `since ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "userId", "digest"],
      foreignKeys: [within("users", "userId")],
    },
  );
  await createTable(
    sql,
    "requirements",
    [
      `organisationId ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `tier ${text(128)}`,
      `addOns ${long} NOT NULL`,
      `blocked ${text(32)}`,
      `witness ${long} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "userId", "product"],
      foreignKeys: [within("users", "userId")],
    },
  );
  await createTable(
    sql,
    "stale_users",
    [`organisationId ${id} NOT NULL`, `userId ${id} NOT NULL`],
    { primaryKey: ["organisationId", "userId"] },
  );
}
