import { isPlace } from "../keeping/bound.js";
import { candidatesFor, lowestTierFrom } from "../seats/candidates.js";
import type { Id, Pool, Seat } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { whenFull } from "../seats/full.js";
import { dropKept } from "../keeping/keep.js";
import { isForUnits } from "../pools/leasePolicy.js";
import { grantSeat, releaseSeat, retierSeat } from "../seats/ledger.js";
import type { SeatOutcome } from "../seats/outcome.js";
import { keptUnitOf, roomFor, seatOf, unitSeatOf } from "../waiting/queue.js";
import { occupies } from "../seats/states.js";
import { endOf, withheldFrom } from "../seats/claimEnd.js";
import { makeRoom } from "../pools/room.js";
import { whyNone, whyNoPool } from "../seats/whyNot.js";
import type { Context, World } from "../world.js";

/**
 * Leases of a session or a device (Q16, Q17): each of them takes a seat of its own, so one person may hold several of a
 * product. They are beside the one seat that everything else here is about: nobody waits for one, none is moved or taken over,
 * and who gets a seat of the usual kind needs none.
 */

/** Whether the product has such leases for this person, so that the application has to say for what it asks. */
export function needsUnit(world: World, { product, requirement }: Wish): boolean {
  return world
    .allPools()
    .some(
      (pool) =>
        pool.product === product.id &&
        isForUnits(pool.policy) &&
        lowestTierFrom(product, pool, requirement?.tier ?? null) !== null,
    );
}

export function acquireUnit(world: World, ctx: Context, wish: Wish, unit: string): SeatOutcome {
  const { user, product, requirement } = wish;
  const refusal = withheldFrom(wish);
  if (refusal !== null) return { type: "none", reason: refusal.reason };
  const held = unitSeatOf(world, user.id, product.id, unit);
  if (held !== undefined) return { type: "held", seat: held };

  const candidates = candidatesFor(world, wish, "unit", requirement?.tier ?? null);
  const kept = keptUnitOf(world, user.id, product.id, unit);
  // What was given back a moment ago has its place; what has run out needs one.
  const isTaken = kept !== undefined && occupies(kept);
  const free =
    candidates.find(({ pool }) => isTaken && pool.id === kept.poolId) ??
    candidates.find(({ pool }) => roomFor(world, user.id, undefined, pool));
  const grant = (candidate: { readonly pool: Pool; readonly tier: string }): SeatOutcome => ({
    type: "held",
    seat: grantSeat(world, ctx, { user, ...candidate, unit, reason: "claimed" }),
  });
  if (free !== undefined) return grant(free);
  const demand = { wish, entry: undefined, candidates, occasion: "unit", isUpgrade: true } as const;
  const full = whenFull(world, demand);
  if (full.type === "extend") {
    makeRoom(world, ctx, full.candidate.pool, { userId: user.id });
    return grant(full.candidate);
  }
  const reason = candidates.length === 0 ? whyNoPool(wish) : whyNone(world, candidates, user.id);
  return { type: "none", reason };
}

/** After the person, what is needed, or the one seat of the product has changed. */
export function settleUnits(world: World, ctx: Context, wish: Wish): void {
  const { user, product } = wish;
  const isUnit = (seat: Seat) => seat.unit !== undefined && seat.product === product.id;
  for (const seat of world.seats.group(user.id).filter(isUnit)) {
    const ended = whyEnded(world, wish, seat.poolId);
    if (ended === null) retier(world, ctx, wish, seat);
    else releaseSeat(world, ctx, seat, ended);
  }
  for (const seat of world.kept.group(user.id).filter(isUnit)) {
    if (isPlace(seat)) continue;
    const ended = whyEnded(world, wish, seat.poolId);
    if (ended !== null) dropKept(world, ctx, seat, ended);
  }
}

function whyEnded(world: World, wish: Wish, poolId: Id): string | null {
  const refusal = withheldFrom(wish);
  // A conflict is never resolved by a guess: who holds a seat keeps it until somebody decides.
  if (refusal !== null && refusal.reason !== "TierConflict") return refusal.release;
  const ended = refusal === null ? endOf(wish, world.pools.get(poolId)) : null;
  if (ended !== null) return ended;
  return seatOf(world, wish.user.id, wish.product.id) === undefined ? null : "satisfied";
}

function retier(world: World, ctx: Context, { product, requirement }: Wish, seat: Seat): void {
  const pool = world.pools.get(seat.poolId);
  const needed = requirement?.tier ?? null;
  const tier = pool === undefined ? null : lowestTierFrom(product, pool, needed);
  if (tier !== null && tier !== seat.tier) retierSeat(world, ctx, seat, tier);
}
