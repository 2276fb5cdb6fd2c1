import { expect, it } from "@jest/globals";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

const AGREED = {
  currency: "EUR",
  anchor: null,
  rounding: "halfUp",
  costCentre: null,
  products: {},
  pools: {},
} as const;

export function billingContract({ store }: Subject): void {
  it("keeps one row for a person, a product and a day, however often it is told", async () => {
    const tenant = await createTenant(store());
    const other = await createTenant(store());
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const used = (day: number, product = "desk") => ({ userId: user.id, product, day });
    await tenant.save({ daysUsed: [used(20_000), used(20_001)] });
    await tenant.save({ daysUsed: [used(20_001), used(20_001, "chat"), used(20_002)] });
    const read = (from: number, to: number) =>
      store().billing.usedDays(tenant.organisationId, from, to);
    expect(await read(20_000, 20_002)).toEqual([used(20_000), used(20_001, "chat"), used(20_001)]);
    expect(await read(20_002, 20_100)).toEqual([used(20_002)]);
    expect(await store().billing.usedDays(other.organisationId, 0, 30_000)).toEqual([]);
  });

  it("saves settings and time zone together, each version once, for one organisation alone", async () => {
    const tenant = await createTenant(store());
    const other = await createTenant(store());
    const { billing, administration } = store();
    const { organisationId } = tenant;
    expect(await billing.settings(organisationId)).toBeNull();
    const first = { agreed: AGREED, version: 1, updatedAt: AT, updatedBy: "operator" };
    await billing.saveSettings(organisationId, first, "Europe/Vienna");
    const again = billing.saveSettings(organisationId, first, "UTC");
    await expect(again).rejects.toMatchObject({ code: "VersionMismatch" });
    expect(await billing.settings(organisationId)).toEqual(first);
    const second = { ...first, agreed: { ...AGREED, currency: "USD" }, version: 2 };
    await billing.saveSettings(organisationId, second, "Asia/Tokyo");
    expect(await billing.settings(organisationId)).toEqual(second);
    expect((await administration.findOrganisation(organisationId))?.timeZone).toBe("Asia/Tokyo");
    expect((await tenant.load()).organisation.timeZone).toBe("Asia/Tokyo");
    expect(await billing.settings(other.organisationId)).toBeNull();
    expect((await other.load()).organisation.timeZone).toBe("UTC");
  });

  it("remembers every change of the billing mode", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    const change = { userId: user.id, product: "desk", at: AT, actor: "operator" };
    const changes = [
      { ...change, id: "m-1", mode: "daily" },
      { ...change, id: "m-2", mode: "monthly", at: AT + 1 },
    ] as const;
    for (const one of changes) await store().billing.addMode(tenant.organisationId, one);
    expect(await store().billing.modes(tenant.organisationId)).toEqual(changes);
    const other = await createTenant(store());
    expect(await store().billing.modes(other.organisationId)).toEqual([]);
  });

  it("names the groups of people, and the sessions of a time", async () => {
    const tenant = await createTenant(store());
    const [ann, bob] = [tenant.user(), tenant.user()];
    const group = tenant.group({ displayName: "Sales" });
    const session = tenant.session(ann, { createdAt: AT, expiresAt: AT + 1_000, endedAt: null });
    await tenant.save({ usersInserted: [ann, bob], groupsInserted: [group] });
    await tenant.save({
      membersAdded: [{ groupId: group.id, userId: ann.id }],
      sessionsInserted: [session],
    });
    const names = await store().billing.groupNames(tenant.organisationId, [ann.id, bob.id]);
    expect(names).toEqual(new Map([[ann.id, ["Sales"]]]));
    const spans = (from: number, to: number) =>
      store().billing.sessions(tenant.organisationId, from, to);
    expect(await spans(AT + 999, AT + 2_000)).toEqual([
      expect.objectContaining({ userId: ann.id }),
    ]);
    expect(await spans(AT + 1_000, AT + 2_000)).toEqual([]);
    expect(await spans(AT - 9, AT)).toEqual([]);
  });
}
