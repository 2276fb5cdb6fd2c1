import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createTable, within } from "./schema.js";

/**
 * Claims that exclusions do not outweigh, for a while (docs/adr/0044): when each ends, beside the facts, so that what has ended
 * is found without a column that every fact would pay for; and in the requirement, where everybody who explains it looks.
 */
export async function addBreakGlass(sql: Sql): Promise<void> {
  const { id, time, long } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "fact_ends",
    [
      `organisationId ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `digest ${id} NOT NULL`,
      `endsAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "userId", "digest"],
      indexes: { due: ["organisationId", "endsAt"] },
      foreignKeys: [within("users", "userId")],
    },
  );
  await addColumn(sql, "requirements", "breakGlass", long);
}
