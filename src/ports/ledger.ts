import type { Id, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";

/** The chained ledger (docs/ledger.md). Part of src/ports.ts, which everybody imports. */

/** The end of an organisation's ledger, or of a part of it. */
export interface LedgerHead {
  readonly sequence: number;
  /** SHA-256 over everything up to here, 64 hexadecimal digits. */
  readonly hash: string;
  readonly at: Timestamp;
}

/** An entry exactly as it is stored: `cause` and `details` are the JSON text that the hash is made of. */
export interface LedgerLine {
  readonly sequence: number;
  readonly id: Id;
  readonly organisationId: Id;
  readonly at: Timestamp;
  readonly kind: string;
  readonly userId: Id | null;
  readonly product: string;
  readonly poolId: Id | null;
  readonly seatId: Id | null;
  readonly tier: string | null;
  readonly delta: number;
  readonly reason: string;
  readonly cause: string;
  readonly details: string;
  readonly hash: string;
}

/** What is stored beside the ledger, all of one moment, when the ledger ended with `sequence`. */
export interface LedgerStanding {
  readonly sequence: number;
  readonly pools: readonly { readonly id: Id; readonly capacity: number; readonly used: number }[];
  readonly seats: readonly {
    readonly id: Id;
    readonly userId: Id;
    readonly product: string;
    readonly poolId: Id;
    readonly tier: string;
    /** "active" for whatever gives access; otherwise what is kept of it (docs/pools.md). */
    readonly state: string;
    readonly consumes: boolean;
  }[];
}

/** A seat that gave access, as the ledger had it at some time. */
export interface SeatThen {
  readonly id: Id;
  readonly userId: Id;
  readonly product: string;
  readonly poolId: Id;
  readonly tier: string;
  readonly grantedAt: Timestamp;
  /** Why it was given. */
  readonly reason: string;
  readonly cause: Cause;
  /** The entry that gave it. */
  readonly grantedBy: number;
  /** The claim by which the person was past every exclusion at that time. */
  readonly breakGlass?: {
    readonly tier: string | null;
    readonly until: Timestamp;
    readonly reason: string;
    /** The entry that gave it, and whose it was. */
    readonly entry: number;
    readonly actor: string;
  };
  /** When it last changed its pool or tier; otherwise as `grantedAt`. */
  readonly changedAt: Timestamp;
}

/** `believed`: what was on record at that time. `effective`: what was true, as far as is known by now. */
export type TimeAxis = "believed" | "effective";

export interface SeatsThenQuery {
  readonly at: Timestamp;
  /** Believed unless given. */
  readonly as?: TimeAxis;
  readonly userId?: Id;
  /** The last seat of the page before. */
  readonly after?: Id;
  readonly limit: number;
}

export interface Ledger {
  /** Null: nothing has happened yet. */
  head(organisationId: Id): Promise<LedgerHead | null>;
  /** From behind `after` on, in order. */
  lines(
    organisationId: Id,
    page: { readonly after: number; readonly limit: number },
  ): Promise<LedgerLine[]>;
  standing(organisationId: Id): Promise<LedgerStanding>;
  /**
   * Who held what (seats that gave access, not what was only kept of them) when the ledger stood at its last entry of that time, which is `head`; ordered by the seats' ids.
   * By the time of record: what somebody who looked then would have been told; as `effective` without the leases that were over
   * then and noticed later, or not yet. For that, the entry that ended each lease is looked for behind `head`.
   */
  seatsAt(
    organisationId: Id,
    query: SeatsThenQuery,
  ): Promise<{ readonly head: LedgerHead | null; readonly seats: SeatThen[] }>;
}
