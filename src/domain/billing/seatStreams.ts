import type { Day, Period } from "./days.js";
import { Growth } from "./growth.js";
import { daysIn, type LineHead, type Stream } from "./portions.js";
import type { Basis, Mode, PriceBook } from "./settings.js";
import type { Slot, SlotSteps } from "./slots.js";
import { pieces, valueAt, type Held, type LineCause, type Step, type Tenure } from "./tenure.js";

/**
 * Per person: `assigned`, `activeDays` and `fairUse`; under `purchased` what comes to the seats that were bought: those
 * above them, and add-ons (docs/billing.md; rules 42, 43, 50 to 52). By the month each seat that the pool counts is charged,
 * also where one person has several; a day of use is the person's, and charged once.
 */

export interface Person {
  readonly tenure: Tenure;
  readonly modes: readonly Step<Mode>[];
  /** Local days with use, ascending. */
  readonly usedDays: readonly Day[];
  readonly slots: readonly SlotSteps[];
}

/** Within the period up to `until`. A stream for each seat that the person may have at once; then one for each add-on. */
export function personStreams(
  book: PriceBook,
  basis: Basis,
  person: Person,
  period: Period,
  until: Day,
): Stream[] {
  const { slots } = person;
  const window = { from: period.from, to: Math.min(period.to, until) };
  const asked: Asked = { book, basis, person, window, periodDays: daysIn(period) };
  // Who gives back every evening what came in the morning has no seat by days, but days of use.
  const [first = [], ...more] = slots;
  return [
    seatStream(asked, first, 0),
    ...more.map((slot, index) => seatStream(asked, slot, index + 1)),
    ...addOnStreams(asked),
  ];
}

interface Asked {
  readonly book: PriceBook;
  readonly basis: Basis;
  readonly person: Person;
  readonly window: Period;
  readonly periodDays: number;
}

function seatStream(asked: Asked, slot: SlotSteps, index: number): Stream {
  const { book, basis, person, window, periodDays } = asked;
  const { tenure, modes } = person;
  const growth = new Growth(`${tenure.product} ${tenure.userId} ${String(index)}`, periodDays);
  for (const piece of pieces(window, slot, tenure.known, modes)) {
    const charge = chargeOf(book, basis, person, piece, valueAt(slot, piece.from));
    if (charge === null || isPaid(basis, charge)) continue;
    if (charge.mode === "daily" && index > 0) continue;
    growth.add(charge.days, headOf(book, tenure, charge), perMonthOf(book, tenure.product, charge));
  }
  return { ...growth.stream(), ends: endsOf(slot, window) };
}

/** Beside the seat that was given last: somebody with several has each add-on once. */
function addOnStreams({ book, basis, person, window, periodDays }: Asked): Stream[] {
  const { tenure, modes } = person;
  const addOns = new Map<string, Growth>();
  for (const piece of pieces(window, tenure.held, tenure.known, tenure.addOns, modes)) {
    const charge = chargeOf(book, basis, person, piece, valueAt(tenure.held, piece.from));
    if (charge === null) continue;
    addBeside({ book, tenure, addOns, periodDays }, charge, valueAt(tenure.addOns, piece.from));
  }
  const ends = endsOf(tenure.held, window);
  return [...addOns.values()].map((growth) => ({ ...growth.stream(), ends }));
}

/** The seats that were bought are; those above them are not. */
function isPaid(basis: Basis, { isOverage }: Charge): boolean {
  return basis === "purchased" && !isOverage;
}

interface Beside {
  readonly book: PriceBook;
  readonly tenure: Tenure;
  readonly addOns: Map<string, Growth>;
  readonly periodDays: number;
}

function addBeside(
  { book, tenure, addOns, periodDays }: Beside,
  charge: Charge,
  names: Step<readonly string[]> | undefined,
): void {
  const { product, userId } = tenure;
  for (const { addOn, perMonth } of book.addOnsBeside(
    product,
    charge.held.tier,
    names?.value ?? [],
  )) {
    const growth = addOns.get(addOn) ?? new Growth(`${product} ${userId} ${addOn}`, periodDays);
    addOns.set(addOn, growth);
    const added = { charge, addOn, cause: names?.cause ?? charge.cause };
    growth.add(charge.days, addOnHead(book, tenure, added), perMonth);
  }
}

