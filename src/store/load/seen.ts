import type { LedgerEnd } from "../chain.js";
import type { UserRow } from "../rows/directory.js";

/**
 * What a transaction has read. The organisation is locked, so this stays true until its end, and saving need not ask
 * again.
 */
export interface Seen {
  readonly users: Map<string, SeenUser>;
  readonly groups: Map<string, SeenGroup>;
  /** Where the ledger ends, once it is known; saving moves it on. */
  head?: LedgerEnd;
  /** Of the organisation's row, raised by this transaction already. */
  revision?: number | undefined;
}

/** The other columns are there when the user was loaded whole. */
export interface SeenUser extends Partial<UserRow> {
  readonly version: number;
  readonly connectionId: string | null;
  readonly userNameKey: string;
  readonly emailsDigest: string;
}

export interface SeenGroup {
  readonly version: number;
  readonly connectionId: string;
}

export function nothingSeen(): Seen {
  return { users: new Map(), groups: new Map() };
}
