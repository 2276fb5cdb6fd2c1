import { expect } from "@jest/globals";
import type { App } from "../../src/app.js";
import type { Group, Pool, Seat, User, WaitingEntry } from "../../src/domain/directory.js";
import type { Entry } from "../../src/domain/history.js";

/** Everything that an organisation has, as rows, to be compared before and after. */
export interface Books {
  readonly users: readonly User[];
  readonly groups: readonly (Group & { memberCount: number })[];
  readonly members: readonly (readonly [groupId: string, ...userIds: string[]])[];
  readonly pools: readonly Pool[];
  readonly seats: readonly Seat[];
  readonly waiting: readonly WaitingEntry[];
  readonly entries: readonly Entry[];
  /** Events that are not delivered yet, of all organisations. */
  readonly backlog: number;
}

const ALL = 100_000;

export async function readBooks(
  { store }: Pick<App, "store">,
  organisationId: string,
): Promise<Books> {
  const { insights, administration, directory, outbox } = store;
  const [users, groups, pools, connections, entries, backlog] = await Promise.all([
    insights.users(organisationId, { limit: ALL }),
    insights.groups(organisationId, { limit: ALL }),
    administration.listPools(organisationId),
    administration.listConnections(organisationId),
    insights.entries(organisationId, { limit: ALL }),
    outbox.backlog(),
  ]);
  const memberLists = await Promise.all(
    connections.map(({ id: connectionId }) =>
      directory.membersOfGroups(
        { organisationId, connectionId },
        groups.filter((group) => group.connectionId === connectionId).map(({ id }) => id),
      ),
    ),
  );
  const seats = await Promise.all(
    pools.map(({ id }) => insights.seatsIn(organisationId, id, { limit: ALL })),
  );
  const products = [...new Set(pools.map(({ product }) => product))];
  const waiting = await Promise.all(
    products.map((product) => insights.waiting(organisationId, product, ALL)),
  );
  return {
    users,
    groups,
    members: memberLists
      .flatMap((lists) =>
        [...lists].map(([id, members]) => [id, ...members.map(({ userId }) => userId)] as const),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    pools,
    seats: seats.flat(),
    waiting: waiting.flat(),
    entries,
    backlog,
  };
}

/**
 * What must hold whatever happened: for each pool the ledger, the seats and the counter give the same number, within
 * the capacity; nobody has two seats of a product; nobody stands in the directory twice.
 */
export function expectBalanced({ users, pools, seats, waiting, entries }: Books): void {
  const balances = pools.map(({ id, name, used, capacity }) => ({
    name,
    used,
    seats: seats.filter(({ poolId }) => poolId === id).length,
    ledger: entries
      .filter(({ poolId }) => poolId === id)
      .reduce((sum, { delta }) => sum + delta, 0),
    oversold: used > capacity,
  }));
  expect(balances).toEqual(
    pools.map(({ name, used }) => ({ name, used, seats: used, ledger: used, oversold: false })),
  );
  expectNoneTwice(seats.map(({ userId, product }) => `${userId} ${product}`));
  expectNoneTwice(waiting.map(({ userId, product }) => `${userId} ${product}`));
  expectNoneTwice(users.map(({ userName }) => userName.toLowerCase()));
  const known = new Set(users.map(({ id }) => id));
  expect(seats.filter(({ userId }) => !known.has(userId))).toEqual([]);
}

function expectNoneTwice(values: readonly string[]): void {
  expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([]);
}
