import { atomicRules, bundleVerdict } from "../pools/bundles.js";
import { candidatesFor, type Candidate } from "../seats/candidates.js";
import { withheldFrom } from "../seats/claimEnd.js";
import type { Id, Seat } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { dropKept } from "../keeping/keep.js";
import { grantSeat } from "../seats/ledger.js";
import { roomBehind, seatOf } from "../waiting/queue.js";
import { isLapsed } from "../keeping/remembered.js";
import { catchUp } from "../seats/settle.js";
import { wishFor } from "../seats/wish.js";
import type { Context, World } from "../world.js";

/**
 * A lease that ran out because a renewal was missed, and comes back by the renewal that follows (docs/adr/0041). Its seat was free
 * from its end on, so this is a grant like any other: behind everybody who waits, for who may have the seat today, and only of
 * what is free. It displaces nobody, buys nothing, and does not go above what was bought.
 */

/** What is remembered of a lease that has run out, as long as it may be revived. */
export function lapsedLease(world: World, seatId: Id): Seat | undefined {
  const kept = world.kept.get(seatId);
  return kept !== undefined && isLapsed(kept) ? kept : undefined;
}

/**
 * The generation stays, because a renewal moves none: whoever has not heard the answer asks again and is renewed. Any other grant of
 * the seat moves it, so an older one revives nothing (I20). A refusal is final: who was told that the lease is lost has acted on it.
 *
 * Whoever calls it has taken off the books what has ended, and drained the lists.
 */
export function revive(world: World, ctx: Context, seatId: Id, generation: number): Seat | null {
  if (lapsedLease(world, seatId)?.generation !== generation) return null;
  // In a batch the lists have been put off until now.
  catchUp(world);
  const lapsed = lapsedLease(world, seatId);
  if (lapsed?.generation !== generation) return null;
  const wish = wishOf(world, ctx, lapsed);
  const place = wish === null ? null : placeFor(world, ctx, wish, lapsed);
  if (wish === null || place === null) {
    dropKept(world, ctx, lapsed, "notRevived");
    return null;
  }
  const { unit, lastSignInAt } = lapsed;
  const { user } = wish;
  const of = unit === undefined ? {} : { unit };
  const granted = grantSeat(world, ctx, { user, ...place, ...of, reason: "revived" });
  const revived: Seat = { ...granted, generation, lastSignInAt };
  world.seats.set(revived);
  world.recordUse(revived);
  return revived;
}

function wishOf(world: World, { catalogue }: Context, { userId, product }: Seat): Wish | null {
  const user = world.users.get(userId);
  const known = catalogue.products.get(product);
  return user === undefined || known === undefined ? null : wishFor(world, user, known);
}

/** In the pool that it was of; null: the person may not have it today, or it is owed to others. */
function placeFor(world: World, ctx: Context, wish: Wish, lapsed: Seat): Candidate | null {
  if (withheldFrom(wish) !== null || isElsewhere(world, lapsed)) return null;
  const occasion = lapsed.unit === undefined ? "signIn" : "unit";
  const here = candidatesFor(world, wish, occasion, wish.requirement?.tier ?? null).find(
    ({ pool }) => pool.id === lapsed.poolId,
  );
  if (here === undefined || isOver(world, here, lapsed)) return null;
  const isFree = isOwedToNobody(world, here, wish) && !comesAlone(world, ctx, wish, lapsed);
  return isFree ? here : null;
}

function isOwedToNobody(world: World, { pool }: Candidate, { user }: Wish): boolean {
  // Of a list that was read in part, the rest has waited longer.
  return world.servedOfPart(pool) === undefined && roomBehind(world, user.id, pool);
}

/** A seat of the usual kind is enough for every session and device. */
function isElsewhere(world: World, { unit, userId, product }: Seat): boolean {
  return unit !== undefined && seatOf(world, userId, product) !== undefined;
}

/** By the policy of today, which may leave less time than the one under which the lease ended. */
function isOver(world: World, { pool }: Candidate, { kept }: Seat): boolean {
  const { reviveSeconds } = world.poolNow(pool).policy;
  return (kept?.since ?? 0) + reviveSeconds * 1_000 <= world.now;
}

/** Products that are given together are not given one by one here, either (I25). */
function comesAlone(world: World, ctx: Context, { user, product }: Wish, { unit }: Seat): boolean {
  if (atomicRules(world).length === 0 || unit !== undefined) return false;
  const how = { occasion: "signIn", extent: "free" } as const;
  const { withheld, awaited } = bundleVerdict(world, ctx, user, how);
  return withheld.has(product.id) || awaited.has(product.id);
}
