import type { Seat, Timestamp } from "../directory.js";
import type { PoolPolicy } from "../pools/policy.js";
import { refuse, type Verdict } from "../verdict.js";

/**
 * The states of one person's seat of one product, and every way from one to another (docs/pools.md). What is not in the table
 * is refused by name. `waiting` is a place on the list, `blocked` a named reason beside the requirement; both are no seat.
 */
export const STATES = [
  "none",
  "pending",
  "waiting",
  "active",
  "grace",
  "parked",
  "suspended",
  "blocked",
  "closed",
] as const;
export type State = (typeof STATES)[number];

export const STEPS = [
  "invite",
  "grant",
  "wait",
  "block",
  "accept",
  "decline",
  "cancel",
  "expire",
  "schedule",
  "undo",
  "windowOver",
  "park",
  "suspend",
  "resume",
  "retentionOver",
  "delete",
] as const;
export type Step = (typeof STEPS)[number];

const TRANSITIONS: Record<State, Partial<Record<Step, State>>> = {
  none: { invite: "pending", grant: "active", wait: "waiting", block: "blocked" },
  pending: {
    accept: "active",
    decline: "closed",
    cancel: "closed",
    expire: "closed",
    suspend: "suspended",
    delete: "closed",
  },
  waiting: {
    grant: "active",
    invite: "pending",
    cancel: "closed",
    expire: "closed",
    suspend: "suspended",
    delete: "closed",
  },
  active: { schedule: "grace", park: "parked", suspend: "suspended", delete: "closed" },
  grace: { undo: "active", windowOver: "parked", suspend: "suspended", delete: "closed" },
  parked: {
    grant: "active",
    wait: "waiting",
    retentionOver: "closed",
    suspend: "suspended",
    delete: "closed",
  },
  suspended: { resume: "active", wait: "waiting", park: "parked", delete: "closed" },
  blocked: { grant: "active", wait: "waiting", suspend: "suspended", delete: "closed" },
  closed: {},
};

/** @returns the state after the step, or the refusal `Conflict` that names both */
export function transition(state: State, step: Step): Verdict<State> {
  const after = TRANSITIONS[state][step];
  return after === undefined
    ? refuse("Conflict", {
        sentence: `A seat that is ${state} has no step "${step}".`,
        detail: `${state} ${step}`,
      })
    : { ok: after };
}

/** For decisions, which have asked before: a step that is not there is a fault of the program. */
export function stepFrom(state: State, step: Step): State {
  const verdict = transition(state, step);
  if ("refused" in verdict) throw new Error(verdict.sentence);
  return verdict.ok;
}

type Consumption = Pick<PoolPolicy, "pendingReserves" | "parkedConsumes" | "suspendedConsumes">;

/**
 * The one predicate (I4): whether a seat in this state takes one of those that were bought.
 *
 * @param isBound its licence may not change hands yet (bound.ts), so nobody else could have the place
 */
export function consumesSeat(policy: Consumption, state: State, isBound = false): boolean {
  switch (state) {
    case "active":
    case "grace":
      return true;
    case "pending":
      return policy.pendingReserves;
    case "parked":
      return policy.parkedConsumes || isBound;
    case "suspended":
      return policy.suspendedConsumes || isBound;
    case "none":
    case "waiting":
    case "blocked":
    case "closed":
      return false;
  }
}

/** What `consumesSeat` said when the seat came into its state; counter and database go by it. */
export function occupies({ kept }: Pick<Seat, "kept">): boolean {
  return kept?.consumes ?? true;
}

export function isLive({ kept }: Pick<Seat, "kept">): boolean {
  return kept === undefined;
}

/** A lease past its end is free by definition, whether or not its row is still there. */
export function isInTime({ expiresAt }: Pick<Seat, "expiresAt">, now: Timestamp): boolean {
  return expiresAt === null || expiresAt > now;
}

export function stateOf({ kept, grace }: Pick<Seat, "kept" | "grace">): State {
  return kept?.state ?? (grace === undefined ? "active" : "grace");
}
