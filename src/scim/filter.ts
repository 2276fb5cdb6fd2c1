import type { CompareOperator, Filter } from "../ports.js";
import type { Attribute, ResourceSchema } from "./attribute.js";
import { findAttribute } from "./attribute.js";
import { literalValue } from "./filterValue.js";
import type { FilterLeniency } from "./filterValue.js";
import {
  accept,
  atEnd,
  countNode,
  cursorOf,
  enter,
  expectCharacter,
  faultAt,
  found,
  leave,
  peekWord,
  readLiteral,
  readWord,
  skipSpaces,
} from "./filterText.js";
import type { Cursor } from "./filterText.js";
import {
  comparable,
  constant,
  decided,
  foldConstant,
  foldPresence,
  requireFilterable,
  resolveIn,
} from "./filterNames.js";
import type { Scope } from "./filterNames.js";
import { matches } from "./matches.js";

/**
 * RFC 7644 §3.4.2.2, the whole grammar, by recursive descent. Names are resolved while reading, so that what comes
 * out is typed and the store needs no schema.
 *
 *   filter = and *("or" and)          and = unary *("and" unary)
 *   unary  = ["not"] "(" filter ")" / condition
 *   condition = attr "pr" / attr op value / attr "[" filter "]" ["." sub ("pr" / op value)]
 */

interface Reading {
  readonly cursor: Cursor;
  readonly scope: Scope;
  readonly leniency: FilterLeniency;
}

/**
 * @param others types in the same list, whose attributes count as absent (RFC 7644 §3.4.2.1).
 * @throws SeatkeeperError InvalidFilter with the position in its sentence
 */
export function parseFilter(
  text: string,
  schema: ResourceSchema,
  leniency: FilterLeniency,
  others: readonly ResourceSchema[] = [],
): Filter {
  const cursor = cursorOf(text, "InvalidFilter");
  const filter = readOr({ cursor, scope: { schema, element: null, others }, leniency });
  skipSpaces(cursor);
  if (!atEnd(cursor)) {
    throw faultAt(cursor, `"and", "or" or the end was expected, not ${found(cursor)}`);
  }
  return filter;
}

/** The filter between the brackets of a value path; the cursor stands behind the opening one and ends behind the other. */
export function readElementFilter(
  cursor: Cursor,
  schema: ResourceSchema,
  element: Attribute,
  leniency: FilterLeniency,
): Filter {
  enter(cursor);
  const filter = readOr({ cursor, scope: { schema, element }, leniency });
  expectCharacter(cursor, "]");
  leave(cursor);
  return filter;
}

function readOr(reading: Reading): Filter {
  const filters = [readAnd(reading)];
  while (acceptWord(reading.cursor, "or")) {
    filters.push(readAnd(reading));
  }
  return joined("or", filters, reading.cursor);
}

function readAnd(reading: Reading): Filter {
  const filters = [readUnary(reading)];
  while (acceptWord(reading.cursor, "and")) {
    filters.push(readUnary(reading));
  }
  return joined("and", filters, reading.cursor);
}

function joined(kind: "and" | "or", filters: readonly Filter[], cursor: Cursor): Filter {
  const [first] = filters;
  if (first !== undefined && filters.length === 1) {
    return first;
  }
  countNode(cursor);
  return decided(kind, filters) ?? { kind, filters };
}

function acceptWord(cursor: Cursor, word: "and" | "or"): boolean {
  skipSpaces(cursor);
  if (peekWord(cursor) !== word) {
    return false;
  }
  cursor.at += word.length;
  return true;
}

function readUnary(reading: Reading): Filter {
  const { cursor } = reading;
  skipSpaces(cursor);
  if (cursor.text[cursor.at] === "(") {
    return readGroup(reading);
  }
  const start = cursor.at;
  const word = readWord(cursor);
  if (word.toLowerCase() !== "not") {
    return readCondition(reading, word, start);
  }
  skipSpaces(cursor);
  if (cursor.text[cursor.at] !== "(") {
    throw faultAt(cursor, `"(" must follow "not", not ${found(cursor)}`);
  }
  countNode(cursor);
  return { kind: "not", filter: readGroup(reading) };
}

