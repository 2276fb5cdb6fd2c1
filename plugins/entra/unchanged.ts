import type { JsonObject, JsonValue } from "../../src/plugin.js";

/** Maps that give back what they were given when nothing changed, so that "was anything odd?" is one comparison. */

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mapList(list: JsonValue[], change: (each: JsonValue) => JsonValue): JsonValue[] {
  const after = list.map(change);
  return after.every((each, index) => each === list[index]) ? list : after;
}

/** `change` may answer undefined to leave a member out. */
export function mapMembers(
  object: JsonObject,
  change: (name: string, value: JsonValue) => JsonValue | undefined,
): JsonObject {
  const before = Object.entries(object);
  const after = before.map(([name, value]) => [name, change(name, value)] as const);
  if (after.every(([, value], index) => value === before[index]?.[1])) {
    return object;
  }
  // fromEntries makes plain members of every name, "__proto__" too.
  return Object.fromEntries(
    after.filter((entry): entry is readonly [string, JsonValue] => entry[1] !== undefined),
  );
}
