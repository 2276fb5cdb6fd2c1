import type { Ids, Outbox } from "../ports.js";
import type { Context } from "./context.js";
import { eventFromRow } from "./rows/history.js";
import type { EventRow, OutboxTable } from "./rows/history.js";
import { placeholders, runIn } from "./sql.js";
import type { Sql } from "./sql.js";

const ERROR_CHARACTERS = 2_000;
const EVENT = "o.position, o.id, o.organisationId, o.userId, o.type, o.at, o.data, o.attempts";

/**
 * At most one event per subject (a user or a group) leaves at a time, the oldest undelivered one: so order holds per
 * subject, also when it fails and comes again, and one subject's broken event holds up nobody else.
 */
export function createOutbox(
  { reader, writer }: Pick<Context, "reader" | "writer">,
  ids: Ids,
  table: OutboxTable = "outbox",
): Outbox {
  return {
    claim: (now, limit, claimUntil) =>
      writer.change((sql) => claim(sql, table, { now, limit, claimUntil, claimId: ids.next() })),
    async delivered(eventIds, at) {
      await writer.change((sql) =>
        runIn(
          sql,
          eventIds,
          (list) => `UPDATE ${table} SET deliveredAt = ?, claimedBy = NULL WHERE id IN (${list})`,
          [at],
        ),
      );
    },
    async failed(eventId, attempts, nextAttemptAt, error) {
      await writer.change((sql) =>
        sql.run(
          `UPDATE ${table} SET attempts = ?, nextAttemptAt = ?, lastError = ?, claimedUntil = 0, claimedBy = NULL WHERE id = ? AND deliveredAt IS NULL`,
          [attempts, nextAttemptAt, error.slice(0, ERROR_CHARACTERS), eventId],
        ),
      );
    },
    async abandoned(eventId, at, error) {
      await writer.change((sql) =>
        sql.run(
          `UPDATE ${table} SET deliveredAt = ?, lastError = ?, claimedBy = NULL WHERE id = ? AND deliveredAt IS NULL`,
          [at, error.slice(0, ERROR_CHARACTERS), eventId],
        ),
      );
    },
    forgetUntold: (before, limit) =>
      writer.change((sql) => forgetUntold(sql, table, before, limit)),
    backlog: () =>
      reader.read(async (sql) => {
        const text = `SELECT COUNT(*) AS total FROM ${table} WHERE deliveredAt IS NULL`;
        const [row] = await sql.all<{ total: number }>(text);
        return row?.total ?? 0;
      }),
  };
}

async function forgetUntold(
  sql: Sql,
  table: OutboxTable,
  before: number,
  limit: number,
): Promise<number> {
  const rows = await sql.all<{ position: number }>(
    `SELECT o.position FROM ${table} o WHERE o.deliveredAt IS NULL AND o.at < ? AND o.nextAttemptAt < ? AND o.claimedUntil < ? AND NOT EXISTS (SELECT 1 FROM ${table} p WHERE p.organisationId = o.organisationId AND p.subjectId = o.subjectId AND p.deliveredAt IS NULL AND p.position < o.position AND (p.nextAttemptAt >= ? OR p.claimedUntil >= ?)) ORDER BY o.position LIMIT ?`,
    [before, before, before, before, before, limit],
  );
  if (rows.length === 0) return 0;
  const positions = rows.map(({ position }) => position);
  // A receiver may have come meanwhile.
  return sql.run(
    `DELETE FROM ${table} WHERE deliveredAt IS NULL AND nextAttemptAt < ? AND claimedUntil < ? AND position IN (${placeholders(positions.length)})`,
    [before, before, ...positions],
  );
}

interface Claim {
  readonly now: number;
  readonly limit: number;
  readonly claimUntil: number;
  readonly claimId: string;
}

async function claim(
  sql: Sql,
  table: OutboxTable,
  { now, limit, claimUntil, claimId }: Claim,
): Promise<ReturnType<typeof eventFromRow>[]> {
  const due = await sql.all<{ position: number }>(
    `SELECT o.position FROM ${table} o WHERE o.deliveredAt IS NULL AND o.nextAttemptAt <= ? AND o.claimedUntil <= ? AND NOT EXISTS (SELECT 1 FROM ${table} p WHERE p.organisationId = o.organisationId AND p.subjectId = o.subjectId AND p.deliveredAt IS NULL AND p.position < o.position) ORDER BY o.position LIMIT ?`,
    [now, now, limit],
  );
  if (due.length === 0) {
    return [];
  }
  const positions = due.map((row) => row.position);
  // Another node may have been faster: only what is still free becomes ours.
  await sql.run(
    `UPDATE ${table} SET claimedUntil = ?, claimedBy = ? WHERE deliveredAt IS NULL AND claimedUntil <= ? AND position IN (${placeholders(positions.length)})`,
    [claimUntil, claimId, now, ...positions],
  );
  const rows = await sql.all<EventRow>(
    `SELECT ${EVENT} FROM ${table} o WHERE o.position IN (${placeholders(positions.length)}) AND o.claimedBy = ? ORDER BY o.position`,
    [...positions, claimId],
  );
  return rows.map(eventFromRow);
}
