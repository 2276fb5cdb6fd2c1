import { boundAnew, boundUntil } from "./bound.js";
import { keepPlace, placeLeftBy } from "./boundPlaces.js";
import type { Id, Pool, Seat, Timestamp, WaitingEntry } from "../directory.js";
import type { KeptState, PoolPolicy } from "../pools/policy.js";
import { keptOf } from "../waiting/queue.js";
import { afterBound, keptAfter, keptUntil, TAKEN_BACK } from "./remembered.js";
import { heldBack, reservationOf } from "../pools/reservations.js";
import { roomOf } from "../pools/room.js";
import { recordKept } from "../seats/seatEntry.js";
import { consumesSeat, occupies, stepFrom, type Step } from "../seats/states.js";
import type { Context, World } from "../world.js";

/** Seats that give no access but are not forgotten: invitations, and what is parked or suspended. */

interface Invitation {
  readonly userId: Id;
  readonly pool: Pool;
  readonly tier: string;
  readonly entry?: WaitingEntry;
}

/** An invitation: the seat is the person's as soon as it is accepted, which the first sign-in does. */
export function inviteTo(
  world: World,
  ctx: Context,
  { userId, pool, tier, entry }: Invitation,
): Seat {
  const before = keptOf(world, userId, pool.product);
  if (before !== undefined) {
    const left = placeLeftBy(world, ctx, before);
    dropKept(world, ctx, before, "invitedAgain");
    keepPlace(world, ctx, left);
  }
  const state = stepFrom("none", "invite") as "pending";
  const seat: Seat = {
    id: ctx.nextId(),
    organisationId: pool.organisationId,
    poolId: pool.id,
    product: pool.product,
    userId,
    tier,
    grantedAt: world.now,
    lastUsedAt: world.now,
    lastSignInAt: null,
    expiresAt: keptUntil(pool.policy, state, "invited", world.now),
    generation: 1,
    ...reservationOf(world, pool, { userId, entry }),
    kept: {
      state,
      consumes: consumesSeat(pool.policy, state),
      since: world.now,
      reason: "invited",
    },
  };
  world.keepSeat(seat);
  recordKept(world, ctx, { before: null, after: seat, reason: "invited" });
  return seat;
}

/** From one kept state to another; the row stays, and may begin or cease to take a seat. */
export function changeKept(
  world: World,
  ctx: Context,
  seat: Seat,
  step: Step,
  reason: string,
): Seat {
  const pool = world.pools.get(seat.poolId);
  if (seat.kept === undefined || pool === undefined) throw new Error("not a seat that is kept");
  const { policy } = pool;
  const state = stepFrom(seat.kept.state, step) as KeptState;
  const back = heldBack(world, pool, seat);
  // What took none before takes one only if there is one: nobody loses a seat to who is away.
  const consumes =
    consumesSeat(policy, state) && (occupies(seat) || roomOf(world, pool, seat) > back);
  const until = consumes ? null : boundUntil(world, seat);
  const after: Seat = {
    ...seat,
    ...boundByStep(policy, seat, world.now),
    expiresAt: until ?? keptUntil(policy, state, reason, world.now),
    kept: {
      ...{ state, consumes: consumes || until !== null, since: world.now, reason },
      ...(until === null ? {} : { boundUntil: until }),
    },
  };
  replaceKept(world, ctx, seat, after, reason);
  return after;
}

/** A place that is taken anew begins anew; one that was an invitation's has been nobody's licence, and is not bound. */
function boundByStep(policy: PoolPolicy, seat: Seat, now: Timestamp): Pick<Seat, "boundSince"> {
  if (seat.kept?.state === "pending") return boundAnew(policy, 0);
  return occupies(seat) ? {} : boundAnew(policy, now);
}

/** The person has not come back in time: from here on it is what any lease is that was given back. */
export function endLinger(world: World, ctx: Context, seat: Seat): void {
  const policy = world.pools.get(seat.poolId)?.policy;
  const after = policy === undefined ? null : afterLinger(policy, seat, world.now);
  if (after === null) {
    dropKept(world, ctx, seat, "lingered");
    return;
  }
  replaceKept(world, ctx, seat, after, "lingered");
}

function afterLinger(policy: PoolPolicy, seat: Seat, now: Timestamp): Seat | null {
  const reason = "released";
  if (seat.unit !== undefined || keptAfter(policy, reason) === null) return null;
  const since = seat.kept?.since ?? now;
  const expiresAt = keptUntil(policy, "parked", reason, since);
  if (expiresAt !== null && expiresAt <= now) return null;
  const consumes = consumesSeat(policy, "parked");
  return { ...seat, expiresAt, kept: { state: "parked", consumes, since, reason } };
}

/** The end of what was kept: nothing of it is held any more. */
export function dropKept(world: World, ctx: Context, seat: Seat, reason: string): void {
  world.dropKept(seat);
  recordKept(world, ctx, { before: seat, after: null, reason });
}

/** What was kept has no reason any more; its place is free now, or as soon as the licence may change hands. */
export function letGo(world: World, ctx: Context, seat: Seat, reason: string): void {
  const until = boundUntil(world, seat);
  const policy = world.pools.get(seat.poolId)?.policy;
  if (until === null || seat.kept === undefined) {
    dropKept(world, ctx, seat, reason);
    return;
  }
  if (seat.kept.boundUntil !== undefined && seat.kept.reason === reason) return;
  const state: KeptState = reason === "deactivated" ? "suspended" : "parked";
  const consumes = policy !== undefined && consumesSeat(policy, state, true);
  const kept = { state, consumes, since: world.now, reason, boundUntil: until };
  replaceKept(world, ctx, seat, { ...seat, expiresAt: until, kept }, reason);
}

/** From here on the licence may change hands: what the rest of the policy keeps of it takes no place, unless it says so. */
export function endBound(world: World, ctx: Context, seat: Seat): void {
  const policy = world.pools.get(seat.poolId)?.policy;
  const after = policy === undefined ? null : afterBound(policy, seat, world.now);
  const why = seat.kept?.reason ?? "";
  if (after === null) dropKept(world, ctx, seat, "reassignable");
  else replaceKept(world, ctx, seat, after, TAKEN_BACK.has(why) ? why : "reassignable");
  // What is remembered without an end ends with the claim, which may be gone by now.
  if (after?.expiresAt === null) world.markStale([seat.userId]);
}

/** The policy of today decides for how long: one that asks for less frees the place earlier. */
export function rebind(world: World, ctx: Context, userId: Id, product: string): void {
  for (const seat of world.kept.group(userId)) {
    const bound = seat.kept?.boundUntil;
    if (seat.kept === undefined || bound === undefined || seat.product !== product) continue;
    const until = boundUntil(world, seat);
    if (until === null) endBound(world, ctx, seat);
    else if (until < bound) {
      const kept = { ...seat.kept, boundUntil: until };
      world.kept.set({ ...seat, expiresAt: until, kept });
    }
  }
}

function replaceKept(world: World, ctx: Context, before: Seat, after: Seat, reason: string): void {
  world.dropKept(before);
  world.keepSeat(after);
  recordKept(world, ctx, { before, after, reason });
}
