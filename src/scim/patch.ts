import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { refuseBrokenExtensions, refuseLostRequired } from "./constraints.js";
import { refuseImmutableChanges } from "./immutable.js";
import type { Liberties } from "./leniency.js";
import { findName } from "./names.js";
import { changeAttribute } from "./patchAttribute.js";
import { put } from "./patchValue.js";
import type { Change } from "./patchValue.js";
import { parsePath } from "./path.js";
import type { PatchPath } from "./path.js";
import type { PatchOperation } from "./patchRequest.js";
import { isHollow, noteUnknown } from "./readResource.js";
import type { ReadContext } from "./readResource.js";
import { withoutRepeated } from "./repeated.js";
import { repeatsUrn, unknownAttribute } from "./unknown.js";
import { excerpt, invalidValue, isObject, kindOf, sameJson } from "./values.js";

/**
 * PATCH on a stored document (RFC 7644 §3.5.2). Works on the document as it is stored, never on a projection of it
 * (case 55), and never in place: a fault in the last operation leaves everything as it was.
 */

export interface PatchResult {
  /** The same reference when nothing changed. */
  readonly document: JsonObject;
  readonly changed: boolean;
  /** Unknown attributes that were left out, at most twenty. */
  readonly ignored: readonly string[];
}

export interface PatchOptions {
  /** The id of the resource, which a value without path may repeat but not change (case 38). */
  readonly id?: string;
  /** The document holds markers instead of values, so what depends on values is checked by the caller. */
  readonly isMarked?: boolean;
}

interface PatchContext extends ReadContext {
  readonly schema: ResourceSchema;
  readonly id: string | undefined;
}

/**
 * Applies the operations in order, all or none.
 * @throws SeatkeeperError InvalidPath, InvalidFilter, InvalidValue, NoTarget, Mutability
 */
export function applyPatch(
  document: JsonObject,
  operations: readonly PatchOperation[],
  schema: ResourceSchema,
  leniency: Liberties,
  options: PatchOptions = {},
): PatchResult {
  const context: PatchContext = { schema, leniency, ignored: [], id: options.id };
  let patched = document;
  for (const operation of operations) {
    patched = applyOperation(patched, operation, context);
  }
  const result = withoutHollow(document, patched, context);
  refuseLostRequired(schema, document, result);
  if (options.isMarked !== true) {
    refuseBrokenExtensions(schema, document, result);
    refuseImmutableChanges(schema, document, result);
  }
  const changed = !sameJson(document, result);
  return { document: changed ? result : document, changed, ignored: context.ignored };
}

function applyOperation(
  document: JsonObject,
  operation: PatchOperation,
  context: PatchContext,
): JsonObject {
  const { op, path, value } = operation;
  if (path === null) {
    return applyPathless(document, operation, context);
  }
  const target = parsePath(path, context.schema, context.leniency);
  if (target === null) {
    noteUnknownPath(path, context);
    return document;
  }
  refuseReadOnly(target, path);
  return applyAt(document, target, { op, value }, context);
}

/** `{ "op": "replace", "value": { "active": false, "name.givenName": "x", "urn:...:department": "y" } }` (cases 4, 35). */
function applyPathless(
  document: JsonObject,
  { op, value }: PatchOperation,
  context: PatchContext,
): JsonObject {
  if (op === "remove") {
    // RFC 7644 §3.5.2.2
    throw new SeatkeeperError("NoTarget", { sentence: "A remove operation needs a path." });
  }
  if (!isObject(value)) {
    throw invalidValue("value", `"${op}" without a path needs an object as its value.`);
  }
  let patched = document;
  for (const [key, each] of Object.entries(value)) {
    const target = pathFromKey(key, each, context);
    if (target !== null && !isReadOnly(target)) {
      patched = applyAt(patched, target, { op, value: each }, context);
    }
  }
  return patched;
}

function pathFromKey(key: string, value: JsonValue, context: PatchContext): PatchPath | null {
  if (key.toLowerCase() === "id" && context.id !== undefined && value !== context.id) {
    throw new SeatkeeperError("Mutability", {
      field: "id",
      sentence: "The id of a resource cannot be changed.",
    });
  }
  try {
    const path = parsePath(key, context.schema, context.leniency);
    if (path !== null) {
      return path;
    }
  } catch (error) {
    // A key that is no path at all is an unknown attribute, not a faulty path.
    if (!(error instanceof SeatkeeperError && error.code === "InvalidPath")) {
      throw error;
    }
  }
  noteUnknown(key, context);
  return null;
}

function noteUnknownPath(path: string, context: PatchContext): void {
  if (!context.leniency.ignoreUnknownAttributes) {
    throw unknownAttribute(path);
  }
  noteUnknown(path, context);
}

/** An extension counts where the path is its URN alone: the seats are read-only as a whole. */
function isReadOnly({ extension, attribute, sub }: PatchPath): boolean {
  return [attribute ?? extension, sub].some((each) => each?.mutability === "readOnly");
}

function refuseReadOnly(target: PatchPath, path: string): void {
  if (isReadOnly(target)) {
    throw new SeatkeeperError("Mutability", {
      field: path.slice(0, 100),
      sentence: `${excerpt(path)} is read-only.`,
    });
  }
}

function applyAt(
  document: JsonObject,
  target: PatchPath,
  change: Change,
  context: PatchContext,
): JsonObject {
  const { extension, attribute } = target;
  if (attribute === null) {
    return extension === null ? document : applyToExtension(document, extension, change, context);
  }
  if (!attribute.isStored) {
    // A password: accepted and forgotten.
    return document;
  }
  if (extension === null) {
    return changeAttribute(document, attribute, target, change, context);
  }
  const held = document[extension.name];
  const before = isObject(held) ? held : {};
  const after = changeAttribute(before, attribute, target, change, context);
  return after === before ? document : put(document, extension.name, after);
}

/** `path` is the URN alone, or the URN is a key of a value without path; the value's keys are attributes of it. */
function applyToExtension(
  document: JsonObject,
  extension: Attribute,
  { op, value }: Change,
  context: PatchContext,
): JsonObject {
  if (op === "remove" || value === null || value === "") {
    return put(document, extension.name, {});
  }
  if (!isObject(value)) {
    const kind = value === undefined ? "missing" : kindOf(value);
    throw invalidValue(extension.name, `${extension.name} must be an object, but is ${kind}.`);
  }
  let patched = document;
  for (const [key, each] of Object.entries(value)) {
    const found = findName(context.schema, `${extension.name}:${key}`);
    if (found === null) {
      if (!repeatsUrn(extension, key)) noteUnknown(`${extension.name}:${key}`, context);
    } else if (!isReadOnly({ ...found, filter: null })) {
      patched = applyAt(patched, { ...found, filter: null }, { op, value: each }, context);
    }
  }
  return patched;
}

/** Elements that were emptied go only now: two operations may fill one element piece by piece. */
function withoutHollow(before: JsonObject, after: JsonObject, context: PatchContext): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(after)) {
    const kept = value === before[name] ? value : dropHollow(value, before[name], context);
    if (kept !== undefined) {
      result[name] = kept;
    }
  }
  return result;
}

function dropHollow(
  value: JsonValue,
  before: JsonValue | undefined,
  context: PatchContext,
): JsonValue | undefined {
  if (Array.isArray(value)) {
    const kept = withoutRepeated(value.filter((each) => !isHollow(each, context)));
    return kept.length === 0 ? undefined : [...kept];
  }
  return isObject(value) ? withoutHollow(isObject(before) ? before : {}, value, context) : value;
}
