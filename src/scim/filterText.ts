import { SeatkeeperError } from "../errors.js";
import type { ErrorCode } from "../errors.js";
import { namesSecret } from "./secretNames.js";
import { excerpt } from "./values.js";

/**
 * Reads a filter or path character by character, forwards only: the time grows with the length and with nothing else.
 */

export const LIMITS = { length: 4096, depth: 20, nodes: 200 } as const;

export interface Cursor {
  readonly text: string;
  /** What a fault is called: InvalidFilter, or InvalidPath outside the brackets of a path. */
  fault: ErrorCode;
  at: number;
  depth: number;
  nodes: number;
}

export function cursorOf(text: string, fault: ErrorCode): Cursor {
  const cursor: Cursor = { text, fault, at: 0, depth: 0, nodes: 0 };
  if (text.length > LIMITS.length) {
    throw faultAt(cursor, `it is longer than ${String(LIMITS.length)} characters`, LIMITS.length);
  }
  return cursor;
}

/** "The filter cannot be read at position 10: an operator such as eq is missing." */
export function faultAt(cursor: Cursor, problem: string, at = cursor.at): SeatkeeperError {
  const subject = cursor.fault === "InvalidPath" ? "path" : "filter";
  return new SeatkeeperError(cursor.fault, {
    sentence: `The ${subject} cannot be read at position ${String(at + 1)}: ${problem}.`,
  });
}

export function enter(cursor: Cursor): void {
  cursor.depth += 1;
  if (cursor.depth > LIMITS.depth) {
    throw faultAt(cursor, `it is nested deeper than ${String(LIMITS.depth)} levels`);
  }
}

export function leave(cursor: Cursor): void {
  cursor.depth -= 1;
}

export function countNode(cursor: Cursor): void {
  cursor.nodes += 1;
  if (cursor.nodes > LIMITS.nodes) {
    throw faultAt(cursor, `it has more than ${String(LIMITS.nodes)} conditions`);
  }
}

export function skipSpaces(cursor: Cursor): void {
  while (isSpace(cursor.text.charCodeAt(cursor.at))) {
    cursor.at += 1;
  }
}

export function atEnd(cursor: Cursor): boolean {
  return cursor.at >= cursor.text.length;
}

export function accept(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) {
    return false;
  }
  cursor.at += 1;
  return true;
}

export function expectCharacter(cursor: Cursor, character: string): void {
  skipSpaces(cursor);
  if (!accept(cursor, character)) {
    throw faultAt(cursor, `"${character}" is missing`);
  }
}

/** A run of characters that attribute names, URNs and operators consist of; "" when there is none. */
export function readWord(cursor: Cursor): string {
  const start = cursor.at;
  while (isWordCharacter(cursor.text.charCodeAt(cursor.at))) {
    cursor.at += 1;
  }
  return cursor.text.slice(start, cursor.at);
}

/** The next word in lower case, without moving on. */
export function peekWord(cursor: Cursor): string {
  const start = cursor.at;
  const word = readWord(cursor).toLowerCase();
  cursor.at = start;
  return word;
}

export type Literal =
  | { readonly kind: "quoted"; readonly text: string }
  | { readonly kind: "bare"; readonly text: string };

/** A JSON string (RFC 7644 §3.4.2.2), or whatever stands there up to a space or closing bracket. */
export function readLiteral(cursor: Cursor): Literal {
  return cursor.text[cursor.at] === '"' ? readQuoted(cursor) : readBare(cursor);
}

function readQuoted(cursor: Cursor): Literal {
  const start = cursor.at;
  const end = closingQuote(cursor.text, start + 1);
  if (end === -1) {
    throw faultAt(cursor, 'a closing " is missing', start);
  }
  cursor.at = end + 1;
  try {
    const text: unknown = JSON.parse(cursor.text.slice(start, end + 1));
    return { kind: "quoted", text: String(text) };
  } catch {
    throw faultAt(cursor, "the value is not a valid JSON string", start);
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") {
      at += 1;
    } else if (text[at] === '"') {
      return at;
    }
  }
  return -1;
}

function readBare(cursor: Cursor): Literal {
  const start = cursor.at;
  while (!atEnd(cursor) && !endsBareValue(cursor.text.charCodeAt(cursor.at))) {
    cursor.at += 1;
  }
  if (cursor.at === start) {
    throw faultAt(cursor, "a value is missing", start);
  }
  return { kind: "bare", text: cursor.text.slice(start, cursor.at) };
}

/** What stands at the cursor, for an error sentence. Not where it may be a secret: the client's own log keeps our answer. */
export function found(cursor: Cursor): string {
  if (atEnd(cursor)) return "the end";
  return namesSecret(cursor.text) ? "what stands there" : excerpt(cursor.text.slice(cursor.at));
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Letters, digits and $ - . : _ */
function isWordCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x3a) ||
    code === 0x24 ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f
  );
}

/** Space, tab, and ( ) [ ] " */
function endsBareValue(code: number): boolean {
  return isSpace(code) || BARE_ENDS.has(code);
}

const BARE_ENDS: ReadonlySet<number> = new Set([0x28, 0x29, 0x5b, 0x5d, 0x22]);
