import type { JsonObject, JsonValue, Repaired, ScimRequest } from "../../src/plugin.js";
import { repairAttribute, repairResource } from "./attributes.js";
import { Trail } from "./trail.js";
import { isObject, mapList, mapMembers } from "./unchanged.js";

/**
 * Brings what Entra sends to RFC form: string booleans, capitalised operations, managers as strings or lists, roles as
 * JSON text, `$ref: null`. Everything else is passed on untouched, right or wrong: the core judges it.
 */
export function repair(request: ScimRequest): Repaired {
  const { body } = request;
  if (!isObject(body)) {
    return { request, adjusted: [] };
  }
  const trail = new Trail();
  const repaired =
    request.method === "PATCH" ? repairPatch(body, trail) : repairResource(body, trail);
  return repaired === body
    ? { request, adjusted: [] }
    : { request: { ...request, body: repaired }, adjusted: trail.lines() };
}

function repairPatch(body: JsonObject, trail: Trail): JsonObject {
  return mapMembers(body, (name, value) =>
    name.toLowerCase() === "operations" && Array.isArray(value)
      ? mapList(value, (each) => (isObject(each) ? repairOperation(each, trail) : each))
      : value,
  );
}

function repairOperation(operation: JsonObject, trail: Trail): JsonObject {
  const path = operation["path"];
  return mapMembers(operation, (name, value) => {
    if (name === "op") {
      return repairOp(value, trail);
    }
    if (name !== "value") {
      return value;
    }
    if (typeof path === "string" && path !== "") {
      return repairAttribute(path, value, trail);
    }
    return isObject(value) ? repairResource(value, trail) : value;
  });
}

/** Case 3. */
function repairOp(op: JsonValue, trail: Trail): JsonValue {
  if (typeof op !== "string") {
    return op;
  }
  const folded = op.toLowerCase();
  if (folded === op || !["add", "replace", "remove"].includes(folded)) {
    return op;
  }
  trail.note(`op "${op}" -> "${folded}"`);
  return folded;
}
