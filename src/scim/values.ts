import { SeatkeeperError } from "../errors.js";
import type { JsonObject, JsonValue } from "../plugin.js";

/** Small readings of JSON values that the whole protocol core shares. */

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** By name in lower case, letter case ignored: RFC 7643 §2.1 holds for messages too. */
export function memberNamed(object: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(object, name)) {
    return object[name];
  }
  const key = Object.keys(object).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

/** "a list", "a number": how a value is called in an error sentence. The value itself may be private. */
export function kindOf(value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return { string: "a string", number: "a number", boolean: "a boolean", object: "an object" }[
    typeof value as "string" | "number" | "boolean" | "object"
  ];
}

export function invalidValue(field: string, sentence: string): SeatkeeperError {
  return new SeatkeeperError("InvalidValue", { field, sentence });
}

/** Most URNs with the attribute behind them, whose end says which one is meant. */
const EXCERPT_MAX = 100;

/** A piece of what the client sent, safe to repeat in a sentence: short and on one line. */
export function excerpt(text: string): string {
  const short = text.length > EXCERPT_MAX ? `${text.slice(0, EXCERPT_MAX)}...` : text;
  return JSON.stringify(short);
}

const DATE_TIME =
  /^\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(Z|z|[+-]\d\d:\d\d)?)?$/;

/** ISO 8601 UTC with milliseconds, or null. A time without zone is UTC: the server has no zone of its own. */
export function normaliseDateTime(text: string): string | null {
  const match = DATE_TIME.exec(text);
  if (match === null) {
    return null;
  }
  const hasTime = text.length > 10;
  const time = Date.parse(hasTime && match[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** Same JSON, whatever the order of keys. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) {
    return true;
  }
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((each, index) => sameJson(each, b[index]))
    );
  }
  if (!isObject(a) || !isObject(b)) {
    return false;
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}

/** One text for one meaning: keys in order. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, each: JsonValue) =>
    isObject(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
