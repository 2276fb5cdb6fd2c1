import type { Product } from "../catalogue.js";
import type { Id, Requirement, Seat, Timestamp, WaitingEntry } from "../directory.js";
import { covers } from "../entitlement.js";
import { isInTime, isLive } from "../seats/states.js";

/** With the place on the list. */
export type Placed = WaitingEntry & { readonly position: number };

/**
 * What the application may do now: the access decision, kept apart from the seat that is held (ARCHITECTURE).
 * @typeParam W a place on the list, as far as it was counted
 */
export interface Access<W extends WaitingEntry = Placed> {
  readonly permitted: boolean;
  /** The tier that may be used: never above the seat that is held, nor above what is needed. */
  readonly tier: string | null;
  /** Needed beside the tier, by id. */
  readonly addOns: readonly string[];
  readonly seat: Seat | null;
  readonly waiting: W | null;
  readonly requirement: Requirement | null;
  /** Null when permitted. */
  readonly reason: AccessRefusal | null;
  /**
   * From when on a sign-in would take a seat over, if all else stays as it is; the moment of the answer where it would already.
   * Absent: the person has what is needed, or no time can be said (docs/pools.md).
   */
  readonly evictableAt?: Timestamp;
  /** The same in a sentence, in the time zone of the organisation. */
  readonly evictableWords?: string;
}

export type AccessRefusal =
  "inactive" | "noSeat" | "waiting" | "restricted" | "tierTooLow" | "excluded" | "tierConflict";

export interface Question {
  readonly userId: Id;
  readonly product: string;
  /** At least this tier. */
  readonly tier?: string;
  /** This session or device; absent: any of the person. */
  readonly unit?: string;
}

/** The seat that answers the question: the person's own, else a lease of the session or device that is asked about. */
export function seatInQuestion(
  seats: readonly Seat[],
  { product, unit }: Pick<Question, "product" | "unit">,
  now: Timestamp,
): Seat | null {
  const fitting = seats.filter(
    (seat) =>
      seat.product === product &&
      (seat.unit === undefined || unit === undefined || seat.unit === unit),
  );
  const live = fitting.filter((seat) => isInTime(seat, now));
  return live.find((seat) => seat.unit === undefined) ?? live[0] ?? fitting[0] ?? null;
}

/** What is true of the person and the product at this moment. */
export interface Situation<W extends WaitingEntry = Placed> {
  readonly now: Timestamp;
  readonly active: boolean;
  readonly seat: Seat | null;
  readonly waiting: W | null;
  readonly requirement: Requirement | null;
}

/**
 * The one answer of every door: the question, the token of the sign-in, introspection, the gate. A lease past its end is no seat,
 * whether or not its row is still there.
 */
export function decideAccess<W extends WaitingEntry>(
  product: Product,
  { tier: wanted }: Partial<Question>,
  situation: Situation<W>,
): Access<W> {
  const { now, active, waiting, requirement } = situation;
  const seat = isExcludedAgain(requirement, now) ? null : liveSeat(situation);
  const usable = seat === null || !active ? null : usableTier(product, seat, requirement);
  const enough = usable !== null && (wanted === undefined || covers(product, usable, wanted));
  const reason = enough ? null : accessRefusal({ ...situation, seat });
  const addOns = requirement?.addOns ?? [];
  return { permitted: enough, tier: usable, addOns, seat, waiting, requirement, reason };
}

function liveSeat({ seat, now }: Pick<Situation, "seat" | "now">): Seat | null {
  return seat !== null && isLive(seat) && isInTime(seat, now) ? seat : null;
}

/** A break-glass claim is of no force past its end, whether or not the seat has been taken back yet. */
function isExcludedAgain(requirement: Requirement | null, now: Timestamp): boolean {
  const glass = requirement?.breakGlass;
  return glass !== undefined && glass.despite.length > 0 && glass.until <= now;
}

/** `effectiveCaps = caps(min(required, held))`: a higher seat than is needed opens no more than is needed (B4). */
function usableTier(product: Product, held: Seat, needed: Requirement | null): string {
  if (needed?.tier == null) return held.tier;
  return covers(product, held.tier, needed.tier) ? needed.tier : held.tier;
}

function accessRefusal({
  now,
  active,
  seat,
  waiting,
  requirement,
}: Situation<WaitingEntry>): AccessRefusal {
  if (!active) return "inactive";
  if (seat !== null) return "tierTooLow";
  const isExcluded = requirement?.blocked === "Excluded" || isExcludedAgain(requirement, now);
  if (isExcluded) return "excluded";
  if (requirement?.blocked === "TierConflict") return "tierConflict";
  if (waiting === null) return "noSeat";
  return waiting.reason === "Restricted" ? "restricted" : "waiting";
}
