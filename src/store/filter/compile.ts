import { SeatkeeperError } from "../../errors.js";
import type { AttributeRef, Filter } from "../../ports.js";
import type { Dialect } from "../dialect.js";
import { fold } from "../search.js";
import { compared } from "./compare.js";
import { FALSE, filled, fragment, joined, TRUE } from "./fragment.js";
import type { Fragment } from "./fragment.js";
import type { Form } from "./json.js";
import type { List, Place } from "./place.js";

type Compare = Extract<Filter, { kind: "compare" }>;

/** Where a part of the filter stands. */
interface At {
  readonly place: Place;
  readonly dialect: Dialect;
  /** Names for the rows of lists; each list of the filter gets its own. */
  readonly nextAlias: () => string;
}

/**
 * A filter as one SQL condition with bound values. Its logic is two-valued, as that of `matches` in memory: a
 * comparison with an absent attribute is false (`ne` on a single value: true), so that `not` turns it round. SQL's
 * NULL behaves like false under AND and OR, and `not` treats it so.
 */
export function compileFilter(filter: Filter, place: Place, dialect: Dialect): Fragment {
  let aliases = 0;
  return compile(filter, { place, dialect, nextAlias: () => `e${++aliases}` });
}

function compile(filter: Filter, at: At): Fragment {
  switch (filter.kind) {
    case "and":
    case "or":
      return joined(
        filter.filters.map((inner) => compile(inner, at)),
        filter.kind === "and" ? "AND" : "OR",
      );
    case "not":
      return not(compile(filter.filter, at));
    case "present":
      return present(filter.attribute, at);
    case "compare":
      return compare(filter, at);
    case "element":
      return element(filter.attribute, filter.filter, at);
  }
}

function not(inner: Fragment): Fragment {
  return filled("(({}) IS NOT TRUE)", inner);
}

/** The list that the attribute stands in, and the names inside its elements. */
function listOf(
  attribute: AttributeRef,
  at: At,
): { readonly list: List | null; readonly rest: readonly string[] } {
  const { names, multiValuedAt } = attribute;
  if (multiValuedAt === undefined) {
    throw new SeatkeeperError("InvalidFilter", { detail: `${names.join(".")} is no list` });
  }
  const list = at.place.list(names.slice(0, multiValuedAt + 1), at.nextAlias());
  return { list, rest: names.slice(multiValuedAt + 1) };
}

function present(attribute: AttributeRef, at: At): Fragment {
  if (attribute.multiValuedAt === undefined) {
    return presentAt(attribute, attribute.names, at.place);
  }
  const { list, rest } = listOf(attribute, at);
  if (list === null) {
    return FALSE;
  }
  const isWhole = rest.length === 0;
  return list.exists(isWhole ? fragment(list.notEmpty) : presentAt(attribute, rest, list.element));
}

function presentAt(attribute: AttributeRef, names: readonly string[], place: Place): Fragment {
  if (attribute.type === "complex") {
    const condition = place.complex(names);
    return condition === null ? FALSE : fragment(condition);
  }
  const value = place.value(names, PRESENCE[attribute.type]);
  return value === null ? FALSE : fragment(`${value.text} IS NOT NULL`);
}

/** The form that every present value of the type has. */
const PRESENCE: Readonly<Record<Exclude<AttributeRef["type"], "complex">, Form>> = {
  string: "folded",
  reference: "folded",
  binary: "folded",
  dateTime: "date",
  boolean: "boolean",
  integer: "number",
  decimal: "number",
};

function compare(filter: Compare, at: At): Fragment {
  const { attribute, operator, value } = filter;
  if (value === null) {
    const there = present(attribute, at);
    return operator === "eq" ? not(there) : there;
  }
  if (attribute.multiValuedAt === undefined) {
    const condition = compareAt(filter, attribute.names, at.place, at.dialect);
    return operator === "ne" ? orAbsent(condition, filter, at.place) : (condition ?? FALSE);
  }
  const { list, rest } = listOf(attribute, at);
  const inner = list === null ? null : compareAt(filter, rest, list.element, at.dialect);
  if (list === null || inner === null) {
    return FALSE;
  }
  return narrowed(list, { ...filter, attribute: { ...attribute, names: rest } }, inner);
}

/** Null when the place cannot have such a value. The condition is NULL when the value is absent. */
function compareAt(
  filter: Compare,
  names: readonly string[],
  place: Place,
  dialect: Dialect,
): Fragment | null {
  const form = formOf(filter.attribute, filter.value);
  const value = form === null ? null : place.value(names, form);
  return value === null || form === null ? null : compared(value, form, filter, dialect);
}

/** On a single value, "absent" and the value asked for are not identical. */
function orAbsent(condition: Fragment | null, filter: Compare, place: Place): Fragment {
  const form = formOf(filter.attribute, filter.value);
  const value = form === null ? null : place.value(filter.attribute.names, form);
  return condition === null || value === null
    ? TRUE
    : filled(`(${value.text} IS NULL OR {})`, condition);
}

function element(attribute: AttributeRef, inner: Filter, at: At): Fragment {
  const { list } = listOf(attribute, at);
  if (list === null) {
    return FALSE;
  }
  const condition = compile(inner, { ...at, place: list.element });
  return narrowed(list, inner, condition);
}

/** Where the element must have an indexed value, the index is asked first. */
function narrowed(list: List, filter: Filter, condition: Fragment): Fragment {
  const exists = list.exists(condition);
  const value = indexedValue(filter);
  return list.having === undefined || value === null
    ? exists
    : joined([list.having(fold(value)), exists], "AND");
}

function indexedValue(filter: Filter): string | null {
  if (filter.kind === "and") {
    return filter.filters.map(indexedValue).find((each) => each !== null) ?? null;
  }
  return filter.kind === "compare" &&
    filter.operator === "eq" &&
    typeof filter.value === "string" &&
    filter.attribute.names.join(".").toLowerCase() === "value"
    ? filter.value
    : null;
}

/** Null when a value of this kind cannot equal anything that the attribute may hold. */
function formOf(attribute: AttributeRef, value: Compare["value"]): Form | null {
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
      return "number";
    case "string":
      if (attribute.type === "dateTime") {
        return "date";
      }
      return attribute.caseExact ? "exact" : "folded";
    default:
      return null;
  }
}
