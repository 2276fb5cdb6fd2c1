import type { Sql } from "../sql.js";
import { addColumn, columnTypes, createIndex, createTable } from "./schema.js";

/**
 * Messages about groups, in order for each group, and a second queue: security event tokens that are pushed. Each
 * receiver has a queue of its own, so that one that is down neither holds up the other nor makes it hear things twice.
 */
export async function createEvents(sql: Sql): Promise<void> {
  const { id, text, long, time, integer, serial } = columnTypes(sql.dialect);
  await addSubject(sql, id);
  await createTable(
    sql,
    "push_outbox",
    [
      `position ${serial}`,
      `id ${id} NOT NULL`,
      `organisationId ${id} NOT NULL`,
      `userId ${id}`,
      `subjectId ${id}`,
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
        subject: ["organisationId", "subjectId", "deliveredAt", "position"],
        claim: ["claimedBy"],
      },
    },
  );
}

/** Whom or what a message is about: a user or a group. Messages about one subject leave one after the other. */
async function addSubject(sql: Sql, id: string): Promise<void> {
  await addColumn(sql, "outbox", "subjectId", id);
  await sql.run("UPDATE outbox SET subjectId = userId WHERE subjectId IS NULL");
  await createIndex(sql, "outbox", "subject", [
    "organisationId",
    "subjectId",
    "deliveredAt",
    "position",
  ]);
}
