import type { Pool, Seat, WaitingEntry } from "../directory.js";
import { boundAnew, boundFrom } from "../keeping/bound.js";
import { keepPlace, placeLeftBy, takePlace } from "../keeping/boundPlaces.js";
import { aboveCapacity, leaseEnd, reservedFor } from "./ledger.js";
import { watched } from "../reclaim/idle.js";
import { reservationOf } from "../pools/reservations.js";
import { writeSeat } from "./seatEntry.js";
import type { Context, World } from "../world.js";

/** Seats that go from one pool to another. */

interface Target {
  readonly pool: Pool;
  readonly tier: string;
  /** Of who has waited: the person need not be loaded. */
  readonly entry?: WaitingEntry | undefined;
}

/** The same seat in another pool: both pools change in one step, and the holder is never without. */
export function moveSeat(world: World, ctx: Context, seat: Seat, target: Target): Seat {
  leavePool(world, ctx, seat, target);
  return enterPool(world, ctx, seat, target);
}

/** Several at once: all pools change in one step, and in the books none of them is above its capacity in between. */
export function exchangeSeats(
  world: World,
  moves: readonly { readonly ctx: Context; readonly seat: Seat; readonly target: Target }[],
): void {
  for (const { ctx, seat, target } of moves) leavePool(world, ctx, seat, target);
  for (const { ctx, seat, target } of moves) enterPool(world, ctx, seat, target);
}

function leavePool(world: World, ctx: Context, seat: Seat, target: Target): void {
  const left = placeLeftBy(world, ctx, seat);
  world.giveBackSeat(seat);
  writeSeat(world, ctx, "seat.released", seat, -1, "moved", { toPoolId: target.pool.id });
  keepPlace(world, ctx, left);
}

function enterPool(world: World, ctx: Context, seat: Seat, target: Target): Seat {
  const {
    grace: _,
    reservation: __,
    movesAt: ___,
    boundSince: ____,
    borrowedUntil,
    ...held
  } = seat;
  const { pool, tier, entry } = target;
  const isLent = borrowedUntil !== undefined && pool.kind === "concurrent";
  const place = takePlace(world, ctx, seat.userId, pool);
  const moved = watched(pool, {
    ...held,
    ...reservationOf(world, pool, { userId: seat.userId, entry }),
    ...boundAnew(pool.policy, place === undefined ? world.now : boundFrom(place)),
    poolId: pool.id,
    tier,
    ...(isLent ? { borrowedUntil } : {}),
    expiresAt: leaseEnd(world, pool, seat),
    generation: seat.generation + 1,
  });
  world.takeSeat(moved);
  writeSeat(world, ctx, "seat.granted", moved, 1, "moved", {
    fromPoolId: seat.poolId,
    fromTier: seat.tier,
    ...reservedFor(moved),
    ...aboveCapacity(world, pool),
  });
  return moved;
}
