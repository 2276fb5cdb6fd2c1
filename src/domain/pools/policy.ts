import { LEASE_DEFAULTS, type LeasePolicy } from "./leasePolicy.js";
import { defaultTerms, type ReclaimTerms } from "../reclaim/terms.js";
import { SHARING_DEFAULTS, type SharingPolicy } from "./sharing.js";

/**
 * One record per pool that says how its seats come and go. docs/pools.md has every field with its default
 * and the rule or question that it answers; a test compares the two.
 */

export type PoolKind = "locked" | "shared" | "concurrent";

/** Of the record's shape. Version 1 had one word for `onFull` and no `version`. */
export const POLICY_VERSION = 2;

/**
 * When a seat is given. invite: on provisioning, as an invitation that the first sign-in accepts. manual: only a direct
 * pool rule or an administrator's hand gives one.
 */
export const ACQUIRE_ON = ["provision", "invite", "signIn", "manual"] as const;
export type AcquireOn = (typeof ACQUIRE_ON)[number];

/**
 * What to try, in this order, when every seat that was bought is taken. The last three end the list: `wait` gives a place
 * on the waiting list; `restricted` as well, and tells the application so; `reject` refuses the request over SCIM. An empty
 * list, or one that ends without them, leaves the person without a seat and without a place.
 */
export const ON_FULL = [
  "evictLru",
  "autoscale",
  "overage",
  "fallbackTier",
  "wait",
  "restricted",
  "reject",
] as const;
export type OnFull = (typeof ON_FULL)[number];
const ENDS: readonly OnFull[] = ["wait", "restricted", "reject"];

export function endsList(step: OnFull): boolean {
  return ENDS.includes(step);
}

/** What is tried for the members of a group, instead of what is tried for everybody else. */
export interface OnFullOfGroup {
  /** Of the directory: its displayName, letter case ignored, or its id. */
  readonly group: string;
  readonly onFull: readonly OnFull[];
}

/** Seats that may be held above what was bought. factor: so many per cent of the capacity, rounded down. */
export type Overage =
  | { readonly type: "none" }
  | { readonly type: "factor"; readonly percent: number }
  | { readonly type: "absolute"; readonly seats: number }
  | { readonly type: "unlimited" };

/** What a seat can be that gives no access but is remembered. */
export type KeptState = "pending" | "parked" | "suspended" | "closed";

export interface PoolPolicy extends SharingPolicy, LeasePolicy, ReclaimTerms {
  readonly version: typeof POLICY_VERSION;
  readonly acquireOn: AcquireOn;
  readonly onFull: readonly OnFull[];
  /** Who is in several of these groups gets the first list that fits; who is in none gets `onFull` (B3). */
  readonly onFullByGroup: readonly OnFullOfGroup[];
  readonly overage: Overage;
  /** Up to so many seats are bought by themselves; 0: none. */
  readonly autoscaleMax: number;
  /** claimed: a group, role, setting or hand must give a reason. anyone: signing in is reason enough (rule 7). */
  readonly eligibility: "claimed" | "anyone";
  /** Shared: a holder is safe for this long after the grant (Q2). */
  readonly minHoldSeconds: number;
  /** Shared: a holder is safe for this long after the last use (Q2). */
  readonly minIdleSeconds: number;
  /** Shared: whose turn it is to lose the seat: by last use or by last sign-in (Q2). */
  readonly evictionOrder: "lastUsed" | "lastSignIn";
  /** Shared: how often in 24 hours the same person may lose a seat to others; 0: no limit. */
  readonly maxEvictionsPerDay: number;
  /** Shared: for how long who lost a seat may not take one from others. */
  readonly coolDownSeconds: number;
  /** Shared: who is signed in right now is safe (Q2). */
  readonly protectRunningSession: boolean;
  /** Concurrent: how long a lease lives without renewal. */
  readonly leaseSeconds: number;
  /** An invitation takes a seat before it is accepted (Q11). */
  readonly pendingReserves: boolean;
  /** How long an invitation stands; 0: for ever. */
  readonly pendingSeconds: number;
  /** Who has lost every claim still takes a seat, until the account is deleted (Q13). */
  readonly parkedConsumes: boolean;
  /** How long the seat of who has lost it is remembered; 0: not at all, or for ever where it still takes one. */
  readonly parkedSeconds: number;
  /** Whose account is deactivated still takes a seat (Q20). */
  readonly suspendedConsumes: boolean;
  /** Locked: so long after the grant nobody else gets the place of a seat, whatever becomes of it. */
  readonly minReassignSeconds: number;
  /** Who is activated again: at the tail of the list like everybody, the same seat if it is free, or the head of the list. */
  readonly resume: "tail" | "sameIfFree" | "headOfList";
}

