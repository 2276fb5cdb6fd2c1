import { foldName } from "../../domain/directory.js";
import type { SignInRecord } from "../../domain/signIn/signInLog.js";
import type { SignInLine } from "../../ports/signInLog.js";
import { keepExisting } from "../dialect.js";
import { isStorableId, KEY_LIMITS, LIMITS } from "../limits.js";
import { searchable } from "../search.js";
import { insertRows } from "../sql.js";
import type { Sql, SqlValue } from "../sql.js";

/** Lines of the sign-in log. */

export interface SignInRow extends Omit<SignInRecord, "trace" | "traceUntil" | "count"> {
  readonly attempts: number;
  readonly traceUntil: number | null;
  readonly hasTrace: number;
}

export const SIGN_IN_SELECT =
  "id, organisationId, connectionId, at, requestId, code, reason, userId, userName, sessionId, address, attempts, traceUntil, CASE WHEN trace IS NULL THEN 0 ELSE 1 END AS hasTrace";

const COLUMNS = [
  ...(["id", "organisationId", "connectionId", "at", "requestId", "refused", "code"] as const),
  ...(["reason", "userId", "userName", "userNameKey", "sessionId", "address"] as const),
  ...(["attempts", "trace", "traceUntil"] as const),
];

export function signInFromRow({ attempts, hasTrace, ...row }: SignInRow): SignInLine {
  return { ...row, count: attempts, trace: null, hasTrace: hasTrace !== 0 };
}

export function insertSignInRecords(sql: Sql, records: readonly SignInRecord[]): Promise<void> {
  const suffix = keepExisting(sql.dialect, "sign_in_log.id");
  return insertRows(sql, "sign_in_log", COLUMNS, records.map(valuesOf), suffix);
}

/** Never throws: a record must not spoil the sign-in that it describes. What is bare text is shortened and mended. */
function valuesOf(record: SignInRecord): SqlValue[] {
  const { userName, trace, code } = record;
  return [
    record.id,
    record.organisationId,
    record.connectionId,
    record.at,
    plain(record.requestId, LIMITS.requestId),
    code !== null,
    orNull(code, LIMITS.id),
    orNull(record.reason, LIMITS.id),
    record.userId !== null && isStorableId(record.userId) ? record.userId : null,
    orNull(userName, LIMITS.userName),
    userName === null ? null : plain(foldName(userName), KEY_LIMITS.userName),
    record.sessionId,
    orNull(record.address, LIMITS.id),
    record.count,
    trace,
    record.traceUntil,
  ];
}

function orNull(text: string | null, max: number): string | null {
  return text === null ? null : plain(text, max);
}

function plain(text: string, max: number): string {
  return searchable(text.slice(0, max));
}
