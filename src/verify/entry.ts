import { hash as digestOf } from "node:crypto";

/** One entry of a ledger: its form, its hash, and what is in it. */

type Texts = "id" | "organisationId" | "kind" | "product" | "reason" | "cause" | "details" | "hash";
const FIELDS = 15;

/**
 * One line of `seatkeeper ledger export`. `at`: milliseconds since the epoch. `cause` and `details` are JSON as text: the
 * hash is over these characters.
 */
export type Line = Readonly<
  Record<"sequence" | "at" | "delta", number> &
    Record<Texts, string> &
    Record<"userId" | "poolId" | "seatId" | "tier", string | null>
>;

export type Fields = Readonly<Record<string, unknown>>;

// prettier-ignore
export function isLine(line: Line): boolean {
  const { id, organisationId, kind, product, reason, cause, details, hash } = line;
  const texts: readonly unknown[] = [id, organisationId, kind, product, reason, cause, details, hash];
  const optional: readonly unknown[] = [line.userId, line.poolId, line.seatId, line.tier];
  const isRight = texts.every((value) => typeof value === "string") && optional.every((value) => value === null || typeof value === "string");
  return isRight && [line.sequence, line.at, line.delta].every(Number.isSafeInteger) && Object.keys(line).length === FIELDS;
}

/** docs/ledger.md, "The bytes". Of ASCII alone a character is a byte, and to count once is faster than each field. */
export function hashOf(previous: string, line: Line): string {
  const text = textOf(previous, line, (field) => LENGTHS[field.length] ?? `${field.length}:`);
  const isAscii = Buffer.byteLength(text) === text.length;
  const inBytes = (field: string): string => `${Buffer.byteLength(field)}:`;
  return digestOf("sha256", isAscii ? text : textOf(previous, line, inBytes), "hex");
}

const LENGTHS = Array.from({ length: 1_000 }, (_, length) => `${length}:`);

// prettier-ignore
function textOf(previous: string, line: Line, size: (field: string) => string): string {
  const { id, organisationId, kind, userId, product, poolId, seatId, tier, reason, cause, details } = line;
  const sequence = String(line.sequence), at = String(line.at), delta = String(line.delta);
  const orNull = (field: string | null): string => (field === null ? "-\n" : `${size(field)}${field}\n`);
  const head = `${size(sequence)}${sequence}\n${size(id)}${id}\n${size(organisationId)}${organisationId}\n`;
  const what = `${size(at)}${at}\n${size(kind)}${kind}\n${orNull(userId)}${size(product)}${product}\n`;
  const seat = `${orNull(poolId)}${orNull(seatId)}${orNull(tier)}${size(delta)}${delta}\n`;
  const why = `${size(reason)}${reason}\n${size(cause)}${cause}\n${size(details)}${details}\n`;
  return `seatkeeper-ledger-1\n${previous}\n${head}${what}${seat}${why}`;
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function fieldsIn(text: string): Fields {
  try {
    return text === "{}" ? {} : fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}
