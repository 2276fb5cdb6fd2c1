import type { Id, RuleMatch } from "../directory.js";
import type { Wanted } from "../waiting/serves.js";

/** Whom a change can concern: those who match, and who needs, holds or waits for a seat of the products. */
export interface Concern {
  readonly matches: readonly RuleMatch[];
  readonly products: readonly string[];
}

/** Of the whole organisation. */
export interface Totals {
  /** Seats taken, by pool and tier. */
  readonly seats: readonly { readonly poolId: Id; readonly tier: string; readonly count: number }[];
  readonly waiting: readonly WaitingCount[];
}

/** How many wait for the same. */
export interface WaitingCount extends Wanted {
  readonly count: number;
}
