import { expect, it } from "@jest/globals";
import type { Resource } from "../../../src/domain/reclaim/rows.js";
import { holderKey } from "../../../src/domain/reclaim/guard.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

const DAY = 86_400_000;

function resource(tenant: Tenant, userId: string, more: Partial<Resource> = {}): Resource {
  return {
    ...{ organisationId: tenant.organisationId, kind: "page", id: "p1", product: "desk", userId },
    ...{ indispensable: false, state: "enabled", before: null, updatedAt: AT },
    ...more,
  };
}

export function reclaimContract({ store, open }: Subject): void {
  const exemption = (
    tenant: Tenant,
    of: { userId?: string; groupId?: string; until?: number },
  ) => ({
    ...{ id: systemIds.next(), organisationId: tenant.organisationId, reason: "leave" },
    ...{ userId: of.userId ?? null, groupId: of.groupId ?? null, until: of.until ?? null },
    ...{ createdBy: "ann", createdAt: AT },
  });

  it("keeps how far the question about an idle seat has come, and what can be undone", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool();
    await store().administration.createPool(pool);
    const users = [tenant.user(), tenant.user(), tenant.user()];
    const seats = [
      tenant.seat(pool, users[0]!, { idle: { reviewAt: AT + DAY } }),
      tenant.seat(pool, users[1]!, {
        idle: { reviewAt: AT, askedAt: AT, remindedAt: AT, quietUntil: AT, downgradedAt: AT },
      }),
      tenant.seat(pool, users[2]!, {
        kept: {
          ...{ state: "parked", consumes: false, since: AT, reason: "reclaimed" },
          undo: { until: AT + DAY, protectedUntil: AT + 1 },
        },
      }),
    ];
    await tenant.save({ usersInserted: users, seatsInserted: seats });
    const loaded = await tenant.load({ users: users.map(({ id }) => id) });
    expect([...loaded.users.values()].flatMap((state) => state.seats)).toEqual(seats);
    const { idle: _, ...plain } = seats[0]!;
    await tenant.save({ seatsUpdated: [plain] });
    const after = await tenant.load({ users: [users[0]!.id] });
    expect(after.users.get(users[0]!.id)?.seats).toEqual([plain]);
  });

  it("loads what is due and no more, with the exemptions that concern it", async () => {
    const own = await open({ clock: { now: () => AT + 10 * DAY } });
    const tenant = await createTenant(own.store);
    const pool = tenant.pool();
    await own.store.administration.createPool(pool);
    const users = Array.from({ length: 5 }, () => tenant.user());
    const seats = users.map((user, n) =>
      tenant.seat(pool, user, { idle: { reviewAt: AT + (8 + n) * DAY } }),
    );
    const group = tenant.group();
    await tenant.save({ usersInserted: users, groupsInserted: [group], seatsInserted: seats });
    const { reclaims } = own.store;
    const wanted = [
      exemption(tenant, { userId: users[0]!.id }),
      exemption(tenant, { groupId: group.id, until: AT + 11 * DAY }),
    ];
    const others = [
      exemption(tenant, { userId: users[4]!.id }),
      exemption(tenant, { userId: users[0]!.id, until: AT + 10 * DAY }),
    ];
    for (const one of [...wanted, ...others]) await reclaims.addExemption(one);

    const { upkeep } = await tenant.load({ upkeep: 10 });
    expect(upkeep?.due).toEqual(seats.slice(0, 3));
    expect(upkeep?.exemptions).toEqual(wanted);
    expect((await tenant.load({ upkeep: 2 })).upkeep?.due).toEqual(seats.slice(0, 2));
    expect((await tenant.load()).upkeep).toBeUndefined();
    expect(await own.store.organisationsWithWork(AT + 8 * DAY)).toEqual([tenant.organisationId]);
    expect(await own.store.organisationsWithWork(AT + 8 * DAY - 1)).toEqual([]);
    await own.store.close();
  });

  it("saves a reduction only for the pool as it was read, and changes the pool for who has read it before", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool();
    const { administration, reclaims } = store();
    await administration.createPool(pool);
    const contraction = {
      ...{ id: systemIds.next(), organisationId: tenant.organisationId, poolId: pool.id },
      ...{ capacity: 1, at: AT, createdBy: "ann", createdAt: AT, state: "planned" as const },
    };
    expect(await reclaims.addContraction(contraction, pool.version + 1)).toBe(false);
    expect(await reclaims.contractions(tenant.organisationId, pool.id)).toEqual([]);
    expect(await reclaims.addContraction(contraction, pool.version)).toBe(true);
    expect(await reclaims.contractions(tenant.organisationId, pool.id)).toEqual([contraction]);
    const read = await administration.findPool(tenant.organisationId, pool.id);
    expect(read).toEqual({ ...pool, version: pool.version + 1 });
  });

  it("orders who has to go: without access, never used, least recently used; what is pinned last", async () => {
    const own = await open({ clock: { now: () => AT + 10 * DAY } });
    const tenant = await createTenant(own.store);
    const pool = tenant.pool();
    await own.store.administration.createPool(pool);
    const group = tenant.group();
    const users = Array.from({ length: 8 }, () => tenant.user());
    const parked = { state: "parked", consumes: true, since: AT, reason: "claimLost" } as const;
    const specials = [
      { lastUsedAt: AT + 2 },
      { protectedUntil: AT + 20 * DAY, lastUsedAt: AT + 3 },
      { lastSignInAt: AT },
      { kept: parked, lastUsedAt: AT + 9 },
      {},
      { lastUsedAt: AT + 1 },
      { grace: { since: AT, reason: "contracted" }, expiresAt: AT + 20 * DAY },
      { grace: { since: AT, reason: "idle" }, expiresAt: AT + 21 * DAY },
    ] as const;
    const seats = users.map((user, n) => tenant.seat(pool, user, specials[n]));
    await tenant.save({
      ...{ usersInserted: users, groupsInserted: [group], seatsInserted: seats },
      membersAdded: [{ groupId: group.id, userId: users[5]!.id }],
      factsAdded: [
        tenant.fact(users[4]!, { kind: "priority", name: pool.product, value: 3 }),
        tenant.fact(users[2]!, { kind: "priority", name: pool.product, value: 9 }),
        tenant.fact(users[0]!, { kind: "priority", name: "another", value: 9 }),
      ],
    });
    await own.store.reclaims.addExemption(exemption(tenant, { groupId: group.id }));
    const contraction = {
      ...{ id: systemIds.next(), organisationId: tenant.organisationId, poolId: pool.id },
      ...{ capacity: 1, at: AT + 10 * DAY, createdBy: "ann", createdAt: AT },
      state: "planned" as const,
    };
    expect(await own.store.reclaims.addContraction(contraction, pool.version)).toBe(true);

    const { upkeep, going } = await tenant.load({ upkeep: 10 });
    const order = [7, 3, 0, 4, 2, 5, 1].map((n) => seats[n]!);
    expect(upkeep?.contractions).toEqual([{ contraction, seats: order }]);
    expect(going).toEqual(new Map([[pool.id, 1]]));
    expect((await tenant.load({ going: [pool.id] })).going).toEqual(going);
    expect(await own.store.reclaims.firstToGo(pool, AT + 10 * DAY, 2)).toEqual(
      order.slice(0, 2).map((seat) => ({ seat, isPinned: false })),
    );
    expect(await own.store.reclaims.going(tenant.organisationId, pool.id)).toEqual([
      seats[6],
      seats[7],
    ]);
    await tenant.save({ contractionsDone: [contraction.id] });
    expect((await tenant.load({ upkeep: 10 })).upkeep?.contractions).toEqual([]);
    const { reclaims } = own.store;
    const { organisationId } = tenant;
    expect(await reclaims.contractions(organisationId, pool.id)).toMatchObject([{ state: "done" }]);
    expect(await reclaims.cancelContraction(organisationId, pool.id, contraction.id)).toBe(false);
    await own.store.close();
  });

  it("loads the resources of everybody whose seat may go, who could inherit, and who else has a role", async () => {
    const tenant = await createTenant(store());
    const users = [tenant.user(), tenant.user({ active: false }), tenant.user()];
    const [ann, bob, cid] = users.map(({ id }) => id) as [string, string, string];
    const transfer = (transferTo: string) => ({ onUnassign: "transfer", transferTo }) as const;
    const pool = tenant.pool({}, transfer(cid));
    for (const one of [tenant.pool({}, transfer(bob)), pool, tenant.pool({}, transfer("nobody"))]) {
      await store().administration.createPool(one);
    }
    await tenant.save({
      usersInserted: users,
      factsAdded: [
        tenant.fact(users[0]!, { name: "boss" }),
        tenant.fact(users[1]!, { name: "boss" }),
        tenant.fact(users[2]!, { name: "agent" }),
      ],
    });
    expect((await tenant.load({ users: [ann] })).resources).toBeUndefined();
    const own = resource(tenant, ann);
    const lent = resource(tenant, cid, {
      ...{ id: "p2", indispensable: true, product: null },
      before: { seatId: "s1", userId: ann, state: "ready" },
    });
    const others = resource(tenant, cid, { kind: "integration", id: "x/y é" });
    await tenant.save({ resourcesSet: [own, lent, others] });

    const holders = [
      { role: "boss", otherThan: ann },
      { role: "agent", otherThan: ann },
      { role: "agent", otherThan: cid },
    ];
    const loaded = await tenant.load({ users: [ann], holders });
    expect(loaded.resources).toEqual([own, lent]);
    expect([...(loaded.heirs ?? [])]).toEqual([[cid, new Set()]]);
    await tenant.save({ seatsInserted: [tenant.seat(pool, users[2]!)] });
    const again = await tenant.load({ users: [ann] });
    expect([...(again.heirs ?? [])]).toEqual([[cid, new Set([pool.product])]]);
    expect([...(loaded.heldByOthers ?? [])]).toEqual([holderKey("agent", ann)]);
    const named = await tenant.load({ resources: [others] });
    expect(named.resources).toEqual([others]);

    await tenant.save({
      resourcesSet: [{ ...own, state: "disabled" }],
      resourcesRemoved: [others],
    });
    const { reclaims } = store();
    const { organisationId } = tenant;
    expect(await reclaims.findResource(organisationId, "page", "p1")).toMatchObject({
      state: "disabled",
    });
    expect(await reclaims.findResource(organisationId, "integration", others.id)).toBeNull();
    expect(await reclaims.resources(organisationId, { limit: 1 })).toHaveLength(1);
    const next = { limit: 5, after: { kind: "page", id: "p1" } };
    expect(await reclaims.resources(organisationId, next)).toEqual([lent]);
    expect(await reclaims.rolesWithout(organisationId, ["boss", "agent", "x"])).toEqual(["x"]);
  });

  it("keeps resources when their owner is deactivated or deleted, and names what others rely on", async () => {
    const tenant = await createTenant(store());
    const users = [tenant.user(), tenant.user({ active: false }), tenant.user()];
    const relied = { kind: "integration", indispensable: true, product: null };
    const resources = users.map(({ id }, n) => resource(tenant, id, { ...relied, id: String(n) }));
    await tenant.save({ usersInserted: users, resourcesSet: resources });
    await tenant.save({ usersDeleted: [users[2]!.id] });
    const { reclaims } = store();
    expect(await reclaims.abandoned(tenant.organisationId)).toEqual(resources.slice(1));
    expect(await reclaims.resources(tenant.organisationId, { limit: 9 })).toEqual(resources);
  });

  it("shows of those who were asked only who has not used the seat since, page after page", async () => {
    const tenant = await createTenant(store());
    const users = Array.from({ length: 5 }, () => tenant.user());
    const pool = tenant.pool({ capacity: 5 });
    await store().administration.createPool(pool);
    const idle = { reviewAt: AT + 9, askedAt: AT };
    const seats = users.map((user, n) =>
      tenant.seat(pool, user, { idle, lastUsedAt: n % 2 === 0 ? AT - 1 : AT + 1 }),
    );
    await tenant.save({ usersInserted: users, seatsInserted: seats });

    const { reclaims } = store();
    const unused = seats.filter(({ lastUsedAt }) => lastUsedAt < AT).map(({ id }) => id);
    expect(unused).toHaveLength(3);
    const page = async (after?: string) =>
      (
        await reclaims.underWay(tenant.organisationId, AT + 5, {
          limit: 2,
          ...(after === undefined ? {} : { after }),
        })
      ).map(({ id }) => id);
    const first = await page();
    expect([first.length, [...first, ...(await page(first.at(-1)))]]).toEqual([2, unused.sort()]);
  });

  it("I24: shows and changes nothing of another organisation", async () => {
    const [own, foreign] = [await createTenant(store()), await createTenant(store())];
    const user = foreign.user();
    const pool = foreign.pool();
    await store().administration.createPool(pool);
    const group = foreign.group();
    const one = exemption(foreign, { userId: user.id });
    await foreign.save({
      ...{ usersInserted: [user], groupsInserted: [group] },
      seatsInserted: [foreign.seat(pool, user, { idle: { reviewAt: AT, askedAt: AT } })],
      resourcesSet: [resource(foreign, user.id, { indispensable: true })],
    });
    const { reclaims } = store();
    await reclaims.addExemption(one);
    const id = own.organisationId;
    expect(await reclaims.exemptions(id, AT)).toEqual([]);
    expect(await reclaims.withdrawExemption(id, one.id)).toBe(false);
    expect(await reclaims.hasGroup(id, group.id)).toBe(false);
    expect(await reclaims.underWay(id, AT, { limit: 5 })).toEqual([]);
    expect(await reclaims.resources(id, { limit: 5, userId: user.id })).toEqual([]);
    expect(await reclaims.firstToGo({ organisationId: id, id: pool.id }, AT, 5)).toEqual([]);
    expect((await own.load({ upkeep: 5 })).upkeep?.due).toEqual([]);
    const theirs = foreign.organisationId;
    expect(await reclaims.underWay(theirs, AT, { limit: 5 })).toHaveLength(1);
    expect(await reclaims.hasGroup(theirs, group.id)).toBe(true);
    expect(await reclaims.withdrawExemption(theirs, one.id)).toBe(true);
  });
}
