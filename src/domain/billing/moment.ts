import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import type { PricedSeat } from "./settings.js";
import {
  addOnsOf,
  concernsSeat,
  firstCapacity,
  seatAfter,
  tenureKey,
  type Held,
} from "./tenure.js";

/**
 * Who holds what at one moment, entry by entry: for the peak, which looks at moments, for plans, which know the entries
 * that would be next, and for the ends of days. So all of them agree on which seats are above what was bought:
 *
 * A pool is above its capacity by a number, not by certain seats: of those that were given as extra seats the youngest are
 * the ones that are too many. When others give back theirs, the extra seats become ordinary ones. Seats that a lowered
 * capacity has left behind are not charged as extra.
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
  /** The later, the younger. Another tier makes no seat younger. */
  readonly given: number;
}

interface Shelf {
  size: number;
  capacity: number;
  readonly extra: Map<Id, Seat>;
  over: ReadonlySet<Id>;
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
  #followed = 0;

  /** Before the first of the entries. */
  constructor(pools: readonly Pool[], entries: readonly Entry[]) {
    const changes = entries.filter(({ kind }) => kind === "pool.capacityChanged");
    for (const pool of pools) {
      const own = changes.filter(({ poolId }) => poolId === pool.id);
      this.#shelf(pool.id).capacity = firstCapacity(pool, own);
    }
  }

  /** @returns ids of the seats of which something is other than before; some may be held no longer */
  follow(entry: Entry): ReadonlySet<Id> {
    const touched = new Set<Id>();
    const { kind, userId, poolId, product } = entry;
    if (kind === "pool.capacityChanged" && poolId !== null) this.#resize(poolId, entry, touched);
    else if (kind === "addOns.changed" && userId !== null) {
      const key = tenureKey(userId, product);
      this.#addOns.set(key, { names: addOnsOf(entry), entry });
      for (const id of this.#people.get(key) ?? []) touched.add(id);
    } else if (userId !== null && concernsSeat(entry)) this.#followSeat(entry, userId, touched);
    this.#followed += 1;
    return touched;
  }

  /** Undefined: held no longer. */
  seat(id: Id): HeldNow | undefined {
    const seat = this.#seats.get(id);
    if (seat === undefined) return undefined;
    const { userId, product, tier, poolId, entry } = seat;
    const key = tenureKey(userId, product);
    const isLast = this.#lastOf(key) === id;
    const isOver = poolId !== null && this.#shelf(poolId).over.has(id);
    const addOns = isLast ? (this.#addOns.get(key) ?? null) : null;
    return { id, userId, product, tier, poolId, entry, isOver, addOns };
  }

  /** Every seat above what was bought. */
  over(): HeldNow[] {
    return [...this.#pools.values()].flatMap(({ over }) =>
      [...over].flatMap((id) => this.seat(id) ?? []),
    );
  }

  /** The seat that an invoice by days charges. @param key `tenureKey` */
  ofPerson(key: string): HeldNow | undefined {
    const id = this.#lastOf(key);
    return id === undefined ? undefined : this.seat(id);
  }

  #lastOf(key: string): Id | undefined {
    return [...(this.#people.get(key) ?? [])].at(-1);
  }

  #resize(poolId: Id, { details }: Entry, touched: Set<Id>): void {
    const { to } = details;
    if (typeof to === "number") this.#shelf(poolId).capacity = to;
    this.#count(poolId, touched);
  }

  #followSeat(entry: Entry, userId: Id, touched: Set<Id>): void {
    const { product } = entry;
    const id = entry.seatId ?? "";
    const before = this.#seats.get(id);
    const key = tenureKey(userId, product);
    const own = this.#people.get(key) ?? new Set();
    this.#people.set(key, own);
    if (before !== undefined) this.#take(before, -1);
    if (entry.delta < 0) {
      this.#seats.delete(id);
      own.delete(id);
    } else {
      const given = entry.delta > 0 || before === undefined ? this.#followed : before.given;
      const after = { ...seatAfter(before, entry), id, userId, product, entry, given };
      this.#seats.set(id, after);
      own.add(id);
      this.#take(after, 1);
    }
    touched.add(id);
    for (const other of own) touched.add(other);
    this.#count(before?.poolId ?? null, touched);
    this.#count(entry.poolId, touched);
  }

  #take(seat: Seat, by: 1 | -1): void {
    if (seat.poolId === null) return;
    const shelf = this.#shelf(seat.poolId);
    shelf.size += by;
    if (by === -1) shelf.extra.delete(seat.id);
    else if (seat.isExtra) shelf.extra.set(seat.id, seat);
  }

  #count(poolId: Id | null, touched: Set<Id>): void {
    if (poolId === null) return;
    const shelf = this.#shelf(poolId);
    const before = shelf.over;
    const above = shelf.size - shelf.capacity;
    const extra = [...shelf.extra.values()].sort((a, b) => b.given - a.given);
    const after = new Set(extra.slice(0, Math.max(0, above)).map(({ id }) => id));
    for (const id of [...before, ...after]) {
      if (before.has(id) !== after.has(id)) touched.add(id);
    }
    shelf.over = after;
  }

  #shelf(poolId: Id): Shelf {
    const shelf = this.#pools.get(poolId) ?? {
      ...{ size: 0, capacity: 0, extra: new Map<Id, Seat>(), over: new Set<Id>() },
    };
    this.#pools.set(poolId, shelf);
    return shelf;
  }
}
