import { isExcluded } from "../brake/braking.js";
import { candidatesFor } from "./candidates.js";
import type { Pool, Seat } from "../directory.js";
import type { Wish } from "../entitlement.js";
import type { World } from "../world.js";

/** Why somebody may have no seat, or not this one any longer. */

export interface Withheld {
  readonly reason: "Inactive" | "Excluded" | "TierConflict";
  readonly release: string;
}

export function withheldFrom({ user, requirement, isShutOut }: Wish): Withheld | null {
  if (!user.active) return { reason: "Inactive", release: "deactivated" };
  const isOut = requirement?.blocked === "Excluded" || isShutOut === true;
  if (isOut) return { reason: "Excluded", release: "excluded" };
  if (requirement?.blocked === "TierConflict") {
    return { reason: "TierConflict", release: "tierConflict" };
  }
  return null;
}

/** Why the seat cannot be kept, or null: nothing asks for it any more, or the hand that gave it took it back. */
export function endOf(wish: Wish, pool: Pool | undefined): "claimLost" | "unassigned" | null {
  if (wish.requirement?.tier == null && pool?.policy.eligibility !== "anyone") return "claimLost";
  return pool?.policy.acquireOn === "manual" && !wish.directPools.includes(pool.name)
    ? "unassigned"
    : null;
}

/** Whether the person would be without the seat, and without another, because nothing asks for it any more. */
export function losesClaim(world: World, wish: Wish, seat: Seat): boolean {
  const ended = endOf(wish, world.pools.get(seat.poolId));
  if (ended === null || withheldFrom(wish) !== null || isExcluded(world, seat)) return false;
  const tier = wish.requirement?.tier ?? null;
  return ended === "claimLost" || candidatesFor(world, wish, "provision", tier).length === 0;
}
