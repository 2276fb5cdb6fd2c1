import type { Pool } from "./directory.js";
import { canGive, makeRoom } from "./full.js";
import { inviteTo } from "./keep.js";
import { grantSeat, leaveList, moveSeat } from "./ledger.js";
import { seatOf, waitingFor } from "./queue.js";
import type { Context, World } from "./world.js";

/** Gives what is free to who waits, until nothing more moves (I10, I26). */
export function drain(world: World, ctx: Context): void {
  let moved = true;
  while (moved) {
    moved = false;
    for (const pool of world.allPools()) {
      while (canGive(world, pool) && serveFirst(world, ctx, pool)) moved = true;
    }
  }
}

function serveFirst(world: World, ctx: Context, pool: Pool): boolean {
  const waiting = waitingFor(world, pool).filter(
    ({ userId }) => seatOf(world, userId, pool.product)?.poolId !== pool.id,
  );
  const entry = waiting.find(({ reason }) => reason !== "Bundle");
  const bundled = waiting.slice(0, entry === undefined ? undefined : waiting.indexOf(entry));
  // Who gets the product only together with others is looked at as a whole, and nobody takes that seat meanwhile.
  world.markStale(bundled.slice(0, Math.max(1, world.room(pool))).map(({ userId }) => userId));
  if (entry === undefined || (bundled.length > 0 && world.room(pool) <= bundled.length)) {
    return false;
  }
  makeRoom(world, ctx, pool);
  leaveList(world, ctx, entry, "granted");
  const held = seatOf(world, entry.userId, entry.product);
  if (held === undefined && pool.policy.acquireOn === "invite" && !entry.atTheDoor) {
    inviteTo(world, ctx, { userId: entry.userId, pool, tier: entry.tier });
    return true;
  }
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
