import { dayOf, startOfDay } from "../billing/days.js";
import type { Id, Pool, Seat, Timestamp } from "../directory.js";
import { leaseEnd } from "../seats/ledger.js";
import type { UsedDay } from "../billing/invoice.js";
import { stateOf } from "../seats/states.js";
import { wasUsedSince } from "../world.js";

/**
 * The short way of a renewal (docs/adr/0035): a lease that lives and is asked for by its newest generation goes on, and nothing
 * else happens. Everything else is for `renewSeat`, which knows what the matter is.
 */

export interface LeaseRef {
  readonly seatId: Id;
  readonly generation: number;
}

/** What is known of the leases that are asked for. */
export interface LeasesHeld {
  readonly now: Timestamp;
  readonly timeZone: string;
  /** At least those of the seats, if they are concurrent. */
  readonly pools: ReadonlyMap<Id, Pool>;
  readonly seats: ReadonlyMap<Id, Seat>;
}

export interface Renewals {
  /** As they are now; of each seat at most one. */
  readonly renewed: readonly Seat[];
  readonly daysUsed: readonly UsedDay[];
}

export function renewLeases(held: LeasesHeld, asked: readonly LeaseRef[]): Renewals {
  const renewed = new Map<Id, Seat>();
  const days = new Map<string, UsedDay>();
  const today = dayOf(held.timeZone, held.now);
  const midnight = startOfDay(held.timeZone, today);
  for (const { seatId, generation } of asked) {
    const seat = held.seats.get(seatId);
    const pool = held.pools.get(seat?.poolId ?? "");
    if (seat === undefined || pool === undefined || seat.generation !== generation) continue;
    if (!goesOn(held, seat, pool)) continue;
    renewed.set(seatId, {
      ...seat,
      lastUsedAt: Math.max(seat.lastUsedAt, held.now),
      expiresAt: leaseEnd(held, pool, seat),
    });
    const { userId, product } = seat;
    if (!wasUsedSince(seat, midnight)) {
      days.set(`${userId} ${product}`, { userId, product, day: today });
    }
  }
  return { renewed: [...renewed.values()], daysUsed: [...days.values()] };
}

/** A lease that is to be taken back at a certain time keeps that time, which is not decided here. */
function goesOn({ now }: LeasesHeld, seat: Seat, { kind }: Pool): boolean {
  return (
    kind === "concurrent" &&
    stateOf(seat) === "active" &&
    seat.expiresAt !== null &&
    seat.expiresAt > now
  );
}
