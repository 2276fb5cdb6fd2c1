import type { Id, Pool } from "./directory.js";
import { canGive, makeRoom } from "./full.js";
import { inviteTo } from "./keep.js";
import { grantSeat } from "./ledger.js";
import { moveSeat } from "./moves.js";
import { seatOf, waitingFor } from "./queue.js";
import { leaveOrStayListed } from "./served.js";
import { trade } from "./trade.js";
import type { Context, World } from "./world.js";

/**
 * Gives what is free to who waits, and lets holders change places, until nothing more moves (I10, I26).
 * @param freedBy pool id -> because of whom there is something free, where several requests are decided together
 */
export function drain(world: World, ctx: Context, freedBy?: ReadonlyMap<Id, Context>): void {
  if (world.putOff.isOn) {
    world.putOff.drain(ctx);
    return;
  }
  let moved = true;
  while (moved) {
    moved = false;
    for (const pool of world.allPools()) {
      const cause = freedBy?.get(pool.id) ?? ctx;
      while (canGive(world, pool) && serveFirst(world, cause, pool)) moved = true;
    }
    moved ||= trade(world, ctx, []);
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
