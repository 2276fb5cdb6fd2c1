import type { Context } from "./context.js";
import { tidySessions } from "./sessionSpans.js";
import { placeholders, type Sql } from "./sql.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Small portions: a long DELETE would hold locks that sign-ins wait for. */
const PORTION = 1_000;

/** What is of no use any more and how long it is kept. */
const REMAINS: readonly { table: string; column: string; keepMs: number }[] = [
  { table: "sign_in_requests", column: "expiresAt", keepMs: HOUR_MS },
  { table: "logout_messages", column: "expiresAt", keepMs: HOUR_MS },
  { table: "sign_in_tests", column: "expiresAt", keepMs: 0 },
  { table: "used_assertions", column: "expiresAt", keepMs: HOUR_MS },
  { table: "access_tokens", column: "expiresAt", keepMs: HOUR_MS },
  { table: "used_client_assertions", column: "expiresAt", keepMs: HOUR_MS },
  { table: "invitations", column: "endedAt", keepMs: 90 * DAY_MS },
  { table: "outbox", column: "deliveredAt", keepMs: 7 * DAY_MS },
  { table: "push_outbox", column: "deliveredAt", keepMs: 7 * DAY_MS },
];
const SESSIONS_KEPT_MS = 30 * DAY_MS;

export interface Background {
  readonly organisationsWithWork: (now: number) => Promise<string[]>;
}

export function createBackground({
  reader,
  writer,
}: Pick<Context, "reader" | "writer">): Background {
  let nextTidyAt = 0;
  return {
    async organisationsWithWork(now) {
      if (now >= nextTidyAt) {
        nextTidyAt = now + HOUR_MS / 60;
        await tidy(writer, now);
      }
      return reader.read((sql) => withWork(sql, now));
    },
  };
}

const IS_DUE = "t.lookAt <= ? AND (t.expiresAt <= ? OR (t.expiresAt IS NULL AND t.lookAt > 0))";

async function withWork(sql: Sql, now: number): Promise<string[]> {
  const seats = sql.dialect.name === "sqlite" ? seatsByExists(now) : await seatsByGroup(sql, now);
  const rows = await sql.all<{ id: string }>(
    `SELECT o.id FROM organisations o WHERE EXISTS (SELECT 1 FROM stale_users s WHERE s.organisationId = o.id) OR EXISTS (SELECT 1 FROM contractions c WHERE c.organisationId = o.id AND c.state = 'planned' AND c.at <= ?) OR EXISTS (SELECT 1 FROM fact_ends f WHERE f.organisationId = o.id AND f.endsAt <= ?) OR o.id IN (SELECT b.id FROM organisations b WHERE b.isCounting = 1)${seats.text} ORDER BY o.id`,
    [now, now, ...seats.values],
  );
  return rows.map((row) => row.id);
}

interface Part {
  readonly text: string;
  readonly values: readonly (number | string)[];
}

function seatsByExists(now: number): Part {
  return {
    text: ` OR EXISTS (SELECT 1 FROM seats t WHERE t.organisationId = o.id AND ${IS_DUE}) OR EXISTS (SELECT 1 FROM seats r WHERE r.organisationId = o.id AND r.reviewAt <= ?)`,
    values: [now, now, now],
  };
}

/**
 * MySQL and MariaDB would go past every seat of each organisation in such a subquery. They find the first value of each group with
 * one step into an index; where that is due there may be a lease that goes on, so those few are asked one by one.
 */
async function seatsByGroup(sql: Sql, now: number): Promise<Part> {
  const firsts = (column: string, index: string) =>
    sql.all<{ id: string }>(
      `SELECT organisationId AS id FROM seats FORCE INDEX (${index}) GROUP BY organisationId HAVING MIN(${column}) <= ?`,
      [now],
    );
  const found = await firsts("reviewAt", "seats_review");
  for (const { id } of await firsts("lookAt", "seats_look")) {
    const due = await sql.all<{ id: string }>(
      `SELECT t.organisationId AS id FROM seats t FORCE INDEX (seats_look) WHERE t.organisationId = ? AND ${IS_DUE} LIMIT 1`,
      [id, now, now],
    );
    found.push(...due);
  }
  const ids = [...new Set(found.map(({ id }) => id))];
  return ids.length === 0
    ? { text: "", values: [] }
    : { text: ` OR o.id IN (${placeholders(ids.length)})`, values: ids };
}

async function tidy(writer: Context["writer"], now: number): Promise<void> {
  await tidySessions(writer, now - SESSIONS_KEPT_MS, PORTION);
  for (const { table, column, keepMs } of REMAINS) {
    await writer.change((sql) => {
      const where = `${column} < ?`;
      const text =
        sql.dialect.name === "sqlite"
          ? `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${PORTION})`
          : `DELETE FROM ${table} WHERE ${where} LIMIT ${PORTION}`;
      return sql.run(text, [now - keepMs]);
    });
  }
}
