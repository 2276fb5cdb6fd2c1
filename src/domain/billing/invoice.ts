import type { Catalogue } from "../catalogue.js";
import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { periodsIn, type Day, type Period } from "./days.js";
import { linesOf, type Line, type Stream } from "./portions.js";
import { boughtStream, Peak } from "./poolStreams.js";
import { personStreams } from "./seatStreams.js";
import { PriceBook, type BillingSettings } from "./settings.js";
import { slotsOf, type Slots } from "./slots.js";
import { soldTiers } from "./soldTiers.js";
import { modeSteps, readLedger, tenureKey, type Ledger, type ModeChange } from "./tenure.js";

/** What an organisation owes: a function of its books and of nothing else. */

/** One person used one product on one local day. */
export interface UsedDay {
  readonly userId: Id;
  readonly product: string;
  readonly day: Day;
}

export interface Books {
  readonly catalogue: Catalogue;
  readonly settings: BillingSettings;
  readonly pools: readonly Pool[];
  /** The whole ledger, in the order in which what it says was so (effective.ts). */
  readonly entries: readonly Entry[];
  readonly modes: readonly ModeChange[];
  /** Of the window and of the period around it; for fair use also of the days before. */
  readonly usedDays: readonly UsedDay[];
}

export interface Invoice {
  readonly window: Period;
  readonly currency: string;
  readonly timeZone: string;
  readonly lines: readonly Line[];
  /** Minor units. */
  readonly total: bigint;
  /** Prices that are needed and not there: with any of them this is no invoice. */
  readonly missingPrices: readonly string[];
}

/**
 * The lines of the window, in an order that depends on their content alone. Windows that follow one another cost
 * together what the whole does, to the minor unit.
 */
export function invoiceFor(books: Books, window: Period): Invoice {
  const { settings } = books;
  const book = new PriceBook(books.catalogue, settings);
  const lines = streamsBy(books, book, window).flatMap(({ period, streams }) =>
    streams.flatMap((stream) => linesOf(stream, period, window, settings.rounding)),
  );
  return {
    window,
    currency: settings.currency,
    timeZone: settings.timeZone,
    lines: lines.sort(inOrder),
    total: lines.reduce((sum, { amount }) => sum + amount, 0n),
    missingPrices: [...book.missing].sort(),
  };
}

export interface PeriodStreams {
  readonly period: Period;
  readonly streams: readonly Stream[];
}

/** All streams of all billing months that the window touches, each from the month's beginning to the window's end. */
export function streamsBy(books: Books, book: PriceBook, window: Period): PeriodStreams[] {
  const { settings, entries, pools, modes } = books;
  const ledger = readLedger(entries, pools, settings.timeZone);
  const prepared: Prepared = {
    ...{ books, book, ledger },
    tiers: soldTiers(pools, entries, settings.timeZone),
    modes: modeSteps(modes, settings.timeZone),
    usedDays: daysByTenure(books.usedDays),
    slots: slotsOf(ledger, pools),
    products: [...productsOf(books)].sort(),
  };
  return periodsIn(settings.anchor, window).map((period) => ({
    period,
    streams: prepared.products.flatMap((product) =>
      productStreams(prepared, product, period, window.to),
    ),
  }));
}

interface Prepared {
  readonly books: Books;
  readonly book: PriceBook;
  readonly ledger: Ledger;
  readonly tiers: ReturnType<typeof soldTiers>;
  readonly modes: ReturnType<typeof modeSteps>;
  readonly usedDays: ReadonlyMap<string, readonly Day[]>;
  readonly slots: Slots;
  readonly products: readonly string[];
}

function productStreams(prepared: Prepared, product: string, period: Period, until: Day): Stream[] {
  const { books, book, ledger, tiers, modes, usedDays, slots } = prepared;
  const basis = book.basisOf(product);
  const tenures = [...ledger.tenures.values()].filter((tenure) => tenure.product === product);
  if (basis === "peak") {
    const own = {
      entries: books.entries.filter((entry) => entry.product === product),
      pools: books.pools.filter((pool) => pool.product === product),
    };
    return [new Peak(book, product).stream(own, period, until, books.settings.timeZone)];
  }
  const bought =
    basis === "purchased" ? books.pools.filter((pool) => pool.product === product) : [];
  return [
    ...bought.map((pool) =>
      boughtStream(
        book,
        pool,
        { capacity: ledger.capacities.get(pool.id) ?? [], tiers: tiers.get(pool.id) ?? [] },
        period,
        until,
      ),
    ),
    ...tenures.flatMap((tenure) => {
      const key = tenureKey(tenure.userId, product);
      const person = {
        tenure,
        modes: modes.get(key) ?? [],
        usedDays: usedDays.get(key) ?? [],
        slots: slots.get(key) ?? [],
      };
      return personStreams(book, basis, person, period, until);
    }),
  ];
}

function productsOf({ pools, entries, catalogue }: Books): Set<string> {
  const products = new Set([...catalogue.products.keys(), ...pools.map(({ product }) => product)]);
  for (const { product } of entries) if (product !== "") products.add(product);
  return products;
}

/** Ascending and without repetition. */
function daysByTenure(used: readonly UsedDay[]): Map<string, Day[]> {
  const days = new Map<string, Set<Day>>();
  for (const { userId, product, day } of used) {
    const key = tenureKey(userId, product);
    days.set(key, (days.get(key) ?? new Set()).add(day));
  }
  return new Map([...days].map(([key, set]) => [key, [...set].sort((a, b) => a - b)]));
}

function inOrder(a: Line, b: Line): number {
  return compareAll(sortKey(a), sortKey(b));
}

function sortKey(line: Line): readonly (string | number)[] {
  const { period, product, kind, poolId, userId, from, tier, addOn, cause } = line;
  return [
    ...[period.from, product, kind, userId ?? "", poolId ?? "", from, tier ?? "", addOn ?? ""],
    cause.id,
  ];
}

function compareAll(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? "";
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
