import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { dayOf, type Day, type Period } from "./days.js";
import { Moment, type HeldNow } from "./moment.js";
import { daysIn, type LineHead, type Portion, type Stream } from "./portions.js";
import type { PriceBook } from "./settings.js";
import { causeOf, instantOf, pieces, valueAt, type Step } from "./tenure.js";

/** Bases that do not ask who holds a seat: what was bought, and the peak. */

/** `purchased`: quantity x price, from the day of each change on. */
export function boughtStream(
  book: PriceBook,
  pool: Pool,
  capacity: readonly Step<number>[],
  period: Period,
  until: Day,
): Stream {
  const unitPrice = book.boughtPerMonth(pool);
  const window = { from: period.from, to: Math.min(period.to, until) };
  const portions = pieces(window, capacity).flatMap((piece): Portion[] => {
    const bought = valueAt(capacity, piece.from);
    if (bought === undefined) return [];
    const head: LineHead = {
      ...{ kind: "bought", unit: "month", product: pool.product, userId: null, poolId: pool.id },
      ...{ tier: null, addOn: null, quantity: bought.value, unitPrice, cause: bought.cause },
    };
    return [{ ...piece, head, perDay: BigInt(unitPrice) * BigInt(bought.value) }];
  });
  return { key: `bought ${pool.id}`, portions };
}

/** A seat, or an add-on beside it, at a moment. */
interface Part {
  readonly seat: HeldNow;
  readonly addOn: string | null;
  readonly price: number;
}

/**
 * `peak`: a whole month of the dearest moment of the period, with its add-ons and with what is above the capacity.
 * Seats that come back may be used again; nothing is credited. Each line is what made the peak higher, so that it is
 * known who caused it.
 */
export class Peak {
  readonly #book: PriceBook;
  readonly #product: string;
  readonly #parts = new Map<Id, readonly Part[]>();
  #sum = 0;
  #peak = 0;
  #portions: Portion[] = [];

  constructor(book: PriceBook, product: string) {
    this.#book = book;
    this.#product = product;
  }

  /** `entries` of the product in order of position; only what happened before `until` counts. */
  stream(
    { entries, pools }: { readonly entries: readonly Entry[]; readonly pools: readonly Pool[] },
    period: Period,
    until: Day,
    timeZone: string,
  ): Stream {
    const end = Math.min(period.to, until);
    const moment = new Moment(pools, entries);
    let today = -Infinity;
    let hasBegun = false;
    for (const entry of entries) {
      today = Math.max(today, dayOf(timeZone, instantOf(entry)));
      if (today >= end) break;
      if (!hasBegun && today >= period.from) {
        hasBegun = true;
        this.#begin(period);
      }
      for (const part of this.#follow(moment, entry)) {
        this.#sum += part.price;
        if (hasBegun) this.#raise(part, entry, Math.max(today, period.from), daysIn(period));
      }
    }
    if (!hasBegun && period.from < end) this.#begin(period);
    return { key: `peak ${this.#product}`, portions: this.#portions };
  }

  /** Who holds a seat when the period begins is its first peak. */
  #begin(period: Period): void {
    for (const part of [...this.#parts.values()].flat()) {
      const { seat, addOn, price } = part;
      this.#peak += price;
      const entry = addOn === null ? seat.entry : (seat.addOns?.entry ?? seat.entry);
      this.#push({ part, entry, growth: price }, period.from, daysIn(period));
    }
  }

  /** What became cheaper is off the sum already. @returns what became dearer, and by how much */
  #follow(moment: Moment, entry: Entry): Part[] {
    const grown: Part[] = [];
    for (const id of moment.follow(entry)) {
      const before = this.#parts.get(id) ?? [];
      const after = this.#partsOf(moment.seat(id));
      for (const part of before) {
        this.#sum -= Math.max(0, part.price - priceIn(after, part));
      }
      for (const part of after) {
        const price = part.price - priceIn(before, part);
        if (price > 0) grown.push({ ...part, price });
      }
      if (after.length === 0) this.#parts.delete(id);
      else this.#parts.set(id, after);
    }
    return grown;
  }

  #partsOf(seat: HeldNow | undefined): Part[] {
    if (seat === undefined) return [];
    const { tier, addOns } = seat;
    const beside = this.#book.addOnsBeside(this.#product, tier, addOns?.names ?? []);
    return [
      { seat, addOn: null, price: this.#book.perMonth(seat) },
      ...beside.map(({ addOn, perMonth }): Part => ({ seat, addOn, price: perMonth })),
    ];
  }

  #raise(part: Part, entry: Entry, day: Day, periodDays: number): void {
    if (this.#sum <= this.#peak) return;
    this.#push({ part, entry, growth: this.#sum - this.#peak }, day, periodDays);
    this.#peak = this.#sum;
  }

  #push(
    { part, entry, growth }: { part: Part; entry: Entry; growth: number },
    day: Day,
    periodDays: number,
  ): void {
    const { userId, poolId, tier } = part.seat;
    const head: LineHead = {
      ...{ kind: "peak", unit: "month", product: this.#product, userId, poolId },
      ...{ tier, addOn: part.addOn, quantity: 1, unitPrice: growth, cause: causeOf(entry) },
    };
    const perDay = BigInt(growth) * BigInt(periodDays);
    this.#portions.push({ from: day, to: day + 1, head, perDay });
  }
}

/** Of the same thing among others; 0 where it is not. */
function priceIn(parts: readonly Part[], { addOn }: Part): number {
  return parts.find((part) => part.addOn === addOn)?.price ?? 0;
}
