import { standingInLine, turnOf } from "./ageing.js";
import { hasPlace } from "../keeping/boundPlaces.js";
import type { Occasion } from "../seats/candidates.js";
import type { Id, Pool, Seat, Timestamp, WaitingEntry } from "../directory.js";
import { type Asker, stepsFor } from "../pools/ownTerms.js";
import type { OnFull } from "../pools/policy.js";
import { freeFor, heldBack, isHeldFromEntry, Places } from "../pools/reservations.js";
import { servesEntry } from "./serves.js";
import type { World } from "../world.js";

/** The waiting list: who comes first, and whether there is room. */

/** Seats that one step of `onFull` adds. */
interface Added {
  readonly step: OnFull;
  readonly free: number;
}

/**
 * A free seat, and nobody who has waited longer for it (no barging, I10).
 * @param added looks at these seats instead of those that were bought; who has no such step does not wait for them
 */
export function roomFor(
  world: World,
  userId: Id,
  entry: WaitingEntry | undefined,
  pool: Pool,
  added?: Added,
): boolean {
  // What could be added to the pool is for who has no place in it.
  if (hasPlace(world, userId, pool)) return added === undefined;
  const free = added?.free ?? freeFor(world, pool, { userId, entry });
  if (free <= 0) return false;
  const own = placeInLine(world, userId, entry, pool);
  const waitsForIt = (other: WaitingEntry): boolean =>
    added === undefined ||
    stepsFor(world, pool, { userId: other.userId, entry: other }).includes(added.step);
  const ahead = world
    .waitingFor(pool)
    .filter((other) => other.userId !== userId && comesBefore(placeOf(other), own))
    .filter(waitsForIt);
  return isOpenBehind(world, pool, { userId, entry }, { ahead, free });
}

/** Rules 16 to 18: where the newcomer takes over a seat anyway, whoever signs in next gets it; there is no list. */
export function isOpenAtTheDoor(world: World, pool: Pool, occasion: Occasion, userId: Id): boolean {
  if (occasion !== "signIn" || !stepsFor(world, pool, { userId }).includes("evictLru")) {
    return false;
  }
  return world.free(pool) > heldBack(world, pool, { userId });
}

/** A seat that is free after everybody else on the list has one: for who holds more than is needed. */
export function roomBehind(world: World, userId: Id, pool: Pool): boolean {
  if (hasPlace(world, userId, pool)) return true;
  const ahead = world.waitingFor(pool).filter((other) => other.userId !== userId);
  return isOpenBehind(world, pool, { userId }, { ahead, free: world.free(pool) });
}

function isOpenBehind(
  world: World,
  pool: Pool,
  asker: Asker,
  { ahead, free }: { readonly ahead: WaitingEntry[]; readonly free: number },
): boolean {
  if (pool.policy.reservations.length === 0) return ahead.length < free;
  const places = new Places(world, pool, free);
  for (const other of ahead.sort(inOrder)) places.take({ userId: other.userId, entry: other });
  return places.isOpenTo(asker);
}

/** Holds more than is needed, and waits to give it up: comes after everybody who has nothing, or too little. */
export function isForLess({ reason }: Pick<WaitingEntry, "reason">): boolean {
  return reason === "HoldsMore";
}

/** First come, first served, with the head start that a priority gives; last who can do without. */
export function waitingFor(world: World, pool: Pool): WaitingEntry[] {
  return world.waitingFor(pool).sort(inOrder);
}

interface Place {
  readonly isLast: boolean;
  readonly turn: Timestamp;
  readonly id: Id;
}

function placeOf(entry: WaitingEntry): Place {
  return { isLast: isForLess(entry), turn: turnOf(entry), id: entry.id };
}

/** Where somebody stands by what is true now; who is not on the list comes after everybody of the same moment. */
function placeInLine(
  world: World,
  userId: Id,
  entry: WaitingEntry | undefined,
  { product }: Pool,
): Place {
  const since = entry?.since ?? world.now;
  const standing = { since, ...standingInLine(world, userId, product, since) };
  const isLast = entry !== undefined && isForLess(entry);
  return { isLast, turn: turnOf(standing), id: entry?.id ?? LAST };
}
const LAST = "\uffff";

function inOrder(a: WaitingEntry, b: WaitingEntry): number {
  return comesBefore(placeOf(a), placeOf(b)) ? -1 : 1;
}

function comesBefore(a: Place, b: Place): boolean {
  if (a.isLast !== b.isLast) return b.isLast;
  return a.turn < b.turn || (a.turn === b.turn && a.id < b.id);
}

/** What was said when the person came on the list may have changed with what is free since. */
export function whyWaiting(world: World, entry: WaitingEntry): WaitingEntry["reason"] {
  const { reason } = entry;
  if (reason !== "PoolFull" && reason !== "ReservationHeld") return reason;
  const isHeld = world
    .allPools()
    .some((pool) => servesEntry(pool, entry) && isHeldFromEntry(world, pool, entry));
  return isHeld ? "ReservationHeld" : "PoolFull";
}

/** The one seat of the product; leases of sessions and devices are apart (units.ts). */
export function seatOf(world: World, userId: Id, product: string): Seat | undefined {
  return world.seats.group(userId).find(isOfUnit(product, undefined));
}

/** The lease of one session or device. */
export function unitSeatOf(
  world: World,
  userId: Id,
  product: string,
  unit: string,
): Seat | undefined {
  return world.seats.group(userId).find(isOfUnit(product, unit));
}

export function keptUnitOf(
  world: World,
  userId: Id,
  product: string,
  unit: string,
): Seat | undefined {
  return world.kept.group(userId).find(isOfUnit(product, unit));
}

function isOfUnit(product: string, unit: string | undefined): (seat: Seat) => boolean {
  return (seat) => seat.product === product && seat.unit === unit;
}

/** What is kept of a seat that gives no access. */
export function keptOf(world: World, userId: Id, product: string): Seat | undefined {
  return world.kept.group(userId).find(isOfUnit(product, undefined));
}

export function waitingOf(world: World, userId: Id, product: string): WaitingEntry | undefined {
  return world.waiting.group(userId).find((entry) => entry.product === product);
}
