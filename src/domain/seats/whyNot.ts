import type { Candidate } from "./candidates.js";
import type { Id } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { heldBack } from "../pools/reservations.js";
import type { World } from "../world.js";

/** Why no pool comes into question. For who needs nothing that is no matter of the pools. */
export function whyNoPool({ requirement }: Pick<Wish, "requirement">): "NoPool" | "NotEligible" {
  return requirement?.tier == null ? "NotEligible" : "NoPool";
}

/** Why somebody finds no seat. */
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
