import { type Fields, fieldsOf, type Line, textsIn } from "./entry.js";

/** One seat's way from entry to entry, and what the policy of its pool says to it (docs/ledger.md). */

export const GIVES = ["seat.granted", "seat.tierChanged"];
export const TAKES = ["seat.released", "seat.displaced", "lease.expired", "seat.stateChanged"];
const TAKEN_BACK = ["reclaimed", "givenUp", "contracted"];
const ENDS = ["none", "pending", "parked", "suspended", "closed"];

export interface HeldSeat extends Pick<Line, "id" | "userId" | "product" | "poolId" | "tier"> {
  /** "active": gives access. Otherwise what is kept of it, "pending", "parked", "suspended" or "closed". */
  readonly state: string;
  /** Whether it takes one of the seats that were bought. */
  readonly consumes: boolean;
}

export interface PoolState {
  readonly product: string;
  capacity: number;
  used: number;
  /** Null: unknown, because the pool is older than the chain. */
  tiers: readonly string[] | null;
  /** What is not in it is not allowed. */
  policy: Fields;
}

type Step = readonly [before: HeldSeat | undefined, line: Line, after: HeldSeat, details: Fields];

/** @param before the seat as it was; undefined: there was none of that id */
export function stepOf(before: HeldSeat | undefined, line: Line, details: Fields): Step {
  const { userId, product, poolId, tier, seatId, delta } = line;
  const { to = "none" } = details;
  const state = GIVES.includes(line.kind) ? "active" : typeof to === "string" ? to : "";
  const consumes = Number(before?.consumes === true) + delta === 1;
  const after = { id: seatId ?? "", userId, product, poolId, tier, state, consumes };
  return [before, line, after, details];
}

/** @param other the seat that this person has of the product */
export function isSecond([before, { kind }, { id }]: Step, other = id): boolean {
  const isGiven = before === undefined || kind === "seat.granted";
  return isGiven && (before?.state === "active" || other !== id);
}

/** Whether the seat was as the entry says, and may become what it says. */
export function isNext(step: Step): boolean {
  const [before, { kind }, after] = step;
  if (fromOf(step) !== (before?.state ?? "none")) return false;
  if (before === undefined) return kind === "seat.granted" || after.state === "pending";
  if (GIVES.includes(kind)) return isGivenLike(before, step);
  const isOther = kind === "seat.stateChanged" && before.state === "active";
  return !isOther && ENDS.includes(after.state) && isSame(before, after);
}

function isGivenLike(before: HeldSeat, [, { kind }, after, { fromTier }]: Step): boolean {
  const { tier } = before;
  if (kind === "seat.tierChanged") return fromTier === tier && isSame(before, { ...after, tier });
  // What takes no place may come back in another pool.
  return isSame(before, { ...after, tier, poolId: (before.consumes ? after : before).poolId });
}

/** The state from which the entry says that it goes, or that its kind begins with. */
function fromOf([before, { kind, reason }, , { from = "none" }]: Step): unknown {
  if (kind === "seat.granted" || kind === "seat.stateChanged") return from;
  // What is kept of a seat in one pool may be released for a seat in another.
  return before?.consumes === true && reason === "moved" ? before.state : "active";
}

/** Whether the count follows from both states and the policy. */
export function isCounted([before, line, { state, consumes }]: Step, policy: Fields): boolean {
  const took = before?.consumes === true;
  if (Number(took) + line.delta !== Number(consumes)) return false;
  if (consumes === isWanted(state, policy)) return true;
  // Who lost the place to somebody else or for want of use, or had none, need not be given one to be remembered.
  const isLost = line.kind === "seat.displaced" || TAKEN_BACK.includes(line.reason);
  const isWithout = isLost || (before !== undefined && !took);
  return !consumes && isWithout && state !== "active";
}

function isWanted(state: string, policy: Fields): boolean {
  if (state === "pending") return policy["pendingReserves"] !== false;
  return state === "active" || policy[`${state}Consumes`] === true;
}

/** Whether the seat is stored as the ledger leaves it. */
export function isStored(found: HeldSeat | undefined, seat: HeldSeat): boolean {
  const isRight = found?.state === seat.state && found.consumes === seat.consumes;
  return isRight && isSame(found, seat);
}

function isSame(one: HeldSeat | undefined, { userId, product, poolId, tier }: HeldSeat): boolean {
  const isOwn = one?.userId === userId && one.product === product;
  return isOwn && one.poolId === poolId && one.tier === tier;
}

export function tries({ policy }: PoolState, step: string): boolean {
  return textsIn(policy["onFull"])?.includes(step) === true;
}

/** Seats that may be held above the capacity. */
export function overageOf(pool: PoolState): number {
  const { type, percent, seats } = fieldsOf(pool.policy["overage"]);
  if (!tries(pool, "overage") || type === "none") return 0;
  if (type === "unlimited") return Infinity;
  return type === "factor" ? Math.floor((pool.capacity * Number(percent)) / 100) : Number(seats);
}
