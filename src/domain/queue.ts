import type { Id, Pool, Seat, WaitingEntry } from "./directory.js";
import type { Cause } from "./history.js";
import { grantSeat, leaveList, moveSeat, releaseSeat } from "./ledger.js";
import type { Context, World } from "./world.js";

/** The waiting list: who comes first, whether there is room, and giving what is free to who waits. */

/** A free seat, and nobody who has waited longer for it (no barging, I10). */
export function roomFor(
  world: World,
  userId: Id,
  entry: WaitingEntry | undefined,
  pool: Pool,
): boolean {
  const free = world.free(pool);
  if (free <= 0) return false;
  const ahead = world
    .waitingFor(pool)
    .filter(
      (other) => other.userId !== userId && (entry === undefined || comesBefore(other, entry)),
    );
  return ahead.length < free;
}

/** Leases past their end are free by definition; this makes the books say so before anything is decided. */
export function reapExpired(world: World, ctx: Context): void {
  const cause: Cause = { type: "timer", action: "lease.expired", actor: "system", requestId: null };
  for (const id of world.takeExpired()) {
    const seat = world.seats.get(id);
    if (seat?.expiresAt != null && seat.expiresAt <= world.now) {
      releaseSeat(world, { ...ctx, cause }, seat, "expired");
    }
  }
}

/** Gives what is free to who waits, until nothing more moves (I10, I26). */
export function drain(world: World, ctx: Context): void {
  let moved = true;
  while (moved) {
    moved = false;
    for (const pool of world.allPools()) {
      while (world.free(pool) > 0 && serveFirst(world, ctx, pool)) moved = true;
    }
  }
}

function serveFirst(world: World, ctx: Context, pool: Pool): boolean {
  const entry = waitingFor(world, pool).find(
    ({ userId }) => seatOf(world, userId, pool.product)?.poolId !== pool.id,
  );
  if (entry === undefined) return false;
  leaveList(world, ctx, entry, "granted");
  const held = seatOf(world, entry.userId, entry.product);
  if (held !== undefined) moveSeat(world, ctx, held, { pool, tier: entry.tier });
  else {
    grantSeat(world, ctx, {
      user: { id: entry.userId },
      pool,
      tier: entry.tier,
      reason: "listDrained",
    });
  }
  return true;
}

/** First come, first served. */
function waitingFor(world: World, pool: Pool): WaitingEntry[] {
  return world.waitingFor(pool).sort((a, b) => (comesBefore(a, b) ? -1 : 1));
}

function comesBefore(a: WaitingEntry, b: WaitingEntry): boolean {
  return a.since < b.since || (a.since === b.since && a.id < b.id);
}

export function seatOf(world: World, userId: Id, product: string): Seat | undefined {
  return world.seats.group(userId).find((seat) => seat.product === product);
}

export function waitingOf(world: World, userId: Id, product: string): WaitingEntry | undefined {
  return world.waiting.group(userId).find((entry) => entry.product === product);
}
