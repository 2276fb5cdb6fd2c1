import type { Group, User } from "../domain/directory.js";
import type { DirectoryReads, GroupRef, ListQuery, Member, Page, Scope } from "../ports.js";
import { compileFilter } from "./filter/compile.js";
import { fragment, joined } from "./filter/fragment.js";
import type { Fragment } from "./filter/fragment.js";
import type { Place } from "./filter/place.js";
import { groupPlace, userPlace } from "./filter/resources.js";
import { sortKey } from "./filter/sort.js";
import { groupBy } from "./load/people.js";
import { isStorableId } from "./limits.js";
import type { Reader } from "./reader.js";
import { GROUP_SELECT, groupFromRow, USER_SELECT, userFromRow } from "./rows/directory.js";
import type { GroupRow, UserRow } from "./rows/directory.js";
import { selectIn } from "./sql.js";
import type { Sql } from "./sql.js";

/** What differs between lists of users and of groups. */
interface Kind<Row, T> {
  readonly table: "users" | "directory_groups";
  readonly alias: "u" | "g";
  readonly columns: string;
  readonly total: "userCount" | "groupCount";
  readonly scope: (scope: Scope) => Fragment;
  readonly place: (sql: Sql, scope: Scope) => Place;
  readonly fromRow: (row: Row) => T;
}

const USERS: Kind<UserRow, User> = {
  table: "users",
  alias: "u",
  columns: USER_SELECT,
  total: "userCount",
  scope: ({ organisationId, connectionId }) =>
    fragment(
      "u.organisationId = ? AND u.connectionId = ? AND u.deletedAt IS NULL",
      organisationId,
      connectionId,
    ),
  place: (sql, { organisationId }) => userPlace(sql.dialect, organisationId),
  fromRow: userFromRow,
};

const GROUPS: Kind<GroupRow, Group> = {
  table: "directory_groups",
  alias: "g",
  columns: GROUP_SELECT,
  total: "groupCount",
  scope: ({ organisationId, connectionId }) =>
    fragment("g.organisationId = ? AND g.connectionId = ?", organisationId, connectionId),
  place: (sql, { organisationId }) => groupPlace(sql.dialect, organisationId),
  fromRow: groupFromRow,
};

export function createDirectoryReads(reader: Reader): DirectoryReads {
  return {
    findUser: (scope, id) => reader.read((sql) => find(sql, USERS, scope, id)),
    findGroup: (scope, id) => reader.read((sql) => find(sql, GROUPS, scope, id)),
    listUsers: (scope, query) => reader.read((sql) => list(sql, USERS, scope, query)),
    listGroups: (scope, query) => reader.read((sql) => list(sql, GROUPS, scope, query)),
    groupsOfUsers: (scope, userIds) => reader.read((sql) => groupsOfUsers(sql, scope, userIds)),
    membersOfGroups: (scope, groupIds) =>
      reader.read((sql) => membersOfGroups(sql, scope, groupIds)),
  };
}

async function find<Row extends object, T>(
  sql: Sql,
  kind: Kind<Row, T>,
  scope: Scope,
  id: string,
): Promise<T | null> {
  if (!isStorableId(id)) {
    return null;
  }
  const where = kind.scope(scope);
  const [row] = await sql.all<Row>(
    `SELECT ${kind.columns} FROM ${kind.table} ${kind.alias} WHERE ${where.text} AND ${kind.alias}.id = ?`,
    [...where.values, id],
  );
  return row === undefined ? null : kind.fromRow(row);
}

async function list<Row extends object, T>(
  sql: Sql,
  kind: Kind<Row, T>,
  scope: Scope,
  query: ListQuery,
): Promise<Page<T>> {
  const place = kind.place(sql, scope);
  const filter =
    query.filter === undefined ? [] : [compileFilter(query.filter, place, sql.dialect)];
  const where = joined([kind.scope(scope), ...filter], "AND");
  const rows = query.count === 0 ? [] : await page(sql, kind, where, query, place);
  const isWhole = query.startIndex <= 1 && rows.length < query.count;
  const totalResults = isWhole ? rows.length : await total(sql, kind, scope, query, where);
  return { totalResults, items: rows.map(kind.fromRow) };
}

