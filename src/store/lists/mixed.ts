import type {
  ListPosition,
  MixedItem,
  MixedPosition,
  MixedQuery,
  Page,
  Scope,
} from "../../ports.js";
import { joined, type Fragment } from "../filter/fragment.js";
import { behind, orderBy, sortKey } from "../filter/sort.js";
import { selectIn, type Sql, type SqlValue } from "../sql.js";
import { GROUPS, USERS, type Kind } from "./kinds.js";
import { conditionOf, tableOf, totalOf } from "./list.js";
import { offsetOf, pageOf, rowsWanted } from "./page.js";

/** Users and groups in one list. */

interface Picked {
  readonly type: MixedItem["type"];
  readonly id: string;
  readonly sortKey: string | number | null;
}

/** The rows of one kind that may stand on the page, and how many there are in all. */
interface Part {
  readonly type: MixedItem["type"];
  readonly rows: Fragment;
  readonly total: { count: () => Promise<number>; known: boolean };
}

export async function listMixed(
  sql: Sql,
  scope: Scope,
  query: MixedQuery,
): Promise<Page<MixedItem, MixedPosition>> {
  const sorted = query.users.sortBy !== undefined || query.groups.sortBy !== undefined;
  const parts = [
    partOf(sql, USERS, "User", scope, query, sorted),
    partOf(sql, GROUPS, "Group", scope, query, sorted),
  ];
  const picked = query.count === 0 ? [] : await pick(sql, parts, query, sorted);
  const items = await itemsOf(sql, scope, query, picked.slice(0, query.count));
  const page = await pageOf(
    query,
    picked,
    {
      item: ({ id }) => items.get(id),
      position: ({ type, id, sortKey: key }): MixedPosition => ({ type, key, id }),
    },
    {
      known: parts.every(({ total }) => total.known),
      count: async () => {
        let sum = 0;
        for (const { total } of parts) sum += await total.count();
        return sum;
      },
    },
  );
  // Whoever was deleted between the two statements is left out.
  return { ...page, items: page.items.filter((item) => item !== undefined) };
}

function partOf<Row, T>(
  sql: Sql,
  kind: Kind<Row, T>,
  type: MixedItem["type"],
  scope: Scope,
  query: MixedQuery,
  sorted: boolean,
): Part {
  const { alias } = kind;
  const own = type === "User" ? query.users : query.groups;
  const place = kind.place(sql, scope);
  const where = conditionOf(sql, kind, scope, own, place);
  const key = own.sortBy === undefined ? null : sortKey(own.sortBy, place);
  // A kind without the attribute takes its place among those without a value.
  const shown = sorted ? (key ?? "NULL") : null;
  const from =
    query.after === undefined || query.after === "start"
      ? where
      : joined(
          [where, behind(positionFor(query.after, type), shown, `${alias}.id`, query.sortOrder)],
          "AND",
        );
  return {
    type,
    rows: {
      text: `SELECT ${alias}.id, ${shown ?? "NULL"} AS sortKey FROM ${tableOf(sql, kind, own, shown)} WHERE ${from.text} ORDER BY ${orderBy(query, shown)} LIMIT ?`,
      values: [...from.values, offsetOf(query) + rowsWanted(query)],
    },
    total: totalOf(sql, kind, scope, own, where),
  };
}

/** Beside the same key users come first: before any id of a group, and behind every id of a user. */
function positionFor({ type, key, id }: MixedPosition, kind: MixedItem["type"]): ListPosition {
  if (type === kind) return { key, id };
  return { key, id: type === "User" ? BEFORE_ALL_IDS : BEHIND_ALL_IDS };
}

const BEFORE_ALL_IDS = "";
/** Ids are printable ASCII. */
const BEHIND_ALL_IDS = "\x7f";

function pick(
  sql: Sql,
  parts: readonly Part[],
  query: MixedQuery,
  sorted: boolean,
): Promise<Picked[]> {
  const selects = parts.map(
    ({ type, rows }, index) =>
      `SELECT ${index} AS place, '${type}' AS type, p${index}.id, p${index}.sortKey FROM (${rows.text}) AS p${index}`,
  );
  const direction = query.sortOrder === "descending" ? "DESC" : "ASC";
  const order = sorted ? `sortKey IS NULL ${direction}, sortKey ${direction}, ` : "";
  const values: SqlValue[] = parts.flatMap(({ rows }) => [...rows.values]);
  return sql.all<Picked>(
    `SELECT type, id, sortKey FROM (${selects.join(" UNION ALL ")}) AS both_kinds ORDER BY ${order}place, id LIMIT ? OFFSET ?`,
    [...values, rowsWanted(query), offsetOf(query)],
  );
}

async function itemsOf(
  sql: Sql,
  scope: Scope,
  query: MixedQuery,
  picked: readonly Picked[],
): Promise<Map<string, MixedItem>> {
  const idsOf = (wanted: MixedItem["type"]) =>
    picked.filter(({ type }) => type === wanted).map(({ id }) => id);
  const users = await rowsOf(sql, USERS, scope, idsOf("User"), query.users.documents);
  const groups = await rowsOf(sql, GROUPS, scope, idsOf("Group"), query.groups.documents);
  return new Map<string, MixedItem>([
    ...users.map((resource) => [resource.id, { type: "User", resource }] as const),
    ...groups.map((resource) => [resource.id, { type: "Group", resource }] as const),
  ]);
}

async function rowsOf<Row extends object, T>(
  sql: Sql,
  kind: Kind<Row, T>,
  scope: Scope,
  ids: readonly string[],
  documents: false | undefined,
): Promise<T[]> {
  const columns = documents === false ? kind.columnsWithoutDocument : kind.columns;
  const where = kind.scope(scope);
  const rows = await selectIn<Row>(
    sql,
    ids,
    (list) =>
      `SELECT ${columns} FROM ${kind.table} ${kind.alias} WHERE ${where.text} AND ${kind.alias}.id IN (${list})`,
    where.values,
  );
  return rows.map(kind.fromRow);
}
