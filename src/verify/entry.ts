import { hash as digestOf } from "node:crypto";

/** One entry of a ledger: its form, its hash, and what is in it. */

const NUMBERS = ["sequence", "at", "delta"] as const;
const TEXTS = ["id", "organisationId", "kind", "product", "reason", "cause", "details"] as const;
const OPTIONAL = ["userId", "poolId", "seatId", "tier"] as const;
const FIELDS = NUMBERS.length + TEXTS.length + OPTIONAL.length + 1;

/**
 * One line of `seatkeeper ledger export`. `at`: milliseconds since the epoch. `cause` and `details` are JSON as text: the
 * hash is over these characters.
 */
export type Line = Readonly<
  Record<(typeof NUMBERS)[number], number> &
    Record<(typeof TEXTS)[number] | "hash", string> &
    Record<(typeof OPTIONAL)[number], string | null>
>;

/** What an object in an entry says. */
export type Fields = Readonly<Record<string, unknown>>;

export function isLine(line: Line): boolean {
  const isWhole = Object.keys(line).length === FIELDS && typeof line.hash === "string";
  for (const name of NUMBERS) if (!Number.isSafeInteger(line[name])) return false;
  for (const name of TEXTS) if (typeof line[name] !== "string") return false;
  return isWhole && OPTIONAL.every((name) => line[name] === null || typeof line[name] === "string");
}

export function hashOf(previous: string, line: Line): string {
  const text = bytesOf(previous, line, (field) => field.length);
  // Of ASCII alone a character is a byte, and to count once is faster than to count each field.
  const isAscii = Buffer.byteLength(text) === text.length;
  const inBytes = (field: string): number => Buffer.byteLength(field);
  return digestOf("sha256", isAscii ? text : bytesOf(previous, line, inBytes), "hex");
}

function bytesOf(previous: string, line: Line, sizeOf: (text: string) => number): string {
  const { sequence, at, delta, cause, details, userId, poolId, seatId, tier } = line;
  const text = (value: string): string => `${sizeOf(value)}:${value}\n`;
  const orNull = (value: string | null): string => (value === null ? "-\n" : text(value));
  const head = text(String(sequence)) + text(line.id) + text(line.organisationId);
  const what = text(String(at)) + text(line.kind) + orNull(userId) + text(line.product);
  const seat = orNull(poolId) + orNull(seatId) + orNull(tier) + text(String(delta));
  const why = text(line.reason) + text(cause) + text(details);
  return `seatkeeper-ledger-1\n${previous}\n${head}${what}${seat}${why}`;
}

export function objectIn(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" ? { ...value } : {};
}

export function textsIn(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.map(String) : null;
}
