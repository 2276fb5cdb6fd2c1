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

export function billingContract({ store, open }: Subject): void {
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

  const HOUR = 3_600_000;
  const DAY = 24 * HOUR;

  it("knows when people were signed in after their sessions were tidied up, and notes each session once", async () => {
    const clock = { at: AT, now: () => clock.at };
    const own = await open({ clock });
    const tenant = await createTenant(own.store);
    const [ann, bob] = [tenant.user(), tenant.user()];
    const lasting = { createdAt: AT, expiresAt: AT + 10 * HOUR, lastSeenAt: AT + 2 * HOUR };
    const sessions = [
      tenant.session(ann, { ...lasting, endedAt: AT + 3 * HOUR }),
      tenant.session(bob, { ...lasting, endedAt: null }),
      // Two browsers at the same moment.
      tenant.session(bob, { ...lasting, endedAt: null }),
      tenant.session(ann, { ...lasting, expiresAt: AT + 40 * DAY, endedAt: AT + HOUR }),
    ];
    await tenant.save({ usersInserted: [ann, bob] });
    await tenant.save({ sessionsInserted: sessions });
    const spans = (from: number, to: number) =>
      own.store.billing.sessions(tenant.organisationId, from, to);
    const ofEach = async () =>
      new Set((await spans(AT, AT + DAY)).map((use) => JSON.stringify(Object.values(use))));
    const before = await ofEach();
    expect(before.size).toBe(3);
    clock.at = AT + 31 * DAY;
    await own.store.organisationsWithWork(clock.at);
    clock.at += HOUR;
    await own.store.organisationsWithWork(clock.at);
    // None of those that were over long ago is a session any more.
    const live = { ...{ now: AT, seenSince: 0, limit: 9 }, userId: bob.id };
    expect(await own.store.sessions.listSessions(tenant.organisationId, live)).toEqual([]);
    expect(await ofEach()).toEqual(before);
    expect(await spans(AT, AT + DAY)).toEqual([
      { userId: ann.id, from: AT, to: AT + HOUR },
      { userId: ann.id, from: AT, to: AT + 3 * HOUR },
      { userId: bob.id, from: AT, to: AT + 2 * HOUR + 900_000 },
    ]);
    expect(await spans(AT + 3 * HOUR, AT + DAY)).toEqual([]);
    expect(await spans(AT - DAY, AT)).toEqual([]);
    const other = await createTenant(own.store);
    expect(await own.store.billing.sessions(other.organisationId, 0, AT + DAY)).toEqual([]);
    await own.store.close();
  });

  it("keeps the hours of whoever is gone, and none of whoever is erased", async () => {
    const clock = { at: AT, now: () => clock.at };
    const own = await open({ clock });
    const tenant = await createTenant(own.store);
    const [gone, erased] = [tenant.user(), tenant.user()];
    const lasting = { createdAt: AT, expiresAt: AT + HOUR, endedAt: AT + HOUR };
    const recent = { createdAt: AT + 31 * DAY, expiresAt: AT + 32 * DAY, endedAt: AT + 32 * DAY };
    await tenant.save({ usersInserted: [gone, erased] });
    await tenant.save({
      sessionsInserted: [gone, erased].flatMap((user) => [
        tenant.session(user, lasting),
        tenant.session(user, recent),
      ]),
    });
    clock.at = AT + 32 * DAY;
    await own.store.organisationsWithWork(clock.at);
    await tenant.save({
      usersDeleted: [gone.id, erased.id],
      peopleErased: [{ userId: erased.id, userName: erased.userName }],
    });
    const spans = async () => {
      const all = await own.store.billing.sessions(tenant.organisationId, 0, AT + 99 * DAY);
      return all.map(({ userId, from }) => [userId, from]);
    };
    const whole = [
      [gone.id, AT],
      [gone.id, AT + 31 * DAY],
    ];
    expect(await spans()).toEqual(whole);
    await own.store.removedPeople.purge(AT + 99 * DAY, 100);
    expect(await spans()).toEqual(whole);
    await own.store.close();
  });
}
