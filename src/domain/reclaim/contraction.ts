import type { Pool, Seat } from "../directory.js";
import { contracted, recordPoolChange } from "../pools/capacity.js";
import { drain } from "../waiting/drain.js";
import { dropKept } from "../keeping/keep.js";
import { occupies } from "../seats/states.js";
import type { Context, World } from "../world.js";
import { excessOf, goingFrom, takeBackSeat } from "./grace.js";
import type { DueContraction } from "./rows.js";

/**
 * Fewer seats from a date on (docs/reclaim.md, Q19). Before it everybody can see who would have to go; on it they are told, and have
 * the time of the pool's policy.
 */

/** By itself before anything else on that date, so that no window that ends then ends as if there were room. */
export function lowerContracted(world: World, ctx: Context): void {
  for (const { contraction } of world.upkeep.contractions) {
    const pool = world.pools.get(contraction.poolId);
    if (pool !== undefined) lower(world, ctx, pool, contraction.capacity);
  }
}

function lower(world: World, ctx: Context, pool: Pool, capacity: number): void {
  const { policy, ...lowered } = contracted(pool, capacity);
  if (lowered.capacity === pool.capacity && policy === pool.policy) return;
  const after: Pool = { ...lowered, policy, version: pool.version + 1 };
  world.changePool(after);
  recordPoolChange(world, ctx, pool, after);
}

/** @returns how many seats were looked at; what is left over is due again */
export function contract(world: World, ctx: Context): number {
  lowerContracted(world, ctx);
  let looked = 0;
  for (const due of world.upkeep.contractions.splice(0)) looked += contractOne(world, ctx, due);
  if (looked > 0) drain(world, ctx);
  return looked;
}

function contractOne(world: World, ctx: Context, { contraction, seats }: DueContraction): number {
  const pool = world.pools.get(contraction.poolId);
  if (pool === undefined) return 0;
  // Leases end by themselves, and no new one is given until enough have ended.
  let left = pool.kind === "concurrent" ? 0 : excessOf(world, pool) - goingFrom(world, pool.id);
  for (const seat of seats) {
    if (left <= 0) break;
    if (goes(world, ctx, seat)) left -= 1;
  }
  if (left <= 0) world.upkeep.contractionsDone.push(contraction.id);
  return 1 + seats.length;
}

/** False: it has gone by itself since it was read, or takes no place any more, or has to go already. */
function goes(world: World, ctx: Context, { id, poolId }: Seat): boolean {
  const kept = world.kept.get(id);
  const held = world.seats.get(id);
  const seat = kept ?? held;
  if (seat?.poolId !== poolId || !occupies(seat)) return false;
  if (seat.grace?.reason === "contracted") return false;
  if (kept !== undefined) dropKept(world, ctx, kept, "contracted");
  else takeBackSeat(world, ctx, seat, "contracted");
  // Who is without a seat at once may wait for another one.
  if (!world.seats.has(id)) world.markStale([seat.userId]);
  return true;
}
