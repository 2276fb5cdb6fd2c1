import { expect, it } from "@jest/globals";
import { noChanges } from "../../../src/domain/snapshot.js";
import type { Store } from "../../../src/ports.js";
import type { Subject } from "../support/open.js";
import { createTenant, tenant as tenantOf, type Tenant } from "../support/tenant.js";
import { consistent } from "./capacity.js";

export function concurrencyContract({ store, opened }: Subject): void {
  it("loses no write of many that come at once to one organisation", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user({ version: 0, document: { counter: 0 } });
    await tenant.save({ usersInserted: [user] });
    const stores = [store(), ...(await others())];
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        increment(stores[index % stores.length]!, tenant, user.id),
      ),
    );
    const stored = await store().directory.findUser(tenant.scope, user.id);
    expect(stored).toMatchObject({ version: 60, document: { counter: 60 } });
    for (const node of stores.slice(1)) await node.close();
  });

  it("sells the last seats of a pool to exactly as many as there are", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool({ capacity: 5 });
    await store().administration.createPool(pool);
    const users = Array.from({ length: 30 }, () => tenant.user());
    await tenant.save({ usersInserted: users });
    const nodes = [store(), ...(await others())];
    const results = await Promise.allSettled(
      users.map((user, index) =>
        nodes[index % nodes.length]!.write(tenant.organisationId, (tx) =>
          tx.save({ ...noChanges(), seatsInserted: [tenant.seat(pool, user)] }),
        ),
      ),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "PoolFull" });
    }
    const raw = await opened().raw?.();
    if (raw !== undefined) await consistent(raw);
    await raw?.close();
    for (const node of nodes.slice(1)) await node.close();
  });

  it("writes to several organisations at once", async () => {
    const tenants = await Promise.all(Array.from({ length: 6 }, () => createTenant(store())));
    await Promise.all(
      tenants.flatMap((tenant) =>
        Array.from({ length: 10 }, () => tenant.save({ usersInserted: [tenant.user()] })),
      ),
    );
    for (const tenant of tenants) {
      const page = await store().directory.listUsers(tenant.scope, { startIndex: 1, count: 0 });
      expect(page.totalResults).toBe(10);
    }
  });

  it("shows nothing of a transaction before it commits, and nothing of one that fails", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    let seen: Promise<unknown> | undefined;
    await expect(
      store().write(tenant.organisationId, async (tx) => {
        await tx.save({ ...noChanges(), usersInserted: [user] });
        seen = store().directory.findUser(tenant.scope, user.id);
        await new Promise((resolve) => setTimeout(resolve, 30));
        throw new Error("changed my mind");
      }),
    ).rejects.toThrow();
    expect(await seen).toBeNull();
    expect(await store().directory.findUser(tenant.scope, user.id)).toBeNull();
  });

  it("runs the work again from the start when the state changed under it, but not for ever", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    let runs = 0;
    const work = (successAt: number) =>
      store().write(tenant.organisationId, async (tx) => {
        runs += 1;
        const expectedVersion = runs >= successAt ? 1 : 99;
        await tx.save({
          ...noChanges(),
          usersUpdated: [{ row: { ...user, version: 2 }, expectedVersion }],
        });
        return runs;
      });
    expect(await work(3)).toBe(3);
    runs = 0;
    await expect(work(Infinity)).rejects.toMatchObject({ code: "VersionMismatch" });
    expect(runs).toBe(10);
  });

  it("answers NotFound for an organisation that does not exist", async () => {
    let hasDecided = false;
    const write = store().write("no-such-organisation", async (tx) => {
      await tx.load({});
      hasDecided = true;
    });
    await expect(write).rejects.toMatchObject({ code: "NotFound" });
    expect(hasDecided).toBe(false);
    const blind = store().write("no-such-organisation", () => Promise.resolve("nothing"));
    await expect(blind).rejects.toMatchObject({ code: "NotFound" });
  });

  it("waits on closing for what is under way", async () => {
    const { another } = opened();
    if (another === null) return;
    const tenant = await createTenant(store());
    const node = await another();
    const users = Array.from({ length: 20 }, () => tenant.user());
    const mine = tenantOf(node, tenant.organisationId, tenant.connectionId);
    const writes = users.map((user) => mine.save({ usersInserted: [user] }));
    await node.close();
    const results = await Promise.allSettled(writes);
    const stored = await store().directory.listUsers(tenant.scope, { startIndex: 1, count: 0 });
    const acknowledged = results.filter(({ status }) => status === "fulfilled").length;
    expect(acknowledged).toBe(20);
    expect(stored.totalResults).toBe(20);
    await expect(node.ping()).rejects.toMatchObject({ code: "Unavailable" });
    await expect(mine.save({})).rejects.toMatchObject({ code: "Unavailable" });
  });

  async function others(): Promise<Store[]> {
    const { another } = opened();
    return another === null ? [] : [await another(), await another()];
  }
}

function increment(store: Store, tenant: Tenant, userId: string): Promise<void> {
  return store.write(tenant.organisationId, async (tx) => {
    const { users } = await tx.load({ users: [userId] });
    const user = users.get(userId)!.user;
    const row = {
      ...user,
      version: user.version + 1,
      document: { ...user.document, counter: Number(user.document["counter"]) + 1 },
    };
    await tx.save({ ...noChanges(), usersUpdated: [{ row, expectedVersion: user.version }] });
  });
}
