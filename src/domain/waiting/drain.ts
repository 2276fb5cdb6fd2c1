import { boundUntil } from "../keeping/bound.js";
import { hasPlace } from "../keeping/boundPlaces.js";
import type { Id, Pool, WaitingEntry } from "../directory.js";
import { inviteTo } from "../keeping/keep.js";
import { grantSeat } from "../seats/ledger.js";
import { moveSeat } from "../seats/moves.js";
import type { Asker } from "../pools/ownTerms.js";
import { isForLess, seatOf, waitingFor, whyWaiting } from "./queue.js";
import { atomicRules } from "../pools/bundles.js";
import { canGive, makeRoom, mayGive, roomOf } from "../pools/room.js";
import { leaveOrStayListed } from "./served.js";
import { trade } from "../seats/trade.js";
import type { Context, World } from "../world.js";

/**
 * Gives what is free to who waits, and lets holders change places, until nothing more moves (I10, I26).
 * @param freedBy pool id -> because of whom there is something free, where several requests are decided together
 * @param judged who has just been looked at as a whole: what they did not get then is kept for them no longer
 */
export function drain(
  world: World,
  ctx: Context,
  freedBy?: ReadonlyMap<Id, Context>,
  judged: ReadonlySet<Id> = NOBODY,
): void {
  if (world.putOff.isOn) {
    world.putOff.drain(ctx);
    return;
  }
  for (let moved = true; moved;) {
    moved = false;
    for (const pool of world.allPools()) {
      const cause = freedBy?.get(pool.id) ?? ctx;
      moved = serveAll(world, cause, pool, judged) || moved;
    }
    moved ||= trade(world, ctx, []);
  }
  for (const pool of world.allPools()) {
    sayWhy(world, pool);
    leaveRest(world, pool);
  }
}

const NOBODY: ReadonlySet<Id> = new Set();

/**
 * As much of the list is loaded as the requests alone could need. When more has come free, such as a thousand leases at once,
 * the rest is left to the background in this same commit, so that it is done even if this process ends now.
 */
function leaveRest(world: World, pool: Pool): void {
  const served = world.servedOfPart(pool);
  if (served !== undefined && mayGive(world, pool)) world.markStale([served.userId]);
}

/** Who is passed over for a reservation is told so. */
function sayWhy(world: World, pool: Pool): void {
  if (pool.policy.reservations.length === 0) return;
  for (const entry of world.waitingFor(pool)) {
    const reason = whyWaiting(world, entry);
    if (reason !== entry.reason) world.list({ ...entry, reason });
  }
}

function serveAll(world: World, ctx: Context, pool: Pool, judged: ReadonlySet<Id>): boolean {
  let moved = false;
  while (mayGive(world, pool) && serveFirst(world, ctx, pool, judged)) moved = true;
  return moved;
}

function serveFirst(world: World, ctx: Context, pool: Pool, judged: ReadonlySet<Id>): boolean {
  const { entry, bundled } = firstServable(world, pool, judged);
  // Who gets the product only together with others is looked at as a whole, and nobody takes that seat meanwhile.
  world.markStale(bundled.slice(0, Math.max(1, world.room(pool))).map(({ userId }) => userId));
  if (entry === undefined) return false;
  // Of those who come before and the one who is next, whoever has the least above what was bought.
  const rooms = [...bundled, entry].map((one) => roomOf(world, pool, askerOf(one)));
  if (bundled.length > 0 && Math.min(...rooms) <= bundled.length) return false;
  const { userId, product, tier } = entry;
  // What is given only together with this could now be had; what came alone is no reason to wait for the next change.
  if (atomicRules(world).length > 0) world.markStale([userId]);
  makeRoom(world, ctx, pool, { userId, entry });
  leaveOrStayListed(world, ctx, entry, pool);
  const held = seatOf(world, userId, product);
  const isInvited = pool.policy.acquireOn === "invite" && !hasPlace(world, userId, pool);
  if (held === undefined && isInvited && !entry.atTheDoor) {
    inviteTo(world, ctx, { userId, entry, pool, tier });
    return true;
  }
  if (held !== undefined) moveSeat(world, ctx, held, { pool, tier, entry });
  else grantSeat(world, ctx, { user: { id: userId }, entry, pool, tier, reason: "listDrained" });
  return true;
}

interface InTurn {
  readonly entry: WaitingEntry | undefined;
  /** Who would come before, but gets the product only together with others. */
  readonly bundled: readonly WaitingEntry[];
}

function firstServable(world: World, pool: Pool, judged: ReadonlySet<Id>): InTurn {
  const bundled: WaitingEntry[] = [];
  for (const entry of waitingFor(world, pool)) {
    if (!isServable(world, pool, entry)) continue;
    if (entry.reason !== "Bundle") return { entry, bundled };
    if (!judged.has(entry.userId)) bundled.push(entry);
  }
  return { entry: undefined, bundled };
}

function isServable(world: World, pool: Pool, entry: WaitingEntry): boolean {
  const held = seatOf(world, entry.userId, pool.product);
  if (held?.poolId === pool.id) return false;
  if (held !== undefined && isForLess(entry) && boundUntil(world, held) !== null) return false;
  return canGive(world, pool, askerOf(entry));
}

function askerOf(entry: WaitingEntry): Asker {
  return { userId: entry.userId, entry };
}
