import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";
import type { BulkOperation } from "./bulkRequest.js";
import { isObject } from "./values.js";

/**
 * References to resources that another operation of the same request creates (RFC 7644 §3.7.2): "bulkId:x" as a value,
 * as the id in an operation's path, at the end of a `$ref`, and quoted in the path of a PATCH
 * (`members[value eq "bulkId:x"]`).
 */

export type BulkText = Pick<BulkOperation, "path" | "data">;

/** Documents are flat; whoever nests deeper wants to see the recursion fail. */
const DEPTH_MAX = 32;

/** The bulkIds that the operation needs. @throws SeatkeeperError InvalidSyntax */
export function referencesOf(operation: BulkText): ReadonlySet<string> {
  const found = new Set<string>();
  swapIn(operation, (bulkId) => {
    found.add(bulkId);
    return null;
  });
  return found;
}

/** The operation with the ids that its references stand for. */
export function resolveReferences(operation: BulkText, ids: ReadonlyMap<string, string>): BulkText {
  return swapIn(operation, (bulkId) => ids.get(bulkId) ?? null);
}

/** The id, or null to leave the reference as it is. */
type Swap = (bulkId: string) => string | null;

function swapIn({ path, data }: BulkText, swap: Swap): BulkText {
  return {
    path: swapAll(path, /(?<=^|\/)bulkId:([^/?]+)/g, (bulkId) => {
      const id = swap(decoded(bulkId));
      return id === null ? null : encodeURIComponent(id);
    }),
    data: data === undefined ? undefined : swapInValue(data, "", swap, 0),
  };
}

function swapInValue(value: JsonValue, key: string, swap: Swap, depth: number): JsonValue {
  if (depth > DEPTH_MAX) {
    throw new SeatkeeperError("InvalidSyntax", { sentence: "The data is nested too deeply." });
  }
  if (typeof value === "string") return swapAll(value, patternFor(key), swap);
  if (Array.isArray(value)) {
    const swapped = value.map((each) => swapInValue(each, key, swap, depth + 1));
    return swapped.some((each, index) => each !== value[index]) ? swapped : value;
  }
  return isObject(value) ? swapInObject(value, swap, depth) : value;
}

function swapInObject(object: JsonObject, swap: Swap, depth: number): JsonObject {
  const swapped = Object.entries(object).map(
    ([key, each]) => [key, swapInValue(each, key, swap, depth + 1)] as const,
  );
  const isChanged = swapped.some(([key, each]) => each !== object[key]);
  return isChanged ? Object.fromEntries(swapped) : object;
}

function patternFor(key: string): RegExp {
  switch (key.toLowerCase()) {
    case "$ref":
      return /(?<=^|\/)bulkId:([^/]+)$/g;
    case "path":
      return /(?<=")bulkId:([^"\\]+)(?=")/g;
    default:
      return /^bulkId:(.+)$/gs;
  }
}

function swapAll(text: string, pattern: RegExp, swap: Swap): string {
  // Most text has none, and much of it is long.
  if (!text.includes("bulkId:")) return text;
  return text.replace(pattern, (whole, bulkId: string) => swap(bulkId) ?? whole);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
