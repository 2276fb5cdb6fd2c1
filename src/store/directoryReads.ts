import type { DirectoryReads, GroupRef, Member, Scope } from "../ports.js";
import { isStorableId } from "./limits.js";
import { listOf } from "./lists/list.js";
import { GROUPS, USERS, type Kind } from "./lists/kinds.js";
import { isLookup, lookUpUsers } from "./lists/lookup.js";
import { findMembership, listMemberships } from "./lists/memberships.js";
import { listMixed } from "./lists/mixed.js";
import { readHoldings } from "./load/holdings.js";
import { groupBy } from "./load/people.js";
import type { Reader } from "./reader.js";
import { selectIn } from "./sql.js";
import type { Reads } from "./sql.js";

export function createDirectoryReads(reader: Reader): DirectoryReads {
  return {
    findUser: (scope, id) => reader.quick((sql) => find(sql, USERS, scope, id)),
    findGroup: (scope, id) => reader.quick((sql) => find(sql, GROUPS, scope, id)),
    listUsers: (scope, query) =>
      isLookup(query.filter)
        ? reader.quick((sql) => lookUpUsers(sql, scope, query))
        : reader.read((sql) => listOf(sql, USERS, scope, query)),
    listGroups: (scope, query) => reader.read((sql) => listOf(sql, GROUPS, scope, query)),
    listMixed: (scope, query) => reader.read((sql) => listMixed(sql, scope, query)),
    findMembership: (scope, groupId, userId) =>
      reader.read((sql) => findMembership(sql, scope, groupId, userId)),
    listMemberships: (scope, query) => reader.read((sql) => listMemberships(sql, scope, query)),
    groupsOfUsers: (scope, userIds) =>
      few(reader, userIds, (sql) => groupsOfUsers(sql, scope, userIds)),
    memberPage: (scope, groupId, page) =>
      reader.read((sql) => memberPage(sql, scope, groupId, page)),
    holdingsOfUsers: ({ organisationId }, userIds, now) =>
      few(reader, userIds, (sql) => readHoldings(sql, organisationId, userIds, now)),
    membersOfGroups: (scope, groupIds) =>
      reader.read((sql) => membersOfGroups(sql, scope, groupIds)),
  };
}

/** What is read for one user is quick; what is read for a page is not. */
function few<T>(
  reader: Reader,
  { length }: readonly string[],
  work: (sql: Reads) => Promise<T>,
): Promise<T> {
  return length === 1 ? reader.quick(work) : reader.read(work);
}

async function find<Row extends object, T>(
  sql: Reads,
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

async function groupsOfUsers(
  sql: Reads,
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

async function memberPage(
  sql: Reads,
  { organisationId, connectionId }: Scope,
  groupId: string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<Member[]> {
  return isStorableId(groupId)
    ? sql.all<Member>(
        "SELECT m.userId, COALESCE(m.display, u.displayName) AS display FROM directory_groups g JOIN memberships m ON m.organisationId = g.organisationId AND m.groupId = g.id JOIN users u ON u.organisationId = m.organisationId AND u.id = m.userId WHERE g.organisationId = ? AND g.connectionId = ? AND g.id = ? AND m.userId > ? ORDER BY m.userId LIMIT ?",
        [organisationId, connectionId, groupId, after ?? "", limit],
      )
    : [];
}

async function membersOfGroups(
  sql: Reads,
  { organisationId, connectionId }: Scope,
  groupIds: readonly string[],
): Promise<Map<string, Member[]>> {
  const rows = await selectIn<{ groupId: string; userId: string; display: string | null }>(
    sql,
    groupIds.filter(isStorableId),
    (ids) =>
      `SELECT m.groupId, m.userId, COALESCE(m.display, u.displayName) AS display FROM memberships m JOIN directory_groups g ON g.organisationId = m.organisationId AND g.id = m.groupId JOIN users u ON u.organisationId = m.organisationId AND u.id = m.userId WHERE m.organisationId = ? AND g.connectionId = ? AND m.groupId IN (${ids}) ORDER BY m.groupId, m.userId`,
    [organisationId, connectionId],
  );
  return groupBy(
    rows,
    (row) => row.groupId,
    ({ userId, display }) => ({ userId, display }),
  );
}
