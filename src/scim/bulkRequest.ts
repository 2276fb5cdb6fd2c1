import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue, Leniency } from "../plugin.js";
import { requireSchema } from "./messages.js";
import { excerpt, invalidValue, isObject, kindOf, memberNamed } from "./values.js";

/** The body of POST /Bulk (RFC 7644 §3.7). */

export interface BulkRequest {
  /** How many errors end the work; null when it goes on whatever happens. */
  readonly failOnErrors: number | null;
  readonly operations: readonly BulkOperation[];
}

export interface BulkOperation {
  /** In upper case; repeated in the answer. */
  readonly method: string;
  readonly bulkId: string | undefined;
  readonly path: string;
  /** As If-Match (RFC 7644 §3.7). */
  readonly version: string | undefined;
  readonly data: JsonValue | undefined;
  /** Why this operation cannot be tried. The others can. */
  readonly fault: SeatkeeperError | null;
}

export interface BulkLimits {
  readonly operationsMax: number;
  readonly missingSchemas: Leniency["missingSchemas"];
}

const BULK_REQUEST_URN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const BULK_ID_MAX = 256;

/**
 * @throws SeatkeeperError InvalidSyntax, InvalidValue, PayloadTooLarge: the request as a whole cannot be read, and
 * nothing of it was done.
 */
export function readBulkRequest(body: JsonValue | undefined, limits: BulkLimits): BulkRequest {
  if (!limits.missingSchemas) requireSchema(body, BULK_REQUEST_URN);
  const operations = isObject(body) ? memberNamed(body, "operations") : undefined;
  if (!isObject(body) || !Array.isArray(operations) || operations.length === 0) {
    throw syntax('The request body must have a list "Operations" with at least one operation.');
  }
  if (operations.length > limits.operationsMax) {
    // RFC 7644 §3.7.4
    throw new SeatkeeperError("PayloadTooLarge", {
      sentence: `A bulk request may have at most ${String(limits.operationsMax)} operations.`,
    });
  }
  const read = operations.map(readOperation);
  refuseSecondBulkId(read);
  return { failOnErrors: readFailOnErrors(memberNamed(body, "failonerrors")), operations: read };
}

function readFailOnErrors(value: JsonValue | undefined): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidValue("failOnErrors", "failOnErrors must be a whole number from 1.");
}

function readOperation(operation: JsonValue, index: number): BulkOperation {
  const place = `Operations[${String(index)}]`;
  if (!isObject(operation)) {
    throw syntax(`${place} must be an object, but is ${kindOf(operation)}.`);
  }
  const method = text(operation, "method")?.toUpperCase() ?? "";
  const bulkId = text(operation, "bulkid");
  const path = text(operation, "path") ?? "";
  const data = memberNamed(operation, "data");
  const version = text(operation, "version");
  const fault = faultOf(place, { method, bulkId, path, data });
  return { method, bulkId, path, version, data, fault };
}

function faultOf(
  place: string,
  { method, bulkId, path, data }: Pick<BulkOperation, "method" | "bulkId" | "path" | "data">,
): SeatkeeperError | null {
  if (!METHODS.has(method)) {
    return syntax(`${place}.method must be POST, PUT, PATCH or DELETE.`);
  }
  if (path === "") return syntax(`${place}.path is required.`);
  if (method === "POST" && (bulkId ?? "") === "") {
    return syntax(`${place}.bulkId is required, because the operation creates a resource.`);
  }
  if ((bulkId ?? "").length > BULK_ID_MAX) {
    return syntax(`${place}.bulkId is longer than ${String(BULK_ID_MAX)} characters.`);
  }
  if (method !== "DELETE" && data === undefined) return syntax(`${place}.data is required.`);
  return null;
}

const METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** A reference to it could mean either. */
function refuseSecondBulkId(operations: readonly BulkOperation[]): void {
  const seen = new Set<string>();
  for (const { bulkId } of operations) {
    if (bulkId === undefined) continue;
    if (seen.has(bulkId)) {
      throw invalidValue("bulkId", `The bulkId ${excerpt(bulkId)} is given to two operations.`);
    }
    seen.add(bulkId);
  }
}

function text(operation: JsonObject, name: string): string | undefined {
  const value = memberNamed(operation, name);
  return typeof value === "string" ? value : undefined;
}

function syntax(sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidSyntax", { sentence });
}
