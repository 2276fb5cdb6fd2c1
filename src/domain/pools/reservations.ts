import type { Id, Pool, Seat, WaitingEntry } from "../directory.js";
import { type Asker, isIn } from "./ownTerms.js";
import type { Reservation } from "./sharing.js";
import type { World } from "../world.js";

/**
 * Seats of a pool that are kept free for the members of groups (I11): who is no member is given one only while more are free
 * than all unfilled reservations together. A reservation that is made later, or grows, takes nobody's seat: what comes
 * back goes to its members until it is filled.
 *
 * A seat says which reservation it counts for (`Seat.reservation`), so that the store can count them; who waits, which
 * groups with reservations the person is in, so that nobody's memberships must be read when a seat is free.
 */

/** Free seats of one pool, as far as each of those who ask one after another may have them. */
export class Places {
  readonly #world: World;
  readonly #pool: Pool;
  readonly #unfilled = new Map<string, number>();
  #free: number;

  /** @param free of the seats that count here */
  constructor(world: World, pool: Pool, free: number) {
    this.#world = world;
    this.#pool = pool;
    this.#free = free;
    for (const { group, seats } of world.poolNow(pool).policy.reservations) {
      const unfilled = seats - world.filled(pool.id, group);
      if (unfilled > 0) this.#unfilled.set(group, unfilled);
    }
  }

  /** Kept back from this person. */
  heldBack(asker: Asker): number {
    return this.#reservationFor(asker) === undefined ? this.#sum() : 0;
  }

  isReservedFor(asker: Asker): boolean {
    return this.#reservationFor(asker) !== undefined;
  }

  isOpenTo(asker: Asker): boolean {
    return this.#free - this.heldBack(asker) > 0;
  }

  /** @returns whether there was one for this person; then it is gone */
  take(asker: Asker): boolean {
    if (!this.isOpenTo(asker)) return false;
    const group = this.#reservationFor(asker);
    if (group !== undefined) this.#unfilled.set(group, (this.#unfilled.get(group) ?? 0) - 1);
    this.#free -= 1;
    return true;
  }

  #reservationFor(asker: Asker): string | undefined {
    if (this.#unfilled.size === 0) return undefined;
    const belongs = isIn(this.#world, asker, this.#pool.product);
    return [...this.#unfilled].find(([group, left]) => left > 0 && belongs(group))?.[0];
  }

  #sum(): number {
    return [...this.#unfilled.values()].reduce((sum, left) => sum + left, 0);
  }
}

/** Seats of the pool that this person is not given, although they are free. */
export function heldBack(world: World, pool: Pool, asker: Asker): number {
  return isShared(world, pool) ? 0 : new Places(world, pool, 0).heldBack(asker);
}

/**
 * Seats that can be taken for this person where no step of the list adds any. What is reserved may be taken above what was bought:
 * it is there because others, who were allowed above, came first.
 */
export function freeFor(world: World, pool: Pool, asker: Asker): number {
  const hasReserved = !isShared(world, pool) && new Places(world, pool, 0).isReservedFor(asker);
  return hasReserved ? world.room(pool) : world.free(pool);
}

function isShared(world: World, pool: Pool): boolean {
  return world.poolNow(pool).policy.reservations.length === 0;
}

/** The place of the first reservation in the pool's list that has one for this person; B3: the most specific group. */
export function reservedRank(world: World, pool: Pool, userId: Id): number {
  const { reservations } = pool.policy;
  if (reservations.length === 0) return Infinity;
  const belongs = isIn(world, { userId }, pool.product);
  const at = reservations.findIndex(
    (reservation) => belongs(reservation.group) && hasPlace(world, pool, reservation),
  );
  return at < 0 ? Infinity : at;
}

function hasPlace(world: World, pool: Pool, { group, seats }: Reservation): boolean {
  return world.filled(pool.id, group) < seats;
}

/**
 * Which reservation a new seat of the pool counts for: the first with a place left, else the first of the person's groups:
 * members count as members where the reservation is filled, too. A seat that counts rightly stays as it is.
 */
export function reservationOf(
  world: World,
  pool: Pool,
  asker: Asker,
  before?: string,
): Pick<Seat, "reservation"> {
  if (isShared(world, pool)) return {};
  const belongs = isIn(world, asker, pool.product);
  const own = world.poolNow(pool).policy.reservations.filter(({ group }) => belongs(group));
  const chosen =
    own.find(({ group }) => group === before) ??
    own.find((reservation) => hasPlace(world, pool, reservation)) ??
    own[0];
  return chosen === undefined ? {} : { reservation: chosen.group };
}

/** After the groups of the holder, or the reservations, have changed: before anybody is given a seat by the old count. */
export function recount(world: World, userId: Id): void {
  for (const seat of [...world.seats.group(userId), ...world.kept.group(userId)]) {
    const pool = world.pools.get(seat.poolId);
    if (pool === undefined) continue;
    const { reservation: before, ...rest } = seat;
    const counted: Seat = { ...rest, ...reservationOf(world, pool, { userId }, before) };
    if (counted.reservation !== before) world.replaceSeat(seat, counted);
  }
}

/** Whether somebody may take this seat over without leaving the reservation that it fills short. */
export function mayTakeOver(world: World, pool: Pool, seat: Seat, userId: Id): boolean {
  const { reservation } = seat;
  const held = world.poolNow(pool).policy.reservations.find(({ group }) => group === reservation);
  if (held === undefined || isIn(world, { userId }, pool.product)(held.group)) return true;
  const isSpare = world.filled(pool.id, held.group) > held.seats;
  return isSpare && world.free(pool) >= heldBack(world, pool, { userId });
}

/** Whether a pool that could serve the entry has free seats, and none of them for this person. */
export function isHeldFromEntry(world: World, pool: Pool, entry: WaitingEntry): boolean {
  const free = world.free(pool);
  return free > 0 && free <= heldBack(world, pool, { userId: entry.userId, entry });
}
