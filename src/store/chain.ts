import { hash as digestOf } from "node:crypto";
import type { Entry } from "../domain/history.js";
import { ENTRY_COLUMNS, entryValues } from "./rows/history.js";
import { insertRows } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";

/**
 * The ledger of an organisation is a chain: each entry has the next number and a hash over the hash before it and its
 * own text. docs/ledger.md gives the bytes, so that anybody can check them; src/verify does so without this file.
 */

/** The last entry of an organisation's ledger. */
export interface ChainHead {
  /** 0: there is no entry yet. */
  readonly sequence: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
}

export const NOTHING_YET: ChainHead = { sequence: 0, hash: "0".repeat(64) };

/** What is stored of an entry besides `ENTRY_COLUMNS`. */
export const CHAIN_COLUMNS = ["sequence", "hash"] as const;

const FORMAT = "seatkeeper-ledger-1";

/** `fields`: the values of `ENTRY_COLUMNS`, as they are stored. */
export function nextHead(head: ChainHead, fields: readonly SqlValue[]): ChainHead {
  const sequence = head.sequence + 1;
  return { sequence, hash: digestOf("sha256", chainText(head, sequence, fields), "hex") };
}

/** Each field with its length in bytes in front, so that no value can pretend to be two. */
function chainText(head: ChainHead, sequence: number, fields: readonly SqlValue[]): string {
  let text = `${FORMAT}\n${head.hash}\n${sized(sequence)}`;
  for (const field of fields) text += sized(field);
  return text;
}

function sized(value: SqlValue): string {
  if (value === null) return "-\n";
  const text = typeof value === "string" ? value : String(value);
  // In text of ASCII alone, as nearly all is, the length is the number of bytes already.
  const bytes = NOT_ASCII.test(text) ? Buffer.byteLength(text) : text.length;
  return `${String(bytes)}:${text}\n`;
}

// eslint-disable-next-line no-control-regex -- those are ASCII, too
const NOT_ASCII = /[^\u0000-\u007f]/;

/** Call it with the organisation locked: the next one begins where this one ends. */
export async function appendEntries(
  sql: Sql,
  head: ChainHead,
  entries: readonly Entry[],
): Promise<ChainHead> {
  let last = head;
  const rows = entries.map((entry) => {
    const fields = entryValues(entry);
    last = nextHead(last, fields);
    return [...fields, last.sequence, last.hash];
  });
  await insertRows(sql, "entries", [...ENTRY_COLUMNS, ...CHAIN_COLUMNS], rows);
  return last;
}

export async function readHead(sql: Sql, organisationId: string): Promise<ChainHead> {
  const [head] = await sql.all<ChainHead>(
    "SELECT sequence, hash FROM entries WHERE organisationId = ? ORDER BY sequence DESC LIMIT 1",
    [organisationId],
  );
  return head ?? NOTHING_YET;
}