const DAY_SECONDS = 86_400;

/** What each kind of pool is known for: locked waits, shared changes hands, concurrent is a lease. */
const ON_FULL_OF: Record<PoolKind, readonly OnFull[]> = {
  locked: ["wait"],
  shared: ["evictLru", "wait"],
  concurrent: [],
};

export function defaultPolicy(kind: PoolKind): PoolPolicy {
  return {
    version: POLICY_VERSION,
    acquireOn: kind === "locked" ? "provision" : "signIn",
    onFull: ON_FULL_OF[kind],
    onFullByGroup: [],
    overage: { type: "none" },
    autoscaleMax: 0,
    eligibility: "claimed",
    minHoldSeconds: 0,
    minIdleSeconds: 0,
    evictionOrder: "lastUsed",
    maxEvictionsPerDay: 0,
    coolDownSeconds: 0,
    protectRunningSession: false,
    leaseSeconds: 600,
    pendingReserves: true,
    pendingSeconds: 14 * DAY_SECONDS,
    parkedConsumes: false,
    parkedSeconds: 0,
    suspendedConsumes: false,
    minReassignSeconds: 0,
    resume: "tail",
    ...SHARING_DEFAULTS,
    ...LEASE_DEFAULTS,
    ...defaultTerms(kind),
  };
}

/** As it was stored, by this version or an older one. What an older one could not say behaves as it did then. */
export function storedPolicy(kind: PoolKind, stored: object): PoolPolicy {
  const { onFull, ...rest } = stored as Partial<PoolPolicy> & { readonly onFull?: unknown };
  return {
    ...defaultPolicy(kind),
    ...rest,
    version: POLICY_VERSION,
    onFull: Array.isArray(onFull) ? (onFull as OnFull[]) : onFullBefore(onFull),
  };
}

/** Version 1: whoever could not take over a seat waited, and "reject" meant no seat, no place, and no refusal. */
function onFullBefore(word: unknown): readonly OnFull[] {
  if (word === "evictLeastRecentlyUsed") return ["evictLru", "wait"];
  return word === "wait" ? ["wait"] : [];
}

/** Whether time alone may end a seat of such a pool. */
export function hasDeadlines(kind: PoolKind, policy: PoolPolicy): boolean {
  const { parkedSeconds, coolDownSeconds, maxEvictionsPerDay, minReassignSeconds } = policy;
  const seconds = parkedSeconds + coolDownSeconds + maxEvictionsPerDay + minReassignSeconds;
  const isKept = seconds > 0 || policy.undo === "guaranteed";
  return kind === "concurrent" || policy.acquireOn === "invite" || isKept;
}

/** More seats than any pool has; small enough to be added to a capacity in the databases' 32 bits. */
const UNLIMITED = 1_000_000_000;

type Lists = Pick<PoolPolicy, "onFull" | "onFullByGroup">;

/** What is tried for anybody at all: of everybody's list, and of each group's. */
export function listsOf({ onFull, onFullByGroup }: Lists): (readonly OnFull[])[] {
  return [onFull, ...onFullByGroup.map((own) => own.onFull)];
}

/** Whether the pool takes this step for anybody. For whom, `stepsFor` says. */
export function tries(policy: Lists, step: OnFull): boolean {
  return listsOf(policy).some((list) => list.includes(step));
}

/** What was bought, and what may be held above it. */
export interface Sold {
  readonly capacity: number;
  readonly policy: Lists & Pick<PoolPolicy, "overage">;
}

/**
 * Seats that may be held above the capacity as it is, by whomever. The database holds the pool to the same number, the
 * largest that any of the lists allows; for whom it is, is decided before.
 */
export function overageSeats({ capacity, policy }: Sold): number {
  const { overage } = policy;
  if (!tries(policy, "overage")) return 0;
  switch (overage.type) {
    case "none":
      return 0;
    case "factor":
      return Math.floor((capacity * overage.percent) / 100);
    case "absolute":
      return overage.seats;
    case "unlimited":
      return UNLIMITED;
  }
}

/** overage: as the policy allows. excess: left over from before fewer were bought, or less was allowed. */
export interface Above {
  readonly overage: number;
  readonly excess: number;
}

/** The one notion of what is above a capacity, for who shows it and for who charges it (I4). */
export function aboveOf(sold: Sold, taken: number): Above {
  const above = Math.max(0, taken - sold.capacity);
  const overage = Math.min(above, overageSeats(sold));
  return { overage, excess: above - overage };
}

/** Up to where the pool may grow by itself, for whomever; 0 when it may not. */
export function autoscaleLimit({ policy }: { readonly policy: PoolPolicy }): number {
  return tries(policy, "autoscale") ? policy.autoscaleMax : 0;
}
