import type { JsonObject, JsonValue } from "../plugin.js";
import { findAttribute } from "./attribute.js";
import type { Attribute } from "./attribute.js";
import { addElements, changeElements, removeElements, setOnAll } from "./patchElements.js";
import { changeMember, inShape, isReference, put } from "./patchValue.js";
import type { Change } from "./patchValue.js";
import type { PatchPath } from "./path.js";
import { noteUnknown, readValue } from "./readResource.js";
import type { ReadContext } from "./readResource.js";
import { invalidValue, isObject } from "./values.js";

/** The object with one of its attributes changed: a new object, or the same when there was nothing to do. */
export function changeAttribute(
  holder: JsonObject,
  attribute: Attribute,
  { filter, sub }: PatchPath,
  change: Change,
  context: ReadContext,
): JsonObject {
  requireValue(attribute, change);
  const before = holder[attribute.name];
  const list = Array.isArray(before) ? before : [];
  let after: JsonValue | undefined;
  if (filter !== null) {
    after = changeElements(attribute, list, { filter, sub }, change, context);
  } else if (sub === null) {
    after = changeWhole(attribute, before, change, context);
  } else if (attribute.multiValued) {
    after = setOnAll(attribute, list, sub, change, context);
  } else {
    after = changeMember(isObject(before) ? before : {}, sub, change, context);
  }
  return put(holder, attribute.name, after);
}

function requireValue(attribute: Attribute, { op, value }: Change): void {
  if (op !== "remove" && value === undefined) {
    throw invalidValue(attribute.path, `The ${op} operation on ${attribute.path} needs a value.`);
  }
}

function changeWhole(
  attribute: Attribute,
  before: JsonValue | undefined,
  change: Change,
  context: ReadContext,
): JsonValue | undefined {
  if (attribute.multiValued) {
    return changeList(attribute, Array.isArray(before) ? before : [], change, context);
  }
  if (change.op === "remove") {
    return undefined;
  }
  const given = inShape(attribute, change.value ?? null, context);
  if (isObject(given) && attribute.subAttributes !== null && !isReference(attribute)) {
    return mergeComplex(attribute, keptParts(before, change, context), given, context);
  }
  return readValue(attribute, given, context);
}

/** What the given parts join: RFC 7644 §3.5.2.3, or nothing where a replace is to replace the whole. */
function keptParts(
  before: JsonValue | undefined,
  { op }: Change,
  { leniency }: ReadContext,
): JsonObject {
  const isWhole = op === "replace" && !leniency.partialReplace;
  return isObject(before) && !isWhole ? before : {};
}

function changeList(
  attribute: Attribute,
  before: readonly JsonValue[],
  { op, value = null }: Change,
  context: ReadContext,
): JsonValue | undefined {
  if (op === "remove") {
    return value === null ? undefined : removeElements(attribute, before, value, context);
  }
  const read = readValue(attribute, inShape(attribute, value, context), context);
  // Adding nothing changes nothing; replacing by nothing clears (case 40).
  return op === "replace" ? read : addElements(attribute, before, read);
}

/** RFC 7644 §3.5.2.1 and §3.5.2.3: parts that are not named stay as they are. */
function mergeComplex(
  attribute: Attribute,
  before: JsonObject,
  given: JsonObject,
  context: ReadContext,
): JsonObject {
  let merged = before;
  for (const [key, value] of Object.entries(given)) {
    const sub = findAttribute(attribute.subAttributes ?? new Map(), key);
    if (sub === undefined) {
      noteUnknown(`${attribute.path}.${key}`, context);
    } else if (sub.isStored) {
      merged = changeMember(merged, sub, { op: "replace", value }, context);
    }
  }
  return merged;
}
