import type { Period } from "./days.js";
import { daysIn, type LineHead, type Portion, type Stream } from "./portions.js";

/**
 * One seat or one add-on over one period. Whatever happens within it - other tiers, monthly and daily, back and forth -
 * it never costs more than a whole month of the dearest state so far.
 */
export class Growth {
  readonly #key: string;
  readonly #periodDays: bigint;
  readonly #portions: Portion[] = [];
  readonly #heads = new Map<string, LineHead>();
  #total = 0n;
  #cap = 0n;

  constructor(key: string, periodDays: number) {
    this.#key = key;
    this.#periodDays = BigInt(periodDays);
  }

  /** `perMonth`: minor units, what a whole month of this state costs. */
  add(days: readonly Period[], asked: LineHead, perMonth: number): void {
    const head = this.#known(asked);
    const cap = BigInt(perMonth) * this.#periodDays;
    if (cap > this.#cap) this.#cap = cap;
    const perDay = BigInt(asked.unitPrice) * (asked.unit === "day" ? this.#periodDays : 1n);
    for (const span of days) this.#grow(span, head, perDay);
  }

  stream(): Stream {
    return { key: this.#key, portions: this.#portions };
  }

  #grow(span: Period, head: LineHead, perDay: bigint): void {
    const room = this.#cap - this.#total;
    const full = perDay === 0n ? BigInt(daysIn(span)) : room / perDay;
    const to = full < BigInt(daysIn(span)) ? span.from + Number(full) : span.to;
    this.#push({ from: span.from, to, head, perDay });
    if (to === span.to) return;
    // The day on which the cap is reached, and those that cost nothing any more.
    this.#push({ from: to, to: to + 1, head, perDay: this.#cap - this.#total });
    this.#push({ from: to + 1, to: span.to, head, perDay: 0n });
  }

  #push(portion: Portion): void {
    if (daysIn(portion) === 0) return;
    this.#total += portion.perDay * BigInt(daysIn(portion));
    this.#portions.push(portion);
  }

  /** The same state again is the same line. Days of use belong together whatever gave the seat each time. */
  #known(head: LineHead): LineHead {
    const { kind, unit, tier, poolId, unitPrice, cause } = head;
    const why = unit === "day" ? null : cause.id;
    const key = JSON.stringify([kind, unit, tier, unit === "day" ? null : poolId, unitPrice, why]);
    const known = this.#heads.get(key) ?? head;
    this.#heads.set(key, known);
    return known;
  }
}
