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
  /** When the oldest loss that counts was, what was taken before it, and what was lost since. */
  readonly since: Timestamp;
  readonly total: number;
  readonly lost: number;
  /** What `lost` is the sum of, the oldest first. Absent: from a time when a window was counted as one. */
  readonly recent?: readonly Piece[];
  /** What is held back and not decided yet. */
  readonly open: HeldLoss | null;
  /** The newest last. */
  readonly decided: readonly DecidedLoss[];
}

/** What was lost within so short a time that it is remembered together. */
export interface Piece {
  /** Of the first loss. */
  readonly since: Timestamp;
  /** Of the last. */
  readonly until: Timestamp;
  /** Seats taken before the first. */
  readonly total: number;
  readonly lost: number;
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
  /** passed: when all were counted they were few enough. over: before anybody decided, nothing was left to be held back. */
  readonly state: "approved" | "rejected" | "passed" | "over";
  readonly decidedAt: Timestamp;
  /** A token's public id, "command line" or "system". */
  readonly decidedBy: string;
}

export const NO_BRAKE_YET: BrakeState = {
  limit: DEFAULT_LIMIT,
  since: 0,
  total: 0,
  lost: 0,
  recent: [],
  open: null,
  decided: [],
};

/**
 * The window slides with the clock, so that there is no moment at which all of it is forgotten and as much again may go. Losses
 * are remembered in pieces of this part of it: few, however many losses there are, and each counts until the last of its piece is over.
 */
const PIECES = 12;

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
  const window = windowAt(state, losing.now);
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
  const after = lose(state, losing, seats);
  if (!isOff && seats > 0 && isTooMuch(after)) return hold(state, losing, "NeedsApproval");
  if (counting === null) return { state: after, ...NOTHING_HELD };
  const decision = { state: "passed", decidedAt: losing.now, decidedBy: "system" } as const;
  return { state: decide(after, counting, decision), heldBy: null, passed: counting.id };
}

function isTooMuch({ limit, total, lost }: BrakeState): boolean {
  return lost > limit.seats && lost * 100 > limit.percent * total;
}

function windowMs({ limit }: BrakeState): number {
  return limit.windowMinutes * 60_000;
}

/** What was lost longer ago than the window counts no more. */
export function windowAt(state: BrakeState, now: Timestamp): BrakeState {
  const { since, total, lost } = state;
  const { recent = [{ since, until: since, total, lost }] } = state;
  const from = now - windowMs(state);
  return counted(
    state,
    recent.filter(({ until }) => until > from),
  );
}

function lose(state: BrakeState, { now, total }: Losing, seats: number): BrakeState {
  if (seats === 0) return state;
  const { recent = [] } = state;
  const newest = recent.at(-1);
  const isLong = newest === undefined || now - newest.since >= windowMs(state) / PIECES;
  return isLong
    ? counted(state, [...recent, { since: now, until: now, total, lost: seats }])
    : counted(state, recent.with(-1, { ...newest, until: now, lost: newest.lost + seats }));
}

function counted(state: BrakeState, recent: readonly Piece[]): BrakeState {
  const { since, total } = recent[0] ?? NO_BRAKE_YET;
  return { ...state, since, total, lost: recent.reduce((sum, { lost }) => sum + lost, 0), recent };
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

/** One seat less is held back. With the last one it is over: a person who is asked later would be asked about nothing. */
export function countDown(state: BrakeState, open: HeldLoss, now: Timestamp): BrakeState {
  const left = { ...open, seats: Math.max(0, open.seats - 1) };
  return left.seats > 0 || left.state === "Counting"
    ? { ...state, open: left }
    : decide(state, left, { state: "over", decidedAt: now, decidedBy: "system" });
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
  return !decided.some(
    ({ id, state }) => id === heldBy && (state === "approved" || state === "passed"),
  );
}
