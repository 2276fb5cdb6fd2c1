import type { LedgerEnd } from "./chain.js";

/** More than the clocks of nodes differ, and more than they are ever put back while they are kept right. */
const LAG_MS = 60_000;

/**
 * When a decision is made: never before the last entry of the ledger, so that what is stored, what is counted from it and the new
 * entries all bear one time, and the numbers rise with it. A clock that is further behind was wrong before or is wrong now. By the
 * ledger's time everything would stand still until the clock has come there, which nobody could end: then the clock counts,
 * and the entries alone keep the order (chain.ts).
 */
export function momentOf(clock: number, { at }: Pick<LedgerEnd, "at">): number {
  return at > clock && at - clock <= LAG_MS ? at : clock;
}
