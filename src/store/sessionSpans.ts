import { sessionUse, type Use } from "../domain/advisor/uses.js";
import type { Session } from "../domain/directory.js";
import { keepExisting } from "./dialect.js";
import { insertRows, runIn, selectIn, type Reads, type Sql } from "./sql.js";
import type { Writer } from "./write.js";

/** What is left of sessions when they go: who was signed in from when to when, and nothing else. */

type Span = Pick<Session, "userId" | "createdAt" | "lastSeenAt" | "expiresAt" | "endedAt">;
type Going = Span & Pick<Session, "idHash" | "organisationId">;

const SPAN = "userId, createdAt, lastSeenAt, expiresAt, endedAt";

/**
 * In one transaction, and with the rows held: whoever erases a person meanwhile comes before or after it as a whole, so that
 * no span is noted of who has just been erased.
 */
export async function tidySessions(
  { unlocked }: Pick<Writer, "unlocked">,
  before: number,
  limit: number,
): Promise<void> {
  await unlocked(async (sql) => {
    const held = sql.dialect.name === "sqlite" ? "" : " FOR UPDATE";
    const going = await sql.all<Going>(
      `SELECT idHash, organisationId, ${SPAN} FROM sessions WHERE expiresAt < ? ORDER BY expiresAt LIMIT ${limit}${held}`,
      [before],
    );
    await insertSpans(sql, going);
    const hashes = going.map(({ idHash }) => idHash);
    await runIn(sql, hashes, (list) => `DELETE FROM sessions WHERE idHash IN (${list})`, []);
  });
}

/** Of people who are gone; days of use and the ledger know them by id as well. */
export async function keepSpans(
  sql: Sql,
  organisationId: string,
  userIds: readonly string[],
): Promise<void> {
  const going = await selectIn<Going>(
    sql,
    userIds,
    (list) =>
      `SELECT idHash, organisationId, ${SPAN} FROM sessions WHERE organisationId = ? AND userId IN (${list})`,
    [organisationId],
  );
  await insertSpans(sql, going);
}

async function insertSpans(sql: Sql, sessions: readonly Going[]): Promise<void> {
  await insertRows(
    sql,
    "session_spans",
    ["organisationId", "endsAt", "userId", "startsAt"],
    sessions.map((session) => {
      const { userId, from, to } = sessionUse(session);
      return [session.organisationId, to, userId, from];
    }),
    keepExisting(sql.dialect, "endsAt"),
  );
}

/** Sessions first: what is tidied up meanwhile is then found twice, which can be seen, and not missed. */
export async function readSpans(
  sql: Reads,
  organisationId: string,
  from: number,
  to: number,
): Promise<Use[]> {
  const sessions = await sql.all<Span>(
    `SELECT ${SPAN} FROM sessions WHERE organisationId = ? AND createdAt < ? AND expiresAt > ? AND (endedAt IS NULL OR endedAt > ?)`,
    [organisationId, to, from, from],
  );
  const rows = await sql.all<{ userId: string; startsAt: number; endsAt: number }>(
    "SELECT userId, startsAt, endsAt FROM session_spans WHERE organisationId = ? AND endsAt > ? AND startsAt < ?",
    [organisationId, from, to],
  );
  const open = sessions.map(sessionUse).filter((use) => use.to > from);
  const known = new Set(open.map(keyOf));
  const kept = rows.map(({ userId, startsAt, endsAt }) => ({ userId, from: startsAt, to: endsAt }));
  return [...open, ...kept.filter((use) => !known.has(keyOf(use)))].sort(byBeginning);
}

function keyOf({ userId, from, to }: Use): string {
  return `${userId} ${String(from)} ${String(to)}`;
}

function byBeginning(a: Use, b: Use): number {
  return a.from - b.from || (keyOf(a) < keyOf(b) ? -1 : 1);
}
