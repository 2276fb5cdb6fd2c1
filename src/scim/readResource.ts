import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import { findAttribute } from "./attribute.js";
import type { Attribute, AttributeTable, ResourceSchema } from "./attribute.js";
import { noteTaken, type Liberties } from "./leniency.js";
import { requireSchema } from "./messages.js";
import { findQualified } from "./names.js";
import { withoutRepeated } from "./repeated.js";
import { readSimple } from "./simpleTypes.js";
import { refuseUnknownSchemas, repeatsUrn, unknownAttribute } from "./unknown.js";
import { invalidValue, isObject, kindOf } from "./values.js";

/**
 * Brings what a client sends to the form that is stored: canonical names, checked types, nothing read-only, nothing
 * secret. What is left is kept as it was sent.
 */

export interface ReadContext {
  readonly leniency: Liberties;
  /** Names that no schema knows, for the log. */
  readonly ignored: string[];
}

export interface ReadResult {
  /** Canonical names; without `schemas`, id, meta, groups and password. */
  readonly document: JsonObject;
  /** Unknown attributes that were left out, at most twenty. */
  readonly ignored: readonly string[];
}

/**
 * Reads the body of POST and PUT.
 * @throws SeatkeeperError InvalidSyntax, InvalidValue (with `field`)
 */
export function readResource(
  schema: ResourceSchema,
  body: JsonValue | undefined,
  leniency: Liberties,
): ReadResult {
  if (!isObject(body)) {
    throw new SeatkeeperError("InvalidSyntax", {
      sentence: `The request body must be a JSON object that describes a ${schema.resourceType}.`,
    });
  }
  const context: ReadContext = { leniency, ignored: [] };
  // RFC 7643 §3: "schemas" is required, and has the schema of the resource type in it.
  if (!leniency.missingSchemas) requireSchema(body, schema.id);
  refuseUnknownSchemas(schema, body, leniency);
  const { document, unknown } = readRoot(schema, body, context);
  for (const key of unknown) {
    readQualified(schema, document, key, body[key] ?? null, context);
  }
  requireAttributes(schema, document);
  return { document, ignored: context.ignored };
}

/** A required attribute must be there and say something (RFC 7643 §4.1.1 on userName). */
export function requireAttributes(schema: ResourceSchema, document: JsonObject): void {
  const name = missingRequired(schema, document);
  if (name !== null) {
    throw invalidValue(name, `${name} is required and must not be empty.`);
  }
}

export function missingRequired(schema: ResourceSchema, document: JsonObject): string | null {
  for (const name of schema.requiredNames) {
    const value = document[name];
    if (value === undefined || (typeof value === "string" && value.trim() === "")) {
      return name;
    }
  }
  return null;
}

interface RootResult {
  readonly document: JsonObject;
  readonly unknown: readonly string[];
}

function readRoot(schema: ResourceSchema, body: JsonObject, context: ReadContext): RootResult {
  const unknown: string[] = [];
  const document: JsonObject = {};
  readInto(document, schema.attributes, body, context, (key) => unknown.push(key));
  return { document, unknown };
}

/** "urn:...:User:department" as a key of its own, as some clients write it. */
function readQualified(
  schema: ResourceSchema,
  document: JsonObject,
  key: string,
  value: JsonValue,
  context: ReadContext,
): void {
  const found = findQualified(schema, key);
  if (found === null || found.sub !== null) {
    noteUnknown(key, context);
    return;
  }
  const { extension, attribute } = found;
  const container = extension === null ? document : document[extension.name];
  const target: JsonObject = isObject(container) ? container : {};
  if (putValue(target, attribute, value, context) && extension !== null) {
    document[extension.name] = target;
  }
}

export function noteUnknown(path: string, context: ReadContext): void {
  const name = path.slice(0, 100);
  if (!context.leniency.ignoreUnknownAttributes) {
    throw unknownAttribute(name);
  }
  if (context.ignored.length < 20) {
    context.ignored.push(name);
  }
}

function readInto(
  target: JsonObject,
  table: AttributeTable,
  source: JsonObject,
  context: ReadContext,
  onUnknown: (key: string) => void,
): number {
  let stored = 0;
  for (const key in source) {
    const attribute = findAttribute(table, key);
    if (attribute === undefined) {
      onUnknown(key);
    } else if (putValue(target, attribute, source[key] ?? null, context)) {
      stored += 1;
    }
  }
  return stored;
}

