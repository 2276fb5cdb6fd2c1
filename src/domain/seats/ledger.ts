import type { JsonObject } from "../../plugin.js";
import { countOut } from "../brake/braking.js";
import { boundFrom, boundUntil } from "../keeping/bound.js";
import { keepPlace, placeLeftBy, takePlace } from "../keeping/boundPlaces.js";
import type { Id, Pool, Seat, Timestamp, User, WaitingEntry } from "../directory.js";
import type { EntryKind } from "../history.js";
import { keptOf, keptUnitOf } from "../waiting/queue.js";
import { watched } from "../reclaim/idle.js";
import { loseResources, regainResources } from "../reclaim/resources.js";
import { keptSeat, remembered } from "../keeping/remembered.js";
import { reservationOf } from "../pools/reservations.js";
import { boundWord, writeSeat } from "./seatEntry.js";
import { occupies, stateOf } from "./states.js";
import type { Context, World } from "../world.js";

/**
 * The only place where a seat changes hands. Each function changes the state, writes the ledger entry and announces
 * the event together, so that none of the three can be forgotten.
 */

export interface Grant {
  readonly user: Pick<User, "id">;
  readonly pool: Pool;
  readonly tier: string;
  /** Of who has waited: the person need not be loaded. */
  readonly entry?: WaitingEntry;
  /** Of a lease for one session or device of the person. */
  readonly unit?: string;
  readonly reason: "claimed" | "tookOver" | "listDrained" | "fellBack" | "revived";
  /** Whose seat it was a moment ago. */
  readonly displaced?: Id;
}

export function grantSeat(world: World, ctx: Context, grant: Grant): Seat {
  const { user, pool, tier, reason, displaced, entry, unit } = grant;
  const before =
    unit === undefined
      ? keptOf(world, user.id, pool.product)
      : keptUnitOf(world, user.id, pool.product, unit);
  const since = boundBefore(world, ctx, { userId: user.id, pool, before });
  const delta = takeBack(world, ctx, before, pool);
  const seat = watched(pool, {
    ...remembered(world, pool.policy, before),
    ...reservationOf(world, pool, { userId: user.id, entry }),
    ...(unit === undefined ? {} : { unit }),
    id: before?.id ?? ctx.nextId(),
    organisationId: pool.organisationId,
    poolId: pool.id,
    product: pool.product,
    userId: user.id,
    tier,
    grantedAt: since ?? world.now,
    lastUsedAt: world.now,
    lastSignInAt: isAtTheDoor(ctx) ? world.now : null,
    expiresAt: leaseEnd(world, pool),
    generation: (before?.generation ?? 0) + 1,
  });
  world.takeSeat(seat);
  writeSeat(world, ctx, "seat.granted", seat, delta, reason, {
    ...comesFrom(before, delta, seat),
    ...(displaced === undefined ? {} : { displacedUserId: displaced }),
    ...reservedFor(seat),
    ...aboveCapacity(world, pool),
  });
  regainResources(world, ctx, seat);
  return seat;
}

export function reservedFor({ reservation }: Seat): JsonObject {
  return reservation === undefined ? {} : { reservation };
}

/**
 * Where the place was taken all the time, it may be for another tier now. A place that was given back in another pool a line
 * before (`takeBack`) is in the books no more: the seat comes from nowhere.
 */
function comesFrom(before: Seat | undefined, delta: 0 | 1, { poolId, tier }: Seat): JsonObject {
  if (before === undefined || (occupies(before) && before.poolId !== poolId)) return {};
  const isOther = delta === 0 && before.tier !== tier;
  return { from: stateOf(before), ...(isOther ? { fromTier: before.tier } : {}) };
}

function isAtTheDoor({ cause }: Context): boolean {
  return cause.type === "saml" || cause.type === "app";
}

/** Since when the person has the licence that stayed bound meanwhile: the same one, with its old date. */
function boundBefore(
  world: World,
  ctx: Context,
  { userId, pool, before }: { userId: Id; pool: Pool; before: Seat | undefined },
): Timestamp | undefined {
  const isHere = before?.poolId === pool.id && boundUntil(world, before) !== null;
  const place = isHere ? before : takePlace(world, ctx, userId, pool);
  return place === undefined ? undefined : boundFrom(place);
}

/**
 * What was kept of the seat is the seat again; one that still took a place in another pool gives it back there.
 * @returns how many more seats of the pool are taken by that
 */
