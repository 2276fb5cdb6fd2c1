import type { AttributeRef } from "../../ports.js";
import type { Form } from "./json.js";
import type { Place } from "./place.js";

/** The expression to sort by, or null when the place has no such attribute (then the id alone decides). */
export function sortKey(attribute: AttributeRef, place: Place): string | null {
  const form = FORMS[attribute.type] ?? (attribute.caseExact ? "exact" : "folded");
  return attribute.multiValuedAt === undefined
    ? (place.value(attribute.names, form)?.text ?? null)
    : listKey(attribute, attribute.multiValuedAt, place, form);
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
  const value = list?.element.value(inside, form)?.text;
  return value === undefined ? null : (list?.first?.(value) ?? null);
}

const FORMS: Readonly<Partial<Record<AttributeRef["type"], Form>>> = {
  boolean: "boolean",
  integer: "number",
  decimal: "number",
  dateTime: "date",
};
