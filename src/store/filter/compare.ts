import type { CompareOperator, Filter } from "../../ports.js";
import type { Dialect } from "../dialect.js";
import { isStorableId } from "../limits.js";
import { fold, searchable } from "../search.js";
import type { SqlValue } from "../sql.js";
import { FALSE, fragment, TRUE } from "./fragment.js";
import type { Fragment } from "./fragment.js";
import type { Form } from "./json.js";
import type { Value } from "./place.js";

const SYMBOLS: Readonly<Partial<Record<CompareOperator, string>>> = {
  eq: "=",
  ne: "<>",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
};

/** One comparison with one value; NULL when that is absent. */
export function compared(
  value: Value,
  form: Form,
  { operator, value: asked }: Extract<Filter, { kind: "compare" }>,
  dialect: Dialect,
): Fragment {
  if (typeof asked !== "string") {
    return inOrder(value, operator, typeof asked === "boolean" ? Number(asked) : asked);
  }
  if (value.isTime === true) {
    return inOrder(value, operator, Date.parse(asked));
  }
  return value.isId === true
    ? comparedId(value, operator, asked, dialect)
    : comparedText(value, operator, form === "folded" ? fold(asked) : searchable(asked));
}

function comparedText(value: Value, operator: CompareOperator, text: string): Fragment {
  if (SYMBOLS[operator] === undefined) {
    return contained(value, operator, text);
  }
  return inOrder(operator === "eq" && text !== "" ? column(value) : value, operator, text);
}

function column(value: Value): Value {
  return { ...value, text: value.indexed ?? value.text };
}

function inOrder(value: Value, operator: CompareOperator, asked: SqlValue): Fragment {
  const symbol = SYMBOLS[operator];
  return symbol === undefined ? FALSE : fragment(`${value.text} ${symbol} ?`, asked);
}

/**
 * `co`, `sw`, `ew` without LIKE: its wildcards would have to be escaped, and SQLite's ignores letter case of ASCII. A
 * prefix of an indexed column is a range, because both databases order text by code points.
 */
function contained(value: Value, operator: CompareOperator, text: string): Fragment {
  const characters = Array.from(text).length;
  if (characters === 0) {
    return fragment(`${value.text} IS NOT NULL`);
  }
  switch (operator) {
    case "co":
      return fragment(`INSTR(${value.text}, ?) > 0`, text);
    case "ew":
      return fragment(`SUBSTR(${value.text}, ?) = ?`, -characters, text);
    default: {
      const after = value.indexed === undefined ? null : nextPrefix(text);
      return after === null
        ? fragment(`SUBSTR(${value.text}, 1, ?) = ?`, characters, text)
        : fragment(`(${value.indexed} >= ? AND ${value.indexed} < ?)`, text, after);
    }
  }
}

const LAST_CODE_POINT = 0x10_ffff;
const SURROGATES = { first: 0xd800, last: 0xdfff };

/** The least text greater than all that start with `prefix`. */
export function nextPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === LAST_CODE_POINT) {
    points.pop();
  }
  const last = points.pop();
  if (last === undefined) {
    return null;
  }
  const next = last + 1 === SURROGATES.first ? SURROGATES.last + 1 : last + 1;
  return String.fromCodePoint(...points, next);
}

/** Text that is not ASCII, or empty, is in no such column, and MySQL could not even compare the two. */
function comparedId(
  value: Value,
  operator: CompareOperator,
  text: string,
  dialect: Dialect,
): Fragment {
  if (isStorableId(text)) {
    return comparedText(value, operator, text);
  }
  if (operator === "ne") {
    return TRUE;
  }
  if (SYMBOLS[operator] === undefined) {
    return text === "" ? TRUE : FALSE;
  }
  const unicode = dialect.name === "sqlite" ? value.text : `CONVERT(${value.text} USING utf8mb4)`;
  return fragment(`${unicode}${dialect.collate} ${SYMBOLS[operator]} ?`, searchable(text));
}
