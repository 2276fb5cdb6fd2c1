import type { Sql } from "../sql.js";
import { columnTypes, createTable, within } from "./schema.js";

/** Sessions, open sign-in requests, used assertions, and the deployment's own keys. */
export async function createSignIn(sql: Sql): Promise<void> {
  const { id, text, long, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "sessions",
    [
      `idHash ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `userId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `nameId ${text(512)} NOT NULL`,
      `sessionIndex ${text(512)}`,
      `createdAt ${time} NOT NULL`,
      `lastSeenAt ${time} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
      `endedAt ${time}`,
      `endReason ${text(64)}`,
    ],
    {
      primaryKey: ["idHash"],
      indexes: { user: ["organisationId", "userId"], expiry: ["expiresAt"] },
      foreignKeys: [within("users", "userId")],
    },
  );
  await createTable(
    sql,
    "sign_in_requests",
    [
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `id ${text(256)} NOT NULL`,
      `browserHash ${text(128)} NOT NULL`,
      `returnTo ${text(2048)}`,
      `relayState ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
    ],
    { primaryKey: ["connectionId", "id"], indexes: { expiry: ["expiresAt"] } },
  );
  await createTable(
    sql,
    "used_assertions",
    [
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `assertionId ${text(256)} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
    ],
    { primaryKey: ["connectionId", "assertionId"], indexes: { expiry: ["expiresAt"] } },
  );
  await createTable(sql, "secrets", [`name ${text(128)} NOT NULL`, `value ${long} NOT NULL`], {
    primaryKey: ["name"],
  });
}
