import { expect, it } from "@jest/globals";
import { type Changes, noChanges } from "../../../src/domain/snapshot.js";
import type { Subject } from "../support/open.js";
import { createTenant } from "../support/tenant.js";

/** What access decisions are made of, kept in memory (docs/adr/0026). */
export function standingsContract({ store, opened }: Subject): void {
  async function seated() {
    const acme = await createTenant(store());
    const [ann, bob] = [acme.user(), acme.user()];
    const desk = acme.pool();
    await store().administration.createPool(desk);
    const seat = acme.seat(desk, ann);
    const save = (changes: Partial<Changes>) =>
      store().write(acme.organisationId, async (tx) => {
        await tx.load({});
        await tx.save({ ...noChanges(), ...changes });
      });
    await save({ usersInserted: [ann, bob], seatsInserted: [seat] });
    const of = (userId: string) => store().standings.of(acme.organisationId, userId);
    return { acme, ann, bob, save, seat, of };
  }

  it("are those of the tables: account, live seats, places in lists, requirements", async () => {
    const { acme, ann, bob, save, seat, of } = await seated();
    const entry = acme.waiting(bob);
    const requirement = {
      ...{ userId: bob.id, product: "support", tier: "standard" },
      ...{ addOns: [], blocked: null, witness: [] },
    };
    await save({ waitingInserted: [entry], requirementsSet: [requirement] });
    const nothing = { seats: [], waiting: [], requirements: [], roles: [] };
    expect(await of(ann.id)).toEqual({ ...nothing, user: ann, seats: [seat] });
    expect(await of(bob.id)).toEqual({
      ...{ user: bob, seats: [], waiting: [entry], requirements: [requirement], roles: [] },
    });
  });

  it("change at once for who asks the node that wrote, and for nobody else", async () => {
    const { ann, bob, save, seat, of } = await seated();
    const [before, other] = [await of(ann.id), await of(bob.id)];
    expect(before?.seats).toHaveLength(1);
    expect(await of(ann.id)).toBe(before);

    await save({ seatsDeleted: [seat] });
    expect((await of(ann.id))?.seats).toEqual([]);
    // Kept: nothing of it has changed.
    expect(await of(bob.id)).toBe(other);

    const asked = of(ann.id);
    await save({
      usersUpdated: [{ row: { ...ann, active: false, version: 2 }, expectedVersion: 1 }],
    });
    await asked;
    expect((await of(ann.id))?.user.active).toBe(false);
  });

  it("are asked for anew after a write that failed, and after administration", async () => {
    const { acme, ann, of } = await seated();
    const before = await of(ann.id);
    const failing = store().write(acme.organisationId, async (tx) => {
      await tx.load({});
      await tx.save(noChanges());
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow();
    const after = await of(ann.id);
    expect(after).toEqual(before);
    expect(after).not.toBe(before);
    await store().administration.createPool(acme.pool());
    expect(await of(ann.id)).not.toBe(after);
  });

  it("of somebody who does not exist are not remembered, nor those of another organisation's people", async () => {
    const { acme, save, of } = await seated();
    const later = acme.user();
    expect(await of(later.id)).toBeNull();
    await save({ usersInserted: [later] });
    expect((await of(later.id))?.user).toEqual(later);
    const other = await createTenant(store());
    expect(await store().standings.of(other.organisationId, later.id)).toBeNull();
    expect(await of("no id")).toBeNull();
  });

  it("show within a second what another node has written, also when both write", async () => {
    const { another } = opened();
    // A database in memory has one node only.
    if (another === null) return;
    const node = await another();
    try {
      const { acme, ann, bob, save, seat } = await seated();
      const there = (userId: string) => node.standings.of(acme.organisationId, userId);
      expect((await there(ann.id))?.seats).toHaveLength(1);
      await there(bob.id);

      await save({ seatsDeleted: [seat] });
      // Its own write, about somebody else, must not hide that there was another one before.
      await node.write(acme.organisationId, async (tx) => {
        await tx.load({});
        const row = { ...bob, active: false, version: 2 };
        await tx.save({ ...noChanges(), usersUpdated: [{ row, expectedVersion: 1 }] });
      });
      expect((await there(ann.id))?.seats).toEqual([]);
      expect((await there(bob.id))?.user.active).toBe(false);

      await save({
        usersUpdated: [{ row: { ...ann, active: false, version: 2 }, expectedVersion: 1 }],
      });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect((await there(ann.id))?.user.active).toBe(false);
    } finally {
      await node.close();
    }
  });
}
