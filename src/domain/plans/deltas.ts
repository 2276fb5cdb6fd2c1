import type { Id, Requirement, Seat, User, WaitingEntry } from "../directory.js";
import { covers } from "../entitlement.js";
import type { BreakGlass } from "../emergency/glass.js";
import type { Catalogue, Product } from "../catalogue.js";
import type { Snapshot } from "../snapshot.js";
import { stateOf, type State } from "../seats/states.js";
import type { Difference } from "../table.js";
import type { World } from "../world.js";
import {
  allSides,
  bothSides,
  keyOf,
  mapSides,
  NEITHER,
  sidesOf,
  type Owned,
  type Sides,
} from "./sides.js";

/** What a planned change does to each person, product by product. */

/** One person and one product; without any ids or times that only this run has made. */
export interface Delta {
  /** Null: somebody who does not exist yet. */
  readonly userId: Id | null;
  /** Null: nobody knows. */
  readonly userName: string | null;
  readonly product: string;
  readonly effect: Effect;
  /** The tier that is needed. Null: nothing, or nobody looked (who is served from a list). */
  readonly needed: Sides<string>;
  readonly addOns: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly held: Sides<Place>;
  /** The tier that is waited for. */
  readonly waits: Sides<string>;
  /** The word of the ledger. Null: no seat was touched. */
  readonly reason: string | null;
  /** Why the tier is needed afterwards, or was before: each chain from its origin to the demand. */
  readonly because: readonly string[];
  /** A claim by hand that no exclusion outweighs, afterwards. Absent: there is none. */
  readonly breakGlass?: BreakGlass;
}

export interface Place {
  readonly poolId: Id;
  readonly tier: string;
  /** "active" and "grace" give access. */
  readonly state: State;
}

export const EFFECTS = [
  "gained",
  "lost",
  "raised",
  "lowered",
  "moved",
  "waiting",
  "unlisted",
  "changed",
] as const;
/**
 * gained, lost: access. raised, lowered, moved: another tier or pool. waiting: a new place on a list. unlisted: the end
 * of one. changed: no seat, but what is needed, or what is kept.
 */
export type Effect = (typeof EFFECTS)[number];

interface Rows {
  readonly users: ReadonlyMap<Id, Pick<User, "userName">>;
  /** By `${userId} ${product}`. */
  readonly requirements: ReadonlyMap<string, Sides<Requirement>>;
  readonly seats: ReadonlyMap<string, Sides<Seat>>;
  readonly waiting: ReadonlyMap<string, Sides<WaitingEntry>>;
  readonly reasons: ReadonlyMap<string, string>;
  readonly isNew: (userId: Id) => boolean;
}

/** What the working copy has come to, beside what was loaded. */
export function deltasIn(world: World, catalogue: Catalogue): Delta[] {
  const { requirements, waiting, seats, kept, users } = world;
  const created = new Set(users.difference().inserted.map(({ id }) => id));
  const rows: Rows = {
    users: new Map(users.group("").map((user) => [user.id, user])),
    requirements: sidesOf(requirements.difference()),
    seats: sidesOf(joined(seats.difference(), kept.difference())),
    waiting: sidesOf(waiting.difference()),
    reasons: reasonsIn(world.written.entries),
    isNew: (id) => created.has(id),
  };
  const present = {
    requirement: (key: string) => requirements.get(key),
    seat: (userId: Id, product: string) =>
      [...seats.group(userId), ...kept.group(userId)].find((seat) => seat.product === product),
    waiting: (userId: Id, product: string) =>
      waiting.group(userId).find((entry) => entry.product === product),
  };
  return deltasOf(catalogue, rows, (key, userId, product) => ({
    requirement: bothSides(present.requirement(key)),
    seat: bothSides(present.seat(userId, product)),
    waiting: bothSides(present.waiting(userId, product)),
  }));
}

/** Between two looks at everybody. */
export function deltasBetween(
  catalogue: Catalogue,
  before: Snapshot,
  after: Snapshot,
  entries: World["written"]["entries"],
): Delta[] {
  const compared = <T extends Owned>(rowsOf: (snapshot: Snapshot) => T[]) =>
    new Map(
      [...allSides(rowsOf(before), rowsOf(after))].filter(
        ([, sides]) => JSON.stringify(sides.before) !== JSON.stringify(sides.after),
      ),
    );
  const states = (snapshot: Snapshot) => [...snapshot.users.values()];
  const all = {
    requirement: allSides(
      states(before).flatMap((state) => state.requirements),
      states(after).flatMap((state) => state.requirements),
    ),
    seat: allSides(
      states(before).flatMap((state) => state.seats),
      states(after).flatMap((state) => state.seats),
    ),
    waiting: allSides(
      states(before).flatMap((state) => state.waiting),
      states(after).flatMap((state) => state.waiting),
    ),
  };
  const rows: Rows = {
    users: new Map([...before.users, ...after.users].map(([id, { user }]) => [id, user])),
    requirements: compared((snapshot) => states(snapshot).flatMap((state) => state.requirements)),
    seats: compared((snapshot) => states(snapshot).flatMap((state) => state.seats)),
    waiting: compared((snapshot) => states(snapshot).flatMap((state) => state.waiting)),
    reasons: reasonsIn(entries),
    isNew: (id) => !before.users.has(id),
  };
  return deltasOf(catalogue, rows, (key) => ({
    requirement: all.requirement.get(key) ?? NEITHER,
    seat: all.seat.get(key) ?? NEITHER,
    waiting: all.waiting.get(key) ?? NEITHER,
  }));
}

