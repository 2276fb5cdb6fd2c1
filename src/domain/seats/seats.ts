import type { Seat, WaitingEntry } from "../directory.js";
import { hasPlace } from "../keeping/boundPlaces.js";
import { staysHeld, withoutHold } from "../brake/braking.js";
import {
  betterThan,
  candidatesFor,
  isForGood,
  type Candidate,
  type Occasion,
} from "./candidates.js";
import { endOf, withheldFrom, type Withheld } from "./claimEnd.js";
import type { Wish } from "../entitlement.js";
import { canWaitFor, whenFull, type Demand } from "./full.js";
import { grantSeat, releaseSeat } from "./ledger.js";
import { moveSeat } from "./moves.js";
import { leaveList, waitForSeat } from "../waiting/waitingList.js";
import type { SeatOutcome } from "./outcome.js";
import { usedAgain } from "../reclaim/grace.js";
import { isHeldDown } from "../reclaim/idle.js";
import { isOpenAtTheDoor, keptOf, roomFor, seatOf, waitingOf } from "../waiting/queue.js";
import {
  forgetSuspended,
  invite,
  isInvitation,
  settleKept,
  withhold,
} from "../keeping/returning.js";
import { makeRoom } from "../pools/room.js";
import { type Holding, openTarget, stay } from "./stay.js";
import { whyNone, whyNoPool } from "./whyNot.js";
import type { Context, World } from "../world.js";

export type { SeatOutcome } from "./outcome.js";

/**
 * Seats: who holds one, who waits, who must give one back. Every way in ends here, so every door gives the same
 * verdict for the same state (I15). Nothing here can oversell: a seat is taken only while `room(pool) > 0`, and the
 * database refuses it a second time.
 */

/**
 * How far to go for a seat. free: only where there is room, and not for less than is held. lower: for less, too. all: as
 * the pools do when they are full.
 */
export type Extent = "free" | "lower" | "all";

/**
 * Brings one user's seat of one product in line with the wish. The order of the checks is the precedence of reasons.
 * @returns null when that takes more than `extent` allows; a seat that could not be kept is given back all the same
 */
export function settleWithin(
  world: World,
  ctx: Context,
  wish: Wish,
  extent: Extent,
  occasion: Occasion = "provision",
): SeatOutcome | null {
  const { user, product, requirement } = wish;
  const held = seatOf(world, user.id, product.id);
  const seat = occasion === "signIn" ? usedAgain(world, ctx, held) : held;
  const kept = seat === undefined ? keptOf(world, user.id, product.id) : undefined;
  const entry = waitingOf(world, user.id, product.id);

  const refusal = withheldFrom(wish);
  if (refusal !== null) return giveUp(world, ctx, refusal, { seat, kept, entry });

  const candidates = candidatesFor(world, wish, occasion, requirement?.tier ?? null);
  if (seat !== undefined) {
    return keepOrMove(world, ctx, { wish, seat, entry, candidates, occasion }, extent);
  }
  const demand = { wish, entry, candidates, occasion, extent };
  return kept === undefined ? begin(world, ctx, demand) : comeBack(world, ctx, kept, demand);
}

/** For who has nothing of the product. */
function begin(world: World, ctx: Context, demand: Asked): SeatOutcome | null {
  const { entry, candidates } = demand;
  if (candidates.length > 0) return acquire(world, ctx, demand);
  const waiting = stayAtTheDoor(world, ctx, demand);
  if (waiting !== null) return waiting;
  if (entry !== undefined) leaveList(world, ctx, entry, "noPool");
  return { type: "none", reason: whyNoPool(demand.wish) };
}

/**
 * Whoever waits at the door keeps the place whatever a sync says meanwhile, as long as a pool has a list that would take
 * a newcomer at the door. A free seat comes from the draining list; nobody is displaced for somebody who may have left.
 */
