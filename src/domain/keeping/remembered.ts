import { boundSeat, type Moment, withoutUse } from "./bound.js";
import type { Seat, Timestamp } from "../directory.js";
import type { KeptState, PoolPolicy } from "../pools/policy.js";
import { consumesSeat, stateOf, stepFrom } from "../seats/states.js";
import { coolsUntil } from "../seats/takeOver.js";

/** What a pool's policy remembers of a seat that is lost, and for how long. */

const DAY_SECONDS = 86_400;

/** Where a live seat goes when its holder loses it for this reason; null: nowhere, it is given up. */
export function keptAfter(policy: PoolPolicy, reason: string): "parked" | "suspended" | null {
  switch (reason) {
    case "deactivated":
      return keepsSuspended(policy) ? "suspended" : null;
    case "reclaimed":
    case "givenUp":
    case "contracted":
      return "parked";
    case "claimLost":
    case "unassigned":
    case "released":
      return policy.parkedConsumes || policy.parkedSeconds > 0 ? "parked" : null;
    case "displaced":
      return displacedSeconds(policy) > 0 ? "parked" : null;
    default:
      return null;
  }
}

/** Taken back although there is a claim: no place is held for the person. */
export const TAKEN_BACK: ReadonlySet<string> = new Set(["reclaimed", "givenUp", "contracted"]);

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
  // As long as there is a claim: without this memory it would give the seat again at once.
  if (TAKEN_BACK.has(reason)) return null;
  const seconds = {
    pending: policy.pendingSeconds,
    parked: reason === "displaced" ? displacedSeconds(policy) : policy.parkedSeconds,
    suspended: 0,
    closed: 0,
  }[state];
  return seconds === 0 ? null : now + seconds * 1_000;
}

/** What stays of a live seat that is lost for this reason; null: nothing. */
export function keptSeat(moment: Moment, seat: Seat, reason: string): Seat | null {
  const policy = moment.pools.get(seat.poolId)?.policy;
  if (policy === undefined) return null;
  const { now } = moment;
  if (reason === "expired") return lapsed(seat, policy, now);
  if (reason === "released" && policy.lingerSeconds > 0 && !isBorrowed(seat, now)) {
    return lingering(seat, policy, now);
  }
  return boundSeat(moment, seat, keptByPolicy(policy, seat, { reason, now }), reason);
}

interface Loss {
  readonly reason: string;
  readonly now: Timestamp;
}

function keptByPolicy(policy: PoolPolicy, seat: Seat, { reason, now }: Loss): Seat | null {
  // A session or a device does not come back; the person asks for the next one.
  const wanted = seat.unit === undefined ? keptAfter(policy, reason) : null;
  return wanted === null ? null : keptAs(wanted, seat, policy, { reason, now });
}

function keptAs(
  wanted: "parked" | "suspended",
  seat: Seat,
  policy: PoolPolicy,
  { reason, now }: Loss,
): Seat {
  const step = wanted === "parked" ? (seat.grace === undefined ? "park" : "windowOver") : "suspend";
  const state = stepFrom(stateOf(seat), step) as KeptState;
  // Whoever took the seat over has it: it cannot be taken by both.
  const isGone = reason === "displaced" || TAKEN_BACK.has(reason);
  const consumes = !isGone && consumesSeat(policy, state);
  return {
    ...withoutUse(seat),
    ...(reason === "displaced" ? { evicted: evictedOnceMore(seat.evicted, now) } : {}),
    expiresAt: keptUntil(policy, state, reason, now),
    kept: { state, consumes, since: now, reason },
  };
}

/**
 * A lease that ran out. It takes no seat; its generation is kept so that the renewal that was missed may still come (revive.ts).
 * The window begins with the end of the lease, whenever that was noticed.
 */
function lapsed(seat: Seat, { reviveSeconds }: PoolPolicy, now: Timestamp): Seat | null {
  const since = seat.expiresAt ?? now;
  const expiresAt = since + reviveSeconds * 1_000;
  if (expiresAt <= now) return null;
  const kept = { state: "parked", consumes: false, since, reason: LAPSED } as const;
  return { ...withoutUse(seat), expiresAt, kept };
}
export const LAPSED = "lapsed";

export function isLapsed({ kept }: Pick<Seat, "kept">): boolean {
  return kept?.reason === LAPSED;
}

/** Whether the lease lives without renewal now, because it was borrowed. */
export function isBorrowed({ borrowedUntil = 0 }: Seat, now: Timestamp): boolean {
  return borrowedUntil > now;
}

/** A lease that was given back in order: for a moment it is kept for the same person, and takes its place all the while. */
function lingering(seat: Seat, { lingerSeconds }: PoolPolicy, now: Timestamp): Seat {
  return {
    ...withoutUse(seat),
    expiresAt: now + lingerSeconds * 1_000,
    kept: { state: "parked", consumes: true, since: now, reason: LINGERS },
  };
}
export const LINGERS = "lingers";

/** What a place is that may change hands from now on: what the rest of the policy would have made of it; null: nothing. */
export function afterBound(policy: PoolPolicy, seat: Seat, now: Timestamp): Seat | null {
  if (seat.kept === undefined) return null;
  const { boundUntil: _, ...kept } = seat.kept;
  const { state, reason, since } = kept;
  if (TAKEN_BACK.has(reason)) {
    return { ...seat, expiresAt: null, kept: { ...kept, consumes: false } };
  }
  const isKept =
    state === "suspended"
      ? keepsSuspended(policy)
      : keptAfter(policy, reason === "resumed" ? "claimLost" : reason) !== null;
  const expiresAt = keptUntil(policy, state, reason, since);
  if (!isKept || (expiresAt !== null && expiresAt <= now)) return null;
  return { ...seat, expiresAt, kept: { ...kept, consumes: consumesSeat(policy, state) } };
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
  return now < coolsUntil(policy, before);
}
