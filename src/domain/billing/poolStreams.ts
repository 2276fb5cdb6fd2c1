import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { dayOf, type Day, type Period } from "./days.js";
import { daysIn, type LineHead, type Portion, type Stream } from "./portions.js";
import type { PriceBook } from "./settings.js";
import { causeOf, pieces, valueAt, type LineCause, type Step, type Tenure } from "./tenure.js";

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

/** Beside what was bought: seats above it are charged to whom they were given. */
export function overageStream(
  book: PriceBook,
  { userId, product, held }: Tenure,
  overage: readonly Step<boolean>[],
  period: Period,
  until: Day,
): Stream {
  const window = { from: period.from, to: Math.min(period.to, until) };
  const portions = pieces(window, held, overage).flatMap((piece): Portion[] => {
    const step = valueAt(held, piece.from);
    if (step?.value == null || valueAt(overage, piece.from)?.value !== true) return [];
    const { tier, poolId } = step.value;
    const unitPrice = book.overagePerMonth(product, tier, poolId);
    const head: LineHead = {
      ...{ kind: "overage", unit: "month", product, userId, poolId },
      ...{ tier, addOn: null, quantity: 1, unitPrice, cause: step.cause },
    };
    return [{ ...piece, head, perDay: BigInt(unitPrice) }];
  });
  return { key: `overage ${product} ${userId}`, portions };
}

/**
 * `peak`: a whole month of the dearest moment of the period. Seats that come back may be used again; nothing is
 * credited. Each line is a seat that made the peak higher, so that it is known who caused it.
 */
export class Peak {
  readonly #book: PriceBook;
  readonly #product: string;
  readonly #held = new Map<Id, { readonly price: number; readonly entry: Entry }>();
  #sum = 0;
  #peak = 0;
  #portions: Portion[] = [];

  constructor(book: PriceBook, product: string) {
    this.#book = book;
    this.#product = product;
  }

  /** `entries` of the product in order of position; only what happened before `until` counts. */
  stream(entries: readonly Entry[], period: Period, until: Day, timeZone: string): Stream {
    const end = Math.min(period.to, until);
    let today = -Infinity;
    let hasBegun = false;
    for (const entry of entries) {
      today = Math.max(today, dayOf(timeZone, entry.at));
      if (today >= end) break;
      if (!hasBegun && today >= period.from) {
        hasBegun = true;
        this.#begin(period);
      }
      this.#follow(entry);
      if (hasBegun) this.#raise(entry, Math.max(today, period.from), daysIn(period));
    }
    if (!hasBegun && period.from < end) this.#begin(period);
    return { key: `peak ${this.#product}`, portions: this.#portions };
  }

  /** Who holds a seat when the period begins is its first peak. */
  #begin(period: Period): void {
    for (const { price, entry } of this.#held.values()) {
      this.#peak += price;
      this.#push(entry, price, period.from, daysIn(period));
    }
  }

  #follow(entry: Entry): void {
    const { seatId, tier, poolId, delta, kind } = entry;
    if (seatId === null || (delta === 0 && kind !== "seat.tierChanged")) return;
    this.#sum -= this.#held.get(seatId)?.price ?? 0;
    this.#held.delete(seatId);
    if (delta < 0) return;
    const price = this.#book.seatPerMonth(this.#product, tier ?? "", poolId);
    this.#held.set(seatId, { price, entry });
    this.#sum += price;
  }

  #raise(entry: Entry, day: Day, periodDays: number): void {
    if (this.#sum <= this.#peak) return;
    this.#push(entry, this.#sum - this.#peak, day, periodDays);
    this.#peak = this.#sum;
  }

  #push(entry: Entry, growth: number, day: Day, periodDays: number): void {
    const { userId, poolId, tier } = entry;
    const cause: LineCause = causeOf(entry);
    const head: LineHead = {
      ...{ kind: "peak", unit: "month", product: this.#product, userId, poolId },
      ...{ tier, addOn: null, quantity: 1, unitPrice: growth, cause },
    };
    const perDay = BigInt(growth) * BigInt(periodDays);
    this.#portions.push({ from: day, to: day + 1, head, perDay });
  }
}