function stayAtTheDoor(world: World, ctx: Context, demand: Demand): SeatOutcome | null {
  if (!standsAtTheDoor(demand)) return null;
  const { wish, entry } = demand;
  const needed = wish.requirement?.tier ?? null;
  const asker = { userId: wish.user.id, entry };
  const open = candidatesFor(world, wish, "signIn", needed).find(canWaitFor(world, asker));
  if (open === undefined) return null;
  // Who waited for several together may have another claim to this one by now.
  const before = entry === undefined || entry.reason === "Bundle" ? "PoolFull" : entry.reason;
  const reason: WaitingEntry["reason"] = wish.isBundled === true ? "Bundle" : before;
  const wait = { wish, entry, tier: open.tier, atTheDoor: true, reason };
  return { type: "waiting", entry: waitForSeat(world, ctx, wait) };
}

function standsAtTheDoor({ wish, entry }: Demand): boolean {
  return entry?.atTheDoor === true || wish.isAtTheDoor === true;
}

function comeBack(world: World, ctx: Context, kept: Seat, demand: Asked): SeatOutcome | null {
  const settled = settleKept(world, ctx, { ...demand, kept });
  if (settled !== null) return settled;
  const { user, product } = demand.wish;
  const entry = waitingOf(world, user.id, product.id);
  const outcome = begin(world, ctx, { ...demand, entry });
  if (outcome !== null && outcome.type !== "held") forgetSuspended(world, ctx, kept);
  return outcome;
}

interface Present {
  readonly seat: Seat | undefined;
  readonly kept: Seat | undefined;
  readonly entry: WaitingEntry | undefined;
}

function giveUp(
  world: World,
  ctx: Context,
  { reason, release }: Withheld,
  { seat, kept, entry }: Present,
): SeatOutcome {
  if (entry !== undefined) leaveList(world, ctx, entry, release);
  // A conflict is never resolved by a guess: who holds a seat keeps it until somebody decides.
  if (seat !== undefined && reason !== "TierConflict") releaseSeat(world, ctx, seat, release);
  if (kept !== undefined) withhold(world, ctx, kept, reason);
  return { type: "none", reason };
}

/**
 * For who holds a seat already. A claim that has ended releases it. Otherwise it is kept until something better is
 * there: an upgrade never gives up what is held.
 */
function keepOrMove(
  world: World,
  ctx: Context,
  holding: Holding,
  extent: Extent,
): SeatOutcome | null {
  const { wish, entry } = holding;
  const ended = endOf(wish, world.pools.get(holding.seat.poolId));
  if (ended !== null) return endSeat(world, ctx, holding, { reason: ended, extent });

  const seat = withoutHold(world, ctx, holding.seat);
  if (isHeldDown(world, seat, holding.occasion === "signIn")) return { type: "held", seat };
  const better = betterThan(world, { ...holding, seat });
  if (better.isLower && extent === "free") return null;
  const target = openTarget(world, { wish, entry }, seat, better);
  if (target !== undefined) {
    return keepWaitingForBetter(world, ctx, holding, target, moveSeat(world, ctx, seat, target));
  }
  if (extent !== "all" && better.targets.length > 0) return null;
  const now = { ...holding, seat };
  const raised = better.worthWaiting ? upgrade(world, ctx, now, better.targets) : null;
  return raised ?? stay(world, ctx, now, better);
}

/** What gives a seat to a newcomer gives it to who needs a better one, too (I15). Null: nothing does. */
function upgrade(
  world: World,
  ctx: Context,
  holding: Holding,
  candidates: readonly Candidate[],
): SeatOutcome | null {
  const { wish, seat, entry, occasion } = holding;
  const full = whenFull(world, { wish, entry, candidates, occasion, isUpgrade: true });
  if (full.type !== "extend" && full.type !== "displace") return null;
  const asker = { userId: wish.user.id };
  if (full.type === "extend") makeRoom(world, ctx, full.candidate.pool, asker);
  else releaseSeat(world, ctx, full.victim, "displaced", wish.user.id);
  const moved = moveSeat(world, ctx, seat, full.candidate);
  return keepWaitingForBetter(world, ctx, holding, full.candidate, moved);
}

