import type { Page, PageQuery } from "../../ports.js";

/** How the parts of a page follow from the rows that were read. */

/** One row more than is shown, so that the page tells whether another one follows. */
export function rowsWanted({ count }: PageQuery<unknown>): number {
  return count + 1;
}

export function offsetOf({ after, startIndex }: PageQuery<unknown>): number {
  return after === undefined ? Math.max(0, startIndex - 1) : 0;
}

/**
 * `rows` are at most `rowsWanted`. `count` is asked for the total only where the rows do not tell it; `known` says
 * that its answer costs nothing, so that it is given to a walk as well.
 */
export async function pageOf<Row, T, Position>(
  query: PageQuery<Position>,
  rows: readonly Row[],
  make: { item: (row: Row) => T; position: (row: Row) => Position },
  total: { count: () => Promise<number>; known: boolean },
): Promise<Page<T, Position>> {
  const shown = rows.slice(0, query.count);
  const last = shown.at(-1);
  const more = rows.length > shown.length;
  const totalResults = await totalOf(query, shown.length, more, total);
  return {
    ...(totalResults === undefined ? {} : { totalResults }),
    items: shown.map(make.item),
    ...(more && last !== undefined ? { next: make.position(last) } : {}),
  };
}

async function totalOf<Position>(
  query: PageQuery<Position>,
  shown: number,
  more: boolean,
  total: { count: () => Promise<number>; known: boolean },
): Promise<number | undefined> {
  const { after, count } = query;
  const offset = offsetOf(query);
  const fromStart = after === undefined || after === "start";
  const endIsSeen = count > 0 && !more && (shown > 0 || offset === 0);
  if (fromStart && endIsSeen) {
    return offset + shown;
  }
  return after === undefined || count === 0 || total.known ? total.count() : undefined;
}