function takeBack(world: World, ctx: Context, kept: Seat | undefined, pool: Pool): 0 | 1 {
  const isOwn = kept !== undefined && occupies(kept) && kept.poolId === pool.id;
  if (!isOwn && world.room(pool) <= 0) {
    throw new Error(`pool ${pool.id} has no free seat; a grant must be decided first`);
  }
  if (kept !== undefined) leaveKept(world, ctx, kept, pool);
  return isOwn ? 0 : 1;
}

function leaveKept(world: World, ctx: Context, kept: Seat, pool: Pool): void {
  const isElsewhere = occupies(kept) && kept.poolId !== pool.id;
  const left = isElsewhere ? placeLeftBy(world, ctx, kept) : null;
  world.dropKept(kept);
  if (!isElsewhere) return;
  writeSeat(world, ctx, "seat.released", kept, -1, "moved", { toPoolId: pool.id });
  keepPlace(world, ctx, left);
}

/**
 * The end of a seat, or what the pool's policy keeps of it.
 * @param by the user who takes the seat over
 */
export function releaseSeat(world: World, ctx: Context, seat: Seat, asked: string, by?: Id): void {
  const reason = goesAnyway(world, seat, asked) ? "contracted" : asked;
  const kept = keptSeat(world, seat, reason);
  countOut(world, ctx, seat);
  world.giveBackSeat(seat);
  if (kept !== null) world.keepSeat(kept);
  const kind: EntryKind =
    reason === "displaced"
      ? "seat.displaced"
      : reason === "expired"
        ? "lease.expired"
        : "seat.released";
  writeSeat(world, ctx, kind, seat, kept !== null && occupies(kept) ? 0 : -1, reason, {
    // A lease was free from its end on; the entry is written when somebody looks.
    ...(kind === "lease.expired" ? { expiredAt: seat.expiresAt } : {}),
    ...(by === undefined ? {} : { displacedBy: by }),
    ...(kept === null ? {} : { to: stateOf(kept), ...boundWord(kept) }),
  });
  loseResources(world, ctx, seat, reason);
}

/**
 * Whether the place would be kept for somebody who has to go because there are too many. Then it is the one that goes, at once: kept, it
 * would be the one too many for good, and the person would come back to it in peace.
 */
function goesAnyway(world: World, seat: Seat, reason: string): boolean {
  const pool = world.pools.get(seat.poolId);
  if (pool === undefined || seat.grace?.reason !== "contracted") return false;
  if (world.room(pool) >= 0) return false;
  const kept = keptSeat(world, seat, reason);
  return kept !== null && occupies(kept);
}

/** How many seats are held above what was bought, so that an overage has its cause in the books. */
export function aboveCapacity(world: World, pool: Pool): JsonObject {
  const overage = -world.free(pool);
  return overage > 0 ? { overage } : {};
}

export function retierSeat(world: World, ctx: Context, seat: Seat, tier: string): Seat {
  const changed: Seat = { ...seat, tier };
  world.seats.set(changed);
  writeSeat(world, ctx, "seat.tierChanged", changed, 0, "requirementChanged", {
    fromTier: seat.tier,
  });
  return changed;
}

/** Use of the seat: a sign-in (`isUse` false: that is none there), or the renewal of a lease. No ledger line: nothing moved. */
export function touchSeat(world: World, seat: Seat, signIn: boolean, isUse = true): Seat {
  const pool = world.pools.get(seat.poolId);
  const touched: Seat = {
    ...seat,
    lastUsedAt: isUse ? Math.max(seat.lastUsedAt, world.now) : seat.lastUsedAt,
    lastSignInAt: signIn ? world.now : seat.lastSignInAt,
    expiresAt:
      pool === undefined || seat.grace !== undefined ? seat.expiresAt : leaseEnd(world, pool, seat),
    generation: pool?.kind === "concurrent" && signIn ? seat.generation + 1 : seat.generation,
  };
  world.seats.set(touched);
  return touched;
}

/** No seat moves; the line says that and by whom somebody's data was erased, so that the books explain the gap. */
export function recordErasure(world: World, ctx: Context, userId: Id): void {
  world.record({
    id: ctx.nextId(),
    kind: "person.erased",
    userId,
    product: "",
    poolId: null,
    seatId: null,
    tier: null,
    delta: 0,
    reason: "erased",
    cause: ctx.cause,
    details: {},
  });
}

/** @param seat that has the lease already: what was borrowed is never cut short by a renewal */
export function leaseEnd(
  { now }: Pick<World, "now">,
  { kind, policy }: Pool,
  { borrowedUntil = 0 }: Pick<Seat, "borrowedUntil"> = {},
): number | null {
  return kind === "concurrent" ? Math.max(now + policy.leaseSeconds * 1000, borrowedUntil) : null;
}
