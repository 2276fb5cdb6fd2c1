import type { Id, Pool, Seat, WaitingEntry } from "../directory.js";
import type { Entry } from "../history.js";
import type { Snapshot } from "../snapshot.js";
import { occupies } from "../seats/states.js";
import { servesEntry } from "../waiting/serves.js";
import type { World } from "../world.js";
import type { Totals, WaitingCount } from "./concern.js";
import { EFFECTS, type Delta, type Effect } from "./deltas.js";
import { moneyOf, type Money, type SeatCount, type Stocks } from "./money.js";
import { overSeats, type Prices } from "./overSeats.js";
import type { BeforeAndAfter } from "./sides.js";

/** A plan's prediction: people, pools and money. Two runs from the same state give the same text (I17). */
export interface PlanReport {
  readonly people: readonly Delta[];
  readonly counts: Readonly<Record<Effect, number>>;
  readonly pools: readonly PoolEffect[];
  readonly money: Money;
  /** Of requests of an identity provider; null for a change of the set-up. */
  readonly sync: SyncEffect | null;
}

export interface SyncEffect {
  readonly requests: number;
  readonly refused: readonly {
    /** 1-based. */
    readonly request: number;
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly sentence: string;
  }[];
}

export interface PoolEffect {
  readonly poolId: Id;
  readonly pool: string;
  readonly product: string;
  readonly capacity: BeforeAndAfter<number>;
  /** Seats taken, in whatever state. */
  readonly used: BeforeAndAfter<number>;
  /** On the list for a seat of this pool, perhaps of others, too. */
  readonly waiting: BeforeAndAfter<number>;
}

/** What the working copy has come to, beside what was loaded. @param totals as loaded */
export function reportOf(
  world: World,
  before: Pick<Snapshot, "pools">,
  totals: Totals,
  deltas: readonly Delta[],
  prices: Prices,
): PlanReport {
  const after: Totals = {
    seats: seatsAfter(world, totals.seats),
    waiting: waitingAfter(world, totals.waiting),
  };
  const pools = world.allPools();
  return {
    ...report(
      { before: [...before.pools.values()], after: pools },
      { before: totals, after },
      { people: deltas, written: world.written.entries },
      prices,
    ),
    sync: null,
  };
}

interface Done {
  readonly people: readonly Delta[];
  /** Into the ledger, in order. */
  readonly written: readonly Entry[];
}

/** Between two looks at the whole organisation. */
export function reportBetween(
  before: { readonly pools: readonly Pool[]; readonly totals: Totals },
  after: { readonly pools: readonly Pool[]; readonly totals: Totals },
  done: Done,
  prices: Prices,
): Omit<PlanReport, "sync"> {
  return report(
    { before: before.pools, after: after.pools },
    { before: before.totals, after: after.totals },
    done,
    prices,
  );
}

/** Whether both predict the same, to the last word. */
export function isSameReport(a: PlanReport, b: PlanReport): boolean {
  const text = ({ people, counts, pools, money, sync }: PlanReport): string =>
    JSON.stringify([people, counts, pools, money, sync]);
  return text(a) === text(b);
}

function report(
  pools: { readonly before: readonly Pool[]; readonly after: readonly Pool[] },
  totals: { readonly before: Totals; readonly after: Totals },
  { people, written }: Done,
  prices: Prices,
): Omit<PlanReport, "sync"> {
  const pairs: Stocks["pools"] = pools.after
    .map((after) => ({ before: pools.before.find(({ id }) => id === after.id) ?? null, after }))
    .sort((a, b) => (a.after.id < b.after.id ? -1 : 1));
  const seats = { before: totals.before.seats, after: totals.after.seats };
  const counts = Object.fromEntries(
    EFFECTS.map((effect) => [effect, people.filter((one) => one.effect === effect).length]),
  ) as Record<Effect, number>;
  return {
    people,
    counts,
    pools: pairs.flatMap(({ before, after }) =>
      after === null ? [] : [poolEffect(before ?? after, after, totals)],
    ),
    money: moneyOf(prices.book, { pools: pairs, seats, over: overSeats(prices, written) }, people),
  };
}

function poolEffect(
  before: Pool,
  after: Pool,
  totals: { readonly before: Totals; readonly after: Totals },
): PoolEffect {
  const used = (counts: readonly SeatCount[]): number =>
    counts.reduce((sum, { poolId, count }) => (poolId === after.id ? sum + count : sum), 0);
  const waiting = (pool: Pool, counts: readonly WaitingCount[]): number =>
    counts.reduce((sum, entry) => (servesEntry(pool, entry) ? sum + entry.count : sum), 0);
  return {
    poolId: after.id,
    pool: after.name,
    product: after.product,
    capacity: { before: before.capacity, after: after.capacity },
    used: { before: used(totals.before.seats), after: used(totals.after.seats) },
    waiting: {
      before: waiting(before, totals.before.waiting),
      after: waiting(after, totals.after.waiting),
    },
  };
}

/** Counts that become nothing are dropped, so that the text of a report does not tell how it was worked out. */
function seatsAfter(world: World, before: readonly SeatCount[]): SeatCount[] {
  const counts = new Map(before.map(({ poolId, tier, count }) => [`${poolId} ${tier}`, count]));
  const add = (seat: Seat, by: number): void => {
    const key = `${seat.poolId} ${seat.tier}`;
    if (occupies(seat)) counts.set(key, (counts.get(key) ?? 0) + by);
  };
  for (const { inserted, updated, deleted } of [
    world.seats.difference(),
    world.kept.difference(),
  ]) {
    for (const seat of [...deleted, ...updated.map((pair) => pair.before)]) add(seat, -1);
    for (const seat of [...inserted, ...updated.map((pair) => pair.after)]) add(seat, 1);
  }
  return [...counts].flatMap(([key, count]) => {
    const [poolId = "", tier = ""] = key.split(" ");
    return count === 0 ? [] : [{ poolId, tier, count }];
  });
}

function waitingAfter(world: World, before: readonly WaitingCount[]): WaitingCount[] {
  const { inserted, updated, deleted } = world.waiting.difference();
  const one = (
    { product, tier, poolId, alsoPools, atTheDoor }: WaitingEntry,
    count: number,
  ): WaitingCount => ({
    ...{ product, tier, poolId, atTheDoor, count },
    ...(alsoPools === undefined ? {} : { alsoPools }),
  });
  return [
    ...before,
    ...[...deleted, ...updated.map((pair) => pair.before)].map((entry) => one(entry, -1)),
    ...[...inserted, ...updated.map((pair) => pair.after)].map((entry) => one(entry, 1)),
  ];
}
