import type { Session, User } from "../domain/directory.js";
import type { Sessions, SignInRequest } from "../ports.js";
import type { Context } from "./context.js";
import { checkOptional, checkText, isStorableId, LIMITS } from "./limits.js";
import { USER_SELECT, userFromRow } from "./rows/directory.js";
import type { UserRow } from "./rows/directory.js";
import { SESSION_COLUMNS, sessionFromRow, type SessionRow } from "./rows/history.js";
import type { Sql } from "./sql.js";

export function createSessions({ reader, writer }: Context): Sessions {
  return {
    findSession: (idHash, now) => reader.read((sql) => find(sql, idHash, now)),
    async touchSession(idHash, now) {
      await writer.change((sql) =>
        sql.run(
          "UPDATE sessions SET lastSeenAt = ? WHERE idHash = ? AND lastSeenAt < ? AND endedAt IS NULL",
          [now, idHash, now],
        ),
      );
    },
    async endSession(idHash, now, reason) {
      await writer.change((sql) =>
        sql.run(
          "UPDATE sessions SET endedAt = ?, endReason = ? WHERE idHash = ? AND endedAt IS NULL",
          [now, reason, idHash],
        ),
      );
    },
    async createSignInRequest(request) {
      await writer.change((sql) => insertRequest(sql, request));
    },
    async createLogoutRequest({ id, connectionId, browserHash, expiresAt }) {
      await writer.change((sql) =>
        sql.run(
          "INSERT INTO logout_messages (organisationId, connectionId, direction, id, browserHash, expiresAt) SELECT c.organisationId, c.id, 'sent', ?, ?, ? FROM connections c WHERE c.id = ?",
          [
            checkText("id", id, LIMITS.requestId),
            checkText("browserHash", browserHash, LIMITS.word),
            expiresAt,
            connectionId,
          ],
        ),
      );
    },
    async consumeLogoutRequest({ id, connectionId, browserHash }, now) {
      const gone = await writer.change((sql) =>
        sql.run(
          "DELETE FROM logout_messages WHERE connectionId = ? AND direction = 'sent' AND id = ? AND browserHash = ? AND expiresAt > ?",
          [connectionId, id, browserHash, now],
        ),
      );
      return gone > 0;
    },
  };
}

async function find(
  sql: Sql,
  idHash: string,
  now: number,
): Promise<{ session: Session; user: User } | null> {
  if (!isStorableId(idHash)) {
    return null;
  }
  const [session] = await sql.all<SessionRow>(
    `SELECT ${SESSION_COLUMNS.join(", ")} FROM sessions WHERE idHash = ? AND endedAt IS NULL AND expiresAt > ?`,
    [idHash, now],
  );
  if (session === undefined) {
    return null;
  }
  const [user] = await sql.all<UserRow>(
    `SELECT ${USER_SELECT} FROM users u WHERE u.organisationId = ? AND u.id = ? AND u.deletedAt IS NULL`,
    [session.organisationId, session.userId],
  );
  return user === undefined ? null : { session: sessionFromRow(session), user: userFromRow(user) };
}

/** The organisation comes from the connection, so that a request can never belong to another tenant. */
function insertRequest(sql: Sql, request: SignInRequest): Promise<number> {
  return sql.run(
    "INSERT INTO sign_in_requests (organisationId, connectionId, id, browserHash, returnTo, relayState, createdAt, expiresAt) SELECT c.organisationId, c.id, ?, ?, ?, ?, ?, ? FROM connections c WHERE c.id = ?",
    [
      checkText("id", request.id, LIMITS.requestId),
      checkText("browserHash", request.browserHash, LIMITS.word),
      checkOptional("returnTo", request.returnTo, LIMITS.address),
      checkText("relayState", request.relayState, LIMITS.requestId),
      request.createdAt,
      request.expiresAt,
      request.connectionId,
    ],
  );
}
