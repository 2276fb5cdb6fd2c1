import type { Id, Pool, Seat, Timestamp, WaitingEntry } from "./directory.js";
import { writeSeat } from "./ledger.js";
import type { KeptState, PoolPolicy } from "./policy.js";
import { keptOf } from "./queue.js";
import { keptAfter, keptUntil } from "./remembered.js";
import { heldBack, reservationOf } from "./reservations.js";
import { roomOf } from "./room.js";
import { consumesSeat, occupies, stateOf, stepFrom, type Step } from "./states.js";
import type { Context, World } from "./world.js";

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
  if (before !== undefined) dropKept(world, ctx, before, "invitedAgain");
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
  const after: Seat = {
    ...seat,
    expiresAt: keptUntil(policy, state, reason, world.now),
    kept: { state, consumes, since: world.now, reason },
  };
  world.dropKept(seat);
  world.keepSeat(after);
  recordKept(world, ctx, { before: seat, after, reason });
  return after;
}

/** The person has not come back in time: from here on it is what any lease is that was given back. */
export function endLinger(world: World, ctx: Context, seat: Seat): void {
  const policy = world.pools.get(seat.poolId)?.policy;
  const after = policy === undefined ? null : afterLinger(policy, seat, world.now);
  if (after === null) {
    dropKept(world, ctx, seat, "lingered");
    return;
  }
  world.dropKept(seat);
  world.keepSeat(after);
  recordKept(world, ctx, { before: seat, after, reason: "lingered" });
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

interface KeptChange {
  readonly before: Seat | null;
  readonly after: Seat | null;
  readonly reason: string;
}

function recordKept(world: World, ctx: Context, { before, after, reason }: KeptChange): void {
  const seat = after ?? before;
  if (seat === null) return;
  const taken = (one: Seat | null): number => (one !== null && occupies(one) ? 1 : 0);
  const delta = (taken(after) - taken(before)) as -1 | 0 | 1;
  const details = {
    from: before === null ? "none" : stateOf(before),
    // A closed invitation is a row that stays; what ends altogether is none.
    to: after === null ? "none" : stateOf(after),
  };
  writeSeat(world, ctx, "seat.stateChanged", seat, delta, reason, details);
}
