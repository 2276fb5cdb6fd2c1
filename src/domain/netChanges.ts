import type { Fact, Group, Pool, Requirement, Seat, User, WaitingEntry } from "./directory.js";
import type { Members } from "./members.js";
import type { Removed } from "./removed.js";
import type { Changes } from "./snapshot.js";
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
  readonly waiting: Table<WaitingEntry>;
  readonly pools: Table<Pool>;
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
    poolsUpdated: tables.pools.difference().updated.map(toUpdate),
  };
}

function seatChanges(tables: Tables) {
  const seats = tables.seats.difference();
  const waiting = tables.waiting.difference();
  const moved = seats.updated.filter(({ before, after }) => before.poolId !== after.poolId);
  const stayed = seats.updated.filter(({ before, after }) => before.poolId === after.poolId);
  return {
    seatsInserted: [...seats.inserted, ...moved.map(({ after }) => after)],
    seatsUpdated: stayed.map(({ after }) => after),
    seatsDeleted: [...seats.deleted, ...moved.map(({ before }) => before)],
    waitingInserted: waiting.inserted,
    waitingUpdated: waiting.updated.map(({ after }) => after),
    waitingDeleted: waiting.deleted,
  };
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
