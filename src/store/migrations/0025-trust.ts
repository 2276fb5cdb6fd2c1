import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createTable, within } from "./schema.js";

/** Metadata by address, what certificates have done, keys that take turns, and groups that an assertion named. */
export async function createTrust(sql: Sql): Promise<void> {
  const { long } = columnTypes(sql.dialect);
  await createMetadataSources(sql);
  await createCertificates(sql);
  await createKeyTurns(sql);
  await addColumn(sql, "users", "assertedGroups", long);
}

async function createMetadataSources(sql: Sql): Promise<void> {
  const { id, text, time, integer } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "metadata_sources",
    [
      `organisationId ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `url ${text(2048)} NOT NULL`,
      `refreshedAt ${time}`,
      `nextRefreshAt ${time} NOT NULL`,
      `failedAt ${time}`,
      `failures ${integer} NOT NULL DEFAULT 0`,
      `failure ${text(500)}`,
      // Last time out of turn, because of a signature that no known certificate verified.
      `askedAt ${time}`,
      `claimedUntil ${time} NOT NULL DEFAULT 0`,
    ],
    {
      primaryKey: ["connectionId"],
      indexes: { due: ["nextRefreshAt"] },
      foreignKeys: [within("connections", "connectionId")],
    },
  );
}

async function createCertificates(sql: Sql): Promise<void> {
  const { id, text, time, integer } = columnTypes(sql.dialect);
  const certificate = [
    `organisationId ${id} NOT NULL`,
    `connectionId ${id} NOT NULL`,
    `fingerprint ${text(128)} NOT NULL`,
  ];
  const foreignKeys = [within("connections", "connectionId")];
  await createTable(
    sql,
    "certificate_uses",
    [...certificate, `firstVerifiedAt ${time} NOT NULL`, `lastVerifiedAt ${time} NOT NULL`],
    { primaryKey: ["connectionId", "fingerprint"], foreignKeys },
  );
  await createTable(
    sql,
    "certificate_warnings",
    [...certificate, `days ${integer} NOT NULL`, `at ${time} NOT NULL`],
    { primaryKey: ["connectionId", "fingerprint", "days"], foreignKeys },
  );
}

/** The keys themselves are in `secrets`, sealed; here is whose turn it is. Rows stay when a key has gone. */
async function createKeyTurns(sql: Sql): Promise<void> {
  const { text, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "key_turns",
    [
      `name ${text(128)} NOT NULL`,
      `purpose ${text(32)} NOT NULL`,
      `createdAt ${time} NOT NULL`,
      // Null: it waits for somebody to say so.
      `signsFrom ${time}`,
      `endsAt ${time}`,
    ],
    { primaryKey: ["name"] },
  );
}
