import type { Dialect } from "../dialect.js";
import { elements, hasObject, isNotEmpty, valueAt } from "./json.js";
import type { Form } from "./json.js";
import type { Fragment } from "./fragment.js";

/** Where the names of a filter are looked up: a resource, or one element of a list. */
export interface Place {
  /** The value in this form, or null where the place cannot have it. */
  value(names: readonly string[], form: Form): Value | null;
  /** A condition that holds when the complex attribute has any part; null where the place cannot have it. */
  complex(names: readonly string[]): string | null;
  /** The list's elements, or null where the place has no such list. */
  list(names: readonly string[], alias: string): List | null;
}

export interface Value {
  /** NULL when absent. */
  readonly text: string;
  /** The same as a bare column that an index holds, for conditions that "" cannot fulfil. */
  readonly indexed?: string;
  /** The column holds milliseconds. */
  readonly isTime?: boolean;
  /** The column holds ids: ASCII. */
  readonly isId?: boolean;
}

export interface List {
  /** An element satisfies `condition`. */
  exists(condition: Fragment): Fragment;
  readonly element: Place;
  /** A condition on the element that holds when it is not empty. */
  readonly notEmpty: string;
  /** One value of all elements for sorting: of the primary or else the first. */
  first?(value: string): string;
  /** Narrows by an index before the elements are looked at: some element has this folded `value`. */
  having?(folded: string): Fragment;
}

/** A JSON value in search form. */
export function jsonPlace(dialect: Dialect, holder: string): Place {
  return {
    value: (names, form) => ({ text: valueAt(dialect, holder, names, form) }),
    complex: (names) => hasObject(dialect, holder, names),
    list: (names, alias) => jsonList(dialect, holder, names, alias),
  };
}

export function jsonList(
  dialect: Dialect,
  holder: string,
  names: readonly string[],
  alias: string,
): List {
  const from = elements(dialect, holder, names, alias);
  const element = jsonPlace(dialect, `${alias}.value`);
  const primary = element.value(["primary"], "boolean")?.text ?? "0";
  return {
    element,
    notEmpty: isNotEmpty(dialect, `${alias}.value`),
    exists: ({ text, values }) => ({
      text: `EXISTS (SELECT 1 FROM ${from} WHERE ${text})`,
      values,
    }),
    first: (value) =>
      `(SELECT ${value} FROM ${from} ORDER BY COALESCE(${primary}, 0) DESC, ${alias}.place LIMIT 1)`,
  };
}

/** A row of another table as an element: some attributes are columns, all others are absent. */
export function rowPlace(columns: Readonly<Record<string, Partial<Record<Form, Value>>>>): Place {
  return {
    value: (names, form) =>
      names.length === 1 ? (columns[(names[0] ?? "").toLowerCase()]?.[form] ?? null) : null,
    complex: () => null,
    list: () => null,
  };
}
