import type { Filter } from "../ports.js";
import { findAttribute } from "./attribute.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { faultAt } from "./filterText.js";
import type { Cursor } from "./filterText.js";
import { matches } from "./matches.js";
import { findName } from "./names.js";
import { excerpt } from "./values.js";

/** Attribute names inside filters: what they mean and which of them may be asked for. */

/** Names count from the resource's root, or from one element of `element`. */
export interface Scope {
  readonly schema: ResourceSchema;
  readonly element: Attribute | null;
}

/** An unknown attribute is a fault under every leniency: leaving a condition out would answer another question. */
export function resolveIn(scope: Scope, name: string, cursor: Cursor, start: number): Attribute {
  if (scope.element !== null) {
    const sub = findAttribute(scope.element.subAttributes ?? new Map(), name);
    if (sub === undefined) {
      throw faultAt(cursor, `${scope.element.path} has no sub-attribute ${excerpt(name)}`, start);
    }
    return sub;
  }
  const found = findName(scope.schema, name);
  if (found === null) {
    const type = scope.schema.resourceType;
    throw faultAt(cursor, `a ${type} has no attribute ${excerpt(name)}`, start);
  }
  return found.sub ?? found.attribute;
}

/** Secrets must not be guessed by filters; the others are made for the answer and are stored nowhere. */
const NOT_STORED: ReadonlySet<string> = new Set([
  "schemas",
  "meta",
  "meta.location",
  "meta.version",
]);

export function isFilterable(attribute: Attribute): boolean {
  return attribute.returned !== "never" && !NOT_STORED.has(attribute.path);
}

export function requireFilterable(attribute: Attribute, cursor: Cursor, start: number): void {
  if (!isFilterable(attribute)) {
    throw faultAt(cursor, `${attribute.path} cannot be used in a filter`, start);
  }
}

/** What a comparison with the attribute means: `emails eq "x"` and `manager eq "x"` ask for their `value`. */
export function comparable(attribute: Attribute, cursor: Cursor, start: number): Attribute {
  if (attribute.subAttributes === null) {
    return attribute;
  }
  const value = attribute.subAttributes.get("value");
  if (value === undefined) {
    const problem = `${attribute.path} has parts and cannot be compared; name one of them`;
    throw faultAt(cursor, problem, start);
  }
  return value;
}

/** `meta.resourceType` is the same for all; the store never hears of it. Every resource has an id. */
export function foldConstant(filter: Filter & { kind: "compare" }, scope: Scope): Filter {
  if (scope.element !== null || filter.attribute.names[1] !== "resourceType") {
    return filter;
  }
  const meta = { resourceType: scope.schema.resourceType };
  const id = findAttribute(scope.schema.attributes, "id");
  if (id === undefined || filter.attribute.names[0] !== "meta") {
    return filter;
  }
  const always: Filter = { kind: "present", attribute: id.ref };
  return matches(filter, { meta }) ? always : { kind: "not", filter: always };
}
