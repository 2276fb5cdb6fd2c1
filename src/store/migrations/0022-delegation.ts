import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createTable, OF_ORGANISATION, within } from "./schema.js";

/** Who may administer, who is invited, what is being bought; and whose a token is. */
export async function createDelegation(sql: Sql): Promise<void> {
  const { id, long } = columnTypes(sql.dialect);
  await createPrincipals(sql);
  await addColumn(sql, "tokens", "principalId", id);
  await addColumn(sql, "tokens", "scopes", long);
  await createInvitations(sql);
  await createPurchases(sql);
}

/** They know people by id alone and outlive the account, as the ledger does. */
async function createPrincipals(sql: Sql): Promise<void> {
  const { id, text, long, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "principals",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `userId ${id}`,
      `name ${text(256)}`,
      `role ${text(32)} NOT NULL`,
      `extraScopes ${long} NOT NULL`,
      `teams ${long} NOT NULL`,
      `grantedBy ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `endedAt ${time}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: { user: ["organisationId", "userId"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

async function createInvitations(sql: Sql): Promise<void> {
  const { id, text, long, time, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "invitations",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `publicId ${id} NOT NULL`,
      `hash ${text(128)} NOT NULL`,
      `address ${text(256)} NOT NULL`,
      // Folded, as user names are.
      `addressKey ${text(512)} NOT NULL`,
      `userId ${id} NOT NULL`,
      `isNew ${flag} NOT NULL`,
      `teams ${long} NOT NULL`,
      `poolId ${id}`,
      `state ${text(16)} NOT NULL`,
      `invitedBy ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `expiresAt ${time} NOT NULL`,
      `endedAt ${time}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      unique: { secret: ["publicId"] },
      indexes: {
        address: ["organisationId", "addressKey"],
        user: ["organisationId", "userId"],
        due: ["state", "expiresAt"],
        ended: ["endedAt"],
      },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

async function createPurchases(sql: Sql): Promise<void> {
  const { id, text, long, time, integer } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "purchases",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `poolId ${id} NOT NULL`,
      `product ${text(128)} NOT NULL`,
      `seats ${integer} NOT NULL`,
      `state ${text(16)} NOT NULL`,
      `dueAt ${time}`,
      // Note, quote and steps.
      `details ${long} NOT NULL`,
      `version ${integer} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: { due: ["state", "dueAt"] },
      foreignKeys: [within("pools", "poolId")],
    },
  );
}
