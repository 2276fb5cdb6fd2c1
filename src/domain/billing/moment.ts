import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { aboveOf, type PoolKind, type Sold } from "../pools/policy.js";
import type { PricedSeat } from "./settings.js";
import { addOnsOf, concernsSeat, seatAfter, tenureKey, type Held } from "./tenure.js";
import { firstTerms, termsAfter } from "./terms.js";

/**
 * Who holds what at one moment, entry by entry: for the peak, which looks at moments, for plans, which know the entries
 * that would be next, and for the ends of days. So all of them agree on which seats are above what was bought:
 *
 * A pool is above its capacity by a number, not by certain seats, and the number is that of the bar (`aboveOf`): what is held
 * above the capacity as far as the policy of that moment allows it. The youngest seats of the pool are those. What a lowered
 * capacity leaves behind above that is nobody's right, and not charged as such.
 */

/** A seat that is held. */
export interface HeldNow extends PricedSeat {
  readonly id: Id;
  readonly userId: Id;
  /** What it last became so by. */
  readonly entry: Entry;
  /** Of the person; somebody with several leases has them once. */
  readonly addOns: { readonly names: readonly string[]; readonly entry: Entry } | null;
}

interface Seat extends Held {
  readonly id: Id;
  readonly userId: Id;
  readonly product: string;
  readonly entry: Entry;
}

interface Shelf {
  readonly kind: PoolKind;
  terms: Sold;
  /** In the order in which they were given. Another tier makes no seat younger. */
  readonly seats: Set<Id>;
  /** The youngest of them, in the same order. */
  over: Set<Id>;
}

export class Moment {
  readonly #seats = new Map<Id, Seat>();
  /** By `tenureKey`: seats, in the order in which they were given. */
  readonly #people = new Map<string, Set<Id>>();
  readonly #addOns = new Map<
    string,
    { readonly names: readonly string[]; readonly entry: Entry }
  >();
  readonly #pools = new Map<Id, Shelf>();

  /** Before the first of the entries. */
  constructor(pools: readonly Pool[], entries: readonly Entry[]) {
    const ofPools = entries.filter(({ userId }) => userId === null);
    for (const pool of pools) {
      const own = ofPools.filter(({ poolId }) => poolId === pool.id);
      const terms = firstTerms(pool, own);
      this.#pools.set(pool.id, { kind: pool.kind, terms, seats: new Set(), over: new Set() });
    }
  }

  /** @returns ids of the seats of which something is other than before; some may be held no longer */
  follow(entry: Entry): ReadonlySet<Id> {
    const touched = new Set<Id>();
    const { kind, userId, poolId, product } = entry;
    const shelf = this.#shelf(poolId);
    if (userId === null && shelf !== undefined) {
      shelf.terms = termsAfter(shelf.terms, shelf.kind, entry);
      count(shelf, touched);
    } else if (kind === "addOns.changed" && userId !== null) {
      const key = tenureKey(userId, product);
      this.#addOns.set(key, { names: addOnsOf(entry), entry });
      for (const id of this.#people.get(key) ?? []) touched.add(id);
    } else if (userId !== null && concernsSeat(entry)) this.#followSeat(entry, userId, touched);
    return touched;
  }

  /** Undefined: held no longer. */
  seat(id: Id): HeldNow | undefined {
    const seat = this.#seats.get(id);
    if (seat === undefined) return undefined;
    const { userId, product, tier, poolId, entry } = seat;
    const key = tenureKey(userId, product);
    const isLast = [...(this.#people.get(key) ?? [])].at(-1) === id;
    const isOver = this.#shelf(poolId)?.over.has(id) === true;
    const addOns = isLast ? (this.#addOns.get(key) ?? null) : null;
    return { id, userId, product, tier, poolId, entry, isOver, addOns };
  }

  /** Every seat above what was bought. */
  over(): HeldNow[] {
    return [...this.#pools.values()].flatMap(({ over }) =>
      [...over].flatMap((id) => this.seat(id) ?? []),
    );
  }

  /** In the order in which they were given. @param key `tenureKey` */
  ofPerson(key: string): HeldNow[] {
    return [...(this.#people.get(key) ?? [])].flatMap((id) => this.seat(id) ?? []);
  }

  #followSeat(entry: Entry, userId: Id, touched: Set<Id>): void {
    const { product, delta, poolId } = entry;
    const id = entry.seatId ?? "";
    const before = this.#seats.get(id);
    const key = tenureKey(userId, product);
    const own = this.#people.get(key) ?? new Set();
    this.#people.set(key, own);
    const stays = before !== undefined && delta === 0 && before.poolId === poolId;
    if (before !== undefined && !stays) this.#leave(before, touched);
    if (delta < 0) {
      this.#seats.delete(id);
      own.delete(id);
    } else {
      this.#seats.set(id, { ...seatAfter(before, entry), id, userId, product, entry });
      own.add(id);
      if (!stays) this.#arrive(id, poolId, touched);
    }
    touched.add(id);
    for (const other of own) touched.add(other);
  }

  #leave({ id, poolId }: Seat, touched: Set<Id>): void {
    const shelf = this.#shelf(poolId);
    if (shelf === undefined) return;
    shelf.seats.delete(id);
    shelf.over.delete(id);
    count(shelf, touched);
  }

  #arrive(id: Id, poolId: Id | null, touched: Set<Id>): void {
    const shelf = this.#shelf(poolId);
    if (shelf === undefined) return;
    shelf.seats.add(id);
    // It is the youngest: so nobody need be looked for, however many there are.
    shelf.over.add(id);
    count(shelf, touched);
  }

  #shelf(poolId: Id | null): Shelf | undefined {
    return poolId === null ? undefined : this.#pools.get(poolId);
  }
}

/** Makes the youngest of the pool's seats, as many as the bar counts, those above what was bought. */
function count({ terms, seats, over }: Shelf, touched: Set<Id>): void {
  const { overage } = aboveOf(terms, seats.size);
  for (const id of over) {
    if (over.size <= overage) break;
    over.delete(id);
    touched.add(id);
  }
  if (over.size === overage) return;
  // Rare: a capacity was lowered, or more was allowed, and seats that were there have become those.
  const youngest = [...seats].slice(-overage);
  for (const id of youngest) {
    if (!over.has(id)) touched.add(id);
    // Taken out and put back, so that they are in their order again.
    over.delete(id);
    over.add(id);
  }
}
