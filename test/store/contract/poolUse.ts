import { expect, it } from "@jest/globals";
import { barOf, takenIn } from "../../../src/domain/pools/bar.js";
import type { Seat } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

export function poolUseContract({ store }: Subject): void {
  it("rules 57, 60 and 73: counts what takes the pool's seats, and in which teams their holders are", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool({ capacity: 7 });
    await store().administration.createPool(pool);
    const kept = (state: "pending" | "parked" | "suspended", consumes = true): Partial<Seat> => ({
      kept: { state, consumes, since: AT, reason: "test" },
    });
    const cases: Partial<Seat>[] = [
      {},
      {},
      kept("pending"),
      kept("parked"),
      kept("suspended"),
      kept("parked", false),
      { expiresAt: AT },
    ];
    const users = cases.map(() => tenant.user());
    const team = (index: number, name: string) =>
      tenant.fact(users[index]!, { kind: "team", name, source: { type: "hand", by: name } });
    await tenant.save({
      usersInserted: users,
      seatsInserted: cases.map((fields, index) => tenant.seat(pool, users[index]!, fields)),
      factsAdded: [
        team(0, "Red"),
        team(0, "Blue"),
        team(1, "Red"),
        team(2, "Red"),
        team(5, "Blue"),
      ],
    });

    const use = await store().insights.poolUse(tenant.organisationId, pool.id, AT);
    expect(use.teams).toEqual([
      { team: "Blue", seats: 1 },
      { team: "Red", seats: 3 },
    ]);
    const bar = barOf(pool, use);
    // The list of pools has no other number, though a row whose time is over is still there.
    const used = await store().insights.poolsUsed(tenant.organisationId, AT);
    expect(used).toEqual(new Map([[pool.id, takenIn(use)]]));
    const earlier = await store().insights.poolsUsed(tenant.organisationId, AT - 1);
    expect(earlier).toEqual(new Map([[pool.id, takenIn(use) + 1]]));
    expect(bar).toEqual({
      bought: 7,
      active: 2,
      pending: 1,
      grace: 0,
      unassigned: 2,
      unused: 2,
      overage: 0,
      excess: 0,
    });
    expect(barOf({ ...pool, capacity: 4 }, use)).toMatchObject({
      unused: 0,
      overage: 0,
      excess: 1,
    });
    expect((await store().insights.poolUse("elsewhere", pool.id, AT)).taken).toEqual([]);
  });
}
