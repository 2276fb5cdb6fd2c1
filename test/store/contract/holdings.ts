import { expect, it } from "@jest/globals";
import type { Requirement } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

export function holdingsContract({ store }: Subject): void {
  it("gives what each user needs, holds and waits for, with the pools, and nothing of others", async () => {
    const tenant = await createTenant(store());
    const other = await createTenant(store());
    const pool = tenant.pool({ tiers: ["basic", "full"] });
    const foreign = other.pool({ name: "Foreign" });
    await store().administration.createPool(pool);
    await store().administration.createPool(foreign);
    const [holder, waiter, nobody, unasked] = [0, 1, 2, 3].map(() => tenant.user());
    const stranger = other.user();
    const witness = [{ requires: "tier>=full", because: ["group:g", "tierFloor:desk=full"] }];
    const requirement: Requirement = {
      userId: waiter!.id,
      product: "desk",
      tier: "full",
      addOns: [],
      blocked: null,
      witness,
    };
    await tenant.save({
      usersInserted: [holder!, waiter!, nobody!, unasked!],
      requirementsSet: [requirement, { ...requirement, userId: unasked!.id, product: "other" }],
      seatsInserted: [tenant.seat(pool, holder!), tenant.seat(pool, unasked!)],
      waitingInserted: [tenant.waiting(waiter!, { tier: "full", since: AT + 5 })],
    });
    await other.save({
      usersInserted: [stranger],
      seatsInserted: [other.seat(foreign, stranger)],
    });

    const ids = [holder!.id, waiter!.id, nobody!.id, stranger.id];
    const holdings = await store().directory.holdingsOfUsers(tenant.scope, ids, AT);

    const pools = [
      expect.objectContaining({
        id: pool.id,
        name: pool.name,
        product: "desk",
        tiers: ["basic", "full"],
        policy: pool.policy,
      }),
    ];
    const lists = { requirements: [], seats: [], kept: [], waiting: [], named: [] };
    const nothing = { ...lists, pools, timeZone: "UTC" };
    expect(Object.fromEntries(holdings)).toEqual({
      [holder!.id]: {
        ...nothing,
        seats: [{ product: "desk", poolId: pool.id, tier: "basic", grantedAt: AT }],
      },
      [waiter!.id]: {
        ...nothing,
        requirements: [{ product: "desk", tier: "full", blocked: null, witness }],
        waiting: [
          {
            entry: {
              ...{ product: "desk", tier: "full", poolId: null },
              ...{ since: AT + 5, reason: "PoolFull" },
            },
            position: null,
          },
        ],
      },
      [nobody!.id]: nothing,
      [stranger.id]: nothing,
    });
  });

  it("leaves out a lease from the moment at which it ends", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool({ kind: "concurrent" });
    await store().administration.createPool(pool);
    const user = tenant.user();
    const lease = tenant.seat(pool, user, { expiresAt: AT + 1_000 });
    await tenant.save({ usersInserted: [user], seatsInserted: [lease] });
    const seatsAt = async (now: number) => {
      const { directory } = store();
      return (await directory.holdingsOfUsers(tenant.scope, [user.id], now)).get(user.id)?.seats;
    };

    expect(await seatsAt(AT + 999)).toHaveLength(1);
    expect(await seatsAt(AT + 1_000)).toEqual([]);
  });

  it("asks nothing for nobody", async () => {
    const tenant = await createTenant(store());
    expect(await store().directory.holdingsOfUsers(tenant.scope, [], AT)).toEqual(new Map());
  });
}
