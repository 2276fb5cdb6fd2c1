import type { Id, Pool, Timestamp } from "../directory.js";
import type { Entry } from "../history.js";
import { dayOf, type Day, type Period } from "./days.js";
import type { Mode } from "./settings.js";

/**
 * The ledger by days: who held what at the end of each day. The day of a grant counts and the day of a release does
 * not; what is taken and given back within one day has never been away. So the hour of an event changes nothing.
 */

/** Who or what brought a charge about. */
export interface LineCause {
  /** The ledger entry, the change of the billing mode, or the pool that was made. */
  readonly id: Id;
  readonly at: Timestamp;
  readonly reason: string;
  readonly door: string;
  readonly action: string;
  readonly actor: string;
  readonly requestId: string | null;
}

/** From this day on, until the next step. */
export interface Step<T> {
  readonly day: Day;
  readonly value: T;
  readonly cause: LineCause;
}

export interface Held {
  readonly tier: string;
  readonly poolId: Id | null;
}

/** One person and one product. */
export interface Tenure {
  readonly userId: Id;
  readonly product: string;
  /** The last seat given, of several (slots.ts has each). Null: nothing held at the end of the day. */
  readonly held: Step<Held | null>[];
  /** What was held last, also on days that end without a seat: it gives a day of use its price. */
  readonly known: Step<Held>[];
  readonly addOns: Step<readonly string[]>[];
}

export interface ModeChange {
  readonly id: Id;
  readonly userId: Id;
  readonly product: string;
  readonly mode: Mode;
  readonly at: Timestamp;
  readonly actor: string;
}

export interface Ledger {
  /** By `tenureKey`. */
  readonly tenures: ReadonlyMap<string, Tenure>;
  /** By pool. */
  readonly capacities: ReadonlyMap<Id, readonly Step<number>[]>;
  /** All that is told of people and pools, in the order of days, and within a day of the ledger. */
  readonly dated: readonly Dated[];
}

export interface Dated {
  readonly entry: Entry;
  readonly day: Day;
}

export function tenureKey(userId: Id, product: string): string {
  return `${userId} ${product}`;
}

interface Running extends Tenure {
  /** Seats held at this moment, in the order in which they were given. */
  readonly seats: Map<Id, Held>;
}

/** `entries` from the organisation's first on, in the order in which they were so (effective.ts). */
export function readLedger(
  entries: readonly Entry[],
  pools: readonly Pool[],
  timeZone: string,
): Ledger {
  const tenures = new Map<string, Running>();
  const changes = new Map<Id, Entry[]>();
  const capacityDays = new Map<Id, Day>();
  const dated: Dated[] = [];
  for (const entry of entries) {
    const { userId, poolId, product } = entry;
    if (userId === null && poolId !== null) {
      const ofPool = changes.get(poolId) ?? [];
      ofPool.push(entry);
      changes.set(poolId, ofPool);
      const last = capacityDays.get(poolId) ?? -Infinity;
      const day = Math.max(last, dayOf(timeZone, entry.at));
      capacityDays.set(poolId, day);
      dated.push({ entry, day });
    } else if (userId !== null && product !== "") {
      dated.push({ entry, day: follow(tenures, entry, userId, dayOf(timeZone, instantOf(entry))) });
    }
  }
  const capacities = new Map(
    pools.map((pool) => [pool.id, capacityOf(pool, changes.get(pool.id) ?? [], timeZone)]),
  );
  return { tenures, capacities, dated: dated.sort((a, b) => a.day - b.day) };
}

/** @returns the day that the entry belongs to */
function follow(tenures: Map<string, Running>, entry: Entry, userId: Id, shown: Day): Day {
  const isAddOns = entry.kind === "addOns.changed";
  if (!isAddOns && !concernsSeat(entry)) return shown;
  const key = tenureKey(userId, entry.product);
  const tenure = tenures.get(key) ?? newTenure(userId, entry.product);
  tenures.set(key, tenure);
  // Clocks of several nodes may differ by a moment; the days of one person never go back.
  const day = Math.max(shown, lastDay(tenure.known), lastDay(tenure.addOns));
  if (isAddOns) {
    step(tenure.addOns, { day, value: addOnsOf(entry), cause: causeOf(entry) }, sameNames);
  } else followSeat(tenure, entry, day);
  return day;
}

function lastDay(steps: readonly Step<unknown>[]): Day {
  return steps.at(-1)?.day ?? -Infinity;
}

function newTenure(userId: Id, product: string): Running {
  return { userId, product, held: [], known: [], addOns: [], seats: new Map() };
}

export function concernsSeat({ seatId, delta, kind }: Entry): boolean {
  // A seat that was taken all the time may come back with another tier.
  const isTier = kind === "seat.tierChanged" || kind === "seat.granted";
  return seatId !== null && (delta !== 0 || isTier);
}

