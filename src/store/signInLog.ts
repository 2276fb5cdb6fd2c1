import type { SignInLine, SignInLog, SignInLogQuery, SignInTrace } from "../ports/signInLog.js";
import type { Scope } from "../ports.js";
import { recordSetup } from "./administration/setup.js";
import type { Context } from "./context.js";
import { replaceExisting } from "./dialect.js";
import { isStorableId } from "./limits.js";
import { insertSignInRecords, SIGN_IN_SELECT, signInFromRow } from "./rows/signInLog.js";
import type { SignInRow } from "./rows/signInLog.js";
import { insertRows, placeholders } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";

const TRACE_CHANGEABLE = ["organisationId", "startedAt", "startedBy", "endsAt", "taken"] as const;

export function createSignInLog({ reader, writer }: Pick<Context, "reader" | "writer">): SignInLog {
  return {
    append: (records) => writer.change((sql) => insertSignInRecords(sql, records)),
    list: (scope, query) => reader.read((sql) => list(sql, scope, query)),
    find: (scope, id) => reader.read((sql) => find(sql, scope, id)),
    readTrace: (scope, id, change) =>
      writer.locked(scope.organisationId, async (sql) => {
        if (!isStorableId(id)) return null;
        const [row] = await sql.all<{ trace: string | null }>(
          "SELECT trace FROM sign_in_log WHERE organisationId = ? AND connectionId = ? AND id = ?",
          [scope.organisationId, scope.connectionId, id],
        );
        const trace = row?.trace ?? null;
        if (trace !== null) await recordSetup(sql, scope.organisationId, change);
        return trace;
      }),
    deleteBefore: (at, limit) =>
      writer.change((sql) =>
        sql.run(portion(sql, "DELETE FROM sign_in_log", "at < ?"), [at, limit]),
      ),
    clearTraces: (now, limit) =>
      writer.change((sql) => {
        const clear = "UPDATE sign_in_log SET trace = NULL, traceUntil = NULL";
        return sql.run(portion(sql, clear, "traceUntil <= ?"), [now, limit]);
      }),
    findTrace: (connectionId, now) => reader.read((sql) => findTrace(sql, connectionId, now)),
    startTrace: (organisationId, { connectionId, startedAt, startedBy, endsAt }, change) =>
      writer.locked(organisationId, async (sql) => {
        await insertRows(
          sql,
          "sign_in_traces",
          ["connectionId", ...TRACE_CHANGEABLE],
          [[connectionId, organisationId, startedAt, startedBy.slice(0, 256), endsAt, 0]],
          replaceExisting(sql.dialect, ["connectionId"], TRACE_CHANGEABLE),
        );
        await recordSetup(sql, organisationId, change);
      }),
    endTrace: ({ organisationId, connectionId }, change) =>
      writer.locked(organisationId, async (sql) => {
        const which = [organisationId, connectionId];
        const where = "WHERE organisationId = ? AND connectionId = ?";
        const ended = await sql.run(`DELETE FROM sign_in_traces ${where}`, which);
        const cleared = await sql.run(
          `UPDATE sign_in_log SET trace = NULL, traceUntil = NULL ${where} AND traceUntil IS NOT NULL`,
          which,
        );
        if (ended + cleared > 0) await recordSetup(sql, organisationId, change);
        return ended + cleared > 0;
      }),
    takeTrace: async (connectionId, now, max) => {
      const trace = await reader.read((sql) => findTrace(sql, connectionId, now));
      if (trace === null || trace.taken >= max) return false;
      const taken = await writer.change((sql) =>
        sql.run(
          "UPDATE sign_in_traces SET taken = taken + 1 WHERE connectionId = ? AND endsAt > ? AND taken < ?",
          [connectionId, now, max],
        ),
      );
      return taken > 0;
    },
  };
}

/** A portion: a long statement would hold locks that sign-ins wait for. */
function portion(sql: Sql, statement: string, condition: string): string {
  if (sql.dialect.name !== "sqlite") return `${statement} WHERE ${condition} LIMIT ?`;
  return `${statement} WHERE rowid IN (SELECT rowid FROM sign_in_log WHERE ${condition} LIMIT ?)`;
}

async function findTrace(sql: Sql, connectionId: string, now: number): Promise<SignInTrace | null> {
  if (!isStorableId(connectionId)) return null;
  const [row] = await sql.all<SignInTrace>(
    "SELECT connectionId, startedAt, startedBy, endsAt, taken FROM sign_in_traces WHERE connectionId = ? AND endsAt > ?",
    [connectionId, now],
  );
  return row ?? null;
}

async function find(
  sql: Sql,
  { organisationId, connectionId }: Scope,
  id: string,
): Promise<SignInLine | null> {
  if (!isStorableId(id)) return null;
  const [row] = await sql.all<SignInRow>(
    `SELECT ${SIGN_IN_SELECT} FROM sign_in_log WHERE organisationId = ? AND connectionId = ? AND id = ?`,
    [organisationId, connectionId, id],
  );
  return row === undefined ? null : signInFromRow(row);
}

/** A condition with its values. */
type Condition = readonly [text: string, ...values: SqlValue[]];

async function list(
  sql: Sql,
  { organisationId, connectionId }: Scope,
  query: SignInLogQuery,
): Promise<SignInLine[]> {
  const conditions: Condition[] = [
    ["organisationId = ? AND connectionId = ?", organisationId, connectionId],
    ...conditionsOf(query),
  ];
  const direction = query.newestFirst === true ? "DESC" : "ASC";
  const rows = await sql.all<SignInRow>(
    `SELECT ${SIGN_IN_SELECT} FROM sign_in_log WHERE ${conditions.map(([text]) => text).join(" AND ")} ORDER BY at ${direction}, id ${direction} LIMIT ?`,
    [...conditions.flatMap(([, ...values]) => values), query.limit],
  );
  return rows.map(signInFromRow);
}

function conditionsOf(query: SignInLogQuery): Condition[] {
  const { from, to, refused, reason, requestId, person, after } = query;
  const compared: readonly (readonly [string, SqlValue | undefined])[] = [
    ["at >= ?", from],
    ["at < ?", to],
    ["refused = ?", refused],
    ["reason = ?", reason],
  ];
  const sign = query.newestFirst === true ? "<" : ">";
  const ids = person?.userIds.filter(isStorableId) ?? [];
  return [
    ...compared.flatMap(([text, value]): Condition[] =>
      value === undefined ? [] : [[text, value]],
    ),
    // As a range, which an index serves; references are ASCII.
    ...(requestId === undefined
      ? []
      : [["requestId >= ? AND requestId < ?", requestId, `${requestId}\x7f`] as const]),
    ...(person === undefined
      ? []
      : [
          [
            `(userId IN (${placeholders(ids.length)}) OR userNameKey = ?)`,
            ...ids,
            person.userName,
          ] as const,
        ]),
    // The first half alone is what an index can use.
    ...(after === undefined
      ? []
      : [
          [
            `at ${sign}= ? AND (at ${sign} ? OR id ${sign} ?)`,
            after.at,
            after.at,
            after.id,
          ] as const,
        ]),
  ];
}
