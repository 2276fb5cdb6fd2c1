import type { Id, Pool, Timestamp } from "../directory.js";
import type { Entry } from "../history.js";
import { dayOf, type Day, type Period } from "./days.js";
import { Moment, type HeldNow } from "./moment.js";
import { daysIn, type LineHead, type Portion, type Stream } from "./portions.js";
import type { PriceBook } from "./settings.js";
import { laterCause, pricedTiers, type SoldTiers } from "./soldTiers.js";
import { causeOf, instantOf, pieces, valueAt, type Step } from "./tenure.js";

/** Bases that do not ask who holds a seat: what was bought, and the peak. */

/** What was bought: how many seats, and in which tiers they could be given. */
interface Bought {
  readonly capacity: readonly Step<number>[];
  readonly tiers: readonly SoldTiers[];
}

/** `purchased`: quantity x price, from the day of each change on. */
export function boughtStream(
  book: PriceBook,
  pool: Pool,
  { capacity, tiers }: Bought,
  period: Period,
  until: Day,
): Stream {
  const window = { from: period.from, to: Math.min(period.to, until) };
  const priced = pricedTiers(book, pool, tiers);
  const portions = pieces(window, capacity, priced).flatMap((piece): Portion[] => {
    const [bought, sold] = [valueAt(capacity, piece.from), valueAt(priced, piece.from)];
    if (bought === undefined || sold === undefined) return [];
    const unitPrice = book.boughtPerMonth({ ...pool, tiers: sold.value });
    const cause = laterCause(bought, sold);
    const head: LineHead = {
      ...{ kind: "bought", unit: "month", product: pool.product, userId: null, poolId: pool.id },
      ...{ tier: null, addOn: null, quantity: bought.value, unitPrice, cause },
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
 *
 * What one transaction does happens at one instant, and so do transactions of one millisecond: nobody has ever held what
 * stood between two of its entries, whose order says nothing. So a moment is what an instant has left behind.
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

  /** `entries` of the product in the order in which they were so; only what happened before `until` counts. */
  stream(
    { entries, pools }: { readonly entries: readonly Entry[]; readonly pools: readonly Pool[] },
    period: Period,
    until: Day,
    timeZone: string,
  ): Stream {
    const end = Math.min(period.to, until);
    const moment = new Moment(pools, entries);
    let hasBegun = false;
    for (const { day, entries: together } of instantsOf(entries, timeZone)) {
      if (day >= end) break;
      if (!hasBegun && day >= period.from) {
        hasBegun = true;
        this.#begin(period);
      }
      for (const { part, entry } of this.#follow(moment, together)) {
        this.#sum += part.price;
        if (hasBegun) this.#raise(part, entry, Math.max(day, period.from), daysIn(period));
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

  /** What became cheaper is off the sum already. @returns what became dearer, by how much, and by what */
  #follow(moment: Moment, together: readonly Entry[]): { part: Part; entry: Entry }[] {
    const touched = new Map<Id, Entry>();
    for (const entry of together) {
      for (const id of moment.follow(entry)) touched.set(id, entry);
    }
    return [...touched].flatMap(([id, entry]) =>
      this.#settle(id, moment.seat(id)).map((part) => ({ part, entry })),
    );
  }

  #settle(id: Id, seat: HeldNow | undefined): Part[] {
    const before = this.#parts.get(id) ?? [];
    const after = this.#partsOf(seat);
    for (const part of before) {
      this.#sum -= Math.max(0, part.price - priceIn(after, part));
    }
    if (after.length === 0) this.#parts.delete(id);
    else this.#parts.set(id, after);
    return after.flatMap((part) => {
      const price = part.price - priceIn(before, part);
      return price > 0 ? [{ ...part, price }] : [];
    });
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

interface Instant {
  readonly day: Day;
  readonly entries: readonly Entry[];
}

/** The end of a lease is of the instant at which it was over, whatever the transaction that noticed did besides. */
function instantsOf(entries: readonly Entry[], timeZone: string): Instant[] {
  const instants: { at: Timestamp; day: Day; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const last = instants.at(-1);
    const at = instantOf(entry);
    if (last?.at === at) last.entries.push(entry);
    else {
      const day = Math.max(last?.day ?? -Infinity, dayOf(timeZone, at));
      instants.push({ at, day, entries: [entry] });
    }
  }
  return instants;
}
