import type { Changes } from "../../domain/snapshot.js";
import { groupBy } from "../load/people.js";
import { EVENT_COLUMNS } from "../rows/history.js";
import { placeholders, unawaited, unique } from "../sql.js";
import type { Sql, SqlValue } from "../sql.js";
import type { SaveContext } from "./context.js";

/** The end of sessions: the rows and the messages about them, whoever ends them. */

export interface Ending {
  readonly organisationId: string;
  readonly at: number;
  /** "signedOut", "deactivated", "deleted", "erased", "revoked", "connectionDisabled", "providerReplaced", "replaced" */
  readonly reason: string;
  readonly pushEvents: boolean;
}

/**
 * Ends what `condition` says of the live sessions of an organisation, and announces each. The messages are made of the rows
 * by the database itself, so ending sessions costs no look at who has any. A session ends once, so its message has its id.
 * To be called under the organisation's lock.
 * @returns how many they were
 */
export async function endSessions(
  sql: Sql,
  { organisationId, at, reason, pushEvents }: Ending,
  condition: string,
  values: readonly SqlValue[],
): Promise<number> {
  const live = `s.organisationId = ? AND s.endedAt IS NULL AND s.expiresAt > ? AND ${condition}`;
  const which = [organisationId, at, ...values];
  for (const table of pushEvents ? ["outbox", "push_outbox"] : ["outbox"]) {
    sql.later(
      `INSERT INTO ${table} (${EVENT_COLUMNS.join(", ")}) SELECT s.id, s.organisationId, s.userId, s.userId, 'session.ended', ?, JSON_OBJECT('userId', s.userId, 'sessionId', s.id, 'connectionId', s.connectionId, 'reason', ?), ? FROM sessions s WHERE ${live}`,
      [at, reason, at, ...which],
    );
  }
  return sql.run(
    `UPDATE sessions ${sql.dialect.name === "sqlite" ? "AS s " : "s "}SET endedAt = ?, endReason = ? WHERE ${live}`,
    [at, reason, ...which],
  );
}

/** Of everybody who was deactivated, deleted or erased in the batch. */
export async function updateSessions(
  { organisationId, pushEvents, ...context }: SaveContext,
  ended: Changes["sessionsEnded"],
): Promise<void> {
  const sql = unawaited(context.sql);
  const reasons = groupBy(
    ended,
    ({ at, reason }) => `${at} ${reason}`,
    (end) => end,
  );
  for (const ends of reasons.values()) {
    const [first] = ends;
    if (first === undefined) continue;
    const userIds = unique(ends.map((end) => end.userId));
    const ending = { organisationId, pushEvents, at: first.at, reason: first.reason };
    await endSessions(sql, ending, `s.userId IN (${placeholders(userIds.length)})`, userIds);
  }
}

/** These alone, unlike `updateSessions`, which ends all of a person. */
export async function closeSessions(
  { organisationId, pushEvents, ...context }: SaveContext,
  closed: Changes["sessionsClosed"],
): Promise<void> {
  const sql = unawaited(context.sql);
  for (const { idHash, at, reason } of closed) {
    await endSessions(sql, { organisationId, pushEvents, at, reason }, "s.idHash = ?", [idHash]);
  }
}