function page<Row extends object, T>(
  sql: Sql,
  kind: Kind<Row, T>,
  where: Fragment,
  query: ListQuery,
  place: Place,
): Promise<Row[]> {
  const { table, alias, columns } = kind;
  const key = query.sortBy === undefined ? null : sortKey(query.sortBy, place);
  const offset = Math.max(0, query.startIndex - 1);
  const values = [...where.values, query.count, offset];
  if (offset === 0 && key === null) {
    // With a filter SQLite would rather walk along the whole list than use the filter's index and sort a few rows; the
    // plus takes the order's index away from it.
    const byId = query.filter !== undefined && sql.dialect.name === "sqlite" ? "+" : "";
    return sql.all<Row>(
      `SELECT ${columns} FROM ${table} ${alias} WHERE ${where.text} ORDER BY ${byId}${alias}.id LIMIT ? OFFSET ?`,
      values,
    );
  }
  // First only ids, from an index where one fits: what OFFSET skips must not be read whole.
  const inner = `SELECT ${alias}.organisationId, ${alias}.id, ${key ?? "NULL"} AS sortKey FROM ${table} ${alias} WHERE ${where.text} ORDER BY ${order(query, key)} LIMIT ? OFFSET ?`;
  return sql.all<Row>(
    `SELECT ${columns} FROM (${inner}) AS picked JOIN ${table} ${alias} ON ${alias}.organisationId = picked.organisationId AND ${alias}.id = picked.id ORDER BY ${order(query, key, "picked.")}`,
    values,
  );
}

/** RFC 7644 §3.4.2.3: without a value last when ascending, first when descending. The id makes the order stable. */
function order(query: ListQuery, key: string | null, prefix = ""): string {
  const direction = query.sortOrder === "descending" ? "DESC" : "ASC";
  return key === null
    ? `${prefix}id`
    : `${prefix}sortKey IS NULL ${direction}, ${prefix}sortKey ${direction}, ${prefix}id`;
}

async function total<Row extends object, T>(
  sql: Sql,
  kind: Kind<Row, T>,
  scope: Scope,
  query: ListQuery,
  where: Fragment,
): Promise<number> {
  const { organisationId, connectionId } = scope;
  const [row] =
    query.filter === undefined
      ? await sql.all<{ total: number }>(
          `SELECT ${kind.total} AS total FROM connections WHERE organisationId = ? AND id = ?`,
          [organisationId, connectionId],
        )
      : await sql.all<{ total: number }>(
          `SELECT COUNT(*) AS total FROM ${kind.table} ${kind.alias} WHERE ${where.text}`,
          where.values,
        );
  return row?.total ?? 0;
}

async function groupsOfUsers(
  sql: Sql,
  { organisationId, connectionId }: Scope,
  userIds: readonly string[],
): Promise<Map<string, GroupRef[]>> {
  const rows = await selectIn<GroupRef & { userId: string }>(
    sql,
    userIds.filter(isStorableId),
    (ids) =>
      `SELECT m.userId, g.id, g.displayName FROM memberships m JOIN directory_groups g ON g.organisationId = m.organisationId AND g.id = m.groupId WHERE m.organisationId = ? AND g.connectionId = ? AND m.userId IN (${ids}) ORDER BY m.userId, m.groupId`,
    [organisationId, connectionId],
  );
  return groupBy(
    rows,
    (row) => row.userId,
    ({ id, displayName }) => ({ id, displayName }),
  );
}

async function membersOfGroups(
  sql: Sql,
  { organisationId, connectionId }: Scope,
  groupIds: readonly string[],
): Promise<Map<string, Member[]>> {
  const rows = await selectIn<{ groupId: string; userId: string; display: string | null }>(
    sql,
    groupIds.filter(isStorableId),
    (ids) =>
      `SELECT m.groupId, m.userId, u.displayName AS display FROM memberships m JOIN directory_groups g ON g.organisationId = m.organisationId AND g.id = m.groupId JOIN users u ON u.organisationId = m.organisationId AND u.id = m.userId WHERE m.organisationId = ? AND g.connectionId = ? AND m.groupId IN (${ids}) ORDER BY m.groupId, m.userId`,
    [organisationId, connectionId],
  );
  return groupBy(
    rows,
    (row) => row.groupId,
    ({ userId, display }) => ({ userId, display }),
  );
}
