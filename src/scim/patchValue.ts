import type { JsonObject, JsonValue } from "../plugin.js";
import type { Attribute } from "./attribute.js";
import { noteTaken } from "./leniency.js";
import type { PatchOperation } from "./patchRequest.js";
import { noteCleared, readValue } from "./readResource.js";
import type { ReadContext } from "./readResource.js";
import { invalidValue, isObject } from "./values.js";

/** What a patch operation does to one value, whatever holds it. */

export type Change = Pick<PatchOperation, "op" | "value">;

/** With the value, or without the member when the value is undefined or an object without members. */
export function put(holder: JsonObject, name: string, value: JsonValue | undefined): JsonObject {
  const isGone = value === undefined || (isObject(value) && Object.keys(value).length === 0);
  if (!isGone) {
    return { ...holder, [name]: value };
  }
  if (holder[name] === undefined) {
    return holder;
  }
  return Object.fromEntries(Object.entries(holder).filter(([each]) => each !== name));
}

/** Sets or clears one part of one object. */
export function changeMember(
  holder: JsonObject,
  sub: Attribute,
  { op, value = null }: Change,
  context: ReadContext,
): JsonObject {
  if (op === "remove") {
    return put(holder, sub.name, undefined);
  }
  return put(holder, sub.name, readValue(sub, inShape(sub, value, context), context));
}

export function isClearing({ value }: Change, { leniency }: ReadContext): boolean {
  const isEmptyList = Array.isArray(value) && value.length === 0;
  return value === null || isEmptyList || (value === "" && leniency.emptyMeansClear);
}

/**
 * `manager` and its like: the parts describe one `value`, so that a bare string can only mean the value, and a new
 * value replaces all parts.
 */
export function isReference(attribute: Attribute): boolean {
  return attribute.subAttributes?.has("value") === true;
}

/**
 * The forms in which clients write one value: a bare string for `{ value }` and a list of one for a single value
 * (cases 7 and 9), a single value for a list (RFC 7644 §3.5.2).
 */
export function inShape(attribute: Attribute, value: JsonValue, context: ReadContext): JsonValue {
  if (value === "" && context.leniency.emptyMeansClear) {
    noteCleared(attribute, context);
    return null;
  }
  return value === null ? null : shaped(attribute, value, context);
}

function shaped(attribute: Attribute, value: JsonValue, context: ReadContext): JsonValue {
  if (attribute.multiValued) {
    const list = Array.isArray(value) ? value : [value];
    return list.map((each) => asElement(attribute, each, context));
  }
  if (!Array.isArray(value) || !isReference(attribute)) {
    return asElement(attribute, value, context);
  }
  if (value.length > 1) {
    throw invalidValue(attribute.path, `${attribute.path} can have only one value.`);
  }
  noteTaken(context.leniency, `${attribute.path} as a list -> its one value`);
  return asElement(attribute, value[0] ?? null, context);
}

function asElement(attribute: Attribute, value: JsonValue, { leniency }: ReadContext): JsonValue {
  if (typeof value !== "string" || value === "" || !isReference(attribute)) {
    return value;
  }
  noteTaken(leniency, `${attribute.path} as a string -> { value }`);
  return { value };
}
