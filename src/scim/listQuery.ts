import type { ListQuery } from "../ports.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { parseFilter } from "./filter.js";
import { isFilterable } from "./filterNames.js";
import type { FilterLeniency } from "./filterValue.js";
import { findName } from "./names.js";
import { namesSecret } from "./secretNames.js";
import { excerpt, invalidValue } from "./values.js";

/** RFC 7644 §3.4.2.4: without `count` the server chooses. */
export const COUNT_DEFAULT = 100;

type Query = Readonly<Record<string, string | undefined>>;

/**
 * The query parameters of a list. Too large a `count` is cut to `countMax`, too small a `startIndex` or `count` is
 * raised to the least (RFC 7644 §3.4.2.4); other parameters are passed over (case 4).
 * @param others types in the same list: what only they have is absent here.
 * @throws SeatkeeperError InvalidFilter, InvalidValue
 */
export function readListQuery(
  query: Query,
  schema: ResourceSchema,
  leniency: FilterLeniency,
  countMax: number,
  others: readonly ResourceSchema[] = [],
): ListQuery {
  const filter = query["filter"]?.trim() ?? "";
  return {
    startIndex: readStartIndex(query),
    count: readCount(query, countMax),
    ...(filter === "" ? {} : { filter: parseFilter(filter, schema, leniency, others) }),
    ...readSort(query, schema, others),
  };
}

export function readStartIndex(query: Query): number {
  return Math.max(1, readInteger(query, "startIndex", 1));
}

export function readCount(query: Query, countMax: number): number {
  return Math.min(countMax, Math.max(0, readInteger(query, "count", COUNT_DEFAULT)));
}

function readInteger(query: Query, name: string, fallback: number): number {
  const text = query[name]?.trim() ?? "";
  if (text === "") {
    return fallback;
  }
  if (!/^-?\d{1,15}$/.test(text)) {
    throw invalidValue(name, `${name} must be a whole number, not ${excerpt(text)}.`);
  }
  return Number(text);
}

function readSort(
  query: Query,
  schema: ResourceSchema,
  others: readonly ResourceSchema[],
): Pick<ListQuery, "sortBy" | "sortOrder"> {
  const name = query["sortBy"]?.trim() ?? "";
  if (name === "") {
    return {};
  }
  const sortBy = sortable(schema, name);
  if (sortBy === null) {
    if (others.some((other) => sortable(other, name) !== null)) {
      return {};
    }
    throw invalidValue(
      "sortBy",
      `The list cannot be sorted by ${namesSecret(name) ? "this" : excerpt(name)}.`,
    );
  }
  const isDescending = query["sortOrder"]?.trim().toLowerCase() === "descending";
  return { sortBy: sortBy.ref, sortOrder: isDescending ? "descending" : "ascending" };
}

/** A list is sorted by its `value` (RFC 7644 §3.4.2.3); what is a secret or has no single value gives no order. */
function sortable(schema: ResourceSchema, name: string): Attribute | null {
  const found = findName(schema, name);
  if (found === null) {
    return null;
  }
  const named = found.sub ?? found.attribute;
  const sortBy = named.subAttributes?.get("value") ?? named;
  const hasOrder = sortBy.subAttributes === null && sortBy.path !== "meta.resourceType";
  return hasOrder && isFilterable(sortBy) ? sortBy : null;
}
