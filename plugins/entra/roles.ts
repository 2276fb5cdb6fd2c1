import type { JsonObject, JsonValue } from "../../src/plugin.js";
import type { Trail } from "./trail.js";
import { isObject } from "./unchanged.js";

/**
 * Application roles. A POST carries objects with `displayName` for `display`; a PATCH carries the whole role as JSON
 * text inside `value` (case 13).
 */
export function repairRole(role: JsonObject, trail: Trail): JsonObject {
  const inner = textAsRole(role["value"]);
  if (inner === null) {
    return renameDisplay(role, trail);
  }
  trail.note("roles.value as JSON text -> value and display");
  const { value: _text, ...rest } = role;
  const display = inner["displayName"] ?? inner["display"];
  return {
    ...rest,
    ...(typeof inner["value"] === "string" ? { value: inner["value"] } : {}),
    ...(typeof display === "string" && display !== "" ? { display } : {}),
  };
}

/** The value behind roles[...].value. */
export function roleValue(value: JsonValue, trail: Trail): JsonValue {
  const inner = textAsRole(value);
  if (inner === null) {
    return value;
  }
  trail.note("roles.value as JSON text -> value");
  return inner["value"] ?? value;
}

/** The role in the text, if it is one. */
function textAsRole(value: JsonValue | undefined): JsonObject | null {
  if (typeof value !== "string" || !value.startsWith("{")) {
    return null;
  }
  try {
    const parsed = JSON.parse(value) as JsonValue;
    return isObject(parsed) && typeof parsed["value"] === "string" ? parsed : null;
  } catch {
    return null;
  }
}

function renameDisplay(role: JsonObject, trail: Trail): JsonObject {
  if (role["displayName"] === undefined || role["display"] !== undefined) {
    return role;
  }
  trail.note("roles.displayName -> roles.display");
  const { displayName, ...rest } = role;
  return { ...rest, display: displayName ?? null };
}
