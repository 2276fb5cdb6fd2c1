import type { Id, Pool, Seat, WaitingEntry } from "./directory.js";
import type { World } from "./world.js";

/** The waiting list: who comes first, and whether there is room. */

/** A free seat, and nobody who has waited longer for it (no barging, I10). @param free of the seats that count here */
export function roomFor(
  world: World,
  userId: Id,
  entry: WaitingEntry | undefined,
  pool: Pool,
  free = world.free(pool),
): boolean {
  if (free <= 0) return false;
  const ahead = world
    .waitingFor(pool)
    .filter(
      (other) =>
        other.userId !== userId &&
        (entry === undefined ? !isForLess(other) : comesBefore(other, entry)),
    );
  return ahead.length < free;
}

/** A seat that is free after everybody else on the list has one: for who holds more than is needed. */
export function roomBehind(world: World, userId: Id, pool: Pool): boolean {
  const others = world.waitingFor(pool).filter((other) => other.userId !== userId);
  return others.length < world.free(pool);
}

/** Holds more than is needed, and waits to give it up: comes after everybody who has nothing, or too little. */
export function isForLess({ reason }: Pick<WaitingEntry, "reason">): boolean {
  return reason === "HoldsMore";
}

/** First come, first served; last who can do without. */
export function waitingFor(world: World, pool: Pool): WaitingEntry[] {
  return world.waitingFor(pool).sort((a, b) => (comesBefore(a, b) ? -1 : 1));
}

function comesBefore(a: WaitingEntry, b: WaitingEntry): boolean {
  if (isForLess(a) !== isForLess(b)) return isForLess(b);
  return a.since < b.since || (a.since === b.since && a.id < b.id);
}

export function seatOf(world: World, userId: Id, product: string): Seat | undefined {
  return world.seats.group(userId).find((seat) => seat.product === product);
}

/** What is kept of a seat that gives no access. */
export function keptOf(world: World, userId: Id, product: string): Seat | undefined {
  return world.kept.group(userId).find((seat) => seat.product === product);
}

export function waitingOf(world: World, userId: Id, product: string): WaitingEntry | undefined {
  return world.waiting.group(userId).find((entry) => entry.product === product);
}
