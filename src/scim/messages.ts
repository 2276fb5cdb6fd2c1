import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import { isObject, memberNamed } from "./values.js";

/** The messages of RFC 7644 besides resources. */

export const SCIM_MEDIA_TYPE = "application/scim+json";
const LIST_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const BULK_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error";

export interface ListParts {
  /** Absent where only counting would tell it (RFC 9865 §2). */
  readonly totalResults?: number | undefined;
  /** 1-based; absent in a walk by cursor. */
  readonly startIndex?: number | undefined;
  readonly nextCursor?: string | undefined;
  readonly resources: JsonObject[];
}

/** RFC 7644 §3.4.2. `itemsPerPage` is what the page holds, and the three counts are numbers (case 43). */
export function listResponse(parts: ListParts): JsonObject {
  const { totalResults, startIndex, nextCursor, resources } = parts;
  return {
    schemas: [LIST_RESPONSE_URN],
    ...(totalResults === undefined ? {} : { totalResults }),
    ...(startIndex === undefined ? {} : { startIndex }),
    itemsPerPage: resources.length,
    ...(nextCursor === undefined ? {} : { nextCursor }),
    Resources: resources,
  };
}

/** RFC 7644 §3.7. */
export function bulkResponse(operations: JsonObject[]): JsonObject {
  return { schemas: [BULK_RESPONSE_URN], Operations: operations };
}

/**
 * What a message is, it says in `schemas` (RFC 7644 §3.1).
 * @throws SeatkeeperError InvalidSyntax
 */
export function requireSchema(body: JsonValue | undefined, urn: string): void {
  const schemas = isObject(body) ? memberNamed(body, "schemas") : undefined;
  const known = Array.isArray(schemas)
    ? schemas.some((each) => typeof each === "string" && each.toLowerCase() === urn.toLowerCase())
    : false;
  if (!known) {
    throw new SeatkeeperError("InvalidSyntax", {
      field: "schemas",
      sentence: `The request body must name the schema ${urn} in "schemas".`,
    });
  }
}

/** RFC 7644 §3.12. The status is a string there. `error.detail` is for the log and never appears. */
export function errorBody(error: SeatkeeperError): JsonObject {
  return {
    schemas: [ERROR_URN],
    status: String(error.status),
    ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
    detail: error.message,
  };
}
