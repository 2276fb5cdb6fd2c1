import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import { isObject, kindOf } from "./values.js";

/** One operation of a PATCH request (RFC 7644 §3.5.2), read but not yet understood. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string | null;
  /** Undefined when the request does not give one. */
  readonly value: JsonValue | undefined;
}

const OPERATIONS_MAX = 1000;

/**
 * Reads the body of a PATCH. `schemas` may be missing, `operations` may be in lower case (section 1.5) and `op` may
 * be in any case (case 3).
 * @throws SeatkeeperError InvalidSyntax, TooMany
 */
export function readPatchRequest(body: JsonValue | undefined): PatchOperation[] {
  const operations = isObject(body) ? member(body, "operations") : undefined;
  if (!Array.isArray(operations) || operations.length === 0) {
    throw syntax('The request body must have a list "Operations" with at least one operation.');
  }
  if (operations.length > OPERATIONS_MAX) {
    throw new SeatkeeperError("TooMany", {
      sentence: `A PATCH may have at most ${String(OPERATIONS_MAX)} operations.`,
    });
  }
  return operations.map(readOperation);
}

function readOperation(operation: JsonValue, index: number): PatchOperation {
  const place = `Operations[${String(index)}]`;
  if (!isObject(operation)) {
    throw syntax(`${place} must be an object, but is ${kindOf(operation)}.`);
  }
  const op = member(operation, "op");
  const name = typeof op === "string" ? op.toLowerCase() : "";
  if (name !== "add" && name !== "remove" && name !== "replace") {
    throw syntax(`${place}.op must be "add", "remove" or "replace".`);
  }
  const path = member(operation, "path") ?? null;
  if (path !== null && typeof path !== "string") {
    throw new SeatkeeperError("InvalidPath", {
      sentence: `${place}.path must be a string, but is ${kindOf(path)}.`,
    });
  }
  return { op: name, path: path === "" ? null : path, value: member(operation, "value") };
}

/** By name, letter case ignored: RFC 7643 §2.1 holds for messages too. */
function member(object: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(object, name)) {
    return object[name];
  }
  const key = Object.keys(object).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

function syntax(sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidSyntax", { sentence });
}
