import type { Sql } from "../sql.js";
import { columnTypes, createTable } from "./schema.js";

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
  const onSqlite = sql.dialect.name === "sqlite";
  // MySQL commits after each definition: after an interruption a part may be there already.
  const [column] = await sql.all(
    onSqlite
      ? "SELECT name FROM pragma_table_info('outbox') WHERE name = 'subjectId'"
      : "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'outbox' AND column_name = 'subjectId'",
  );
  if (column === undefined) await sql.run(`ALTER TABLE outbox ADD COLUMN subjectId ${id}`);
  await sql.run("UPDATE outbox SET subjectId = userId WHERE subjectId IS NULL");
  const columns = "outbox (organisationId, subjectId, deliveredAt, position)";
  if (onSqlite) {
    await sql.run(`CREATE INDEX IF NOT EXISTS outbox_subject ON ${columns}`);
    return;
  }
  const [index] = await sql.all(
    "SELECT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'outbox' AND index_name = 'outbox_subject'",
  );
  if (index === undefined) await sql.run(`CREATE INDEX outbox_subject ON ${columns}`);
}
