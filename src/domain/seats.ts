import type { Pool, Seat, WaitingEntry } from "./directory.js";
import {
  betterThan,
  candidatesFor,
  isForGood,
  type Candidate,
  type Occasion,
} from "./candidates.js";
import type { Wish } from "./entitlement.js";
import { grantSeat, leaveList, moveSeat, releaseSeat, retierSeat, waitForSeat } from "./ledger.js";
import { roomFor, seatOf, waitingOf } from "./queue.js";
import type { Context, World } from "./world.js";

/**
 * Seats: who holds one, who waits, who must give one back. Every way in ends here, so every door gives the same
 * verdict for the same state (I15). Nothing here can oversell: a seat is taken only while `free(pool) > 0`, and the
 * database refuses it a second time.
 */

export type SeatOutcome =
  | { readonly type: "held"; readonly seat: Seat }
  | { readonly type: "waiting"; readonly entry: WaitingEntry }
  /** `reason` says why there is no seat and none is waited for. */
  | {
      readonly type: "none";
      readonly reason:
        "NotEligible" | "Excluded" | "TierConflict" | "PoolFull" | "NoPool" | "Inactive";
    };

/**
 * Brings one user's seat of one product in line with the wish. The order of the checks is the precedence of reasons.
 */
export function settleSeat(
  world: World,
  ctx: Context,
  wish: Wish,
  occasion: Occasion,
): SeatOutcome {
  const { user, product, requirement } = wish;
  const seat = seatOf(world, user.id, product.id);
  const entry = waitingOf(world, user.id, product.id);

  const refusal = refusalOf(wish);
  if (refusal !== null) {
    if (entry !== undefined) leaveList(world, ctx, entry, refusal.release);
    // A conflict is never resolved by a guess: who holds a seat keeps it until somebody decides (SEATS.md B3).
    if (seat !== undefined && refusal.reason !== "TierConflict") {
      releaseSeat(world, ctx, seat, refusal.release);
    }
    return { type: "none", reason: refusal.reason };
  }

  const candidates = candidatesFor(world, wish, occasion, requirement?.tier ?? null);
  if (seat !== undefined) return keepOrMove(world, ctx, { wish, seat, entry, candidates });
  if (candidates.length === 0) {
    if (entry !== undefined) leaveList(world, ctx, entry, "noPool");
    return { type: "none", reason: "NoPool" };
  }
  return acquire(world, ctx, { wish, entry, candidates, occasion });
}

function refusalOf({ user, requirement }: Wish): {
  reason: "Inactive" | "Excluded" | "TierConflict";
  release: string;
} | null {
  if (!user.active) return { reason: "Inactive", release: "deactivated" };
  if (requirement?.blocked === "Excluded") return { reason: "Excluded", release: "excluded" };
  if (requirement?.blocked === "TierConflict") {
    return { reason: "TierConflict", release: "tierConflict" };
  }
  return null;
}

interface Holding {
  readonly wish: Wish;
  readonly seat: Seat;
  readonly entry: WaitingEntry | undefined;
  readonly candidates: readonly Candidate[];
}

/**
 * For who holds a seat already. A claim that has ended releases it. Otherwise it is kept until something better is
 * there: an upgrade never gives up what is held (SEATS.md B4 `keepAndWait`).
 */
function keepOrMove(world: World, ctx: Context, holding: Holding): SeatOutcome {
  const { wish, seat, entry } = holding;
  const ended = endOf(wish, world.pools.get(seat.poolId));
  if (ended !== null) return endSeat(world, ctx, holding, ended);

  const better = betterThan(world, holding);
  const target = better.targets.find(({ pool }) => roomFor(world, wish.user.id, entry, pool));
  if (target !== undefined) {
    if (entry !== undefined) leaveList(world, ctx, entry, "granted");
    return { type: "held", seat: moveSeat(world, ctx, seat, target) };
  }
  const { tierHere } = better;
  const settled =
    tierHere === null || tierHere === seat.tier ? seat : retierSeat(world, ctx, seat, tierHere);
  const waits = better.worthWaiting ? better.targets.find(canWaitFor) : undefined;
  if (waits !== undefined) {
    waitForSeat(world, ctx, { wish, entry, tier: waits.tier, atTheDoor: false });
  } else if (entry !== undefined) leaveList(world, ctx, entry, "satisfied");
  return { type: "held", seat: settled };
}

