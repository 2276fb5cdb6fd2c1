import type { Id, Pool, Seat, Timestamp } from "../directory.js";
import { releaseSeat } from "../seats/ledger.js";
import { overageSeats } from "../pools/policy.js";
import type { Context, World } from "../world.js";
import { rewatched, watched } from "./idle.js";
import { recordStep } from "./record.js";
import { DAY_MS } from "../durations.js";

/** Taking a seat back with notice: the window in which it can be had back (docs/reclaim.md, I18). */

export type GraceReason = "idle" | "contracted";

/**
 * The customer has chosen what an undo is: with a guarantee the seat is kept until the window is over, without one it is free
 * at once.
 */
export function takeBackSeat(world: World, ctx: Context, seat: Seat, reason: GraceReason): void {
  const pool = poolOf(world, seat);
  const { graceDays, undo } = pool.policy;
  if (seat.grace !== undefined && seat.expiresAt !== null) {
    // Told already, for another reason: that date stands, but using the seat saves it no longer.
    schedule(world, ctx, seat, { reason, until: seat.expiresAt });
    return;
  }
  const until = world.now + graceDays * DAY_MS;
  if (graceDays > 0 && undo !== "ifFree") {
    schedule(world, ctx, seat, { reason, until });
    return;
  }
  releaseSeat(world, ctx, seat, lossOf(reason));
  const kept = world.kept.get(seat.id);
  if (graceDays === 0 || kept?.kept === undefined) return;
  const { protectedUntil } = seat;
  const undoable = { until, ...(protectedUntil === undefined ? {} : { protectedUntil }) };
  world.kept.set({ ...kept, kept: { ...kept.kept, undo: undoable } });
}

/** The word in the ledger when the seat is gone. */
function lossOf(reason: string): "contracted" | "reclaimed" {
  return reason === "contracted" ? "contracted" : "reclaimed";
}

function schedule(
  world: World,
  ctx: Context,
  seat: Seat,
  { reason, until }: { readonly reason: GraceReason; readonly until: Timestamp },
): void {
  const { idle: _, ...rest } = seat;
  world.seats.set({ ...rest, expiresAt: until, grace: { since: world.now, reason } });
  recordStep(world, ctx, seat, {
    kind: "reclaim.scheduled",
    event: "seat.reclaimScheduled",
    reason,
    details: { until },
  });
}

/** The window is over. Who has to go because there were too many stays when there are no longer too many. */
export function endGrace(world: World, ctx: Context, seat: Seat): void {
  const reason = seat.grace?.reason ?? "";
  if (reason === "contracted" && excessOf(world, poolOf(world, seat)) <= 0) {
    undoGrace(world, ctx, seat, "capacityBack");
    return;
  }
  releaseSeat(world, ctx, seat, lossOf(reason));
  // The wish is as it was: the person may wait for another seat.
  if (reason === "contracted") world.markStale([seat.userId]);
}

/** The same seat as before, and some peace (I18). */
export function undoGrace(world: World, ctx: Context, seat: Seat, reason: string): Seat {
  const restored = inPeace(world, seat);
  world.seats.set(restored);
  recordStep(world, ctx, restored, {
    kind: "reclaim.undone",
    event: "seat.reclaimUndone",
    reason,
  });
  return restored;
}

/** Not asked again for the time that the policy says. */
export function inPeace(world: World, { grace, idle: _, ...seat }: Seat): Seat {
  const pool = poolOf(world, seat);
  const quietUntil = world.now + pool.policy.askAgainDays * DAY_MS;
  const expiresAt = grace === undefined ? seat.expiresAt : null;
  return watched(pool, { ...seat, expiresAt, idle: { reviewAt: quietUntil, quietUntil } });
}

/** Seats above all that may be held; those that are on their way out count as held. */
export function excessOf(world: World, pool: Pool): number {
  const now = world.poolNow(pool);
  return world.used(pool.id) - now.capacity - overageSeats(now);
}

/**
 * Seats of the pool that have to go because there are too many, at this point of the batch: those that the store has counted, and what
 * has changed since. Only for pools of which `going` was needed.
 */
export function goingFrom({ upkeep, seats }: World, poolId: Id): number {
  const goes = (seat: Seat): number =>
    Number(seat.poolId === poolId && seat.grace?.reason === "contracted");
  const sum = (all: readonly Seat[]): number => all.reduce((count, one) => count + goes(one), 0);
  const { inserted, updated, deleted } = seats.difference();
  const [before, after] = [updated.map((one) => one.before), updated.map((one) => one.after)];
  const stored = upkeep.going.get(poolId) ?? 0;
  return stored + sum([...inserted, ...after]) - sum([...deleted, ...before]);
}

/**
 * Whether the seat, which has to go because there are too many, has to go still: not when there are too many only because of others
 * who have to go, too. Needs `going`.
 */
export function isTooMany(world: World, seat: Seat): boolean {
  const others = goingFrom(world, seat.poolId) - 1;
  return seat.grace?.reason === "contracted" && excessOf(world, poolOf(world, seat)) > others;
}

/** Somebody who uses the seat after all keeps it, whatever was announced because nobody used it. */
export function usedAgain(world: World, ctx: Context, seat: Seat | undefined): Seat | undefined {
  if (seat?.grace?.reason !== "idle") return seat;
  const isUse = poolOf(world, seat).policy.useSignal === "signIn" || ctx.cause.type === "app";
  return isUse ? undoGrace(world, ctx, seat, "used") : seat;
}

export function poolOf(world: World, seat: Pick<Seat, "poolId">): Pool {
  const pool = world.pools.get(seat.poolId);
  if (pool === undefined) throw new Error(`seat of a pool that is not there: ${seat.poolId}`);
  return pool;
}

/** Another policy of the pool may have another idea of when a seat is idle. */
export function rewatchedIn(world: World, seat: Seat): Seat {
  const pool = world.pools.get(seat.poolId);
  const watched = pool === undefined ? seat : rewatched(pool, seat);
  if (watched !== seat) world.seats.set(watched);
  return watched;
}
