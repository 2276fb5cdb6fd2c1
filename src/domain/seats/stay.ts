import { boundUntil } from "../keeping/bound.js";
import { type Better, type Candidate, isForGood, type Occasion } from "./candidates.js";
import type { Seat, WaitingEntry } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { canWaitFor } from "./full.js";
import { retierSeat } from "./ledger.js";
import type { SeatOutcome } from "./outcome.js";
import type { Asker } from "../pools/ownTerms.js";
import { roomBehind, roomFor } from "../waiting/queue.js";
import { rewatchedIn } from "../reclaim/grace.js";
import { leaveList, waitForSeat } from "../waiting/waitingList.js";
import type { Context, World } from "../world.js";

/** Who holds a seat: where there is something better, and what it means to stay. */

export interface Holding {
  readonly wish: Wish;
  readonly seat: Seat;
  readonly entry: WaitingEntry | undefined;
  readonly candidates: readonly Candidate[];
  readonly occasion: Occasion;
}

/**
 * The best that is free. Who needs less stays while the place is bound: it would serve nobody else, and a second one might.
 */
export function openTarget(
  world: World,
  { wish, entry }: Pick<Holding, "wish" | "entry">,
  seat: Seat,
  { targets, isLower }: Better,
): Candidate | undefined {
  const { id } = wish.user;
  if (!isLower) return targets.find(({ pool }) => roomFor(world, id, entry, pool));
  if (boundUntil(world, seat) !== null) return undefined;
  return targets.find(({ pool }) => roomBehind(world, id, pool));
}

/** Where the holder is, in the tier that is right there; with a place on the list where that is worth it. */
export function stay(
  world: World,
  ctx: Context,
  { wish, seat, entry }: Holding,
  better: Better,
): SeatOutcome {
  const { worthWaiting, isLower, tierHere } = better;
  const same = rewatchedIn(world, seat);
  const settled =
    tierHere === null || tierHere === seat.tier ? same : retierSeat(world, ctx, same, tierHere);
  const isListed = isLower || worthWaiting;
  const waits = isListed ? waitedFor(world, { userId: wish.user.id, entry }, better) : undefined;
  if (waits !== undefined) {
    const reason = isLower ? "HoldsMore" : "PoolFull";
    waitForSeat(world, ctx, { wish, entry, tier: waits.tier, atTheDoor: false, reason });
  } else if (entry !== undefined) leaveList(world, ctx, entry, "satisfied");
  return { type: "held", seat: better.targets.length > 0 ? movesLater(world, settled) : settled };
}

function waitedFor(
  world: World,
  asker: Asker,
  { targets, isLower }: Better,
): Candidate | undefined {
  return (isLower ? targets.filter(isForGood) : targets).find(canWaitFor(world, asker));
}

/** Nothing else may happen on the day on which the place is bound no longer, so somebody has to look. */
function movesLater(world: World, seat: Seat): Seat {
  const until = boundUntil(world, seat);
  if (until === null || seat.movesAt === until) return seat;
  const later: Seat = { ...seat, movesAt: until };
  world.seats.set(later);
  return later;
}
