import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { put } from "./patchValue.js";
import { isObject, sameJson } from "./values.js";

/** RFC 7643 §7: an immutable attribute may be given once and never changed. */

/** @throws SeatkeeperError Mutability */
export function refuseImmutableChanges(
  schema: ResourceSchema,
  before: JsonObject,
  after: JsonObject,
): void {
  for (const attribute of schema.immutable) {
    const held = valueAt(before, attribute);
    if (held !== undefined && !sameJson(held, valueAt(after, attribute))) {
      throw new SeatkeeperError("Mutability", {
        field: attribute.path,
        sentence: `${attribute.path} cannot be changed once it has a value.`,
      });
    }
  }
}

/**
 * The document of a PUT with the immutable values that it leaves out: what must not change cannot be taken away by
 * silence, and a client that does not map the attribute never sends it. Values that it does send must match
 * (RFC 7644 §3.5.1).
 * @throws SeatkeeperError Mutability
 */
export function keepImmutable(
  schema: ResourceSchema,
  before: JsonObject,
  after: JsonObject,
): JsonObject {
  let kept = after;
  for (const attribute of schema.immutable) {
    const held = valueAt(before, attribute);
    if (held !== undefined && valueAt(after, attribute) === undefined) {
      kept = withValue(kept, attribute.ref.names, held);
    }
  }
  refuseImmutableChanges(schema, before, kept);
  return kept;
}

function withValue(
  document: JsonObject,
  [name = "", ...rest]: readonly string[],
  value: JsonValue,
): JsonObject {
  if (rest.length === 0) return put(document, name, value);
  const below = document[name];
  return put(document, name, withValue(isObject(below) ? below : {}, rest, value));
}

function valueAt(document: JsonObject, attribute: Attribute): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const name of attribute.ref.names) {
    value = isObject(value) ? value[name] : undefined;
  }
  return value;
}
