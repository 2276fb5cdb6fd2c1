import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import { attributesOf } from "./schema.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { missingRequired } from "./readResource.js";
import { invalidValue, isObject } from "./values.js";

/** What must hold between the document before and after a change, whatever made it. */

/** RFC 7644 §3.5.2.2: a required attribute cannot become unassigned. */
export function refuseLostRequired(
  schema: ResourceSchema,
  before: JsonObject,
  after: JsonObject,
): void {
  const name = missingRequired(schema, after);
  if (name === null || before[name] === undefined) {
    return;
  }
  if (after[name] === undefined) {
    throw lost(name);
  }
  throw invalidValue(name, `${name} is required and must not be empty.`);
}

/** An extension that is there, and each complex value in it, has everything that it must have. */
export function refuseBrokenExtensions(
  schema: ResourceSchema,
  before: JsonObject,
  after: JsonObject,
): void {
  for (const extension of schema.extensions) {
    const held = after[extension.name];
    if (held !== undefined && held !== before[extension.name]) {
      refuseIncomplete(extension, held, before[extension.name]);
    }
  }
}

function refuseIncomplete(
  attribute: Attribute,
  after: JsonValue,
  before: JsonValue | undefined,
): void {
  if (Array.isArray(after)) {
    after.forEach((each) => refuseIncomplete(attribute, each, undefined));
  } else if (isObject(after)) {
    const held = isObject(before) ? before : {};
    refuseMissing(attribute, after, held);
    for (const sub of attributesOf(attribute.subAttributes ?? new Map())) {
      refuseIncomplete(sub, after[sub.name] ?? null, held[sub.name]);
    }
  }
}

function refuseMissing(attribute: Attribute, after: JsonObject, before: JsonObject): void {
  const name = attribute.requiredNames.find((each) => after[each] === undefined);
  if (name !== undefined) {
    const path = `${attribute.path}${attribute.isExtension ? ":" : "."}${name}`;
    throw before[name] === undefined ? invalidValue(path, `${path} is required.`) : lost(path);
  }
}

function lost(path: string): SeatkeeperError {
  const sentence = `${path} is required and cannot be removed.`;
  return new SeatkeeperError("Mutability", { field: path, sentence });
}
