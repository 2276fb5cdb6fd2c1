import { boundFrom, boundUntil, isPlace, placeUnit } from "./bound.js";
import type { Id, Pool, Seat } from "../directory.js";
import { recordKept } from "../seats/seatEntry.js";
import type { Context, World } from "../world.js";

/**
 * Places that stay taken for somebody who has left their pool for another one of the same product before the licence may change
 * hands: rows beside the one seat of the product, of which nobody but that person can make a seat again.
 */

/** What stays in the pool that the seat is leaving; null: nothing. Asked before it leaves. */
export function placeLeftBy(world: World, ctx: Context, seat: Seat): Seat | null {
  const until = boundUntil(world, seat);
  const pool = world.pools.get(seat.poolId);
  if (until === null || pool === undefined) return null;
  const { organisationId, poolId, product, userId, tier, lastUsedAt, reservation } = seat;
  return {
    id: ctx.nextId(),
    ...{ organisationId, poolId, product, userId, lastUsedAt, lastSignInAt: null },
    // What a seat was before other tiers were set stays with the seat.
    tier: pool.tiers.includes(tier) ? tier : (pool.tiers[0] ?? tier),
    grantedAt: boundFrom(seat),
    expiresAt: until,
    generation: 1,
    unit: placeUnit(poolId),
    ...(reservation === undefined ? {} : { reservation }),
    kept: { state: "parked", consumes: true, since: world.now, reason: "moved", boundUntil: until },
  };
}

/** After the seat has left. */
export function keepPlace(world: World, ctx: Context, place: Seat | null): void {
  if (place === null) return;
  world.keepSeat(place);
  recordKept(world, ctx, { before: null, after: place, reason: "moved" });
}

/** Whether the person has a place in the pool, so that no other need be free. Above a lowered capacity nothing is given. */
export function hasPlace(world: World, userId: Id, pool: Pool): boolean {
  return placeOf(world, userId, pool) !== undefined;
}

function placeOf(world: World, userId: Id, pool: Pool): Seat | undefined {
  if (pool.policy.minReassignSeconds === 0 || world.room(pool) < 0) return undefined;
  return world.kept.group(userId).find((one) => one.poolId === pool.id && isPlace(one));
}

/** Before the person gets a seat of the pool again: from here on the place is free for it. */
export function takePlace(world: World, ctx: Context, userId: Id, pool: Pool): Seat | undefined {
  const place = placeOf(world, userId, pool);
  if (place === undefined) return undefined;
  world.dropKept(place);
  recordKept(world, ctx, { before: place, after: null, reason: "movedBack" });
  return place;
}
