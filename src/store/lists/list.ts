import type { ListPosition, ListQuery, Page, Scope } from "../../ports.js";
import { compileFilter } from "../filter/compile.js";
import { joined, type Fragment } from "../filter/fragment.js";
import type { Place } from "../filter/place.js";
import { behind, orderBy, sortKey } from "../filter/sort.js";
import type { Reads } from "../sql.js";
import type { Kind } from "./kinds.js";
import { offsetOf, pageOf, rowsWanted } from "./page.js";

/** One page of users or of groups. */

type Keyed<Row> = Row & { readonly id: string; readonly sortKey?: string | number | null };

export async function listOf<Row extends object, T>(
  sql: Reads,
  kind: Kind<Row, T>,
  scope: Scope,
  query: ListQuery,
): Promise<Page<T>> {
  const place = kind.place(sql, scope);
  const where = conditionOf(sql, kind, scope, query, place);
  const rows = query.count === 0 ? [] : await read(sql, kind, where, query, place);
  return pageOf(
    query,
    rows,
    {
      item: kind.fromRow,
      position: (row): ListPosition => ({ key: row.sortKey ?? null, id: row.id }),
    },
    totalOf(sql, kind, scope, query, where),
  );
}

export function conditionOf<Row, T>(
  sql: Reads,
  kind: Kind<Row, T>,
  scope: Scope,
  { filter }: Pick<ListQuery, "filter">,
  place: Place,
): Fragment {
  const filters = filter === undefined ? [] : [compileFilter(filter, place, sql.dialect)];
  return joined([kind.scope(scope), ...filters], "AND");
}

/** All users or groups of a connection are counted with every change; who passes a filter is counted when asked. */
export function totalOf<Row, T>(
  sql: Reads,
  kind: Kind<Row, T>,
  { organisationId, connectionId }: Scope,
  { filter }: Pick<ListQuery, "filter">,
  where: Fragment,
): { count: () => Promise<number>; known: boolean } {
  const known = filter === undefined;
  const count = async () => {
    const [row] = known
      ? await sql.all<{ total: number }>(
          `SELECT ${kind.total} AS total FROM connections WHERE organisationId = ? AND id = ?`,
          [organisationId, connectionId],
        )
      : await sql.all<{ total: number }>(
          `SELECT COUNT(*) AS total FROM ${kind.table} ${kind.alias} WHERE ${where.text}`,
          where.values,
        );
    return row?.total ?? 0;
  };
  return { count, known };
}

function read<Row extends object, T>(
  sql: Reads,
  kind: Kind<Row, T>,
  where: Fragment,
  query: ListQuery,
  place: Place,
): Promise<Keyed<Row>[]> {
  const { table, alias } = kind;
  const columns = query.documents === false ? kind.columnsWithoutDocument : kind.columns;
  const key = query.sortBy === undefined ? null : sortKey(query.sortBy, place);
  // With a filter SQLite would rather walk along the whole list than use the filter's index and sort a few rows; the
  // plus takes the order's index away from it.
  const plus = query.filter !== undefined && sql.dialect.name === "sqlite" ? "+" : "";
  const from = fromHere(query, key, where, `${plus}${alias}.id`);
  const walked = tableOf(sql, kind, query, key);
  const offset = offsetOf(query);
  const values = [...from.values, rowsWanted(query), offset];
  if (offset === 0 && key === null) {
    return sql.all<Keyed<Row>>(
      `SELECT ${columns} FROM ${walked} WHERE ${from.text} ORDER BY ${plus}${alias}.id LIMIT ? OFFSET ?`,
      values,
    );
  }
  // First only ids, from an index where one fits: what OFFSET skips must not be read whole.
  const inner = `SELECT ${alias}.organisationId, ${alias}.id, ${key ?? "NULL"} AS sortKey FROM ${walked} WHERE ${from.text} ORDER BY ${orderBy(query, key)} LIMIT ? OFFSET ?`;
  return sql.all<Keyed<Row>>(
    `SELECT ${columns}, picked.sortKey FROM (${inner}) AS picked JOIN ${table} ${alias} ON ${alias}.organisationId = picked.organisationId AND ${alias}.id = picked.id ORDER BY ${orderBy(query, key, "picked.")}`,
    values,
  );
}

/**
 * The whole list in the order of its ids: MariaDB would rather walk along the primary key, which means reading all that
 * a page skips, and the users of other connections.
 */
export function tableOf<Row, T>(
  sql: Reads,
  { table, alias }: Kind<Row, T>,
  { filter }: Pick<ListQuery, "filter">,
  key: string | null,
): string {
  const isWhole = filter === undefined && key === null;
  return isWhole && sql.dialect.name === "mysql"
    ? `${table} ${alias} FORCE INDEX (${table}_list)`
    : `${table} ${alias}`;
}

function fromHere(
  { after, sortOrder }: ListQuery,
  key: string | null,
  where: Fragment,
  id: string,
): Fragment {
  return after === undefined || after === "start"
    ? where
    : joined([where, behind(after, key, id, sortOrder)], "AND");
}
