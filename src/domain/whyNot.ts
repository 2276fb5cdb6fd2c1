import type { Candidate } from "./candidates.js";
import type { Id, Pool } from "./directory.js";
import type { Wish } from "./entitlement.js";
import { heldBack } from "./reservations.js";
import type { World } from "./world.js";

/** Why somebody may have no seat, may not keep one, or finds none. */

export interface Withheld {
  readonly reason: "Inactive" | "Excluded" | "TierConflict";
  readonly release: string;
}

export function refusalOf({ user, requirement }: Wish): Withheld | null {
  if (!user.active) return { reason: "Inactive", release: "deactivated" };
  if (requirement?.blocked === "Excluded") return { reason: "Excluded", release: "excluded" };
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

export function whyNone(
  world: World,
  candidates: readonly Candidate[],
  userId: Id,
): "PoolFull" | "ReservationHeld" {
  const isHeld = candidates.some(
    ({ pool }) => world.free(pool) > 0 && heldBack(world, pool, { userId }) > 0,
  );
  return isHeld ? "ReservationHeld" : "PoolFull";
}
