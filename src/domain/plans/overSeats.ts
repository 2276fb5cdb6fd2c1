import { Moment } from "../billing/moment.js";
import type { PriceBook } from "../billing/settings.js";
import { tenureKey, type ModeChange } from "../billing/tenure.js";
import type { Pool } from "../directory.js";
import type { Entry } from "../history.js";
import type { SeatCount } from "./money.js";
import type { BeforeAndAfter } from "./sides.js";

/**
 * Which seats a plan would charge as above what was bought: those that the invoice will, so they are found in the same
 * books by the same rule. Seats that a lowered capacity has left behind are none.
 */

/** What a plan's money is worked out from. */
export interface Prices {
  readonly book: PriceBook;
  /** Null where it need not be read: nothing above a capacity would cost more. */
  readonly past: Past | null;
}

export interface Past {
  readonly pools: readonly Pool[];
  /** The whole ledger, in the order in which what it says was so (effective.ts). */
  readonly entries: readonly Entry[];
  readonly modes: readonly ModeChange[];
}

/** @param written what the plan would write into the ledger */
export function overSeats(
  { book, past }: Prices,
  written: readonly Entry[],
): BeforeAndAfter<readonly SeatCount[]> {
  if (past === null) return { before: [], after: [] };
  const modes = new Map(
    [...past.modes]
      .sort((a, b) => a.at - b.at)
      .map(({ userId, product, mode }) => [tenureKey(userId, product), mode]),
  );
  const moment = new Moment(past.pools, past.entries);
  const counted = (): SeatCount[] =>
    moment.over().flatMap(({ userId, product, poolId, tier }) => {
      const mode = modes.get(tenureKey(userId, product));
      const isCharged = poolId !== null && !book.isByTheDay(product, tier, mode);
      return isCharged ? [{ poolId, tier, count: 1 }] : [];
    });
  for (const entry of past.entries) moment.follow(entry);
  const before = counted();
  for (const entry of written) moment.follow(entry);
  return { before, after: counted() };
}
