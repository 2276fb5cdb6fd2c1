import type { Pool, Seat, Timestamp } from "./directory.js";
import type { KeptState, PoolPolicy } from "./policy.js";
import { consumesSeat, stateOf, stepFrom } from "./states.js";

/** What a pool's policy remembers of a seat that is lost, and for how long. */

const DAY_SECONDS = 86_400;

/** Where a live seat goes when its holder loses it for this reason; null: nowhere, it is given up. */
export function keptAfter(policy: PoolPolicy, reason: string): "parked" | "suspended" | null {
  switch (reason) {
    case "deactivated":
      return keepsSuspended(policy) ? "suspended" : null;
    case "claimLost":
    case "unassigned":
    case "released":
    case "reclaimed":
      return policy.parkedConsumes || policy.parkedSeconds > 0 ? "parked" : null;
    case "displaced":
      return displacedSeconds(policy) > 0 ? "parked" : null;
    default:
      return null;
  }
}

export function keepsSuspended({ suspendedConsumes, resume }: PoolPolicy): boolean {
  return suspendedConsumes || resume !== "tail";
}

/** Who lost a seat to somebody else is remembered at least as long as the protection that follows from it. */
function displacedSeconds(policy: PoolPolicy): number {
  const { parkedSeconds, coolDownSeconds, maxEvictionsPerDay } = policy;
  return Math.max(parkedSeconds, coolDownSeconds, maxEvictionsPerDay > 0 ? DAY_SECONDS : 0);
}

export function keptUntil(
  policy: PoolPolicy,
  state: KeptState,
  reason: string,
  now: Timestamp,
): Timestamp | null {
  const seconds = {
    pending: policy.pendingSeconds,
    parked: reason === "displaced" ? displacedSeconds(policy) : policy.parkedSeconds,
    suspended: 0,
    closed: 0,
  }[state];
  return seconds === 0 ? null : now + seconds * 1_000;
}

interface Moment {
  readonly now: Timestamp;
  readonly pools: { get(id: string): Pool | undefined };
}

/** What stays of a live seat that is lost for this reason; null: nothing. */
export function keptSeat({ now, pools }: Moment, seat: Seat, reason: string): Seat | null {
  const policy = pools.get(seat.poolId)?.policy;
  const wanted = policy === undefined ? null : keptAfter(policy, reason);
  if (policy === undefined || wanted === null) return null;
  const step = wanted === "parked" ? (seat.grace === undefined ? "park" : "windowOver") : "suspend";
  const state = stepFrom(stateOf(seat), step) as KeptState;
  const { grace: _, protectedUntil: __, heldBy: ___, ...rest } = seat;
  // Whoever took the seat over has it: it cannot be taken by both.
  const consumes = reason !== "displaced" && consumesSeat(policy, state);
  return {
    ...rest,
    ...(reason === "displaced" ? { evicted: evictedOnceMore(seat.evicted, now) } : {}),
    expiresAt: keptUntil(policy, state, reason, now),
    kept: { state, consumes, since: now, reason },
  };
}

type Evicted = NonNullable<Seat["evicted"]>;

function evictedOnceMore(before: Evicted | undefined, now: Timestamp): Evicted {
  return before === undefined || now - before.since >= DAY_SECONDS * 1_000
    ? { count: 1, since: now, last: now }
    : { ...before, count: before.count + 1, last: now };
}

/** What a new seat takes over from the one that was kept. */
export function remembered(
  { now }: Pick<Moment, "now">,
  { maxEvictionsPerDay }: PoolPolicy,
  before: Seat | undefined,
): Pick<Seat, "evicted" | "protectedUntil"> {
  const evicted = before?.evicted;
  if (evicted === undefined) return {};
  const until = evicted.since + DAY_SECONDS * 1_000;
  const isSafe = maxEvictionsPerDay > 0 && evicted.count >= maxEvictionsPerDay && now < until;
  return { evicted, ...(isSafe ? { protectedUntil: until } : {}) };
}

/** Whether who lost a seat a moment ago may not take one from others yet. */
export function coolsDown(now: Timestamp, policy: PoolPolicy, before: Seat | undefined): boolean {
  const last = before?.evicted?.last;
  return last !== undefined && now - last < policy.coolDownSeconds * 1_000;
}
