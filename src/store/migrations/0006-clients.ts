import type { Sql } from "../sql.js";
import { columnTypes, createTable, type ForeignKey, within } from "./schema.js";

const OF_CLIENT: ForeignKey = { columns: ["clientId"], table: "clients", references: ["id"] };

/** OAuth clients of connections, their secrets, and what they got. */
export async function createClients(sql: Sql): Promise<void> {
  const { id, text, long, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "clients",
    [
      `id ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `label ${text(256)} NOT NULL`,
      `trust ${long}`,
      `createdAt ${time} NOT NULL`,
      `revokedAt ${time}`,
    ],
    {
      primaryKey: ["id"],
      indexes: { connection: ["connectionId"], organisation: ["organisationId", "connectionId"] },
      foreignKeys: [within("connections", "connectionId")],
    },
  );
  await createTable(
    sql,
    "client_secrets",
    [
      `publicId ${id} NOT NULL`,
      `clientId ${id} NOT NULL`,
      `hash ${text(128)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `expiresAt ${time}`,
      `lastUsedAt ${time}`,
      `revokedAt ${time}`,
    ],
    { primaryKey: ["publicId"], indexes: { client: ["clientId"] }, foreignKeys: [OF_CLIENT] },
  );
  await createGranted(sql);
}

async function createGranted(sql: Sql): Promise<void> {
  const { id, text, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "access_tokens",
    [
      `publicId ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `clientId ${id} NOT NULL`,
      `secretId ${id}`,
      `hash ${text(128)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["publicId"],
      indexes: { client: ["clientId"], expiry: ["expiresAt"] },
      foreignKeys: [OF_CLIENT],
    },
  );
  await createTable(
    sql,
    "used_client_assertions",
    [`clientId ${id} NOT NULL`, `assertionHash ${id} NOT NULL`, `expiresAt ${time} NOT NULL`],
    { primaryKey: ["clientId", "assertionHash"], indexes: { expiry: ["expiresAt"] } },
  );
}