function readGroup(reading: Reading): Filter {
  const { cursor } = reading;
  enter(cursor);
  cursor.at += 1;
  const filter = readOr(reading);
  expectCharacter(cursor, ")");
  leave(cursor);
  return filter;
}

function readCondition(reading: Reading, name: string, start: number): Filter {
  const { cursor, scope } = reading;
  if (name === "") {
    throw faultAt(cursor, `an attribute name was expected, not ${found(cursor)}`, start);
  }
  const { attribute, isForeign } = resolveIn(scope, name, cursor, start);
  countNode(cursor);
  const condition = accept(cursor, "[")
    ? readElement(reading, attribute, start)
    : readComparison(reading, attribute, start);
  return isForeign ? constant(matches(condition, {})) : condition;
}

function readElement(reading: Reading, attribute: Attribute, start: number): Filter {
  const { cursor, scope, leniency } = reading;
  if (scope.element !== null || !attribute.multiValued || attribute.subAttributes === null) {
    throw faultAt(cursor, `${attribute.path} has no elements to choose from`, start);
  }
  const filter = readElementFilter(cursor, scope.schema, attribute, leniency);
  if (!accept(cursor, ".")) {
    return { kind: "element", attribute: attribute.ref, filter };
  }
  // Not in the RFC's grammar, but what Entra asks: emails[type eq "work"].value eq "a@b" (case 21).
  const subStart = cursor.at;
  const sub = findAttribute(attribute.subAttributes, readWord(cursor));
  if (sub === undefined) {
    throw faultAt(cursor, `${attribute.path} has no such sub-attribute`, subStart);
  }
  countNode(cursor);
  const inner: Reading = { cursor, scope: { ...scope, element: attribute }, leniency };
  const condition = readComparison(inner, sub, subStart);
  return {
    kind: "element",
    attribute: attribute.ref,
    filter: { kind: "and", filters: [filter, condition] },
  };
}

function readComparison(reading: Reading, attribute: Attribute, start: number): Filter {
  const { cursor, scope } = reading;
  requireFilterable(attribute, cursor, start);
  skipSpaces(cursor);
  const operatorStart = cursor.at;
  const operator = readWord(cursor).toLowerCase();
  if (operator === "pr") {
    return foldPresence(refIn(scope, attribute), scope);
  }
  if (!isCompareOperator(operator)) {
    cursor.at = operatorStart;
    throw faultAt(cursor, `an operator such as eq was expected, not ${found(cursor)}`);
  }
  skipSpaces(cursor);
  const valueStart = cursor.at;
  const target = comparable(attribute, cursor, start);
  const literal = readLiteral(cursor);
  const value = literalValue(target, operator, literal, reading.leniency, (problem) =>
    faultAt(cursor, problem, valueStart),
  );
  const filter = comparison(scope, target, operator, value);
  if (filter === null) {
    throw faultAt(cursor, "that schema is worked out for each answer", valueStart);
  }
  return filter;
}

function comparison(
  scope: Scope,
  target: Attribute,
  operator: CompareOperator,
  value: string | number | boolean | null,
): Filter | null {
  const attribute = refIn(scope, target);
  if (value === null) {
    // RFC 7643 §2.5: null and "not there" are one state, so the store need not know null at all.
    const present = foldPresence(attribute, scope);
    return operator === "eq" ? { kind: "not", filter: present } : present;
  }
  return foldConstant({ kind: "compare", attribute, operator, value }, scope);
}

function refIn(scope: Scope, attribute: Attribute): Attribute["ref"] {
  return scope.element === null ? attribute.ref : attribute.elementRef;
}

const OPERATORS: ReadonlySet<string> = new Set<CompareOperator>([
  "eq",
  "ne",
  "co",
  "sw",
  "ew",
  "gt",
  "ge",
  "lt",
  "le",
]);

function isCompareOperator(word: string): word is CompareOperator {
  return OPERATORS.has(word);
}
