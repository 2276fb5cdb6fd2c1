import type {
  MembershipPosition,
  MembershipQuery,
  MembershipView,
  Page,
  Scope,
} from "../../ports.js";
import { compileFilter } from "../filter/compile.js";
import { fragment, joined, type Fragment } from "../filter/fragment.js";
import { membershipPlace } from "../filter/resources.js";
import { isStorableId } from "../limits.js";
import type { Sql } from "../sql.js";
import { offsetOf, pageOf, rowsWanted } from "./page.js";

/** Memberships as a list of their own: by group, then by user, which is the order of their key. */

const FROM =
  "memberships m JOIN directory_groups g ON g.organisationId = m.organisationId AND g.id = m.groupId JOIN users u ON u.organisationId = m.organisationId AND u.id = m.userId";
const COLUMNS =
  "m.groupId, g.displayName AS groupName, m.userId, COALESCE(m.display, u.displayName) AS display";
const ORDER = "m.groupId, m.userId";

export async function findMembership(
  sql: Sql,
  scope: Scope,
  groupId: string,
  userId: string,
): Promise<MembershipView | null> {
  if (!isStorableId(groupId) || !isStorableId(userId)) {
    return null;
  }
  const where = of(scope);
  const [row] = await sql.all<MembershipView>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE ${where.text} AND m.groupId = ? AND m.userId = ?`,
    [...where.values, groupId, userId],
  );
  return row ?? null;
}

export async function listMemberships(
  sql: Sql,
  scope: Scope,
  query: MembershipQuery,
): Promise<Page<MembershipView, MembershipPosition>> {
  const filters =
    query.filter === undefined ? [] : [compileFilter(query.filter, membershipPlace, sql.dialect)];
  const where = joined([of(scope), ...filters], "AND");
  const rows = query.count === 0 ? [] : await read(sql, where, query);
  return pageOf(
    query,
    rows,
    { item: (row) => row, position: ({ groupId, userId }) => ({ groupId, userId }) },
    {
      known: false,
      count: async () => {
        const [row] = await sql.all<{ total: number }>(
          `SELECT COUNT(*) AS total FROM ${FROM} WHERE ${where.text}`,
          where.values,
        );
        return row?.total ?? 0;
      },
    },
  );
}

function of({ organisationId, connectionId }: Scope): Fragment {
  return fragment("m.organisationId = ? AND g.connectionId = ?", organisationId, connectionId);
}

async function read(sql: Sql, where: Fragment, query: MembershipQuery): Promise<MembershipView[]> {
  const { after } = query;
  const wanted = rowsWanted(query);
  if (after === undefined || after === "start") {
    return select(sql, where, wanted, offsetOf(query));
  }
  // Two ranges of the key instead of one condition on two columns, for which MariaDB would read the whole group.
  const inGroup = fragment("m.groupId = ? AND m.userId > ?", after.groupId, after.userId);
  const rows = await select(sql, joined([where, inGroup], "AND"), wanted);
  if (rows.length === wanted) {
    return rows;
  }
  const further = fragment("m.groupId > ?", after.groupId);
  return [...rows, ...(await select(sql, joined([where, further], "AND"), wanted - rows.length))];
}

function select(sql: Sql, where: Fragment, limit: number, offset = 0): Promise<MembershipView[]> {
  return sql.all<MembershipView>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE ${where.text} ORDER BY ${ORDER} LIMIT ? OFFSET ?`,
    [...where.values, limit, offset],
  );
}
