import { foldName } from "../domain/directory.js";
import type { AttributeRef, CompareOperator, Filter } from "../ports.js";
import type { JsonValue } from "../plugin.js";
import { isObject, normaliseDateTime } from "./values.js";

/**
 * Evaluates a filter in memory: for the elements that a PATCH path chooses, and as the reference for what the store's
 * SQL has to answer.
 *
 * A condition on a list holds when one element satisfies it (RFC 7644 §3.4.2.2). On a single value, `ne` also holds
 * when the attribute is absent, because "absent" and the value are not identical; every other operator fails then.
 */
export function matches(filter: Filter, element: JsonValue): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.every((each) => matches(each, element));
    case "or":
      return filter.filters.some((each) => matches(each, element));
    case "not":
      return !matches(filter.filter, element);
    case "present":
      return valuesAt(element, filter.attribute).some(isPresent);
    case "compare":
      return compareAll(filter, element);
    case "element":
      return valuesAt(element, filter.attribute).some((each) => matches(filter.filter, each));
  }
}

function compareAll(filter: Filter & { kind: "compare" }, element: JsonValue): boolean {
  const { attribute, operator, value } = filter;
  const values = valuesAt(element, attribute).filter(isPresent);
  if (value === null) {
    return (operator === "eq") === (values.length === 0);
  }
  if (values.length === 0) {
    return operator === "ne" && attribute.multiValuedAt === undefined;
  }
  return values.some((each) => compareOne(each, operator, value, attribute));
}

/** Every value that the names lead to; lists on the way are opened. */
function valuesAt(root: JsonValue, attribute: AttributeRef): JsonValue[] {
  let values: JsonValue[] = [root];
  for (const name of attribute.names) {
    const next: JsonValue[] = [];
    for (const each of values) {
      const below = isObject(each) && Object.hasOwn(each, name) ? each[name] : undefined;
      if (Array.isArray(below)) {
        next.push(...below);
      } else if (below !== undefined) {
        next.push(below);
      }
    }
    values = next;
  }
  return values;
}

/** RFC 7644 §3.4.2.2 `pr`: has a non-empty or non-null value; a complex one has a non-empty part. */
function isPresent(value: JsonValue): boolean {
  if (value === null || value === "") {
    return false;
  }
  if (Array.isArray(value)) {
    return value.some(isPresent);
  }
  return !isObject(value) || Object.values(value).some(isPresent);
}

function compareOne(
  stored: JsonValue,
  operator: CompareOperator,
  asked: JsonValue,
  attribute: AttributeRef,
): boolean {
  const left = comparableForm(stored, attribute);
  const right = comparableForm(asked, attribute);
  if (typeof left === "string" && typeof right === "string") {
    return TEXT[operator](left, right);
  }
  if (typeof left === "number" && typeof right === "number") {
    return ORDER[operator](left, right);
  }
  return operator === "eq" ? left === right : operator === "ne" && left !== right;
}

function comparableForm(value: JsonValue, attribute: AttributeRef): JsonValue {
  if (typeof value !== "string") {
    return value;
  }
  if (attribute.type === "dateTime") {
    return normaliseDateTime(value) ?? value;
  }
  return attribute.caseExact ? value : foldName(value);
}

type Comparison<T> = (stored: T, asked: T) => boolean;

const ORDER: Readonly<Record<CompareOperator, Comparison<number>>> = {
  eq: (stored, asked) => stored === asked,
  ne: (stored, asked) => stored !== asked,
  gt: (stored, asked) => stored > asked,
  ge: (stored, asked) => stored >= asked,
  lt: (stored, asked) => stored < asked,
  le: (stored, asked) => stored <= asked,
  co: () => false,
  sw: () => false,
  ew: () => false,
};

const TEXT: Readonly<Record<CompareOperator, Comparison<string>>> = {
  eq: (stored, asked) => stored === asked,
  ne: (stored, asked) => stored !== asked,
  gt: (stored, asked) => stored > asked,
  ge: (stored, asked) => stored >= asked,
  lt: (stored, asked) => stored < asked,
  le: (stored, asked) => stored <= asked,
  co: (stored, asked) => stored.includes(asked),
  sw: (stored, asked) => stored.startsWith(asked),
  ew: (stored, asked) => stored.endsWith(asked),
};
