import type { Id, Pool, WaitingEntry } from "../directory.js";
import { isForUnits } from "../pools/leasePolicy.js";

/** Which pools an entry of the waiting list is for. The store's queries for the heads of the lists say the same. */

/** What decides it. */
export type Wanted = Pick<WaitingEntry, "product" | "tier" | "poolId" | "alsoPools" | "atTheDoor">;

/** Whether a seat of the pool is what the entry waits for. */
export function servesEntry(pool: Pool, entry: Wanted): boolean {
  if (entry.product !== pool.product || !pool.tiers.includes(entry.tier)) return false;
  if (isForUnits(pool.policy)) return false;
  if (entry.poolId !== null) return namedIn(entry).includes(pool.id);
  const { acquireOn } = pool.policy;
  return acquireOn === "signIn" ? entry.atTheDoor : acquireOn !== "manual";
}

/** The pools of which one must be it, the best first; none: any will do. */
export function namedIn({ poolId, alsoPools = [] }: Pick<Wanted, "poolId" | "alsoPools">): Id[] {
  return poolId === null ? [] : [poolId, ...alsoPools];
}

/** The other way round. Sorted but for the first, so that the same pools are the same entry. */
export function naming([first, ...others]: readonly Id[]): Pick<Wanted, "poolId" | "alsoPools"> {
  if (first === undefined) return { poolId: null };
  return { poolId: first, ...(others.length === 0 ? {} : { alsoPools: others.sort() }) };
}
