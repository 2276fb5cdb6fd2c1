import type { JsonValue } from "../plugin.js";
import type { Attribute, AttributeType } from "./attribute.js";
import { noteTaken, type Liberties } from "./leniency.js";
import { invalidValue, kindOf, normaliseDateTime } from "./values.js";

type BooleanLeniency = Pick<Liberties, "textBooleans" | "taken">;

/**
 * RFC 7643 §2.3: the types that have no parts. Nothing is converted but dates, which are stored in one form, and, for a
 * lenient connection, booleans that are written as text (case 2).
 */
export function readSimple(
  attribute: Attribute,
  value: JsonValue,
  leniency: BooleanLeniency,
): JsonValue {
  const { type } = attribute;
  const plain = type === "boolean" ? untexted(attribute, value, leniency) : value;
  const read = SIMPLE[type](plain);
  if (read === undefined) {
    const { path } = attribute;
    throw invalidValue(path, `${path} must be ${EXPECTED[type]}, but is ${kindOf(value)}.`);
  }
  return read;
}

function untexted(attribute: Attribute, value: JsonValue, leniency: BooleanLeniency): JsonValue {
  const text = typeof value === "string" ? value.toLowerCase() : "";
  if (!leniency.textBooleans || (text !== "true" && text !== "false")) return value;
  noteTaken(leniency, `${attribute.path} ${JSON.stringify(value)} -> ${text}`);
  return text === "true";
}

const EXPECTED: Readonly<Record<AttributeType, string>> = {
  string: "a string",
  reference: "a string",
  boolean: "true or false",
  integer: "a whole number",
  decimal: "a number",
  dateTime: "a date and time such as 2026-01-31T12:00:00Z",
  binary: "a base64 string",
  complex: "an object",
};

const BASE64 = /^[A-Za-z0-9+/_\s-]*={0,2}$/;

const SIMPLE: Readonly<Record<AttributeType, (value: JsonValue) => JsonValue | undefined>> = {
  string: (value) => (typeof value === "string" ? value : undefined),
  reference: (value) => (typeof value === "string" ? value : undefined),
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  integer: (value) => (Number.isSafeInteger(value) ? value : undefined),
  decimal: (value) => (typeof value === "number" ? value : undefined),
  dateTime: (value) =>
    typeof value === "string" ? (normaliseDateTime(value) ?? undefined) : undefined,
  binary: (value) => (typeof value === "string" && BASE64.test(value) ? value : undefined),
  complex: () => undefined,
};
