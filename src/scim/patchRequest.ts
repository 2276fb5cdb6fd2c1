import { SeatkeeperError } from "../errors.js";
import type { JsonValue } from "../plugin.js";
import { noteTaken, type Liberties } from "./leniency.js";
import { requireSchema } from "./messages.js";
import { isObject, kindOf, memberNamed } from "./values.js";

/** One operation of a PATCH request (RFC 7644 §3.5.2), read but not yet understood. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string | null;
  /** Undefined when the request does not give one. */
  readonly value: JsonValue | undefined;
}

const PATCH_OP_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const OPERATIONS_MAX = 1000;

/**
 * Reads the body of a PATCH. `schemas` may be missing where the connection allows it, `operations` may be in lower
 * case (section 1.5) and `op` may be in any case (case 3).
 * @throws SeatkeeperError InvalidSyntax, TooMany
 */
export function readPatchRequest(
  body: JsonValue | undefined,
  liberties: PatchLiberties = { pathlessPatch: true, missingSchemas: true },
): PatchOperation[] {
  if (!liberties.missingSchemas) requireSchema(body, PATCH_OP_URN);
  const operations = isObject(body) ? memberNamed(body, "operations") : undefined;
  if (!Array.isArray(operations) || operations.length === 0) {
    throw syntax('The request body must have a list "Operations" with at least one operation.');
  }
  if (operations.length > OPERATIONS_MAX) {
    throw new SeatkeeperError("TooMany", {
      sentence: `A PATCH may have at most ${String(OPERATIONS_MAX)} operations.`,
    });
  }
  return operations.map((each, index) => readOperation(each, index, liberties));
}

type PatchLiberties = Pick<Liberties, "missingSchemas" | "pathlessPatch" | "taken">;

function readOperation(
  operation: JsonValue,
  index: number,
  liberties: PatchLiberties,
): PatchOperation {
  const place = `Operations[${String(index)}]`;
  if (!isObject(operation)) {
    throw syntax(`${place} must be an object, but is ${kindOf(operation)}.`);
  }
  const op = readOp(memberNamed(operation, "op"), place, liberties);
  const path = memberNamed(operation, "path") ?? null;
  if (path !== null && typeof path !== "string") {
    throw new SeatkeeperError("InvalidPath", {
      sentence: `${place}.path must be a string, but is ${kindOf(path)}.`,
    });
  }
  const hasPath = path !== null && path !== "";
  if (!hasPath && !liberties.pathlessPatch) {
    throw syntax(`${place} needs a path.`);
  }
  const value = memberNamed(operation, "value");
  return hasPath ? { op, path, value } : { op, path: null, value: withoutList(value, liberties) };
}

/** Clients on SCIM-SDK, some of Keycloak's extensions among them, put the one object of a pathless operation into a list. */
function withoutList(value: JsonValue | undefined, liberties: PatchLiberties): typeof value {
  if (!Array.isArray(value) || value.length !== 1 || !isObject(value[0])) return value;
  noteTaken(liberties, "value: one object in a list -> the object");
  return value[0];
}

function readOp(
  op: JsonValue | undefined,
  place: string,
  liberties: PatchLiberties,
): PatchOperation["op"] {
  const text = typeof op === "string" ? op : "";
  const name = text.toLowerCase();
  if (name !== "add" && name !== "remove" && name !== "replace") {
    throw syntax(`${place}.op must be "add", "remove" or "replace".`);
  }
  if (text !== name) noteTaken(liberties, `op "${text}" -> "${name}"`);
  return name;
}

function syntax(sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidSyntax", { sentence });
}
