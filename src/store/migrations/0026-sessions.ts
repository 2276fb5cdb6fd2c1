import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createIndex, createTable, OF_ORGANISATION } from "./schema.js";

/** Sessions that can be named, listed and ended from outside; who tried to sign in; and how one finds where to. */
export async function addSessionsAndSignIns(sql: Sql): Promise<void> {
  await nameSessions(sql);
  await createSignInLog(sql);
  await createMailDomains(sql);
}

async function nameSessions(sql: Sql): Promise<void> {
  const { id, text } = columnTypes(sql.dialect);
  await addColumn(sql, "sessions", "id", id);
  await addColumn(sql, "sessions", "address", text(64));
  const random = sql.dialect.name === "sqlite" ? "lower(hex(randomblob(16)))" : "UUID()";
  await sql.run(`UPDATE sessions SET id = ${random} WHERE id IS NULL`);
  await createIndex(sql, "sessions", "name", ["id"], "UNIQUE INDEX");
  await createIndex(sql, "sessions", "live", ["organisationId", "endedAt", "id"]);
}

/** No foreign key to people: a line may outlive its subject. */
async function createSignInLog(sql: Sql): Promise<void> {
  const { id, text, long, time, integer, flag } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "sign_in_log",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `connectionId ${id} NOT NULL`,
      `at ${time} NOT NULL`,
      `requestId ${text(256)} NOT NULL`,
      `refused ${flag} NOT NULL`,
      `code ${text(64)}`,
      `reason ${text(64)}`,
      `userId ${id}`,
      `userName ${text(256)}`,
      `userNameKey ${text(512)}`,
      `sessionId ${id}`,
      `address ${text(64)}`,
      `attempts ${integer} NOT NULL`,
      `trace ${long}`,
      `traceUntil ${time}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      indexes: {
        time: ["organisationId", "connectionId", "at", "id"],
        verdict: ["organisationId", "connectionId", "refused", "at", "id"],
        user: ["organisationId", "userId", "at", "id"],
        name: ["organisationId", "userNameKey", "at", "id"],
        request: ["organisationId", "requestId"],
        age: ["at"],
        traced: ["traceUntil"],
      },
      foreignKeys: [OF_ORGANISATION],
    },
  );
  await createTable(
    sql,
    "sign_in_traces",
    [
      `connectionId ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `startedAt ${time} NOT NULL`,
      `startedBy ${text(256)} NOT NULL`,
      `endsAt ${time} NOT NULL`,
      `taken ${integer} NOT NULL`,
    ],
    { primaryKey: ["connectionId"], foreignKeys: [OF_ORGANISATION] },
  );
}

/** `verifiedDomain` is the domain while it is verified: so one organisation has it at most. */
async function createMailDomains(sql: Sql): Promise<void> {
  const { id, text, time } = columnTypes(sql.dialect);
  await createTable(
    sql,
    "mail_domains",
    [
      `organisationId ${id} NOT NULL`,
      `id ${id} NOT NULL`,
      `domain ${text(256)} NOT NULL`,
      `verifiedDomain ${text(256)}`,
      `proof ${text(128)} NOT NULL`,
      `connectionId ${id}`,
      `createdAt ${time} NOT NULL`,
      `verifiedAt ${time}`,
      `checkedAt ${time}`,
      `missingSince ${time}`,
      `nextCheckAt ${time}`,
    ],
    {
      primaryKey: ["organisationId", "id"],
      unique: { name: ["organisationId", "domain"], verified: ["verifiedDomain"] },
      indexes: { due: ["nextCheckAt"] },
      foreignKeys: [OF_ORGANISATION],
    },
  );
}
