import { isForGood } from "./candidates.js";
import type { Pool, WaitingEntry } from "./directory.js";
import { canGive, canWaitFor, makeRoom } from "./full.js";
import { inviteTo } from "./keep.js";
import { grantSeat, moveSeat } from "./ledger.js";
import { leaveList } from "./waitingList.js";
import { seatOf, waitingFor, whyWaiting } from "./queue.js";
import { heldBack } from "./reservations.js";
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
  for (const pool of world.allPools()) {
    sayWhy(world, pool);
    leaveRest(world, pool);
  }
}

/**
 * As much of the list is loaded as the requests alone could need. When more has come free, such as a thousand leases at once,
 * the rest is left to the background in this same commit, so that it is done even if this process ends now.
 */
function leaveRest(world: World, pool: Pool): void {
  const served = world.servedOfPart(pool);
  if (served !== undefined && canGive(world, pool)) world.markStale([served.userId]);
}

/** Who is passed over for a reservation is told so. */
function sayWhy(world: World, pool: Pool): void {
  if (pool.policy.reservations.length === 0) return;
  for (const entry of world.waitingFor(pool)) {
    const reason = whyWaiting(world, entry);
    if (reason !== entry.reason) world.list({ ...entry, reason });
  }
}

function serveFirst(world: World, ctx: Context, pool: Pool): boolean {
  const entry = waitingFor(world, pool).find((one) => isServable(world, pool, one));
  if (entry === undefined) return false;
  const { userId, product, tier } = entry;
  makeRoom(world, ctx, pool, { userId, entry });
  leaveOrStayListed(world, ctx, entry, pool);
  const held = seatOf(world, userId, product);
  if (held === undefined && pool.policy.acquireOn === "invite" && !entry.atTheDoor) {
    inviteTo(world, ctx, { userId, entry, pool, tier });
    return true;
  }
  if (held !== undefined) moveSeat(world, ctx, held, { pool, tier, entry });
  else grantSeat(world, ctx, { user: { id: userId }, entry, pool, tier, reason: "listDrained" });
  return true;
}

function isServable(world: World, pool: Pool, entry: WaitingEntry): boolean {
  const { userId } = entry;
  if (seatOf(world, userId, pool.product)?.poolId === pool.id) return false;
  return canGive(world, pool, heldBack(world, pool, { userId, entry }));
}

/** Who gets a seat for the time of a sign-in keeps the place in the queue for one for good. */
function leaveOrStayListed(world: World, ctx: Context, entry: WaitingEntry, got: Pool): void {
  const inside = { ...entry, atTheDoor: false };
  const isWorthIt = (pool: Pool) => servesEntry(pool, inside) && canWaitFor({ pool });
  if (isForGood({ pool: got }) || !world.allPools().some(isWorthIt)) {
    leaveList(world, ctx, entry, "granted");
  } else world.list(inside);
}
