import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { Page, PageQuery } from "../ports.js";
import type { ScimCall, ScimDeps } from "./context.js";
import type { CursorQuery } from "./cursor.js";
import { readCount, readStartIndex } from "./listQuery.js";
import { listResponse } from "./messages.js";
import { invalidValue } from "./values.js";

/**
 * Which page of a list is asked for, by index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865), and how it is answered.
 * Index is the default; who names neither `startIndex` nor `cursor` may go on either way.
 */
export interface Paging<Position> {
  readonly page: PageQuery<Position>;
  answer(page: Page<unknown, Position>, resources: JsonObject[]): JsonObject;
}

/**
 * @param endpoint of the list ("/Users"): a cursor is of no use at another one.
 * @throws SeatkeeperError InvalidValue, InvalidCursor, ExpiredCursor, InvalidCount
 */
export function readPaging<Position>(
  deps: ScimDeps,
  call: ScimCall,
  endpoint: string,
): Paging<Position> {
  const { query } = call;
  const { cursor } = query;
  const hasIndex = (query["startIndex"]?.trim() ?? "") !== "";
  if (cursor === undefined) {
    const startIndex = readStartIndex(query);
    const page = { startIndex, count: readCount(query, deps.limits.scimPageSize) };
    return {
      page,
      answer: ({ totalResults, next }, resources) =>
        listResponse({
          totalResults,
          startIndex,
          resources,
          nextCursor: hasIndex
            ? undefined
            : cursorAt(deps, cursorQuery(call, endpoint, page.count), next),
        }),
    };
  }
  if (hasIndex) {
    throw invalidValue("cursor", "cursor and startIndex cannot be combined: choose one of them.");
  }
  const walk = cursorQuery(call, endpoint, countOfWalk(query, deps.limits.scimPageSize));
  // Only what was signed by us comes out, and it is bound to this kind of list.
  const after = cursor === "" ? "start" : (deps.cursors.open(walk, cursor) as Position);
  return {
    page: { startIndex: 1, count: walk.count, after },
    answer: ({ totalResults, next }, resources) =>
      listResponse({ totalResults, resources, nextCursor: cursorAt(deps, walk, next) }),
  };
}

function cursorAt(deps: ScimDeps, query: CursorQuery, next: unknown): string | undefined {
  // A position consists of texts and numbers.
  return next === undefined ? undefined : deps.cursors.issue(query, next as JsonValue);
}

/** Too large a count is cut here as well: RFC 9865 §2 lets a server return fewer. */
function countOfWalk(query: ScimCall["query"], countMax: number): number {
  try {
    return readCount(query, countMax);
  } catch (error) {
    if (!(error instanceof SeatkeeperError)) throw error;
    throw new SeatkeeperError("InvalidCount", { field: "count", sentence: error.message });
  }
}

function cursorQuery({ scope, query }: ScimCall, endpoint: string, count: number): CursorQuery {
  const text = (name: string) => query[name]?.trim() ?? "";
  const descending = text("sortOrder").toLowerCase() === "descending";
  return {
    count,
    binding: [
      scope.organisationId,
      scope.connectionId,
      endpoint,
      text("filter"),
      text("sortBy"),
      text("sortBy") !== "" && descending ? "descending" : "ascending",
    ],
  };
}