/** What gives access and what is kept are one row that may go from one table to the other. */
function joined(seats: Difference<Seat>, kept: Difference<Seat>): Difference<Seat> {
  return {
    inserted: [...seats.inserted, ...kept.inserted],
    updated: [...seats.updated, ...kept.updated],
    deleted: [...seats.deleted, ...kept.deleted],
  };
}

/** The last word of the ledger about each person's seat of a product; about the place on a list where no seat is touched. */
function reasonsIn(entries: World["written"]["entries"]): Map<string, string> {
  const told = entries.flatMap(({ userId, product, reason, kind }) =>
    userId === null || kind === "addOns.changed"
      ? []
      : [{ key: keyOf({ userId, product }), reason, isPlace: kind.startsWith("waiting.") }],
  );
  return new Map(
    [...told.filter(({ isPlace }) => isPlace), ...told.filter(({ isPlace }) => !isPlace)].map(
      ({ key, reason }) => [key, reason],
    ),
  );
}

interface Present {
  readonly requirement: Sides<Requirement>;
  readonly seat: Sides<Seat>;
  readonly waiting: Sides<WaitingEntry>;
}

function deltasOf(
  catalogue: Catalogue,
  rows: Rows,
  presentOf: (key: string, userId: Id, product: string) => Present,
): Delta[] {
  const keys = new Set([...rows.requirements.keys(), ...rows.seats.keys(), ...rows.waiting.keys()]);
  return [...keys]
    .flatMap((key) => deltaFor(catalogue, rows, key, presentOf) ?? [])
    .sort((a, b) => compare(sortKey(a), sortKey(b)));
}

function deltaFor(
  catalogue: Catalogue,
  rows: Rows,
  key: string,
  presentOf: (key: string, userId: Id, product: string) => Present,
): Delta | null {
  const [userId = "", product = ""] = key.split(" ");
  const sides = changedOr(rows, key, presentOf(key, userId, product));
  const delta = deltaOf(catalogue, product, sides);
  if (delta === null) return null;
  return {
    userId: rows.isNew(userId) ? null : userId,
    userName: rows.users.get(userId)?.userName ?? null,
    product,
    ...delta,
    reason: rows.reasons.get(key) ?? null,
  };
}

function changedOr(rows: Rows, key: string, present: Present): Present {
  return {
    requirement: rows.requirements.get(key) ?? present.requirement,
    seat: rows.seats.get(key) ?? present.seat,
    waiting: rows.waiting.get(key) ?? present.waiting,
  };
}

function sortKey({ userName, userId, product }: Delta): string {
  return JSON.stringify([userName ?? "", userId ?? "", product]);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Null: only a time or a count of use has changed. */
function deltaOf(
  catalogue: Catalogue,
  product: string,
  { requirement, seat, waiting }: Present,
): Omit<Delta, "userId" | "userName" | "product" | "reason"> | null {
  const needed = mapSides(requirement, ({ tier }) => tier);
  const held = mapSides(seat, (one): Place => {
    const { poolId, tier } = one;
    return { poolId, tier, state: stateOf(one) };
  });
  const waits = mapSides(waiting, ({ tier }) => tier);
  const addOns = {
    before: requirement.before?.addOns ?? [],
    after: requirement.after?.addOns ?? [],
  };
  const beaten = mapSides(requirement, (one) => glassOf(one).breakGlass?.despite ?? []);
  const isSame = [needed, held, waits, addOns, beaten].every(
    ({ before, after }) => JSON.stringify(before) === JSON.stringify(after),
  );
  if (isSame) return null;
  const because = (requirement.after ?? requirement.before)?.witness ?? [];
  return {
    effect: effectOf(catalogue, product, held, waits),
    needed,
    addOns,
    held,
    waits,
    because: because.map((reason) => [...reason.because, reason.requires].join(" > ")),
    ...glassOf(requirement.after),
  };
}

function glassOf(needed: Requirement | null): Pick<Delta, "breakGlass"> {
  return needed?.breakGlass === undefined ? {} : { breakGlass: needed.breakGlass };
}

export function givesAccess(place: Place | null): place is Place {
  return place !== null && (place.state === "active" || place.state === "grace");
}

function effectOf(
  catalogue: Catalogue,
  productId: string,
  { before, after }: Sides<Place>,
  waits: Sides<string>,
): Effect {
  if (givesAccess(before) !== givesAccess(after)) return givesAccess(after) ? "gained" : "lost";
  const moved =
    givesAccess(before) && givesAccess(after)
      ? moveOf(catalogue.products.get(productId), before, after)
      : null;
  return moved ?? placeOf(waits);
}

function moveOf(product: Product | undefined, before: Place, after: Place): Effect | null {
  if (before.tier === after.tier) return before.poolId === after.poolId ? null : "moved";
  if (product === undefined) return "moved";
  if (covers(product, after.tier, before.tier)) return "raised";
  return covers(product, before.tier, after.tier) ? "lowered" : "moved";
}

function placeOf({ before, after }: Sides<string>): Effect {
  if ((before === null) === (after === null)) return "changed";
  return after === null ? "unlisted" : "waiting";
}
