import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import type { Liberties } from "./leniency.js";
import { excerpt } from "./values.js";

/** What no schema knows, on connections that do not pass over it. */

/** RFC 7644 §3.12, invalidSyntax: the request does not conform to the schema. */
export function unknownAttribute(name: string): SeatkeeperError {
  return unknown(name, "an attribute");
}

/** @throws SeatkeeperError InvalidSyntax when `schemas` names one that is none of the resource type. */
export function refuseUnknownSchemas(
  schema: ResourceSchema,
  body: JsonObject,
  { ignoreUnknownAttributes }: Liberties,
): void {
  const named = body["schemas"];
  if (ignoreUnknownAttributes || !Array.isArray(named)) return;
  const known = [schema.id, ...schema.extensions.map(({ name }) => name)];
  const folded = new Set(known.map((urn) => urn.toLowerCase()));
  for (const each of named) {
    const urn = typeof each === "string" ? each : JSON.stringify(each);
    if (!folded.has(urn.toLowerCase())) throw unknown(urn, "a schema");
  }
}

/**
 * `schemas` directly under an extension says what the URN above it says. Clients that build an extension like a resource
 * send it, and it means nothing more.
 */
export function repeatsUrn({ isExtension }: Pick<Attribute, "isExtension">, key: string): boolean {
  return isExtension && key.toLowerCase() === "schemas";
}

function unknown(name: string, what: string): SeatkeeperError {
  return new SeatkeeperError("InvalidSyntax", {
    field: name.slice(0, 100),
    sentence: `${excerpt(name)} is not ${what} that is known here.`,
  });
}
