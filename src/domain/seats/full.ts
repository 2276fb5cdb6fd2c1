import { fallbacksFor, type Candidate, type Occasion } from "./candidates.js";
import type { Id, Pool, Seat, WaitingEntry } from "../directory.js";
import type { Wish } from "../entitlement.js";
import { type Asker, stepsFor } from "../pools/ownTerms.js";
import type { OnFull } from "../pools/policy.js";
import { keptOf, roomFor } from "../waiting/queue.js";
import { coolsDown } from "../keeping/remembered.js";
import { mayTakeOver } from "../pools/reservations.js";
import { openings } from "../pools/room.js";
import { unprotectedFrom } from "./takeOver.js";
import type { World } from "../world.js";

/**
 * What happens when every seat that was bought is taken: each pool's `onFull`, in its order, or the list that the pool has
 * for the person's group. The same function answers at every door, so that none of them knows a way in that the others do
 * not (I15).
 */

export type WhenFull =
  | { readonly type: "displace"; readonly candidate: Candidate; readonly victim: Seat }
  /** A seat above what was bought, or one that is bought for it. */
  | { readonly type: "extend"; readonly candidate: Candidate }
  /** A lower tier than needed meanwhile; the tier that is needed is waited for. */
  | { readonly type: "fallBack"; readonly candidate: Candidate; readonly target: Candidate }
  | {
      readonly type: "wait";
      readonly candidate: Candidate;
      readonly reason: WaitingEntry["reason"];
    }
  | { readonly type: "reject"; readonly candidate: Candidate }
  | { readonly type: "nothing" };

export interface Demand {
  readonly wish: Wish;
  readonly entry: WaitingEntry | undefined;
  readonly candidates: readonly Candidate[];
  readonly occasion: Occasion;
  /** For somebody who holds a seat already: nothing lower will do. */
  readonly isUpgrade?: boolean;
}

/** Whatever gives a seat comes before whatever does not, pool by pool; a place on a list before a refusal. */
export function whenFull(world: World, demand: Demand): WhenFull {
  const asker = { userId: demand.wish.user.id, entry: demand.entry };
  for (const candidate of demand.candidates) {
    for (const step of stepsFor(world, candidate.pool, asker)) {
      const given = givenBy(world, demand, candidate, step);
      if (given !== null) return given;
    }
  }
  return withoutSeat(world, demand.candidates, asker);
}

function givenBy(
  world: World,
  demand: Demand,
  candidate: Candidate,
  step: OnFull,
): WhenFull | null {
  const { wish, entry, occasion } = demand;
  const { pool } = candidate;
  switch (step) {
    case "evictLru": {
      const before = keptOf(world, wish.user.id, pool.product);
      // Above what may be held one seat given back makes no room: the capacity was lowered.
      if (world.room(pool) < 0) return null;
      if (occasion !== "signIn" || coolsDown(world.now, pool.policy, before)) return null;
      const victim = nextToLose(world, pool, wish.user.id);
      return victim === undefined ? null : { type: "displace", candidate, victim };
    }
    case "autoscale":
    case "overage":
      return roomFor(world, wish.user.id, entry, pool, { step, free: openings(world, pool, step) })
        ? { type: "extend", candidate }
        : null;
    case "fallbackTier": {
      if (demand.isUpgrade === true) return null;
      const target = fallbacksFor(world, wish, occasion).find((lower) =>
        roomFor(world, wish.user.id, undefined, lower.pool),
      );
      return target === undefined ? null : { type: "fallBack", candidate, target };
    }
    case "wait":
    case "restricted":
    case "reject":
      return null;
  }
}

function withoutSeat(world: World, candidates: readonly Candidate[], asker: Asker): WhenFull {
  const waits = candidates.find(canWaitFor(world, asker));
  if (waits !== undefined) {
    const isRestricted = stepsFor(world, waits.pool, asker).includes("restricted");
    const reason = isRestricted ? "Restricted" : "PoolFull";
    return { type: "wait", candidate: waits, reason };
  }
  const rejects = candidates.find(({ pool }) => stepsFor(world, pool, asker).includes("reject"));
  return rejects === undefined ? { type: "nothing" } : { type: "reject", candidate: rejects };
}

/** Whoever makes do with a lower tier waits for the one that is needed. */
export function canWaitFor(world: World, asker: Asker): (one: { readonly pool: Pool }) => boolean {
  return ({ pool }) => keepsList(stepsFor(world, pool, asker));
}

/** Whether a pool that does this when it is full has a waiting list. */
export function keepsList(steps: readonly OnFull[]): boolean {
  return steps.some((step) => WAITED_FOR.has(step));
}
const WAITED_FOR: ReadonlySet<OnFull> = new Set<OnFull>(["wait", "restricted", "fallbackTier"]);

/**
 * Rule 13 and 14, Q1, Q2: the holder who loses a shared seat when somebody else signs in: in the pool's order, and only
 * when nothing protects him: neither `minHold` nor `minIdle`, nor a pin, nor having lost too many today (I8).
 */
export function nextToLose(world: World, pool: Pool, userId: Id): Seat | undefined {
  if (pool.kind !== "shared") return undefined;
  const { evictionOrder, protectRunningSession } = pool.policy;
  const used = (seat: Seat) =>
    evictionOrder === "lastSignIn" ? (seat.lastSignInAt ?? seat.grantedAt) : seat.lastUsedAt;
  const holders = world
    .evictableIn(pool.id)
    .filter((seat) => (unprotectedFrom(pool.policy, seat) ?? Infinity) <= world.now)
    .filter((seat) => mayTakeOver(world, pool, seat, userId))
    // Sessions of before are the store's to look at.
    .filter(({ userId }) => !(protectRunningSession && world.signedIn.has(userId)));
  return holders.sort(
    (a, b) => used(a) - used(b) || a.grantedAt - b.grantedAt || (a.id < b.id ? -1 : 1),
  )[0];
}
