import type { AttributeRef, Filter } from "../ports.js";
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
  /** Types in the same list. */
  readonly others?: readonly ResourceSchema[];
}

export interface Resolved {
  readonly attribute: Attribute;
  /** Only another type in the same list has it. */
  readonly isForeign: boolean;
}

/** An unknown attribute is a fault under every leniency: leaving a condition out would answer another question. */
export function resolveIn(scope: Scope, name: string, cursor: Cursor, start: number): Resolved {
  if (scope.element !== null) {
    const sub = findAttribute(scope.element.subAttributes ?? new Map(), name);
    if (sub === undefined) {
      throw faultAt(cursor, `${scope.element.path} has no sub-attribute ${excerpt(name)}`, start);
    }
    return { attribute: sub, isForeign: false };
  }
  const own = findName(scope.schema, name);
  const others = scope.others ?? [];
  const found = own ?? others.map((other) => findName(other, name)).find(Boolean);
  if (!found) {
    const types = [scope.schema, ...others].map(({ resourceType }) => `a ${resourceType}`);
    const problem = `${types.join(" and ")} ${others.length === 0 ? "has" : "have"} no attribute`;
    throw faultAt(cursor, `${problem} ${excerpt(name)}`, start);
  }
  return { attribute: found.sub ?? found.attribute, isForeign: own === null };
}

/** These are made for the answer and are stored nowhere. */
const NOT_STORED: ReadonlySet<string> = new Set([
  "schemas",
  "meta",
  "meta.location",
  "meta.version",
  "groups.$ref",
  "members.$ref",
  "group.$ref",
  "member.$ref",
]);

/** Whether the store can answer for the attribute, and may: secrets must not be guessed by filters. */
export function isFilterable(attribute: Attribute): boolean {
  const isKept = !attribute.isComputed && !NOT_STORED.has(attribute.path);
  return isKept && attribute.returned !== "never";
}

export function requireFilterable(attribute: Attribute, cursor: Cursor, start: number): void {
  if (!isFilterable(attribute) && attribute.path !== "schemas") {
    const reason = attribute.isComputed ? ", because it is worked out for each answer" : "";
    throw faultAt(cursor, `${attribute.path} cannot be used in a filter${reason}`, start);
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

/** `schemas` and `meta.resourceType` follow from the type and from what is stored; the store never hears of them. */
function isFolded({ names: [first, second] }: AttributeRef, scope: Scope): boolean {
  const isResourceType = first === "meta" && second === "resourceType";
  return scope.element === null && (isResourceType || first === "schemas");
}

/** Every resource has both. */
export function foldPresence(attribute: AttributeRef, scope: Scope): Filter {
  return isFolded(attribute, scope) ? constant(true) : { kind: "present", attribute };
}

/** Null: it cannot be told from what is stored. */
export function foldConstant(filter: Filter & { kind: "compare" }, scope: Scope): Filter | null {
  if (!isFolded(filter.attribute, scope)) {
    return filter;
  }
  return filter.attribute.names[0] === "schemas"
    ? foldSchemas(filter, scope.schema)
    : constant(matches(filter, { meta: { resourceType: scope.schema.resourceType } }));
}

/**
 * `schemas eq "urn:...:enterprise:2.0:User"`, an example of RFC 7644 §3.4.2.2. A resource names the core schema always
 * and an extension when it has anything of it.
 */
function foldSchemas(filter: Filter & { kind: "compare" }, schema: ResourceSchema): Filter | null {
  const isMeant = (urn: string): boolean => matches(filter, { schemas: [urn] });
  if (isMeant(schema.id)) {
    return constant(true);
  }
  const meant = schema.extensions.filter(({ name }) => isMeant(name));
  if (meant.length === 1 && meant[0]?.isComputed === true) {
    return null;
  }
  const stored = meant.filter(({ isComputed }) => !isComputed);
  const [only, ...more] = stored.map(({ ref }): Filter => ({ kind: "present", attribute: ref }));
  return only !== undefined && more.length === 0
    ? only
    : { kind: "or", filters: [...(only === undefined ? [] : [only]), ...more] };
}

/** All of no conditions hold always, one of none never. */
export function constant(holds: boolean): Filter {
  return { kind: holds ? "and" : "or", filters: [] };
}

/** One condition that never holds decides an `and`, one that always holds an `or`, so that nothing has to be searched. */
export function decided(kind: "and" | "or", filters: readonly Filter[]): Filter | undefined {
  const deciding = kind === "and" ? "or" : "and";
  return filters.find((each) => each.kind === deciding && each.filters.length === 0);
}