interface Charge {
  readonly held: Held;
  readonly isOverage: boolean;
  readonly cause: LineCause;
  readonly mode: Mode;
  readonly days: readonly Period[];
}

/** What is charged in a piece within which nothing changes; null for nothing. */
function chargeOf(
  book: PriceBook,
  basis: Basis,
  person: Person,
  piece: Period,
  held: Step<(Held & Partial<Slot>) | null> | undefined,
): Charge | null {
  const daily = dailyCharge(book, person, piece);
  if (daily !== null || held === undefined || held.value === null) return daily;
  const { tenure, modes, usedDays } = person;
  const days =
    basis === "fairUse" ? inUse(piece, usedDays, book.fairUseDays(tenure.product)) : [piece];
  const isOverage = held.value.isOver === true;
  // Whoever was put back on monthly billing pays so because of that.
  const chosen = basis === "purchased" ? undefined : valueAt(modes, piece.from);
  const { cause } = chosen !== undefined && chosen.day > held.day ? chosen : held;
  return { held: held.value, isOverage, cause, mode: "monthly", days };
}

/** Null where the person or the tier is charged by the month. */
function dailyCharge(
  book: PriceBook,
  { tenure, modes, usedDays }: Person,
  piece: Period,
): Charge | null {
  const chosen = valueAt(modes, piece.from);
  // A sign-in pool may end the day without a seat: the day was used all the same.
  const last = valueAt(tenure.known, piece.from);
  if (last === undefined) return null;
  if (!book.isByTheDay(tenure.product, last.value.tier, chosen?.value)) return null;
  const days = usedDays
    .filter((day) => day >= piece.from && day < piece.to)
    .map((day) => ({ from: day, to: day + 1 }));
  const cause = chosen?.cause ?? last.cause;
  return { held: last.value, isOverage: false, cause, mode: "daily", days };
}

/** The days of the piece that lie within `reach` days of use: the day of use and those after it. */
function inUse(piece: Period, usedDays: readonly Day[], reach: number): Period[] {
  const spans: { from: Day; to: Day }[] = [];
  for (const day of usedDays) {
    const from = Math.max(day, piece.from);
    const to = Math.min(day + reach, piece.to);
    const last = spans.at(-1);
    if (from >= to) continue;
    if (last !== undefined && from <= last.to) last.to = to;
    else spans.push({ from, to });
  }
  return spans;
}

function perMonthOf(book: PriceBook, product: string, { held, isOverage }: Charge): number {
  const { tier, poolId } = held;
  return book.perMonth({ product, tier, poolId, isOver: isOverage });
}

function headOf(book: PriceBook, { userId, product }: Tenure, charge: Charge): LineHead {
  const { held, cause, mode, isOverage } = charge;
  const { tier, poolId } = held;
  const perDay = mode === "daily" ? book.tierPerDay(product, tier) : null;
  return {
    kind: isOverage ? "overage" : "seat",
    unit: mode === "daily" ? "day" : "month",
    ...{ product, userId, poolId, tier, addOn: null, quantity: 1, cause },
    unitPrice: perDay ?? perMonthOf(book, product, charge),
  };
}

/** An add-on is charged in the way of the seat that it belongs to. */
function addOnHead(
  book: PriceBook,
  { userId, product }: Tenure,
  { charge, addOn, cause }: { charge: Charge; addOn: string; cause: LineCause },
): LineHead {
  const { held, mode } = charge;
  return {
    kind: "addOn",
    unit: mode === "daily" ? "day" : "month",
    ...{ product, userId, poolId: held.poolId, tier: held.tier, addOn, quantity: 1, cause },
    unitPrice:
      mode === "daily" ? book.addOnPerDay(product, addOn) : book.addOnPerMonth(product, addOn),
  };
}

function endsOf(held: readonly Step<Held | null>[], window: Period) {
  return held
    .filter(({ day, value }) => value === null && day > window.from && day < window.to)
    .map(({ day, cause }) => ({ day, cause }));
}
