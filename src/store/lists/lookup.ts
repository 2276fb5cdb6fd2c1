import type { User } from "../../domain/directory.js";
import type { Filter, GroupRef, ListQuery, Scope, UserPage } from "../../ports.js";
import { groupBy } from "../load/people.js";
import type { Reads } from "../sql.js";
import { USERS } from "./kinds.js";
import { conditionOf, listOf } from "./list.js";

/** What providers ask most: is there a user of this name? */

const KEYS = new Set(["id", "userName", "externalId"]);

/** Whether a filter finds at most a few users, by an index. */
export function isLookup(filter: Filter | undefined): boolean {
  if (filter?.kind !== "compare" || filter.operator !== "eq") return false;
  const [name = "", ...more] = filter.attribute.names;
  return more.length === 0 && KEYS.has(name) && typeof filter.value === "string";
}

/** The users and their groups at once: neither statement waits for the other. */
export async function lookUpUsers(sql: Reads, scope: Scope, query: ListQuery): Promise<UserPage> {
  const [page, groups] = await Promise.all([
    listOf(sql, USERS, scope, query),
    query.withGroups === true ? groupsOfFound(sql, scope, query) : undefined,
  ]);
  return groups === undefined ? page : { ...page, groups };
}

async function groupsOfFound(
  sql: Reads,
  scope: Scope,
  query: ListQuery,
): Promise<Map<User["id"], GroupRef[]>> {
  const where = conditionOf(sql, USERS, scope, query, USERS.place(sql, scope));
  const rows = await sql.all<GroupRef & { userId: string }>(
    `SELECT m.userId, g.id, g.displayName FROM users u JOIN memberships m ON m.organisationId = u.organisationId AND m.userId = u.id JOIN directory_groups g ON g.organisationId = m.organisationId AND g.id = m.groupId WHERE ${where.text} AND g.connectionId = ? ORDER BY m.userId, m.groupId`,
    [...where.values, scope.connectionId],
  );
  return groupBy(
    rows,
    (row) => row.userId,
    ({ id, displayName }) => ({ id, displayName }),
  );
}
