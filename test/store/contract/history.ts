import { expect, it } from "@jest/globals";
import type { Outbox } from "../../../src/ports.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

export function historyContract({ store, opened, open }: Subject): void {
  it("numbers the entries of an organisation in the order of its commits", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const entries = Array.from({ length: 6 }, (_, index) =>
      tenant.entry({
        userId: index % 2 === 0 ? user.id : null,
        delta: index === 0 ? 1 : -1,
        details: { index, text: "ü😀" },
        cause: { type: "timer", action: "a", actor: "system", requestId: "r" },
      }),
    );
    await tenant.save({ entries: entries.slice(0, 4) });
    await tenant.save({ entries: entries.slice(4) });
    const { insights } = store();
    const { organisationId } = tenant;
    const all = await insights.entries(organisationId, { limit: 10 });
    expect(all.map(({ position, ...entry }) => entry)).toEqual(entries);
    const positions = all.map(({ position }) => position ?? 0);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(new Set(positions).size).toBe(6);

    const ids = async (page: Parameters<typeof insights.entries>[1]) =>
      (await insights.entries(organisationId, page)).map(({ id }) =>
        entries.findIndex((e) => e.id === id),
      );
    expect(await ids({ limit: 2, after: positions[1]! })).toEqual([2, 3]);
    expect(await ids({ limit: 2, newestFirst: true })).toEqual([5, 4]);
    expect(await ids({ limit: 9, userId: user.id })).toEqual([0, 2, 4]);
    expect(
      await insights.entries((await createTenant(store())).organisationId, { limit: 9 }),
    ).toEqual([]);
  });

  it("hands out one event per user at a time, the oldest, and each to one node only", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const users = [tenant.user(), tenant.user()];
    const events = [0, 0, 1, 1, 0].map((index, order) =>
      tenant.event({ userId: users[index]!.id, data: { order }, at: AT }),
    );
    await tenant.save({ usersInserted: users, events });
    const { outbox } = own.store;
    expect(await outbox.backlog()).toBe(5);
    expect(await orders(outbox, AT)).toEqual([0, 2]);
    expect(await orders(outbox, AT)).toEqual([]);

    await outbox.delivered([events[0]!.id], AT);
    expect(await orders(outbox, AT)).toEqual([1]);
    await outbox.failed(events[2]!.id, 1, AT + 5_000, "refused");
    expect(await orders(outbox, AT + 1_000)).toEqual([]);
    const again = await outbox.claim(AT + 5_000, 10, AT + 65_000);
    expect(again).toEqual([{ ...events[2], position: expect.any(Number), attempts: 1 }]);
    // A node that died: its claim runs out.
    expect(await orders(outbox, AT + 60_000)).toEqual([1]);
    expect(await outbox.backlog()).toBe(4);
    await own.store.close();
  });

  it("drops what nobody tries to deliver, but nothing of a receiver that is down", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const users = [tenant.user(), tenant.user(), tenant.user()];
    const [untold, down, fresh] = users.map(({ id }) => id);
    const events = [
      ...[0, 1].map((order) => tenant.event({ userId: untold!, data: { order }, at: AT })),
      ...[2, 3].map((order) => tenant.event({ userId: down!, data: { order }, at: AT })),
      tenant.event({ userId: fresh!, data: { order: 4 }, at: AT + 1_000 }),
    ];
    await tenant.save({ usersInserted: users, events });
    const { outbox } = own.store;
    await outbox.failed(events[2]!.id, 3, AT + 5_000, "refused");

    expect(await outbox.forgetUntold(AT, 10)).toBe(0);
    expect(await outbox.forgetUntold(AT + 1_000, 1)).toBe(1);
    expect(await outbox.forgetUntold(AT + 1_000, 10)).toBe(1);
    expect(await outbox.forgetUntold(AT + 1_000, 10)).toBe(0);
    expect(await outbox.backlog()).toBe(3);
    expect(await orders(outbox, AT + 5_000)).toEqual([2, 4]);
    expect(await outbox.forgetUntold(AT + 60_000, 10)).toBe(0);
    await own.store.close();
  });

  it("delivers events without a user independently, oldest first and within the limit", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    await tenant.save({
      events: [0, 1, 2].map((order) => tenant.event({ data: { order } })),
    });
    expect(await orders(own.store.outbox, AT, 2)).toEqual([0, 1]);
    expect(await orders(own.store.outbox, AT, 2)).toEqual([2]);
    await own.store.close();
  });

  it("gives each event to one of several nodes that ask at once", async () => {
    const { another } = opened();
    if (another === null) return;
    const own = await open({ clock: { now: () => AT } });
    const nodes = [own.store, await own.another!()];
    const tenant = await createTenant(own.store);
    await tenant.save({
      events: Array.from({ length: 40 }, (_, order) => tenant.event({ data: { order } })),
    });
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, index) => orders(nodes[index % 2]!.outbox, AT, 10)),
    );
    const taken = claims.flat();
    expect(new Set(taken).size).toBe(taken.length);
    for (const node of nodes) await node.close();
  });
}

async function orders(outbox: Outbox, now: number, limit = 10): Promise<unknown[]> {
  const claimed = await outbox.claim(now, limit, now + 60_000);
  return claimed.map(({ data }) => data["order"]);
}