/** What the seat is after an entry that concerns it. */
export function seatAfter(before: Held | undefined, entry: Entry): Held {
  const { tier, poolId } = entry;
  return { tier: tier ?? before?.tier ?? "", poolId };
}

function followSeat({ seats, known, held }: Running, entry: Entry, day: Day): void {
  const seatId = entry.seatId ?? "";
  const seat = seatAfter(seats.get(seatId), entry);
  if (entry.delta < 0) seats.delete(seatId);
  else seats.set(seatId, seat);
  const cause = causeOf(entry);
  const left = [...seats.values()].at(-1) ?? null;
  step(known, { day, value: left ?? seat, cause }, sameHeld);
  step(held, { day, value: left, cause }, sameHeld);
}

/** A lease was over at its end, whenever somebody noticed. */
export function instantOf({ kind, at, details }: Entry): Timestamp {
  const { expiredAt } = details;
  return kind === "lease.expired" && typeof expiredAt === "number" ? Math.min(at, expiredAt) : at;
}

export function addOnsOf({ details }: Entry): string[] {
  const names = details["addOns"];
  return Array.isArray(names) ? names.filter((name) => typeof name === "string").sort() : [];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

export function sameHeld(a: Held | null, b: Held | null): boolean {
  if (a === null || b === null) return a === b;
  return a.tier === b.tier && a.poolId === b.poolId;
}

/** Only the last state of a day counts; one that brings back the state of the evening before has not happened. */
export function step<T>(steps: Step<T>[], next: Step<T>, same: (a: T, b: T) => boolean): void {
  if (steps.at(-1)?.day === next.day) steps.pop();
  const before = steps.at(-1);
  if (before === undefined || !same(before.value, next.value)) steps.push(next);
}

export function causeOf({ id, at, reason, cause }: Entry): LineCause {
  const { type, action, actor, requestId } = cause;
  return { id, at, reason, door: type, action, actor, requestId };
}

/** The ledger says from what to what a capacity went; what it was at first is what the first change came from. */
function capacityOf(pool: Pool, entries: readonly Entry[], timeZone: string): Step<number>[] {
  const changes = entries.filter(({ kind }) => kind === "pool.capacityChanged");
  const steps: Step<number>[] = [
    {
      day: dayOf(timeZone, pool.createdAt),
      value: firstCapacity(pool, changes),
      cause: creationOf(pool, entries),
    },
  ];
  for (const entry of changes) {
    const { to } = entry.details;
    if (typeof to !== "number") continue;
    const day = Math.max(dayOf(timeZone, entry.at), steps.at(-1)?.day ?? 0);
    step(steps, { day, value: to, cause: causeOf(entry) }, (a, b) => a === b);
  }
  return steps;
}

/** @param entries of the pool; where its creation is not among them it is still known that it was made */
export function creationOf({ id, createdAt: at }: Pool, entries: readonly Entry[]): LineCause {
  const creation = entries.find(({ details }) => typeof details["capacity"] === "number");
  if (creation !== undefined) return causeOf(creation);
  const made = { action: "pool.created", actor: "operator", requestId: null };
  return { id, at, reason: "created", door: "admin", ...made };
}

/** @param changes of the pool's capacity, in order */
export function firstCapacity({ capacity }: Pool, changes: readonly Entry[]): number {
  const first = changes[0]?.details["from"];
  return typeof first === "number" ? first : capacity;
}

/** A change of the mode counts from the next day on (docs/billing.md): a day is never charged in two ways. */
export function modeSteps(
  changes: readonly ModeChange[],
  timeZone: string,
): Map<string, Step<Mode>[]> {
  const steps = new Map<string, Step<Mode>[]>();
  for (const change of [...changes].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))) {
    const key = tenureKey(change.userId, change.product);
    const own = steps.get(key) ?? [];
    steps.set(key, own);
    const { id, at, mode, actor } = change;
    const cause = {
      ...{ id, at, reason: "modeChanged", door: "admin" },
      ...{ action: "billing.modeChanged", actor, requestId: null },
    };
    step(own, { day: dayOf(timeZone, at) + 1, value: mode, cause }, (a, b) => a === b);
  }
  return steps;
}

/** What is in force on the day. */
export function valueAt<T>(steps: readonly Step<T>[], day: Day): Step<T> | undefined {
  let found: Step<T> | undefined;
  for (const one of steps) {
    if (one.day > day) break;
    found = one;
  }
  return found;
}

/** The window in pieces within which none of the lists takes a step. */
export function pieces(window: Period, ...lists: readonly (readonly Step<unknown>[])[]): Period[] {
  const inside = lists.flatMap((steps) =>
    steps.map(({ day }) => day).filter((day) => day > window.from && day < window.to),
  );
  const cuts = [...new Set([window.from, ...inside])].sort((a, b) => a - b);
  return cuts.map((from, index) => ({ from, to: cuts[index + 1] ?? window.to }));
}
