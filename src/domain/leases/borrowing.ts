import { candidatesFor } from "../seats/candidates.js";
import type { Pool, Seat } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { writeSeat } from "../seats/seatEntry.js";
import { seatOf, unitSeatOf } from "../waiting/queue.js";
import { isInTime } from "../seats/states.js";
import { refuse, type Refusal } from "../verdict.js";
import type { Context, World } from "../world.js";

/**
 * Leases that are borrowed: for work without a network they live until a time that is agreed on beforehand, renewed or not, and take
 * their seat all the while.
 */

/** What the application says besides for whom and of what product it asks. */
export interface LeaseAsked {
  /** The session or device, where each of them has a lease of its own. */
  readonly unit?: string;
  /** For how long the lease is to live without renewal. */
  readonly borrowSeconds?: number;
}

/** Looked at before anything is given: no pool that could serve lends for so long, or not the one whose lease is held. */
export function refusalOfBorrowing(
  world: World,
  wish: Wish,
  { unit, borrowSeconds }: LeaseAsked,
): Refusal | null {
  if (borrowSeconds === undefined) return null;
  const refused = (sentence: string) =>
    refuse("InvalidValue", { field: "borrowSeconds", sentence });
  if (!Number.isSafeInteger(borrowSeconds) || borrowSeconds < 1) {
    return refused("A whole number of seconds is expected, 1 or more.");
  }
  const leases = poolsToBorrowFrom(world, wish, unit).filter(({ kind }) => kind === "concurrent");
  // Who gets no lease needs none to be lent: there is nothing to renew.
  if (leases.length === 0) return null;
  const most = Math.max(...leases.map(({ policy }) => policy.maxBorrowSeconds));
  if (borrowSeconds <= most) return null;
  return refused(
    most === 0
      ? "No pool that could serve this person lends its seats (maxBorrowSeconds)."
      : `A seat can be borrowed for at most ${String(most)} seconds here (maxBorrowSeconds).`,
  );
}

function poolsToBorrowFrom(world: World, wish: Wish, unit: string | undefined): Pool[] {
  const { user, product, requirement } = wish;
  const ofUnit = unit === undefined ? undefined : unitSeatOf(world, user.id, product.id, unit);
  const held = seatOf(world, user.id, product.id) ?? ofUnit;
  if (held !== undefined && isInTime(held, world.now)) {
    return [world.pools.get(held.poolId) ?? []].flat();
  }
  const needed = requirement?.tier ?? null;
  const { borrowSeconds: _, ...plain } = wish;
  const occasions = unit === undefined ? (["signIn"] as const) : (["signIn", "unit"] as const);
  return occasions
    .flatMap((occasion) => candidatesFor(world, plain, occasion, needed))
    .map(({ pool }) => pool);
}

/**
 * Never for less time than the lease has anyway, so that nothing but giving it back ends it earlier. Where products are given
 * together the pool was not chosen for it, and lends for as long as it does.
 */
export function lend(world: World, ctx: Context, seat: Seat, { borrowSeconds }: LeaseAsked): Seat {
  const longest = world.pools.get(seat.poolId)?.policy.maxBorrowSeconds ?? 0;
  if (borrowSeconds === undefined || seat.expiresAt === null || longest === 0) return seat;
  const asked = world.now + Math.min(borrowSeconds, longest) * 1_000;
  const until = Math.max(seat.expiresAt, asked);
  if (until === seat.borrowedUntil) return seat;
  const lent: Seat = { ...seat, expiresAt: until, borrowedUntil: until };
  world.seats.set(lent);
  writeSeat(world, ctx, "lease.borrowed", lent, 0, "borrowed", { until });
  return lent;
}
