import type { CompareOperator } from "../ports.js";
import type { SeatkeeperError } from "../errors.js";
import type { Attribute, AttributeType } from "./attribute.js";
import type { Literal } from "./filterText.js";
import { noteTaken, type Liberties } from "./leniency.js";
import { normaliseDateTime } from "./values.js";

/** The value of a comparison, checked against the attribute's type and the operator. */

export type FilterLeniency = Pick<Liberties, "unquotedFilterValues" | "taken">;

type Fault = (problem: string) => SeatkeeperError;
type Value = string | number | boolean | null;

export function literalValue(
  attribute: Attribute,
  operator: CompareOperator,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
): Value {
  if (literal.kind === "bare" && literal.text.toLowerCase() === "null") {
    return nullValue(operator, fault);
  }
  if (!OPERATORS_OF[attribute.type].includes(operator)) {
    throw fault(`${attribute.path} cannot be compared with ${operator}`);
  }
  return READERS[attribute.type](attribute, literal, leniency, fault);
}

function nullValue(operator: CompareOperator, fault: Fault): null {
  if (operator !== "eq" && operator !== "ne") {
    throw fault(`null cannot be compared with ${operator}`);
  }
  return null;
}

const EQUALITY: readonly CompareOperator[] = ["eq", "ne"];
const ORDER: readonly CompareOperator[] = [...EQUALITY, "gt", "ge", "lt", "le"];
const TEXT: readonly CompareOperator[] = [...ORDER, "co", "sw", "ew"];

/** RFC 7644 §3.4.2.2: booleans and binaries have no order. */
const OPERATORS_OF: Readonly<Record<AttributeType, readonly CompareOperator[]>> = {
  string: TEXT,
  reference: TEXT,
  boolean: EQUALITY,
  integer: ORDER,
  decimal: ORDER,
  dateTime: ORDER,
  binary: EQUALITY,
  complex: [],
};

type Reader = (
  attribute: Attribute,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
) => Value;

const READERS: Readonly<Record<AttributeType, Reader>> = {
  string: readText,
  reference: readText,
  boolean: readBoolean,
  integer: readNumber,
  decimal: readNumber,
  dateTime: readTime,
  binary: readText,
  complex: (attribute, _literal, _leniency, fault) => {
    throw fault(`${attribute.path} cannot be compared`);
  },
};

/** Entra's documentation shows filters without quotes (case 20). */
function readText(
  attribute: Attribute,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
): Value {
  requireQuotes(attribute, literal, leniency, fault);
  return literal.text;
}

function requireQuotes(
  attribute: Attribute,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
): void {
  if (literal.kind === "quoted") return;
  // In single quotes, which the grammar does not know, they would be compared as part of the text and nobody found.
  if (!leniency.unquotedFilterValues || literal.text.startsWith("'")) {
    throw fault('the value must stand in double quotes (")');
  }
  noteTaken(leniency, `filter: ${attribute.path} without quotes -> as text`);
}

/** A number or boolean in quotes. */
function noteUnquoted(attribute: Attribute, literal: Literal, leniency: FilterLeniency): void {
  if (literal.kind === "quoted") {
    noteTaken(leniency, `filter: ${attribute.path} in quotes -> as ${attribute.type}`);
  }
}

/** Entra writes roles[primary eq "True"] (case 13). */
function readBoolean(
  attribute: Attribute,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
): Value {
  const text = literal.text.toLowerCase();
  const isWord = text === "true" || text === "false";
  if (!isWord || (literal.kind === "quoted" && !leniency.unquotedFilterValues)) {
    throw fault(`${attribute.path} can only be compared with true or false`);
  }
  noteUnquoted(attribute, literal, leniency);
  return text === "true";
}

const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?$/;

function readNumber(
  attribute: Attribute,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
): Value {
  const isQuoted = literal.kind === "quoted" && !leniency.unquotedFilterValues;
  if (isQuoted || !NUMBER.test(literal.text)) {
    throw fault(`${attribute.path} can only be compared with a number`);
  }
  noteUnquoted(attribute, literal, leniency);
  return Number(literal.text);
}

function readTime(
  attribute: Attribute,
  literal: Literal,
  leniency: FilterLeniency,
  fault: Fault,
): Value {
  requireQuotes(attribute, literal, leniency, fault);
  const time = normaliseDateTime(literal.text);
  if (time === null) {
    throw fault(`${attribute.path} can only be compared with a date such as 2026-01-31T12:00:00Z`);
  }
  return time;
}
