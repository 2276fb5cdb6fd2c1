import { hash as digestOf } from "node:crypto";
import type { Entry } from "../domain/history.js";
import { ENTRY_COLUMNS, entryValues } from "./rows/history.js";
import { insertRows } from "./sql.js";
import type { Sql, SqlValue } from "./sql.js";

/**
 * The ledger of an organisation is a chain: each entry has the next number and a hash over the hash before it and its
 * own text. docs/ledger.md gives the bytes, so that anybody can check them; src/verify does so without this file.
 */

export interface ChainHead {
  /** 0: there is no entry yet. */
  readonly sequence: number;
  /** SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
}

/** The last entry of an organisation's ledger. */
export interface LedgerEnd extends ChainHead {
  readonly at: number;
}

export const NOTHING_YET: LedgerEnd = { sequence: 0, hash: "0".repeat(64), at: 0 };

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

/**
 * Call it with the organisation locked: the next one begins where this one ends. No entry is earlier than the one before it, also
 * where somebody took the time before the lock, or the clock is far behind (moment.ts).
 */
export async function appendEntries(
  sql: Sql,
  head: LedgerEnd,
  entries: readonly Entry[],
): Promise<LedgerEnd> {
  let last = head;
  const rows = entries.map((entry) => {
    const at = Math.max(entry.at, last.at);
    const fields = entryValues(at === entry.at ? entry : { ...entry, at });
    last = { ...nextHead(last, fields), at };
    return [...fields, last.sequence, last.hash];
  });
  await insertRows(sql, "entries", [...ENTRY_COLUMNS, ...CHAIN_COLUMNS], rows);
  return last;
}

export async function readHead(sql: Sql, organisationId: string): Promise<LedgerEnd> {
  const [head] = await sql.all<LedgerEnd>(
    "SELECT sequence, hash, at FROM entries WHERE organisationId = ? ORDER BY sequence DESC LIMIT 1",
    [organisationId],
  );
  return head ?? NOTHING_YET;
}
