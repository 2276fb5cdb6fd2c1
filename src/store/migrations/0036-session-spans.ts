import type { Sql } from "../sql.js";
import { columnTypes, createTable } from "./schema.js";

/**
 * When people were signed in, once their sessions have been tidied up: what the mix advisor looks back at (docs/adr/0047). The
 * key is the row, so noting it twice is noting it once. No foreign key: it would make the tidying wait for whoever writes
 * in one of the organisations, and the account may be gone.
 */
export async function createSessionSpans(sql: Sql): Promise<void> {
  const { id, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "session_spans",
    [
      `organisationId ${id} NOT NULL`,
      `endsAt ${time} NOT NULL`,
      `userId ${id} NOT NULL`,
      `startsAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "endsAt", "userId", "startsAt"],
      indexes: { user: ["organisationId", "userId"] },
    },
  );
}
