import type { JsonObject } from "../plugin.js";
import { countOut } from "./braking.js";
import type { Id, Pool, Seat, User, WaitingEntry } from "./directory.js";
import type { EntryKind, EventType } from "./history.js";
import { keptOf, keptUnitOf } from "./queue.js";
import { watched } from "./reclaim/idle.js";
import { loseResources, regainResources } from "./reclaim/resources.js";
import { keptSeat, remembered } from "./remembered.js";
import { reservationOf } from "./reservations.js";
import { occupies, stateOf } from "./states.js";
import type { Context, World } from "./world.js";

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
    grantedAt: world.now,
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

/**
 * What was kept of the seat is the seat again; one that still took a place in another pool gives it back there.
 * @returns how many more seats of the pool are taken by that
 */
function takeBack(world: World, ctx: Context, kept: Seat | undefined, pool: Pool): 0 | 1 {
  const isTaken = kept !== undefined && occupies(kept);
  const isOwn = isTaken && kept.poolId === pool.id;
  if (!isOwn && world.room(pool) <= 0) {
    throw new Error(`pool ${pool.id} has no free seat; a grant must be decided first`);
  }
  if (kept !== undefined) world.dropKept(kept);
  if (isTaken && !isOwn) {
    writeSeat(world, ctx, "seat.released", kept, -1, "moved", { toPoolId: pool.id });
  }
  return isOwn ? 0 : 1;
}

/**
 * The end of a seat, or what the pool's policy keeps of it.
 * @param by the user who takes the seat over
 */
export function releaseSeat(world: World, ctx: Context, seat: Seat, reason: string, by?: Id): void {
  const kept = keptSeat(world, seat, reason);
  countOut(world, seat);
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
    ...(kept === null ? {} : { to: stateOf(kept) }),
  });
  loseResources(world, ctx, seat, reason);
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

const EVENT_OF: Partial<Record<EntryKind, EventType>> = {
  "seat.granted": "seat.granted",
  "seat.released": "seat.released",
  "seat.displaced": "seat.displaced",
  "lease.expired": "seat.released",
  "seat.tierChanged": "seat.tierChanged",
  "waiting.added": "seat.waiting",
};

export function writeSeat(
  world: World,
  ctx: Context,
  kind: EntryKind,
  seat: Seat,
  delta: -1 | 0 | 1,
  reason: string,
  details: JsonObject,
): void {
  const { userId, product, poolId, tier, unit } = seat;
  // Whoever reads the books must be able to tell the leases of one person apart.
  const about = unit === undefined ? details : { ...details, unit };
  const entry = {
    kind,
    userId,
    product,
    poolId,
    seatId: seat.id,
    tier,
    delta,
    reason,
    cause: ctx.cause,
    details: about,
  };
  world.record({ id: ctx.nextId(), ...entry });
  announce(world, ctx, kind, userId, {
    product,
    poolId,
    seatId: seat.id,
    tier,
    reason,
    ...about,
  });
}

export function announce(
  world: World,
  ctx: Context,
  kind: EntryKind,
  userId: Id,
  data: JsonObject,
): void {
  const type = EVENT_OF[kind];
  if (type !== undefined) world.announce({ id: ctx.nextId(), userId, type, data });
}