function endSeat(
  world: World,
  ctx: Context,
  { wish, seat, entry, candidates }: Holding,
  reason: "claimLost" | "unassigned",
): SeatOutcome {
  releaseSeat(world, ctx, seat, reason);
  if (reason === "unassigned" && candidates.length > 0) {
    return acquire(world, ctx, { wish, entry, candidates, occasion: "provision" });
  }
  if (entry !== undefined) leaveList(world, ctx, entry, reason);
  return { type: "none", reason: reason === "unassigned" ? "NoPool" : "NotEligible" };
}

function canWaitFor({ pool }: Candidate): boolean {
  return pool.policy.onFull !== "reject";
}

/** Why the seat cannot be kept, or null: nothing asks for it any more, or the hand that gave it took it back. */
function endOf(wish: Wish, pool: Pool | undefined): "claimLost" | "unassigned" | null {
  if (wish.requirement?.tier == null && pool?.policy.eligibility !== "anyone") return "claimLost";
  return pool?.policy.acquireOn === "manual" && !wish.directPools.includes(pool.name)
    ? "unassigned"
    : null;
}

interface Request {
  readonly wish: Wish;
  readonly entry: WaitingEntry | undefined;
  readonly candidates: readonly Candidate[];
  readonly occasion: Occasion;
}

/** For who holds none: a free seat, else somebody's whose turn it is, else the waiting list, else nothing. */
function acquire(world: World, ctx: Context, request: Request): SeatOutcome {
  const { wish, entry, candidates, occasion } = request;
  const free = candidates.find(
    ({ pool }) =>
      (comesFirst(pool, occasion) && world.free(pool) > 0) ||
      roomFor(world, wish.user.id, entry, pool),
  );
  if (free !== undefined) {
    const seat = grantSeat(world, ctx, { user: wish.user, ...free, reason: "claimed" });
    return keepWaitingForBetter(world, ctx, request, free, seat);
  }
  for (const candidate of candidates) {
    const victim = occasion === "signIn" ? nextToLose(world, candidate.pool) : undefined;
    if (victim === undefined) continue;
    releaseSeat(world, ctx, victim, "displaced", wish.user.id);
    const taken = {
      user: wish.user,
      ...candidate,
      reason: "tookOver" as const,
      displaced: victim.userId,
    };
    return keepWaitingForBetter(world, ctx, request, candidate, grantSeat(world, ctx, taken));
  }
  const waits = candidates.find(canWaitFor);
  if (waits === undefined) {
    if (entry !== undefined) leaveList(world, ctx, entry, "noPool");
    return { type: "none", reason: "PoolFull" };
  }
  const atTheDoor = occasion === "signIn" || entry?.atTheDoor === true;
  return {
    type: "waiting",
    entry: waitForSeat(world, ctx, { wish, entry, tier: waits.tier, atTheDoor }),
  };
}

/** Who got a seat for the time of a sign-in keeps the place in the queue for one for good. */
function keepWaitingForBetter(
  world: World,
  ctx: Context,
  { wish, entry, candidates }: Request,
  got: Candidate,
  seat: Seat,
): SeatOutcome {
  const forGood = isForGood(got)
    ? undefined
    : candidates.find((candidate) => isForGood(candidate) && canWaitFor(candidate));
  if (forGood !== undefined) {
    waitForSeat(world, ctx, { wish, entry, tier: forGood.tier, atTheDoor: false });
  } else if (entry !== undefined) leaveList(world, ctx, entry, "granted");
  return { type: "held", seat };
}

/** Rules 16 to 18: where the newcomer takes over a seat anyway, whoever signs in next gets it; there is no list. */
function comesFirst(pool: Pool, occasion: Occasion): boolean {
  return occasion === "signIn" && pool.policy.onFull === "evictLeastRecentlyUsed";
}

/**
 * Rule 13 and 14, Q1, Q2: the holder who loses a shared seat when somebody else signs in: in the pool's order, and only
 * when neither `minHold` nor `minIdle` protects him (I8).
 */
export function nextToLose(world: World, pool: Pool): Seat | undefined {
  if (pool.kind !== "shared" || pool.policy.onFull !== "evictLeastRecentlyUsed") return undefined;
  const { minHoldSeconds, minIdleSeconds, evictionOrder } = pool.policy;
  const used = (seat: Seat) =>
    evictionOrder === "lastSignIn" ? (seat.lastSignInAt ?? seat.grantedAt) : seat.lastUsedAt;
  const holders = world
    .evictableIn(pool.id)
    .filter((seat) => world.now - seat.grantedAt >= minHoldSeconds * 1000)
    .filter((seat) => world.now - seat.lastUsedAt >= minIdleSeconds * 1000);
  return holders.sort(
    (a, b) => used(a) - used(b) || a.grantedAt - b.grantedAt || (a.id < b.id ? -1 : 1),
  )[0];
}
