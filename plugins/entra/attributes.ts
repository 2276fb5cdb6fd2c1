import type { JsonObject, JsonValue } from "../../src/plugin.js";
import { repairRole, roleValue } from "./roles.js";
import type { Trail } from "./trail.js";
import { isObject, mapList, mapMembers } from "./unchanged.js";

/** The values of attributes, wherever they stand: in a whole resource, in an operation's value, behind a path. */

interface AttributeName {
  /** Lower case, without URN, filter and sub-attribute: "roles". */
  readonly base: string;
  /** Lower case: "value" of roles[primary eq "True"].value. */
  readonly sub: string | null;
}

/** By index and not by pattern: a path has no length limit yet, and a search must not run back and forth in it. */
export function nameOf(path: string): AttributeName {
  const bracket = path.indexOf("[");
  const head = bracket === -1 ? path : path.slice(0, bracket);
  const unqualified = head.slice(head.lastIndexOf(":") + 1).toLowerCase();
  const tail = bracket === -1 ? "" : path.slice(path.lastIndexOf("]") + 1).toLowerCase();
  const dot = unqualified.indexOf(".");
  if (dot !== -1) {
    return { base: unqualified.slice(0, dot), sub: unqualified.slice(dot + 1) };
  }
  return { base: unqualified, sub: tail.startsWith(".") ? tail.slice(1) : null };
}

/** A whole resource, or an operation's value without path: keys are attribute names, dotted and qualified ones too. */
export function repairResource(resource: JsonObject, trail: Trail): JsonObject {
  return mapMembers(resource, (name, value) =>
    isExtension(name) && isObject(value)
      ? repairResource(value, trail)
      : repairAttribute(name, value, trail),
  );
}

/** "urn:...:enterprise:2.0:User", but not "urn:...:enterprise:2.0:User:manager". */
function isExtension(name: string): boolean {
  const folded = name.toLowerCase();
  return folded.startsWith("urn:") && (folded.endsWith(":user") || folded.endsWith(":group"));
}

export function repairAttribute(path: string, value: JsonValue, trail: Trail): JsonValue {
  const { base, sub } = nameOf(path);
  if ((base === "active" && sub === null) || sub === "primary") {
    return repairBoolean(sub ?? base, value, trail);
  }
  if (base === "manager" && sub === null) {
    return repairManager(value, trail);
  }
  if (base === "roles" && sub === "value") {
    return roleValue(value, trail);
  }
  return sub === null ? repairElements(base, value, trail) : value;
}

/** Case 2. */
function repairBoolean(name: string, value: JsonValue, trail: Trail): JsonValue {
  if (typeof value !== "string") {
    return value;
  }
  const folded = value.toLowerCase();
  if (folded !== "true" && folded !== "false") {
    return value;
  }
  trail.note(`${name} "${value}" -> ${folded}`);
  return folded === "true";
}

/** Cases 7 and 9: `{ "value": id }` is what the schema has; "" stays, it clears. */
function repairManager(value: JsonValue, trail: Trail): JsonValue {
  const only = onlyElement(value);
  if (only !== undefined) {
    trail.note("manager as a list -> its one value");
    return repairManager(only, trail);
  }
  if (typeof value === "string" && value !== "") {
    trail.note("manager as a string -> { value }");
    return { value };
  }
  return isObject(value) ? withoutNullReference("manager", value, trail) : value;
}

/** Of a list of one; nothing that is a list again. */
function onlyElement(value: JsonValue): JsonValue | undefined {
  const [only, ...more] = Array.isArray(value) ? value : [];
  return more.length > 0 || Array.isArray(only) ? undefined : only;
}

/** The elements of a list, or the one object of an attribute. */
function repairElements(base: string, value: JsonValue, trail: Trail): JsonValue {
  if (Array.isArray(value)) {
    return mapList(value, (each) => repairElement(base, each, trail));
  }
  return repairElement(base, value, trail);
}

function repairElement(base: string, element: JsonValue, trail: Trail): JsonValue {
  if (!isObject(element)) {
    return element;
  }
  const clean = withoutNullReference(base, element, trail);
  const repaired = mapMembers(clean, (name, value) =>
    name.toLowerCase() === "primary" ? repairBoolean("primary", value, trail) : value,
  );
  return base === "roles" ? repairRole(repaired, trail) : repaired;
}

/** Case 15. */
function withoutNullReference(base: string, object: JsonObject, trail: Trail): JsonObject {
  return mapMembers(object, (name, value) => {
    if (name !== "$ref" || value !== null) {
      return value;
    }
    trail.note(`${base}.$ref null -> left out`);
    return undefined;
  });
}
