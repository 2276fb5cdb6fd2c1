import type { SignInRows } from "../../domain/signIn/signInRows.js";
import type { Needs } from "../../domain/snapshot.js";
import { SESSION_COLUMNS, sessionFromRow, type SessionRow } from "../rows/history.js";
import type { Sql } from "../sql.js";
import { selectPairs } from "./found.js";

export type LogoutRows = Required<Pick<SignInRows, "liveSessions" | "usedLogouts">>;

/** Of who is named by a logout message: their sessions, and whether the message has come before. */
export async function loadLogouts(
  sql: Sql,
  organisationId: string,
  logouts: NonNullable<Needs["logouts"]>,
): Promise<LogoutRows> {
  if (logouts.length === 0) return { liveSessions: [], usedLogouts: new Set() };
  const columns = SESSION_COLUMNS.map((column) => `s.${column}`).join(", ");
  const [sessions, used] = await Promise.all([
    selectPairs<SessionRow>(
      sql,
      logouts.map(({ connectionId, nameId }) => [connectionId, nameId] as const),
      ["i.connectionId", "i.nameId"],
      (condition) =>
        `SELECT ${columns} FROM identities i JOIN sessions s ON s.organisationId = i.organisationId AND s.userId = i.userId WHERE i.organisationId = ? AND s.endedAt IS NULL AND (${condition})`,
      [organisationId],
    ),
    selectPairs<{ connectionId: string; id: string }>(
      sql,
      logouts.map(({ connectionId, messageId }) => [connectionId, messageId] as const),
      ["connectionId", "id"],
      (condition) =>
        `SELECT connectionId, id FROM logout_messages WHERE organisationId = ? AND direction = 'received' AND (${condition})`,
      [organisationId],
    ),
  ]);
  return {
    liveSessions: sessions.map(sessionFromRow),
    usedLogouts: new Set(used.map(({ connectionId, id }) => `${connectionId} ${id}`)),
  };
}
