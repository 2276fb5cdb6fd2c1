import type { ProvisioningRecord } from "../domain/answers/provisioningLog.js";
import type { Scope } from "../ports.js";
import type { ProvisioningLog, ProvisioningLogQuery } from "../ports/provisioningLog.js";
import type { Context } from "./context.js";
import { isStorableId } from "./limits.js";
import { RECORD_SUMMARY, recordFromRow } from "./rows/provisioningLog.js";
import type { ProvisioningRecordRow } from "./rows/provisioningLog.js";
import { insertRecords } from "./save/records.js";
import { placeholders } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";

export function createProvisioningLog({
  reader,
  writer,
}: Pick<Context, "reader" | "writer">): ProvisioningLog {
  return {
    append: (records) => writer.change((sql) => insertRecords(sql, records)),
    list: (scope, query) => reader.read((sql) => list(sql, scope, query)),
    find: (scope, id) => reader.read((sql) => find(sql, scope, id)),
    deleteBefore: (at, limit) => writer.change((sql) => deleteSome(sql, "at < ?", [at], limit)),
  };
}

/**
 * A person is found by id and by name, each by an index of its own: one statement with OR would rather read the whole
 * connection in order of time.
 */
async function list(
  sql: Sql,
  scope: Scope,
  query: ProvisioningLogQuery,
): Promise<ProvisioningRecord[]> {
  const { userIds = [], userName } = query.person ?? {};
  if (query.person === undefined) return select(sql, scope, query, []);
  const ids = userIds.filter(isStorableId);
  const found = [
    ...(ids.length === 0
      ? []
      : await select(sql, scope, query, [[`userId IN (${placeholders(ids.length)})`, ...ids]])),
    ...(userName === undefined
      ? []
      : await select(sql, scope, query, [["userNameKey = ?", userName]])),
  ];
  const unique = [...new Map(found.map((record) => [record.id, record])).values()];
  return unique.sort(inOrder(query.newestFirst === true)).slice(0, query.limit);
}

function inOrder(newestFirst: boolean) {
  const sign = newestFirst ? -1 : 1;
  return (a: ProvisioningRecord, b: ProvisioningRecord): number =>
    sign * (a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** A condition with its values. */
type Condition = readonly [text: string, ...values: SqlValue[]];

async function select(
  sql: Sql,
  { organisationId, connectionId }: Scope,
  query: ProvisioningLogQuery,
  more: readonly Condition[],
): Promise<ProvisioningRecord[]> {
  const conditions: Condition[] = [
    ["organisationId = ? AND connectionId = ?", organisationId, connectionId],
    ...more,
    ...conditionsOf(query),
  ];
  const columns = query.withBodies === true ? `${RECORD_SUMMARY}, body` : RECORD_SUMMARY;
  const direction = query.newestFirst === true ? "DESC" : "ASC";
  const rows = await sql.all<ProvisioningRecordRow>(
    `SELECT ${columns} FROM provisioning_log WHERE ${conditions.map(([text]) => text).join(" AND ")} ORDER BY at ${direction}, id ${direction} LIMIT ?`,
    [...conditions.flatMap(([, ...values]) => values), query.limit],
  );
  return rows.map(recordFromRow);
}

function conditionsOf(query: ProvisioningLogQuery): Condition[] {
  const { from, to, refused, code, method, resource, resourceId, requestId, after } = query;
  const compared: readonly (readonly [string, SqlValue | undefined])[] = [
    ["at >= ?", from],
    ["at < ?", to],
    ["refused = ?", refused],
    ["code = ?", code],
    ["method = ?", method],
    ["resource = ?", resource],
    ["resourceId = ?", resourceId],
  ];
  const sign = query.newestFirst === true ? "<" : ">";
  return [
    ...compared.flatMap(([text, value]): Condition[] =>
      value === undefined ? [] : [[text, value]],
    ),
    ...(requestId === undefined ? [] : [beginsWith("requestId", requestId)]),
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

/** As a range, which an index serves; request ids are ASCII. */
function beginsWith(column: string, text: string): Condition {
  return [`${column} >= ? AND ${column} < ?`, text, `${text}\x7f`];
}

async function find(
  sql: Sql,
  { organisationId, connectionId }: Scope,
  id: string,
): Promise<ProvisioningRecord | null> {
  if (!isStorableId(id)) return null;
  const [row] = await sql.all<ProvisioningRecordRow>(
    `SELECT ${RECORD_SUMMARY}, body FROM provisioning_log WHERE organisationId = ? AND id = ? AND connectionId = ?`,
    [organisationId, id, connectionId],
  );
  return row === undefined ? null : recordFromRow(row);
}

/** A portion: a long DELETE would hold locks that requests wait for. */
function deleteSome(
  sql: Sql,
  where: string,
  values: readonly SqlValue[],
  limit: number,
): Promise<number> {
  const text =
    sql.dialect.name === "sqlite"
      ? `DELETE FROM provisioning_log WHERE rowid IN (SELECT rowid FROM provisioning_log WHERE ${where} LIMIT ?)`
      : `DELETE FROM provisioning_log WHERE ${where} LIMIT ?`;
  return sql.run(text, [...values, limit]);
}