function endSeat(
  world: World,
  ctx: Context,
  { wish, seat, entry, candidates }: Holding,
  { reason, extent }: { readonly reason: "claimLost" | "unassigned"; readonly extent: Extent },
): SeatOutcome | null {
  if (staysHeld(world, seat)) {
    if (entry !== undefined) leaveList(world, ctx, entry, reason);
    return { type: "held", seat };
  }
  releaseSeat(world, ctx, seat, reason);
  if (reason === "unassigned" && candidates.length > 0) {
    return acquire(world, ctx, { wish, entry, candidates, occasion: "provision", extent });
  }
  if (entry !== undefined) leaveList(world, ctx, entry, reason);
  return { type: "none", reason: whyNoPool(wish) };
}

interface Asked extends Demand {
  readonly extent: Extent;
}

/** For who holds none: a free seat, else what the pools do when they are full. */
function acquire(world: World, ctx: Context, demand: Asked): SeatOutcome | null {
  const { wish, entry, candidates, occasion } = demand;
  const { user } = wish;
  // An invitation that takes no seat needs none to be free.
  const open = candidates.find(
    (one) => isInvitation(one, occasion) && !one.pool.policy.pendingReserves,
  );
  if (open !== undefined) return invite(world, ctx, wish, open);
  const free = candidates.find(
    ({ pool }) =>
      isOpenAtTheDoor(world, pool, occasion, user.id) || roomFor(world, user.id, entry, pool),
  );
  if (free !== undefined) return take(world, ctx, demand, free);
  if (demand.extent !== "all") return null;
  const full = whenFull(world, demand);
  switch (full.type) {
    case "displace": {
      const { candidate, victim } = full;
      releaseSeat(world, ctx, victim, "displaced", user.id);
      const taken = { user, ...candidate, reason: "tookOver", displaced: victim.userId } as const;
      return keepWaitingForBetter(world, ctx, demand, candidate, grantSeat(world, ctx, taken));
    }
    case "extend":
      makeRoom(world, ctx, full.candidate.pool, { userId: user.id });
      return take(world, ctx, demand, full.candidate);
    case "fallBack": {
      const { candidate, target } = full;
      const seat = grantSeat(world, ctx, { user, ...target, reason: "fellBack" });
      waitForSeat(world, ctx, { wish, entry, tier: candidate.tier, atTheDoor: false });
      return { type: "held", seat };
    }
    case "wait": {
      const { candidate, reason } = full;
      const atTheDoor = occasion === "signIn" || standsAtTheDoor(demand);
      const why = wish.isBundled === true ? "Bundle" : reason;
      const wait = { wish, entry, tier: candidate.tier, atTheDoor, reason: why } as const;
      return { type: "waiting", entry: waitForSeat(world, ctx, wait) };
    }
    case "reject":
    case "nothing": {
      const waiting = stayAtTheDoor(world, ctx, demand);
      if (waiting !== null) return waiting;
      if (entry !== undefined) leaveList(world, ctx, entry, "noPool");
      return { type: "none", reason: whyNone(world, candidates, user.id) };
    }
  }
}

function take(world: World, ctx: Context, demand: Demand, candidate: Candidate): SeatOutcome {
  const { user } = demand.wish;
  const hasOwn = hasPlace(world, user.id, candidate.pool);
  if (!hasOwn && isInvitation(candidate, demand.occasion)) {
    return invite(world, ctx, demand.wish, candidate);
  }
  const seat = grantSeat(world, ctx, { user, ...candidate, reason: "claimed" });
  return keepWaitingForBetter(world, ctx, demand, candidate, seat);
}

/** Who got a seat for the time of a sign-in keeps the place in the queue for one for good. */
function keepWaitingForBetter(
  world: World,
  ctx: Context,
  { wish, entry, candidates }: Pick<Demand, "wish" | "entry" | "candidates">,
  got: Candidate,
  seat: Seat,
): SeatOutcome {
  const forGood = isForGood(got)
    ? undefined
    : candidates.filter(isForGood).find(canWaitFor(world, { userId: wish.user.id, entry }));
  if (forGood !== undefined) {
    waitForSeat(world, ctx, { wish, entry, tier: forGood.tier, atTheDoor: false });
  } else if (entry !== undefined) leaveList(world, ctx, entry, "granted");
  return { type: "held", seat };
}
