import { growPool } from "./capacity.js";
import type { Pool } from "../directory.js";
import { type Asker, stepsFor } from "./ownTerms.js";
import { autoscaleLimit, overageSeats, tries } from "./policy.js";
import { freeFor, heldBack } from "./reservations.js";
import type { Context, World } from "../world.js";

/**
 * Seats that a pool can still give, beside those that are free: to whom, his own list says. What takes no seat more, such as
 * taking one over or changing places, goes by what the pool may hold altogether (`World.room`).
 */

/** Seats that this step alone could still add to those that were bought, for who has it. */
export function openings(world: World, pool: Pool, step: "autoscale" | "overage"): number {
  const now = world.poolNow(pool);
  const limit = step === "overage" ? now.capacity + overageSeats(now) : autoscaleLimit(now);
  return limit - world.used(pool.id);
}

/** Seats that can be taken for this person without buying more: those that are free, and above them where the list has it. */
export function roomOf(world: World, pool: Pool, asker: Asker): number {
  const hasOverage = stepsFor(world, pool, asker).includes("overage");
  return hasOverage ? world.room(pool) : freeFor(world, pool, asker);
}

/** Whether the pool can give one more seat to anybody at all by any means but taking it from somebody. */
export function mayGive(world: World, pool: Pool): boolean {
  if (world.room(pool) > 0) return true;
  return tries(world.poolNow(pool).policy, "autoscale") && openings(world, pool, "autoscale") > 0;
}

/** The same for one person, without the seats that are kept back for the members of groups with reservations. */
export function canGive(world: World, pool: Pool, asker: Asker): boolean {
  const back = heldBack(world, pool, asker);
  if (roomOf(world, pool, asker) > back) return true;
  const mayGrow = stepsFor(world, pool, asker).includes("autoscale");
  return mayGrow && openings(world, pool, "autoscale") > back;
}

/** Before a seat is taken: buys one where the list says so before it goes above what was bought. */
export function makeRoom(world: World, ctx: Context, pool: Pool, asker: Asker): void {
  const back = heldBack(world, pool, asker);
  if (world.free(pool) > back) return;
  for (const step of stepsFor(world, pool, asker)) {
    if (step === "overage" && world.room(pool) > back) return;
    if (step === "autoscale" && openings(world, pool, "autoscale") > back) {
      growPool(world, ctx, pool, world.used(pool.id) + back + 1);
      return;
    }
  }
}
