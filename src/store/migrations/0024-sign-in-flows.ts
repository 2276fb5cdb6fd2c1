import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createTable, OF_ORGANISATION } from "./schema.js";

/** Logout messages in both directions, what a session's NameID was called, and practice sign-ins. */
export async function addSignInFlows(sql: Sql): Promise<void> {
  const { id, text, long, time } = columnTypes(sql.dialect);
  await addColumn(sql, "sessions", "nameIdFormat", text(256));
  await createTable(
    sql,
    "logout_messages",
    [
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `direction ${text(16)} NOT NULL`,
      `id ${text(256)} NOT NULL`,
      `browserHash ${text(128)}`,
      `expiresAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["connectionId", "direction", "id"],
      indexes: { expiry: ["expiresAt"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
  await createTable(
    sql,
    "sign_in_tests",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `secretHash ${text(128)} NOT NULL`,
      `createdBy ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
      `requestId ${text(256)}`,
      `relayState ${text(256)}`,
      `browserHash ${text(128)}`,
      `startedAt ${time}`,
      `finishedAt ${time}`,
      `report ${long}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      unique: { secret: ["secretHash"] },
      indexes: { expiry: ["expiresAt"], relay: ["connectionId", "relayState*"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}
