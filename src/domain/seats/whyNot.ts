import type { Candidate } from "./candidates.js";
import type { Id } from "../directory.js";
import { heldBack } from "../pools/reservations.js";
import type { World } from "../world.js";

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
