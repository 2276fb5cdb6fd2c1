import { SeatkeeperError } from "../errors.js";
import type { JsonValue } from "../plugin.js";
import { isObject, kindOf } from "./values.js";

/**
 * POST /.search (RFC 7644 §3.4.3, RFC 9865 §3): the parameters of a query in a body, for what is too long or too
 * private for an address. From here on it is the query that it stands for.
 */
export const SEARCH_URN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/**
 * Names may be in any case, and `schemas` may be missing, as in a PATCH; but another message is not taken for a search.
 * @throws SeatkeeperError InvalidSyntax with the member in its sentence
 */
export function readSearchRequest(body: JsonValue | undefined): Record<string, string> {
  if (!isObject(body)) {
    throw syntax("The body of a search must be an object with filter, attributes and so on.");
  }
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(body)) {
    const name = key.toLowerCase();
    const member = MEMBERS.get(name);
    if (name === "schemas") {
      checkSchemas(value);
    } else if (member !== undefined && value !== null) {
      if (Object.hasOwn(query, member.name)) {
        throw syntax(`${member.name} is given twice.`);
      }
      query[member.name] = member.read(member.name, value);
    }
  }
  return query;
}

type Read = (name: string, value: JsonValue) => string;

const MEMBERS: ReadonlyMap<string, { name: string; read: Read }> = new Map(
  (
    [
      ["attributes", readNames],
      ["excludedAttributes", readNames],
      ["filter", readText],
      ["sortBy", readText],
      ["sortOrder", readText],
      ["startIndex", readNumber],
      ["count", readNumber],
      ["cursor", readText],
    ] as const
  ).map(([name, read]) => [name.toLowerCase(), { name, read }]),
);

function checkSchemas(value: JsonValue): void {
  const schemas = Array.isArray(value) ? value : [value];
  const wanted = SEARCH_URN.toLowerCase();
  if (!schemas.some((each) => typeof each === "string" && each.toLowerCase() === wanted)) {
    throw syntax(`schemas of a search must name ${SEARCH_URN}.`);
  }
}

/** A list of names; one text with commas, as in an address, does as well. */
function readNames(name: string, value: JsonValue): string {
  const names = Array.isArray(value) ? value : [value];
  return names.map((each) => readText(name, each)).join(",");
}

function readText(name: string, value: JsonValue): string {
  if (typeof value !== "string") {
    throw syntax(`${name} must be a string, but is ${kindOf(value)}.`);
  }
  return value;
}

/** What is no whole number is refused where the query is read. */
function readNumber(name: string, value: JsonValue): string {
  return typeof value === "number" ? String(value) : readText(name, value);
}

function syntax(sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidSyntax", { sentence });
}
