import type { Id, Pool } from "../directory.js";
import type { Entry } from "../history.js";
import type { Day } from "./days.js";
import { Moment, type HeldNow } from "./moment.js";
import {
  causeOf,
  concernsSeat,
  sameHeld,
  tenureKey,
  type Held,
  type Ledger,
  type LineCause,
  type Step,
} from "./tenure.js";

/**
 * Each seat of a person by days. Mostly there is one; of leases for a session or a device there may be several, and the
 * pool counts every one of them (I4). A seat that is given back and got again is the same to whoever pays, so what goes on
 * is a place among the person's seats, not a row: what is given takes the first one that is free at the end of the day.
 */

/** A seat at the end of a day. */
export interface Slot extends Held {
  /** Above what was bought (moment.ts says which are). */
  readonly isOver: boolean;
}

/** Null: nobody's at the end of the day. */
export type SlotSteps = readonly Step<Slot | null>[];

/** By `tenureKey`. Who never held anything at the end of a day has none. */
export type Slots = ReadonlyMap<string, readonly SlotSteps[]>;

interface Place {
  seatId: Id | null;
  readonly steps: Step<Slot | null>[];
}

export function slotsOf({ dated }: Pick<Ledger, "dated">, pools: readonly Pool[]): Slots {
  const places = new Map<string, Place[]>();
  const moment = new Moment(
    pools,
    dated.map(({ entry }) => entry),
  );
  const today = new Map<string, Entry>();
  for (const [index, { entry, day }] of dated.entries()) {
    for (const key of concerned(moment, entry)) {
      const last = today.get(key);
      today.set(key, last === undefined || isOwn(entry, key) ? entry : last);
    }
    if (dated[index + 1]?.day === day) continue;
    for (const [key, last] of today) settle(places, key, moment.ofPerson(key), { last, day });
    today.clear();
  }
  return new Map([...places].map(([key, own]) => [key, own.map(({ steps }) => steps)]));
}

/** Whose seats are others than before. */
function concerned(moment: Moment, entry: Entry): string[] {
  const { userId, product } = entry;
  const keys = [...moment.follow(entry)].flatMap((id) => {
    const seat = moment.seat(id);
    return seat === undefined ? [] : [tenureKey(seat.userId, seat.product)];
  });
  return userId === null ? keys : [...keys, tenureKey(userId, product)];
}

/** Whether it tells of a seat of the person, and may be why one is no longer held. */
function isOwn(entry: Entry, key: string): boolean {
  const { userId, product } = entry;
  return userId !== null && tenureKey(userId, product) === key && concernsSeat(entry);
}

function settle(
  all: Map<string, Place[]>,
  key: string,
  seats: readonly HeldNow[],
  { last, day }: { readonly last: Entry; readonly day: Day },
): void {
  const places = all.get(key) ?? [];
  const held = new Map<Id | null, HeldNow>(seats.map((seat) => [seat.id, seat]));
  assign(places, held);
  for (const { seatId, steps } of places) {
    const seat = held.get(seatId);
    follow(steps, day, seat, causeOf(seat?.entry ?? last));
  }
  if (places.length > 0) all.set(key, places);
}

/** Who has a place keeps it. */
function assign(places: Place[], held: ReadonlyMap<Id | null, HeldNow>): void {
  for (const place of places) if (!held.has(place.seatId)) place.seatId = null;
  const placed = new Set(places.map(({ seatId }) => seatId));
  for (const { id } of held.values()) {
    if (placed.has(id)) continue;
    const free = places.find(({ seatId }) => seatId === null);
    if (free === undefined) places.push({ seatId: id, steps: [] });
    else free.seatId = id;
  }
}

/** Whoever has what they had is charged for the reason of before, also where it is above what was bought, or no longer. */
function follow(
  steps: Step<Slot | null>[],
  day: Day,
  seat: HeldNow | undefined,
  cause: LineCause,
): void {
  const value =
    seat === undefined ? null : { tier: seat.tier, poolId: seat.poolId, isOver: seat.isOver };
  const before = steps.at(-1);
  if (before === undefined || !sameHeld(before.value, value)) {
    steps.push({ day, value, cause });
  } else if (before.value?.isOver !== value?.isOver) {
    steps.push({ day, value, cause: before.cause });
  }
}
