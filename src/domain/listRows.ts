import type { Id, Timestamp, WaitingEntry } from "./directory.js";

/** What a decision is given of waiting lists. Part of `Snapshot` (snapshot.ts). */
export interface ListRows {
  /**
   * Pool id -> first entries that a free seat of this pool could serve (`servesEntry`), in the order of the list
   * (`turnOf`, then id); behind them as many of those who hold more than they need (`isForLess`).
   */
  readonly waiting: ReadonlyMap<Id, readonly WaitingEntry[]>;
  /**
   * Pools with reservations: group -> seats that count for it. And the lists above have, beside their first entries, the
   * first ones of each of these groups: they may be served while others are passed over.
   */
  readonly filled?: ReadonlyMap<Id, ReadonlyMap<string, number>>;
  /**
   * Where `soonest` was asked for: pools of which more seats might be taken over one day than those in `evictable`, each with
   * the moment before which none of those others can be. 0: not known.
   */
  readonly unreadFrom?: ReadonlyMap<Id, Timestamp>;
  /** Pools that could serve more entries than those in `waiting`. */
  readonly cut?: ReadonlySet<Id>;
}
