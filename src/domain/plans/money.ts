import type { PriceBook } from "../billing/settings.js";
import type { Id, Pool } from "../directory.js";
import { givesAccess, type Delta, type Place } from "./deltas.js";
import type { BeforeAndAfter, Sides } from "./sides.js";

/**
 * What a month would cost before and after: today's prices times what is bought, or held, as the product is charged.
 * Seats that are charged by the day of use count as a whole month, so that the true amount is never more.
 */

/** Seats taken of one pool and tier. */
export interface SeatCount {
  readonly poolId: Id;
  readonly tier: string;
  readonly count: number;
}

/** Integer minor units. */
export interface MoneyLine {
  readonly poolId: Id;
  readonly product: string;
  /** bought: seats of the pool, whoever holds them. held: seats taken. overage: what extra seats above it cost on top. */
  readonly kind: "bought" | "held" | "overage";
  /** Null: whatever its tier. */
  readonly tier: string | null;
  readonly seats: { readonly before: number; readonly after: number };
  readonly pricePerMonth: number;
  readonly costPerMonth: { readonly before: number; readonly after: number };
}

export interface Money {
  readonly currency: string;
  readonly lines: readonly MoneyLine[];
  /** Of all add-ons of the people concerned. */
  readonly addOnsPerMonth: { readonly before: number; readonly after: number };
  /** Of the lines. */
  readonly totalPerMonth: { readonly before: number; readonly after: number };
  /** With the add-ons. */
  readonly differencePerMonth: number;
  /** "support/standard": has no price in the currency of the organisation, and counts as nothing. */
  readonly missingPrices: readonly string[];
}

export interface Stocks {
  readonly pools: readonly Sides<Pool>[];
  readonly seats: BeforeAndAfter<readonly SeatCount[]>;
  /** Those of them that are charged as above what was bought (overSeats.ts). */
  readonly over: BeforeAndAfter<readonly SeatCount[]>;
}

export function moneyOf(
  book: PriceBook,
  { pools, seats, over }: Stocks,
  deltas: readonly Delta[],
): Money {
  const lines = pools.flatMap(({ before, after }) => {
    const pool = after ?? before;
    if (pool === null) return [];
    const ofPool = (counts: Counts): Counts => ({
      before: counts.before.filter(({ poolId }) => poolId === pool.id),
      after: counts.after.filter(({ poolId }) => poolId === pool.id),
    });
    const capacity = { before: before?.capacity ?? 0, after: after?.capacity ?? 0 };
    const lines =
      book.basisOf(pool.product) === "purchased"
        ? boughtLines(book, { before: before ?? pool, after: pool }, capacity)
        : heldLines(book, pool, ofPool(seats));
    return [...lines, ...overageLines(book, pool, ofPool(over))];
  });
  const addOnsPerMonth = addOnsOf(book, deltas);
  const totalPerMonth = {
    before: sum(lines.map(({ costPerMonth }) => costPerMonth.before)),
    after: sum(lines.map(({ costPerMonth }) => costPerMonth.after)),
  };
  const differencePerMonth =
    totalPerMonth.after - totalPerMonth.before + addOnsPerMonth.after - addOnsPerMonth.before;
  return {
    currency: book.settings.currency,
    lines,
    addOnsPerMonth,
    totalPerMonth,
    differencePerMonth,
    missingPrices: [...book.missing].sort(),
  };
}

type Counts = Stocks["seats"];
type Numbers = BeforeAndAfter<number>;

/** Other tiers may make every seat of a pool dearer or cheaper. Then those at the old price are one line, and those at the new one another. */
function boughtLines(
  book: PriceBook,
  { before, after }: BeforeAndAfter<Pool>,
  capacity: Numbers,
): MoneyLine[] {
  const head = { poolId: after.id, product: after.product, kind: "bought", tier: null } as const;
  const price = { before: book.boughtPerMonth(before), after: book.boughtPerMonth(after) };
  if (price.before === price.after) return [lineOf(head, capacity, price.after)];
  return [
    lineOf(head, { ...capacity, after: 0 }, price.before),
    lineOf(head, { ...capacity, before: 0 }, price.after),
  ];
}

function heldLines(book: PriceBook, { id: poolId, product }: Pool, counts: Counts): MoneyLine[] {
  return tiersIn(counts).map((tier) => {
    const price = book.seatPerMonth(product, tier, poolId);
    return lineOf({ poolId, product, kind: "held", tier }, ofTier(counts, tier), price);
  });
}

/** Beside the line of what is bought or held. */
function overageLines(book: PriceBook, { id: poolId, product }: Pool, counts: Counts): MoneyLine[] {
  return tiersIn(counts).flatMap((tier) => {
    const price = book.onTopPerMonth(product, tier, poolId);
    if (price === 0) return [];
    return [lineOf({ poolId, product, kind: "overage", tier }, ofTier(counts, tier), price)];
  });
}

function tiersIn({ before, after }: Counts): string[] {
  return [...new Set([...before, ...after].map(({ tier }) => tier))].sort();
}

function ofTier({ before, after }: Counts, tier: string): Numbers {
  const seats = (all: readonly SeatCount[]): number =>
    sum(all.filter((one) => one.tier === tier).map(({ count }) => count));
  return { before: seats(before), after: seats(after) };
}

function lineOf(
  head: Pick<MoneyLine, "poolId" | "product" | "kind" | "tier">,
  seats: Numbers,
  pricePerMonth: number,
): MoneyLine {
  const costPerMonth = {
    before: seats.before * pricePerMonth,
    after: seats.after * pricePerMonth,
  };
  return { ...head, seats, pricePerMonth, costPerMonth };
}

function addOnsOf(book: PriceBook, deltas: readonly Delta[]): Numbers {
  const cost = (product: string, addOns: readonly string[], place: Place | null): number =>
    givesAccess(place)
      ? sum(book.addOnsBeside(product, place.tier, addOns).map(({ perMonth }) => perMonth))
      : 0;
  return {
    before: sum(
      deltas.map(({ product, addOns, held }) => cost(product, addOns.before, held.before)),
    ),
    after: sum(deltas.map(({ product, addOns, held }) => cost(product, addOns.after, held.after))),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
