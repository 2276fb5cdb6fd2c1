import type { Id, Seat, Timestamp } from "../directory.js";
import type { Cause } from "../history.js";

/**
 * The brake (I22): when directory, mapping or policy would end more claims than usual, the loss of those seats waits for a
 * person. What an identity provider says is recorded and answered all the same, and whoever is deactivated, deleted or
 * excluded loses access at once: only the end of a claim is held back.
 */

/** It trips when more seats than both numbers allow are lost within the window. */
export interface BrakeLimit {
  /** 0: off. */
  readonly seats: number;
  /** Of the seats that were taken when the window began. */
  readonly percent: number;
  readonly windowMinutes: number;
}

/** A department that is reorganised passes; a group that was emptied by mistake does not (docs/adr/0025). */
export const DEFAULT_LIMIT: BrakeLimit = { seats: 100, percent: 25, windowMinutes: 60 };

export interface BrakeState {
  readonly limit: BrakeLimit;
  /** When the window began, what was taken then, and what was lost since. */
  readonly since: Timestamp;
  readonly total: number;
  readonly lost: number;
  /** What is held back and not decided yet. */
  readonly open: HeldLoss | null;
  /** The newest last. */
  readonly decided: readonly DecidedLoss[];
}

/** Losses of seats that are held back together. */
export interface HeldLoss {
  readonly id: Id;
  readonly at: Timestamp;
  /**
   * Counting: a large change is still worked through in the background, and only its end shows how many seats it takes.
   * NeedsApproval: too many.
   */
  readonly state: "Counting" | "NeedsApproval";
  /** Held back now: not those that are claimed again, or were lost for another reason meanwhile. */
  readonly seats: number;
  /** Of the first of them. */
  readonly cause: Cause;
}

export interface DecidedLoss extends Omit<HeldLoss, "state"> {
  /** passed: when all were counted they were few enough. */
  readonly state: "approved" | "rejected" | "passed";
  readonly decidedAt: Timestamp;
  /** A token's public id, "command line" or "system". */
  readonly decidedBy: string;
}

export const NO_BRAKE_YET: BrakeState = {
  limit: DEFAULT_LIMIT,
  since: 0,
  total: 0,
  lost: 0,
  open: null,
  decided: [],
};

/** Older ones are forgotten; whoever is held back by them stays so until the directory says otherwise. */
const DECIDED_MAX = 20;

/**
 * request: judged by itself. part: of a large change; more follows. last: nothing follows. plan: a person has seen what is
 * lost, and wants it.
 */
export type BrakeTurn = "request" | "part" | "last" | "plan";

export interface Losing {
  readonly turn: BrakeTurn;
  readonly now: Timestamp;
  /** Seats taken at the moment, of all pools. */
  readonly total: number;
  /** Seats whose claim ends in this change set. */
  readonly count: number;
  readonly cause: Cause;
  readonly nextId: () => Id;
}

export interface Braked {
  readonly state: BrakeState;
  /** The held loss that the seats of this change set now belong to; null: they are lost. */
  readonly heldBy: Id | null;
  /** A held loss that turned out to be small: its seats are lost now. */
  readonly passed: Id | null;
}

const NOTHING_HELD = { heldBy: null, passed: null };

export function brake(state: BrakeState, losing: Losing): Braked {
  const { turn, count } = losing;
  const counting = turn === "last" && state.open?.state === "Counting" ? state.open : null;
  const isOff = state.limit.seats === 0 || turn === "plan";
  if (counting === null && (count === 0 || isOff)) return { state, ...NOTHING_HELD };
  const window = inWindow(state, losing);
  return turn === "part"
    ? hold(window, losing, "Counting")
    : judge(window, losing, { counting, isOff });
}

function judge(
  state: BrakeState,
  losing: Losing,
  { counting, isOff }: { readonly counting: HeldLoss | null; readonly isOff: boolean },
): Braked {
  const seats = losing.count + (counting?.seats ?? 0);
  if (!isOff && isTooMuch(state, seats)) return hold(state, losing, "NeedsApproval");
  const after = { ...state, lost: state.lost + seats };
  if (counting === null) return { state: after, ...NOTHING_HELD };
  const decision = { state: "passed", decidedAt: losing.now, decidedBy: "system" } as const;
  return { state: decide(after, counting, decision), heldBy: null, passed: counting.id };
}

function inWindow(state: BrakeState, { now, total }: Losing): BrakeState {
  const isOver = now - state.since >= state.limit.windowMinutes * 60_000;
  return isOver ? { ...state, since: now, total, lost: 0 } : state;
}

function isTooMuch({ limit, total, lost }: BrakeState, seats: number): boolean {
  return lost + seats > limit.seats && (lost + seats) * 100 > limit.percent * total;
}

/** What is open takes in whatever follows. */
function hold(state: BrakeState, losing: Losing, wanted: HeldLoss["state"]): Braked {
  const { nextId, now: at, cause, count } = losing;
  const begun: HeldLoss = state.open ?? { id: nextId(), at, state: wanted, seats: 0, cause };
  const held: HeldLoss = {
    ...begun,
    state: begun.state === "NeedsApproval" ? begun.state : wanted,
    seats: begun.seats + count,
  };
  return { state: { ...state, open: held }, heldBy: held.id, passed: null };
}

export function decide(
  state: BrakeState,
  held: HeldLoss,
  decision: Pick<DecidedLoss, "state" | "decidedAt" | "decidedBy">,
): BrakeState {
  const decided = [...state.decided, { ...held, ...decision }].slice(-DECIDED_MAX);
  return { ...state, open: null, decided };
}

/** Whether the seat stays although nothing claims it any more. */
export function isHeldBack({ decided }: BrakeState, { heldBy }: Pick<Seat, "heldBy">): boolean {
  if (heldBy === undefined) return false;
  return !decided.some(({ id, state }) => id === heldBy && state !== "rejected");
}
