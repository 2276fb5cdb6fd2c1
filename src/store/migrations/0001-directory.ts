import type { Sql } from "../sql.js";
import { columnTypes, createTable, OF_ORGANISATION, within } from "./schema.js";

/** Organisations, connections, tokens, users, groups, memberships. */
export async function createDirectory(sql: Sql): Promise<void> {
  await createOrganisations(sql);
  await createUsers(sql);
  await createGroups(sql);
}

async function createOrganisations(sql: Sql): Promise<void> {
  const { id, text, long, time, integer, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "organisations",
    [
      `id ${id} NOT NULL`,
      `slug ${text(64)} NOT NULL`,
      `name ${text(256)} NOT NULL`,
      // Grows with every write transaction: its row is the lock, and what Galera's certification compares.
      `revision ${time} NOT NULL DEFAULT 0`,
      // Grows when a mapping rule changes, so that nodes may keep the rules in memory.
      `rulesRevision ${time} NOT NULL DEFAULT 0`,
      `createdAt ${time} NOT NULL`,
    ],
    { primaryKey: ["id"], unique: { slug: ["slug"] } },
  );
  await createTable(
    sql,
    "connections",
    [
      `id ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `name ${text(256)} NOT NULL`,
      `plugin ${text(64)} NOT NULL`,
      `enabled ${flag} NOT NULL`,
      `saml ${long}`,
      `applicationUrl ${text(2048)}`,
      // Kept with every insertion and deletion, because counting 100,000 rows for each page is too slow.
      `userCount ${integer} NOT NULL DEFAULT 0`,
      `groupCount ${integer} NOT NULL DEFAULT 0`,
      `version ${integer} NOT NULL`,
      `createdAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["id"],
      unique: { organisation: ["organisationId", "id"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
  await createTable(
    sql,
    "tokens",
    [
      `publicId ${id} NOT NULL`,
      `kind ${text(16)} NOT NULL`,
      `organisationId ${id}`,
      `connectionId ${id}`,
      `hash ${text(128)} NOT NULL`,
      `label ${text(256)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `expiresAt ${time}`,
      `lastUsedAt ${time}`,
      `revokedAt ${time}`,
    ],
    {
      primaryKey: ["publicId"],
      indexes: { organisation: ["organisationId", "publicId"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}

async function createUsers(sql: Sql): Promise<void> {
  const { id, text, long, time, integer, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "users",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `connectionId ${id}`,
      `externalId ${text(512)}`,
      `userName ${text(256)} NOT NULL`,
      // Null for deleted users, so that the name is free again.
      `userNameKey ${text(512)}`,
      `displayName ${text(1024)}`,
      `displayNameKey ${text(2048)}`,
      `active ${flag} NOT NULL`,
      `deactivatedAt ${time}`,
      `document ${long} NOT NULL`,
      `search ${long} NOT NULL`,
      `emailsDigest ${text(64)} NOT NULL`,
      `version ${integer} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `updatedAt ${time} NOT NULL`,
      `lastSignInAt ${time}`,
      `deletedAt ${time}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      unique: { name: ["organisationId", "userNameKey"] },
      indexes: {
        list: ["organisationId", "connectionId", "deletedAt", "id"],
        external: ["organisationId", "connectionId", "externalId", "id"],
      },
      foreignKeys: [OF_ORGANISATION, within("connections", "connectionId")],
    },
  );
  await createTable(
    sql,
    "user_emails",
    [`organisationId ${id} NOT NULL`, `userId ${id} NOT NULL`, `valueKey ${text(512)} NOT NULL`],
    {
      primaryKey: ["organisationId", "userId", "valueKey"],
      indexes: { value: ["organisationId", "valueKey", "userId"] },
    },
  );
  await createTable(
    sql,
    "identities",
    [
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `nameId ${text(512)} NOT NULL`,
      `userId ${id} NOT NULL`,
    ],
    {
      primaryKey: ["connectionId", "nameId"],
      indexes: { user: ["organisationId", "userId"] },
      foreignKeys: [within("users", "userId")],
    },
  );
}

async function createGroups(sql: Sql): Promise<void> {
  const { id, text, long, time, integer } = columnTypes(sql.dialect);
  await createTable(
    sql,
    // GROUPS is a reserved word.
    "directory_groups",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `externalId ${text(512)}`,
      `displayName ${text(1024)} NOT NULL`,
      `displayNameKey ${text(2048)} NOT NULL`,
      `document ${long} NOT NULL`,
      `search ${long} NOT NULL`,
      `version ${integer} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      `updatedAt ${time} NOT NULL`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: {
        list: ["organisationId", "connectionId", "id"],
        external: ["organisationId", "connectionId", "externalId", "id"],
        // The id at the end saves sorting, without which SQLite would rather read the whole list.
        display: ["organisationId", "connectionId", "displayNameKey*", "id"],
      },
      foreignKeys: [OF_ORGANISATION, within("connections", "connectionId")],
    },
  );
  await createTable(
    sql,
    "memberships",
    [`organisationId ${id} NOT NULL`, `groupId ${id} NOT NULL`, `userId ${id} NOT NULL`],
    {
      primaryKey: ["organisationId", "groupId", "userId"],
      indexes: { user: ["organisationId", "userId", "groupId"] },
      foreignKeys: [within("directory_groups", "groupId"), within("users", "userId")],
    },
  );
}
