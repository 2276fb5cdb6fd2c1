import type { Pool, Seat } from "../directory.js";
import { recordPoolChange } from "../capacity.js";
import { drain } from "../drain.js";
import { dropKept } from "../keep.js";
import type { Context, World } from "../world.js";
import { excessOf, takeBackSeat } from "./grace.js";
import type { DueContraction } from "./rows.js";

/**
 * Fewer seats from a date on (docs/reclaim.md, Q19). Before it everybody can see who would have to go; on it they are told, and have
 * the time of the pool's policy.
 */

/** @returns how many seats were looked at; what is left over is due again */
export function contract(world: World, ctx: Context): number {
  let looked = 0;
  for (const due of world.upkeep.contractions.splice(0)) looked += contractOne(world, ctx, due);
  if (looked > 0) drain(world, ctx);
  return looked;
}

function contractOne(
  world: World,
  ctx: Context,
  { contraction, seats, going }: DueContraction,
): number {
  const pool = world.pools.get(contraction.poolId);
  if (pool === undefined) return 0;
  lower(world, ctx, pool, contraction.capacity);
  // Leases end by themselves, and no new one is given until enough have ended.
  let left = pool.kind === "concurrent" ? 0 : excessOf(world, pool) - going;
  for (const seat of seats) {
    if (left <= 0) break;
    if (goes(world, ctx, seat)) left -= 1;
  }
  if (left <= 0) world.upkeep.contractionsDone.push(contraction.id);
  return 1 + seats.length;
}

/** Only ever down: a pool that has been made smaller meanwhile stays so. */
function lower(world: World, ctx: Context, pool: Pool, capacity: number): void {
  if (pool.capacity <= capacity) return;
  const after: Pool = { ...pool, capacity, version: pool.version + 1 };
  world.changePool(after);
  recordPoolChange(world, ctx, pool, after);
}

/** False: it has gone by itself meanwhile. */
function goes(world: World, ctx: Context, { id }: Seat): boolean {
  const kept = world.kept.get(id);
  const held = world.seats.get(id);
  const seat = kept ?? held;
  if (seat === undefined || seat.grace !== undefined) return false;
  if (kept !== undefined) dropKept(world, ctx, kept, "contracted");
  else takeBackSeat(world, ctx, seat, "contracted");
  // Who is without a seat at once may wait for another one.
  if (!world.seats.has(id)) world.markStale([seat.userId]);
  return true;
}
