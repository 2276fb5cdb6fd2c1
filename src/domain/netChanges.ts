import type { Fact, Group, Pool, Requirement, Seat, User, WaitingEntry } from "./directory.js";
import type { Members } from "./people/members.js";
import type { Resource } from "./reclaim/rows.js";
import type { Upkeep } from "./reclaim/upkeep.js";
import type { Removed } from "./people/removed.js";
import type { Changes } from "./snapshot.js";
import { occupies } from "./seats/states.js";
import type { Table } from "./table.js";

/** The tables of a working copy (world.ts). */
export interface Tables {
  readonly users: Table<User>;
  readonly removed: Removed;
  readonly groups: Table<Group>;
  readonly members: Members;
  readonly facts: Table<Fact>;
  readonly requirements: Table<Requirement>;
  readonly seats: Table<Seat>;
  readonly kept: Table<Seat>;
  readonly waiting: Table<WaitingEntry>;
  readonly pools: Table<Pool>;
  readonly resources: Table<Resource>;
  readonly upkeep: Upkeep;
  /** Pools that grew by themselves and were not changed by hand. */
  readonly scaled: ReadonlySet<string>;
}

/** What has to be written to make the stored rows like the working copy, beside what was `appended`. */
export function netChanges(tables: Tables, appended: Changes): Changes {
  const { removed } = tables;
  const users = tables.users.difference();
  const gone = new Set(users.deleted.map(({ id }) => id));
  // What belongs to somebody who goes away is deleted with them, set-based.
  const stays = (row: { readonly userId: string }): boolean => !gone.has(row.userId);
  const groups = tables.groups.difference();
  const members = tables.members.difference();
  const facts = tables.facts.difference();
  const requirements = tables.requirements.difference();
  return {
    ...appended,
    usersInserted: users.inserted.filter(({ id }) => !removed.wasStored(id)),
    usersUpdated: users.updated.map(toUpdate),
    usersDeleted: [...gone],
    ...removed.changes(users),
    groupsInserted: groups.inserted,
    groupsUpdated: groups.updated.map(toUpdate),
    groupsDeleted: groups.deleted.map(({ id }) => id),
    membersAdded: members.added,
    membersRemoved: members.removed.filter(stays),
    factsAdded: [...facts.inserted, ...facts.updated.map(({ after }) => after)],
    factsRemoved: [...facts.deleted, ...facts.updated.map(({ before }) => before)].filter(stays),
    requirementsSet: [...requirements.inserted, ...requirements.updated.map(({ after }) => after)],
    requirementsRemoved: requirements.deleted.filter(stays),
    ...seatChanges(tables),
    ...resourceChanges(tables),
    poolsUpdated: tables.pools.difference().updated.map((pair) => ({
      ...toUpdate(pair),
      ...(tables.scaled.has(pair.after.id) ? { isAutomatic: true } : {}),
    })),
  };
}

function resourceChanges({ resources, upkeep }: Tables) {
  const { inserted, updated, deleted } = resources.difference();
  return {
    resourcesSet: [...inserted, ...updated.map(({ after }) => after)],
    resourcesRemoved: deleted,
    contractionsDone: upkeep.contractionsDone,
  };
}

function seatChanges(tables: Tables) {
  const waiting = tables.waiting.difference();
  const changes: SeatChanges = { seatsInserted: [], seatsUpdated: [], seatsDeleted: [] };
  for (const { before, after } of seatPairs(tables)) {
    if (before !== undefined && after !== undefined && staysInPlace(before, after)) {
      changes.seatsUpdated.push(after);
      continue;
    }
    if (before !== undefined) changes.seatsDeleted.push(before);
    if (after !== undefined) changes.seatsInserted.push(after);
  }
  return {
    ...changes,
    waitingInserted: waiting.inserted,
    waitingUpdated: waiting.updated.map(({ after }) => after),
    waitingDeleted: waiting.deleted,
    waitingNamedSeveral: [
      ...waiting.deleted,
      ...waiting.updated.map(({ before }) => before),
    ].filter(({ alsoPools }) => alsoPools !== undefined),
  };
}

type SeatChanges = Pick<Changes, "seatsInserted" | "seatsUpdated" | "seatsDeleted">;

interface SeatPair {
  before?: Seat;
  after?: Seat;
}

/** A seat that is kept is the same row as the one that gives access. */
function seatPairs({ seats, kept }: Tables): Iterable<SeatPair> {
  const pairs = new Map<string, SeatPair>();
  const pairOf = ({ id }: Seat): SeatPair => {
    const pair = pairs.get(id) ?? {};
    pairs.set(id, pair);
    return pair;
  };
  for (const { inserted, updated, deleted } of [seats.difference(), kept.difference()]) {
    for (const seat of deleted) pairOf(seat).before = seat;
    for (const seat of inserted) pairOf(seat).after = seat;
    for (const { before, after } of updated) Object.assign(pairOf(after), { before, after });
  }
  return pairs.values();
}

/** What begins to take a seat is inserted, after everything that gives one back. */
function staysInPlace(before: Seat, after: Seat): boolean {
  return before.poolId === after.poolId && (occupies(before) || !occupies(after));
}

function toUpdate<T extends { readonly version: number }>({
  before,
  after,
}: {
  before: T;
  after: T;
}) {
  return { row: after, expectedVersion: before.version };
}
