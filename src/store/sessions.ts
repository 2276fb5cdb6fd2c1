import type { Session } from "../domain/directory.js";
import type { Sessions, SignInRequest } from "../ports.js";
import type { LiveSession, SessionChoice, SessionQuery } from "../ports/sessions.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { checkOptional, checkText, isStorableId, LIMITS } from "./limits.js";
import { USER_COLUMNS_SELECT, USER_SELECT, userFromRow } from "./rows/directory.js";
import type { UserRow } from "./rows/directory.js";
import { SESSION_COLUMNS, sessionFromRow, type SessionRow } from "./rows/history.js";
import { endSessions } from "./save/sessions.js";
import { selectIn } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";

export function createSessions({ reader, writer, pushEvents }: Context): Sessions {
  return {
    findSession: (idHash, now) => reader.read((sql) => find(sql, "idHash", idHash, now)),
    findSessionById: (id, now) => reader.read((sql) => find(sql, "id", id, now)),
    async touchSession(idHash, now) {
      await writer.change((sql) =>
        sql.run(
          "UPDATE sessions SET lastSeenAt = ? WHERE idHash = ? AND lastSeenAt < ? AND endedAt IS NULL",
          [now, idHash, now],
        ),
      );
    },
    async endSession(idHash, at, reason) {
      const organisationId = await reader.read((sql) => ownerOf(sql, idHash));
      if (organisationId === null) return;
      await writer.locked(organisationId, (sql) =>
        endSessions(sql, { organisationId, at, reason, pushEvents }, "s.idHash = ?", [idHash]),
      );
    },
    findSessionsOfBrowser: (browserHash, now) =>
      reader.read((sql) => ofBrowser(sql, browserHash, now)),
    listSessions: (organisationId, query) => reader.read((sql) => list(sql, organisationId, query)),
    endSessions: (organisationId, which, { at, reason, change }) =>
      writer.locked(organisationId, async (sql) => {
        const { condition, values } = conditionOf(which);
        const ending = { organisationId, at, reason, pushEvents };
        const ended = await endSessions(sql, ending, condition, values);
        const told = change && { ...change, details: { ...change.details, sessions: ended } };
        if (ended > 0) await recordSetup(sql, organisationId, told);
        return ended;
      }),
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

const SESSION_SELECT = SESSION_COLUMNS.map((column) => `s.${column}`).join(", ");
/** Whoever came through a connection is gone with it. */
const THROUGH_AN_OPEN_DOOR =
  "EXISTS (SELECT 1 FROM connections c WHERE c.organisationId = s.organisationId AND c.id = s.connectionId AND c.enabled <> 0)";

async function find(
  sql: Sql,
  column: "id" | "idHash",
  value: string,
  now: number,
): Promise<LiveSession | null> {
  if (!isStorableId(value)) return null;
  const [session] = await sql.all<SessionRow>(
    `SELECT ${SESSION_SELECT} FROM sessions s WHERE s.${column} = ? AND s.endedAt IS NULL AND s.expiresAt > ? AND ${THROUGH_AN_OPEN_DOOR}`,
    [value, now],
  );
  if (session === undefined) return null;
  const [user] = await sql.all<UserRow>(
    `SELECT ${USER_SELECT} FROM users u WHERE u.organisationId = ? AND u.id = ? AND u.deletedAt IS NULL`,
    [session.organisationId, session.userId],
  );
  return user === undefined ? null : { session: sessionFromRow(session), user: userFromRow(user) };
}

async function ofBrowser(sql: Sql, browserHash: string, now: number): Promise<Session[]> {
  const rows = await sql.all<SessionRow>(
    `SELECT ${SESSION_SELECT} FROM sessions s WHERE s.browserHash = ? AND s.endedAt IS NULL AND s.expiresAt > ?`,
    [browserHash, now],
  );
  return rows.map(sessionFromRow);
}

async function ownerOf(sql: Sql, idHash: string): Promise<string | null> {
  if (!isStorableId(idHash)) return null;
  const [row] = await sql.all<{ organisationId: string }>(
    "SELECT organisationId FROM sessions WHERE idHash = ?",
    [idHash],
  );
  return row?.organisationId ?? null;
}

function conditionOf({ id, userId, connectionId }: SessionChoice): {
  readonly condition: string;
  readonly values: SqlValue[];
} {
  const given = Object.entries({ id, userId, connectionId }).flatMap(([column, value]) =>
    value === undefined ? [] : [[`s.${column} = ?`, value] as const],
  );
  // An id that no row can have is nobody's; and MariaDB refuses to compare it with one.
  if (!given.every(([, value]) => isStorableId(value))) return { condition: "1 = 0", values: [] };
  return {
    condition: given.length === 0 ? "1 = 1" : given.map(([text]) => text).join(" AND "),
    values: given.map(([, value]) => value),
  };
}

async function list(
  sql: Sql,
  organisationId: string,
  { now, seenSince, before, limit, ...which }: SessionQuery,
): Promise<LiveSession[]> {
  if (before !== undefined && !isStorableId(before)) return [];
  const { condition, values } = conditionOf(which);
  const further = before === undefined ? [] : [before];
  const rows = await sql.all<SessionRow>(
    `SELECT ${SESSION_SELECT} FROM sessions s WHERE s.organisationId = ? AND s.endedAt IS NULL AND s.expiresAt > ? AND s.lastSeenAt >= ? AND ${condition} AND ${THROUGH_AN_OPEN_DOOR}${before === undefined ? "" : " AND s.id < ?"} ORDER BY s.id DESC LIMIT ?`,
    [organisationId, now, seenSince, ...values, ...further, limit],
  );
  const users = await selectIn<UserRow>(
    sql,
    rows.map(({ userId }) => userId),
    (ids) =>
      `SELECT ${USER_COLUMNS_SELECT} FROM users u WHERE u.organisationId = ? AND u.deletedAt IS NULL AND u.id IN (${ids})`,
    [organisationId],
  );
  const people = new Map(users.map((row) => [row.id, userFromRow(row)]));
  return rows.flatMap((row) => {
    const user = people.get(row.userId);
    return user === undefined ? [] : [{ session: sessionFromRow(row), user }];
  });
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
