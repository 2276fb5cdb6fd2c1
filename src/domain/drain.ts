import { isForGood } from "./candidates.js";
import type { Pool, WaitingEntry } from "./directory.js";
import { canGive, canWaitFor, makeRoom } from "./full.js";
import { inviteTo } from "./keep.js";
import { grantSeat, leaveList, moveSeat } from "./ledger.js";
import { seatOf, waitingFor } from "./queue.js";
import { servesEntry, type Context, type World } from "./world.js";

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
  const entry = waitingFor(world, pool).find(
    ({ userId }) => seatOf(world, userId, pool.product)?.poolId !== pool.id,
  );
  if (entry === undefined) return false;
  makeRoom(world, ctx, pool);
  leaveOrStayListed(world, ctx, entry, pool);
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

/** Who gets a seat for the time of a sign-in keeps the place in the queue for one for good. */
function leaveOrStayListed(world: World, ctx: Context, entry: WaitingEntry, got: Pool): void {
  const inside = { ...entry, atTheDoor: false };
  const isWorthIt = (pool: Pool) => servesEntry(pool, inside) && canWaitFor({ pool });
  if (isForGood({ pool: got }) || !world.allPools().some(isWorthIt)) {
    leaveList(world, ctx, entry, "granted");
  } else world.list(inside);
}
