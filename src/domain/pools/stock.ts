import type { Id, Pool, Seat, Timestamp } from "../directory.js";
import { overageSeats } from "./policy.js";
import type { Snapshot } from "../snapshot.js";
import { isLive, occupies } from "../seats/states.js";
import { Table } from "../table.js";

/** Pools and seats of the working copy (world.ts), and how many seats are taken at this point of the batch. */
export class Stock {
  readonly now: Timestamp;
  readonly pools = new Table<Pool>(
    (pool) => pool.id,
    () => "",
  );
  /** Seats that give access. */
  readonly seats = new Table<Seat>(
    (seat) => seat.id,
    (seat) => seat.userId,
  );
  /** Seats that give none but are remembered, and may be taken all the same: invitations, parked and suspended ones. */
  readonly kept = new Table<Seat>(
    (seat) => seat.id,
    (seat) => seat.userId,
  );
  /** Pools that grew by themselves and were not changed by hand. */
  readonly scaled = new Set<Id>();
  readonly #usedNow = new Map<Id, number>();
  readonly #byHand = new Set<Id>();
  readonly #evictable = new Map<Id, readonly Seat[]>();
  readonly #taken = new Set<Id>();
  /** Seats that count for a reservation, by pool and group. */
  readonly #filled = new Map<string, number>();
  #expired: Id[] = [];

  constructor(now: Timestamp) {
    this.now = now;
  }

  protected loadSeat(seat: Seat): void {
    (isLive(seat) ? this.seats : this.kept).load(seat);
    if ((seat.expiresAt ?? seat.movesAt ?? Infinity) <= this.now) this.#expired.push(seat.id);
  }

  protected loadFilled(filled: Snapshot["filled"]): void {
    for (const [poolId, groups] of filled ?? []) {
      for (const [group, seats] of groups) this.#filled.set(`${poolId} ${group}`, seats);
    }
  }

  protected loadEvictable(poolId: Id, seats: readonly Seat[]): void {
    this.#evictable.set(poolId, seats);
  }

  /** As they are now, in the order of their ids. */
  allPools(): Pool[] {
    return this.pools.group("").sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** As it is at this point of the batch. */
  poolNow(pool: Pool): Pool {
    return this.pools.get(pool.id) ?? pool;
  }

  /** Seats of the pool that are taken at this point of the batch. */
  used(poolId: Id): number {
    return this.#usedNow.get(poolId) ?? this.pools.get(poolId)?.used ?? 0;
  }

  /** Seats of the pool that count for the reservation of this group. */
  filled(poolId: Id, group: string): number {
    return this.#filled.get(`${poolId} ${group}`) ?? 0;
  }

  /** Of the seats that were bought. */
  free(pool: Pool): number {
    return this.poolNow(pool).capacity - this.used(pool.id);
  }

  /** Seats that can be taken without buying more: those that are free, and those that may be held above the capacity. */
  room(pool: Pool): number {
    return this.free(pool) + overageSeats(this.poolNow(pool));
  }

  changePool(pool: Pool): void {
    this.pools.set(pool);
    this.#byHand.add(pool.id);
    this.scaled.delete(pool.id);
  }

  /** Buys so many seats for the pool without anybody's hand. */
  scale(pool: Pool, capacity: number): void {
    const before = this.poolNow(pool);
    this.pools.set({ ...before, capacity, version: before.version + 1 });
    if (!this.#byHand.has(pool.id)) this.scaled.add(pool.id);
  }

  takeSeat(seat: Seat): void {
    this.seats.set(seat);
    this.#taken.add(seat.id);
    this.#count(seat, 1);
  }

  giveBackSeat(seat: Seat): void {
    this.seats.delete(seat.id);
    this.#count(seat, -1);
  }

  /** The same seat, or what is kept of it, counted for another reservation. */
  replaceSeat(before: Seat, after: Seat): void {
    this.#count(before, -1);
    (isLive(after) ? this.seats : this.kept).set(after);
    this.#count(after, 1);
  }

  keepSeat(seat: Seat): void {
    this.kept.set(seat);
    this.#count(seat, 1);
  }

  dropKept(seat: Seat): void {
    this.kept.delete(seat.id);
    this.#count(seat, -1);
  }

  /** The one predicate for "takes one of the seats that were bought" (I4). */
  #count(seat: Seat, sign: 1 | -1): void {
    if (!occupies(seat)) return;
    const { poolId, reservation } = seat;
    this.#usedNow.set(poolId, this.used(poolId) + sign);
    if (reservation === undefined) return;
    this.#filled.set(`${poolId} ${reservation}`, this.filled(poolId, reservation) + sign);
  }

  /** Who might lose a seat of this shared pool: the candidates that were loaded, and seats given out in this batch. */
  evictableIn(poolId: Id): Seat[] {
    const ids = new Set([
      ...(this.#evictable.get(poolId) ?? []).map(({ id }) => id),
      ...this.#taken,
    ]);
    return [...ids]
      .flatMap((id) => this.seats.get(id) ?? [])
      .filter((seat) => seat.poolId === poolId);
  }

  /** Ids of the loaded seats whose time is over; each is handed out once. */
  takeExpired(): Id[] {
    const ids = this.#expired;
    this.#expired = [];
    return ids;
  }
}
