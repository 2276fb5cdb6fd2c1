import type { Sql } from "../sql.js";
import { columnTypes, createTable } from "./schema.js";

/** The append-only ledger and the events that wait for delivery. */
export async function createHistory(sql: Sql): Promise<void> {
  const { id, text, long, time, integer, serial } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "entries",
    [
      `position ${serial}`,
      `id ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `at ${time} NOT NULL`,
      `kind ${text(32)} NOT NULL`,
      `userId ${id}`,
      `product ${text(128)} NOT NULL`,
      `poolId ${id}`,
      `seatId ${id}`,
      `tier ${text(128)}`,
      `delta ${integer} NOT NULL`,
      `reason ${text(128)} NOT NULL`,
      `cause ${long} NOT NULL`,
      `details ${long} NOT NULL`,
    ],
    {
      indexes: {
        organisation: ["organisationId", "position"],
        user: ["organisationId", "userId", "position"],
      },
    },
  );
  await createTable(
    sql,
    "outbox",
    [
      `position ${serial}`,
      `id ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `userId ${id}`,
      `type ${text(64)} NOT NULL`,
      `at ${time} NOT NULL`,
      `data ${long} NOT NULL`,
      `attempts ${integer} NOT NULL DEFAULT 0`,
      `nextAttemptAt ${time} NOT NULL`,
      `claimedUntil ${time} NOT NULL DEFAULT 0`,
      `claimedBy ${id}`,
      `lastError ${long}`,
      `deliveredAt ${time}`,
    ],
    {
      unique: { event: ["id"] },
      indexes: {
        due: ["deliveredAt", "position"],
        user: ["organisationId", "userId", "deliveredAt", "position"],
        claim: ["claimedBy"],
      },
    },
  );
}
