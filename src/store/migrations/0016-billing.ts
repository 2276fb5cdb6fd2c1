import type { Sql } from "../sql.js";
import { columnTypes, createTable, OF_ORGANISATION } from "./schema.js";

/** Whose days are counted, what was agreed about money, who is charged by the day, and the days with use. */
export async function createBilling(sql: Sql): Promise<void> {
  const { id, text, long, time, integer } = columnTypes(sql.dialect);
  await addTimeZone(sql, text(64));
  await createTable(
    sql,
    "billing_settings",
    [
      `organisationId ${id} NOT NULL`,
      `settings ${long} NOT NULL`,
      `version ${integer} NOT NULL`,
      `updatedAt ${time} NOT NULL`,
      `updatedBy ${text(256)} NOT NULL`,
    ],
    { primaryKey: ["organisationId"], foreignKeys: [OF_ORGANISATION] },
  );
  // Never changed: who was charged how in which month must still be known in the next.
  await createTable(
    sql,
    "billing_modes",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `mode ${text(16)} NOT NULL`,
      `at ${time} NOT NULL`,
      `actor ${text(256)} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: { user: ["organisationId", "userId"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
  // The key is the row. It knows people by id alone and outlives the account, as the ledger does.
  await createTable(
    sql,
    "use_days",
    [
      `organisationId ${id} NOT NULL`,
      `day ${integer} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `userId ${id} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "day", "product", "userId"],
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

async function addTimeZone(sql: Sql, type: string): Promise<void> {
  // MySQL commits each definition by itself, so an interrupted migration may find its column.
  const columns =
    sql.dialect.name === "sqlite"
      ? "SELECT name FROM pragma_table_info('organisations') WHERE name = 'timeZone'"
      : "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'organisations' AND column_name = 'timeZone'";
  if ((await sql.all(columns)).length > 0) return;
  await sql.run(`ALTER TABLE organisations ADD COLUMN timeZone ${type} NOT NULL DEFAULT 'UTC'`);
}
