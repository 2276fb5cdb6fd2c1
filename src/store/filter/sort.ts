import type { AttributeRef, ListPosition, PageQuery } from "../../ports.js";
import { fragment, type Fragment } from "./fragment.js";
import type { Form } from "./json.js";
import type { Place, Value } from "./place.js";

/**
 * Text is ordered by its first characters: MariaDB compares no more than max_sort_length bytes when it sorts, and
 * a place in the order must fit into an address.
 */
export const SORT_CHARACTERS = 256;

/** The expression to sort by, or null when the place has no such attribute (then the id alone decides). */
export function sortKey(attribute: AttributeRef, place: Place): string | null {
  const form = FORMS[attribute.type] ?? (attribute.caseExact ? "exact" : "folded");
  if (attribute.multiValuedAt !== undefined) {
    return listKey(attribute, attribute.multiValuedAt, place, form);
  }
  const value = place.value(attribute.names, form);
  return value === null ? null : bounded(value, form);
}

function bounded({ text, isId }: Value, form: Form): string {
  const isText = form === "folded" || form === "exact" || form === "date";
  return isText && isId !== true ? `SUBSTR(${text}, 1, ${SORT_CHARACTERS})` : text;
}

/** RFC 7644 §3.4.2.3: without a value last when ascending, first when descending. The id makes the order stable. */
export function orderBy(query: Pick<PageQuery, "sortOrder">, key: string | null, prefix = "") {
  const direction = query.sortOrder === "descending" ? "DESC" : "ASC";
  return key === null
    ? `${prefix}id`
    : `${prefix}sortKey IS NULL ${direction}, ${prefix}sortKey ${direction}, ${prefix}id`;
}

/** Holds for what comes behind the position in the order of `orderBy`. `id` is the expression of the id. */
export function behind(
  { key, id }: ListPosition,
  sorted: string | null,
  idText: string,
  sortOrder: PageQuery["sortOrder"],
): Fragment {
  if (sorted === null) {
    return fragment(`${idText} > ?`, id);
  }
  const descending = sortOrder === "descending";
  if (key === null) {
    const nulls = `(${sorted} IS NULL AND ${idText} > ?)`;
    return fragment(descending ? `(${nulls} OR ${sorted} IS NOT NULL)` : nulls, id);
  }
  const further = descending ? `${sorted} < ?` : `${sorted} IS NULL OR ${sorted} > ?`;
  return fragment(`(${further} OR (${sorted} = ? AND ${idText} > ?))`, key, key, id);
}

/** RFC 7644 §3.4.2.3: a list is sorted by its primary or else its first element; a complex one by its `value`. */
function listKey(
  { names, type }: AttributeRef,
  listAt: number,
  place: Place,
  form: Form,
): string | null {
  const list = place.list(names.slice(0, listAt + 1), "sorted");
  const rest = names.slice(listAt + 1);
  const inside = rest.length === 0 && type === "complex" ? ["value"] : rest;
  const value = list?.element.value(inside, form) ?? null;
  return value === null ? null : (list?.first?.(bounded(value, form)) ?? null);
}

const FORMS: Readonly<Partial<Record<AttributeRef["type"], Form>>> = {
  boolean: "boolean",
  integer: "number",
  decimal: "number",
  dateTime: "date",
};