/** True when a value was stored. */
function putValue(
  target: JsonObject,
  attribute: Attribute,
  value: JsonValue,
  context: ReadContext,
): boolean {
  if (!attribute.isStored) {
    return false;
  }
  const read = readValue(attribute, value, context);
  if (read === undefined) {
    return false;
  }
  if (target[attribute.name] !== undefined) {
    throw invalidValue(attribute.path, `${attribute.path} is given twice.`);
  }
  target[attribute.name] = read;
  return true;
}

/** The value as it is stored; undefined when it clears the attribute. */
export function readValue(
  attribute: Attribute,
  value: JsonValue,
  context: ReadContext,
): JsonValue | undefined {
  if (value === null) {
    return undefined;
  }
  if (attribute.multiValued) {
    return readList(attribute, value, context);
  }
  return readSingle(attribute, value, context);
}

function readSingle(
  attribute: Attribute,
  value: JsonValue,
  context: ReadContext,
): JsonValue | undefined {
  if (value === "" && context.leniency.emptyMeansClear) {
    noteCleared(attribute, context);
    return undefined;
  }
  if (attribute.subAttributes !== null) {
    return readComplex(attribute, attribute.subAttributes, value, context);
  }
  return readSimple(attribute, value, context.leniency);
}

export function noteCleared({ path }: Attribute, { leniency }: ReadContext): void {
  noteTaken(leniency, `${path} "" -> no value`);
}

function readList(
  attribute: Attribute,
  value: JsonValue,
  context: ReadContext,
): JsonValue | undefined {
  if (!Array.isArray(value)) {
    if (value === "" && context.leniency.emptyMeansClear) {
      noteCleared(attribute, context);
      return undefined;
    }
    throw invalidValue(
      attribute.path,
      `${attribute.path} must be a list, but is ${kindOf(value)}.`,
    );
  }
  refuseLongList(attribute, value.length);
  const list: JsonValue[] = [];
  for (const each of value) {
    const element = each === null ? undefined : readSingle(attribute, each, context);
    if (element !== undefined && !isHollow(element, context)) {
      list.push(element);
    }
  }
  refuseSecondPrimary(attribute, list);
  const once = withoutRepeated(list);
  if (once !== list) noteTaken(context.leniency, `${attribute.path}: given twice -> kept once`);
  return list.length === 0 ? undefined : [...once];
}

function readComplex(
  attribute: Attribute,
  table: AttributeTable,
  value: JsonValue,
  context: ReadContext,
): JsonValue | undefined {
  if (!isObject(value)) {
    throw invalidValue(
      attribute.path,
      `${attribute.path} must be an object, but is ${kindOf(value)}.`,
    );
  }
  const result: JsonObject = {};
  const separator = attribute.isExtension ? ":" : ".";
  const stored = readInto(result, table, value, context, (key) => {
    if (!repeatsUrn(attribute, key)) noteUnknown(`${attribute.path}${separator}${key}`, context);
  });
  if (stored === 0) {
    return undefined;
  }
  for (const name of attribute.requiredNames) {
    if (result[name] === undefined) {
      const path = `${attribute.path}${separator}${name}`;
      throw invalidValue(path, `${path} is required.`);
    }
  }
  return result;
}

/**
 * An element without content is no value (RFC 7643 §2.5). `{ type: "work", primary: true }` labels nothing: Okta and
 * Entra leave such elements when the value is empty (cases 11 and 36), so a lenient connection drops them, too.
 */
export function isHollow(element: JsonValue, context: { readonly leniency: Liberties }): boolean {
  if (!isObject(element)) {
    return false;
  }
  for (const key in element) {
    const isLabel = key === "type" || key === "primary";
    if (!isLabel || !context.leniency.emptyMeansClear) {
      return false;
    }
  }
  return true;
}

/** More than anybody has of anything. A path filter is tried on every value, so the list needs a limit. */
const LIST_MAX = 500;

export function refuseLongList(attribute: Attribute, length: number): void {
  if (length > LIST_MAX) {
    throw new SeatkeeperError("TooMany", {
      field: attribute.path,
      sentence: `${attribute.path} can have at most ${String(LIST_MAX)} values.`,
    });
  }
}

/** RFC 7643 §2.4: "primary": true at most once. */
export function refuseSecondPrimary(attribute: Attribute, list: readonly JsonValue[]): void {
  let primaries = 0;
  for (const each of list) {
    if (isObject(each) && each["primary"] === true) {
      primaries += 1;
    }
  }
  if (primaries > 1) {
    const field = `${attribute.path}.primary`;
    throw invalidValue(field, `${field} is true for more than one value of ${attribute.path}.`);
  }
}
