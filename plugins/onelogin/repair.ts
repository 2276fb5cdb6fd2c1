import type { JsonObject, JsonValue, Repaired, ScimRequest } from "../../src/plugin.js";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";

/** The names that OneLogin's older templates give to the schemas, in lower case. */
const LEGACY: ReadonlyMap<string, string> = new Map([
  ["urn:scim:schemas:core:1.0", CORE],
  ["urn:scim:schemas:core:2.0", CORE],
  ["urn:scim:schemas:extension:enterprise:1.0", ENTERPRISE],
  ["urn:scim:schemas:extension:enterprise:2.0", ENTERPRISE],
]);

/**
 * Templates of the connector "SCIM v2 Enterprise" name the schemas as drafts of SCIM did: the names become those of
 * RFC 7643, so that the attributes below them are read. Groups are sent in RFC form.
 */
export function repair(request: ScimRequest): Repaired {
  const { body } = request;
  if (request.resource !== "Users" || request.method === "PATCH" || !isObject(body)) {
    return { request, adjusted: [] };
  }
  const adjusted: string[] = [];
  const renamed = Object.entries(body).map(([name, value]): [string, JsonValue] => {
    if (name.toLowerCase() === "schemas") return [name, repairSchemas(value, adjusted)];
    const current = LEGACY.get(name.toLowerCase());
    // Beside a key of the RFC's name the old one is left for the core, which says that it is ignored.
    if (current === undefined || Object.hasOwn(body, current)) return [name, value];
    adjusted.push(`${name} -> ${current}`);
    return [current, value];
  });
  return adjusted.length === 0
    ? { request, adjusted }
    : { request: { ...request, body: Object.fromEntries(renamed) }, adjusted };
}

function repairSchemas(schemas: JsonValue, adjusted: string[]): JsonValue {
  if (!Array.isArray(schemas)) return schemas;
  const current = schemas.map((each) =>
    typeof each === "string" ? (LEGACY.get(each.toLowerCase()) ?? each) : each,
  );
  if (current.every((each, index) => each === schemas[index])) return schemas;
  adjusted.push("schemas by the names of drafts -> of RFC 7643");
  return current;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
