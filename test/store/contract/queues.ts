import { expect, it } from "@jest/globals";
import type { Requirement, Seat } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

export function queueContract({ store, open }: Subject): void {
  it("adds, replaces and removes facts and requirements", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    const facts = [
      tenant.fact(user),
      tenant.fact(user, { source: { type: "rule", ruleId: "r1", via: "group:g" } }),
      tenant.fact(user, { kind: "setting", name: "skills", value: { b: [1, null], a: "x" } }),
      tenant.fact(user, { kind: "claim", name: "desk", source: { type: "hand", by: "bob" } }),
    ];
    const requirement: Requirement = {
      userId: user.id,
      product: "desk",
      tier: "basic",
      addOns: ["a"],
      blocked: null,
      witness: [{ requires: "statistics", because: ["role:lead"] }],
    };
    await tenant.save({ usersInserted: [user], factsAdded: facts, requirementsSet: [requirement] });
    const before = (await tenant.load({ users: [user.id] })).users.get(user.id);
    expect(sorted(before?.facts)).toEqual(sorted(facts));
    expect(before?.requirements).toEqual([requirement]);
    expect(sorted(await store().insights.facts(tenant.organisationId, [user.id]))).toEqual(
      sorted(facts),
    );

    const replaced: Requirement = {
      ...requirement,
      tier: null,
      blocked: "TierConflict",
      addOns: [],
    };
    await tenant.save({
      factsRemoved: [facts[1]!, facts[2]!, tenant.fact(user, { name: "never there" })],
      requirementsSet: [replaced, { ...requirement, product: "phone" }],
    });
    const after = (await tenant.load({ users: [user.id] })).users.get(user.id);
    expect(sorted(after?.facts)).toEqual(sorted([facts[0]!, facts[3]!]));
    expect(after?.requirements).toEqual([replaced, { ...requirement, product: "phone" }]);
    await tenant.save({ requirementsRemoved: [{ userId: user.id, product: "phone" }] });
    expect(await store().insights.requirements(tenant.organisationId, [user.id])).toEqual([
      replaced,
    ]);
  });

  it("takes users off the stale list in portions, and only those that were taken", async () => {
    const tenant = await createTenant(store());
    const users = Array.from({ length: 5 }, () => tenant.user());
    await tenant.save({ usersInserted: users });
    await store().administration.markAllStale(tenant.organisationId);
    await store().administration.markAllStale(tenant.organisationId);
    const { stale, users: loaded } = await tenant.load({ stale: 2 });
    expect(stale).toEqual(users.slice(0, 2).map(({ id }) => id));
    expect([...loaded.keys()].sort()).toEqual(stale);
    // Marked again in the transaction that takes it: the decision did not see why.
    await tenant.save({ staleTaken: [...stale], usersStale: [users[0]!.id] });
    expect(await store().insights.staleCount(tenant.organisationId)).toBe(4);
    expect(await store().insights.peopleCount(tenant.organisationId)).toBe(5);
    await tenant.save({ usersDeleted: [users[4]!.id] });
    expect(await store().insights.peopleCount(tenant.organisationId)).toBe(4);
    expect(await store().organisationsWithWork(AT)).toContain(tenant.organisationId);
    await tenant.save({ staleTaken: users.map(({ id }) => id) });
    expect(await store().organisationsWithWork(AT)).not.toContain(tenant.organisationId);
  });

  it.each(["lastUsed", "lastSignIn"] as const)(
    "names who loses a shared seat first by %s, without those whom the policy protects",
    async (evictionOrder) => {
      const own = await open({ clock: { now: () => AT + 100_000 } });
      const tenant = await createTenant(own.store);
      const pool = tenant.pool(
        { kind: "shared" },
        { onFull: ["evictLru", "wait"], evictionOrder, minHoldSeconds: 50, minIdleSeconds: 20 },
      );
      const locked = tenant.pool({ product: "phone" });
      await own.store.administration.createPool(pool);
      await own.store.administration.createPool(locked);
      const users = Array.from({ length: 6 }, () => tenant.user());
      const uses = [
        { lastUsedAt: AT + 30_000, lastSignInAt: AT + 30_000 },
        { lastUsedAt: AT + 20_000, lastSignInAt: AT + 40_000 },
        { lastUsedAt: AT + 20_000, lastSignInAt: null, grantedAt: AT + 10_000 },
        { lastUsedAt: AT + 90_000, lastSignInAt: AT + 1 },
        { lastUsedAt: AT + 60_000, grantedAt: AT + 60_000 },
        { lastUsedAt: AT + 80_000, lastSignInAt: AT + 80_000 },
      ];
      const seats = uses.map((use, index) => tenant.seat(pool, users[index]!, use));
      await tenant.save({
        usersInserted: users,
        seatsInserted: [...seats, tenant.seat(locked, users[0]!)],
      });
      const order = evictionOrder === "lastUsed" ? [1, 2, 0, 5] : [2, 0, 1, 5];
      const { evictable } = await tenant.load({ candidates: 10 });
      expect([...evictable]).toEqual([[pool.id, order.map((index) => seats[index])]]);
      const few = await tenant.load({ candidates: 2 });
      expect(few.evictable.get(pool.id)).toEqual(order.slice(0, 2).map((index) => seats[index]));
      expect((await tenant.load()).evictable.size).toBe(0);
      await own.store.close();
    },
  );

  it("names nobody who is pinned, parked or signed in as the next to lose a shared seat", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const policy = { onFull: ["evictLru", "wait"], protectRunningSession: true } as const;
    const pool = tenant.pool({ kind: "shared" }, policy);
    await own.store.administration.createPool(pool);
    const users = Array.from({ length: 5 }, () => tenant.user());
    const specials: Partial<Seat>[] = [
      { protectedUntil: AT + 1 },
      { kept: { state: "parked", consumes: false, since: AT, reason: "displaced" } },
      {},
      { protectedUntil: AT },
      {},
    ];
    const seats = users.map((user, index) =>
      tenant.seat(pool, user, { ...specials[index], lastUsedAt: AT - 100 + index }),
    );
    const ended = { ...tenant.session(users[4]!), endedAt: AT };
    await tenant.save({
      usersInserted: users,
      seatsInserted: seats,
      sessionsInserted: [tenant.session(users[2]!), ended],
    });
    const { evictable } = await tenant.load({ candidates: 10 });
    expect(evictable.get(pool.id)).toEqual([seats[3], seats[4]]);
    await own.store.close();
  });

  it("returns the leases that have ended, and reports their organisation as work", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const pool = tenant.pool({ kind: "concurrent" });
    await own.store.administration.createPool(pool);
    const users = Array.from({ length: 4 }, () => tenant.user());
    const ends = [AT - 1, AT, AT + 1, null];
    const seats = ends.map((expiresAt, index) => tenant.seat(pool, users[index]!, { expiresAt }));
    await tenant.save({ usersInserted: users, seatsInserted: seats });
    expect([...(await tenant.load()).expired]).toEqual([[pool.id, [seats[0], seats[1]]]]);
    expect(await own.store.organisationsWithWork(AT - 2)).toEqual([]);
    expect(await own.store.organisationsWithWork(AT)).toEqual([tenant.organisationId]);
    await own.store.close();
  });

  it("keeps the waiting list in order and offers each pool what it can serve", async () => {
    const tenant = await createTenant(store());
    const { administration, insights } = store();
    const pools = [
      tenant.pool({ tiers: ["basic", "pro"] }),
      tenant.pool({ tiers: ["pro"] }, { acquireOn: "signIn" }),
      tenant.pool({ tiers: ["basic"] }, { acquireOn: "manual" }),
      tenant.pool({ product: "phone" }),
    ];
    for (const pool of pools) await administration.createPool(pool);
    const users = Array.from({ length: 8 }, () => tenant.user());
    const entries = [
      tenant.waiting(users[0]!, { since: AT + 3 }),
      tenant.waiting(users[1]!, { since: AT + 1, tier: "pro" }),
      tenant.waiting(users[2]!, { since: AT + 2, tier: "pro", atTheDoor: true }),
      tenant.waiting(users[3]!, { since: AT + 2, poolId: pools[2]!.id }),
      tenant.waiting(users[4]!, { since: AT + 2, poolId: pools[1]!.id, tier: "pro" }),
      tenant.waiting(users[5]!, { since: AT, tier: "gold", reason: "NoPool" }),
      tenant.waiting(users[6]!, { since: AT, product: "phone" }),
      tenant.waiting(users[7]!, { since: AT + 3 }),
    ];
    const held = tenant.seat(pools[3]!, users[6]!);
    await tenant.save({ usersInserted: users, waitingInserted: entries, seatsInserted: [held] });
    const pick = (...indexes: number[]) => indexes.map((index) => entries[index]);
    const { waiting, seats } = await tenant.load({ candidates: 10 });
    expect(waiting.get(pools[0]!.id)).toEqual(pick(1, 2, 0, 7));
    expect(waiting.get(pools[1]!.id)).toEqual(pick(2, 4));
    expect(waiting.get(pools[2]!.id)).toEqual(pick(3));
    expect(waiting.get(pools[3]!.id)).toEqual(pick(6));
    expect([...seats]).toEqual([[held.id, held]]);
    expect((await tenant.load({ candidates: 1 })).waiting.get(pools[0]!.id)).toEqual(pick(1, 2));

    expect(await insights.waiting(tenant.organisationId, "desk", 3)).toEqual(pick(5, 1, 2));
    // Behind those whom its pool serves before, not behind who waits for what others give.
    expect(await insights.waitingPosition(tenant.organisationId, entries[0]!)).toBe(3);
    expect(await insights.waitingPosition(tenant.organisationId, entries[6]!)).toBe(1);
    const changed = {
      ...entries[0]!,
      tier: "pro",
      poolId: pools[0]!.id,
      atTheDoor: true,
      since: AT,
    };
    await tenant.save({ waitingUpdated: [changed], waitingDeleted: [entries[1]!] });
    expect(await insights.waitingOf(tenant.organisationId, [users[0]!.id, users[1]!.id])).toEqual([
      changed,
    ]);
    await expect(tenant.save({ waitingUpdated: [entries[1]!] })).rejects.toMatchObject({
      code: "VersionMismatch",
    });
  });

  it("orders the waiting list by turns, which a priority puts before the moment of coming", async () => {
    const tenant = await createTenant(store());
    const { administration, insights } = store();
    const pool = tenant.pool({ tiers: ["basic"] });
    await administration.createPool(pool);
    const users = Array.from({ length: 3 }, () => tenant.user());
    const entries = [
      tenant.waiting(users[0]!, { since: AT }),
      tenant.waiting(users[1]!, { since: AT + 2, priority: 2, turn: AT - 5 }),
      tenant.waiting(users[2]!, { since: AT + 1, priority: 1 }),
    ];
    await tenant.save({ usersInserted: users, waitingInserted: entries });

    const order = [entries[1], entries[0], entries[2]];
    expect((await tenant.load({ candidates: 10 })).waiting.get(pool.id)).toEqual(order);
    expect(await insights.waiting(tenant.organisationId, "desk", 10)).toEqual(order);
    const { id } = entries[1]!;
    const behind = { isForLess: false, turn: AT - 5, id };
    const rest = await insights.waiting(tenant.organisationId, "desk", 1, behind);
    expect(rest).toEqual([entries[0]]);
    const later = { isForLess: false, turn: AT, id: entries[0]!.id };
    expect(await insights.waiting(tenant.organisationId, "desk", 9, later)).toEqual([entries[2]]);
    const last = { ...later, isForLess: true };
    expect(await insights.waiting(tenant.organisationId, "desk", 9, last)).toEqual([]);
    expect(await insights.waitingPosition(tenant.organisationId, entries[0]!)).toBe(2);
    const first = { ...entries[2]!, priority: 9, turn: AT - 100 };
    await tenant.save({ waitingUpdated: [first] });
    const { waiting } = await tenant.load({ candidates: 1 });
    expect(waiting.get(pool.id)).toEqual([first, entries[1]]);
  });

  it("I11: offers a pool with reservations the first members behind everybody else, and counts the seats of each", async () => {
    const tenant = await createTenant(store());
    const { administration } = store();
    const reservations = [
      { group: 'Sales "north"', seats: 2 },
      { group: "Field%", seats: 1 },
    ];
    const pool = tenant.pool({ tiers: ["basic"], capacity: 9 }, { reservations });
    const plain = tenant.pool({ tiers: ["basic"] });
    await administration.createPool(pool);
    await administration.createPool(plain);
    const users = Array.from({ length: 12 }, () => tenant.user());
    const groupsOf = (index: number) => {
      if (index < 5 || index === 8) return {};
      return { reservedIn: [reservations[index % 2]!.group] };
    };
    const entries = users
      .slice(0, 9)
      .map((user, index) => tenant.waiting(user, { since: AT + index, ...groupsOf(index) }));
    const seats = [
      tenant.seat(pool, users[9]!, { reservation: reservations[0]!.group }),
      tenant.seat(pool, users[10]!, { reservation: reservations[0]!.group }),
      tenant.seat(pool, users[11]!),
    ];
    await tenant.save({ usersInserted: users, waitingInserted: entries, seatsInserted: seats });

    const { waiting, cut, filled } = await tenant.load({ candidates: 1 });
    const pick = (...indexes: number[]) => indexes.map((index) => entries[index]);
    expect(waiting.get(pool.id)).toEqual(pick(0, 1, 5, 6, 7));
    expect(waiting.get(plain.id)).toEqual(pick(0, 1));
    expect([...(cut ?? [])].sort()).toEqual([pool.id, plain.id].sort());
    expect([...(filled?.get(pool.id) ?? [])]).toEqual([[reservations[0]!.group, 2]]);
    expect((await tenant.load({ candidates: 20 })).cut?.size).toBe(0);
    const { reservation: _, ...moved } = seats[0]!;
    await tenant.save({ seatsUpdated: [moved] });
    const held = (await tenant.load({ users: [users[9]!.id] })).users.get(users[9]!.id)?.seats;
    expect(held).toEqual([moved]);
    const use = await store().insights.poolUse(tenant.organisationId, pool.id, AT);
    expect(use.reserved).toEqual([{ group: reservations[0]!.group, seats: 1 }]);
  });

  it("names who may lose a shared seat among those of each reservation, and among the others", async () => {
    const own = await open({ clock: { now: () => AT + 100 } });
    const tenant = await createTenant(own.store);
    const policy = {
      onFull: ["evictLru", "wait"],
      reservations: [{ group: "Sales", seats: 1 }],
    } as const;
    const pool = tenant.pool({ kind: "shared" }, policy);
    await own.store.administration.createPool(pool);
    const users = Array.from({ length: 6 }, () => tenant.user());
    const marks = ["Sales", "Sales", "Sales", undefined, "Gone", undefined];
    const seats = users.map((user, index) => {
      const reservation = marks[index];
      return tenant.seat(pool, user, {
        lastUsedAt: AT + index,
        ...(reservation === undefined ? {} : { reservation }),
      });
    });
    await tenant.save({ usersInserted: users, seatsInserted: seats });

    const { evictable } = await tenant.load({ candidates: 2 });
    expect(evictable.get(pool.id)).toEqual([0, 1, 3, 4].map((index) => seats[index]));
    await own.store.close();
  });

  it("B3: offers a pool whose lists by group differ the first of each group behind everybody else, and the first of who is in none", async () => {
    const tenant = await createTenant(store());
    const { administration } = store();
    const policy = {
      onFull: ["wait"],
      onFullByGroup: [
        { group: 'Leads "a"', onFull: ["overage", "wait"] },
        { group: "Interns", onFull: ["wait"] },
      ],
      overage: { type: "absolute", seats: 1 },
    } as const;
    const pool = tenant.pool({ tiers: ["basic"], capacity: 9 }, policy);
    // Where no list gives more than another, the order of the list is enough.
    const plain = tenant.pool(
      { tiers: ["basic"] },
      { onFull: ["wait"], onFullByGroup: [{ group: "Interns", onFull: ["reject"] }] },
    );
    for (const one of [pool, plain]) await administration.createPool(one);
    const users = Array.from({ length: 10 }, () => tenant.user());
    const groupsOf = (index: number) => {
      if (index >= 8) return {};
      return { reservedIn: [index < 5 ? "Interns" : index === 7 ? "Other" : 'Leads "a"'] };
    };
    const entries = users.map((user, index) =>
      tenant.waiting(user, { since: AT + index, ...groupsOf(index) }),
    );
    await tenant.save({ usersInserted: users, waitingInserted: entries });

    const { waiting, cut } = await tenant.load({ candidates: 1 });

    const pick = (...indexes: number[]) => indexes.map((index) => entries[index]);
    expect(waiting.get(pool.id)).toEqual(pick(0, 1, 5, 6, 7, 8));
    expect(waiting.get(plain.id)).toEqual(pick(0, 1));
    expect([...(cut ?? [])].sort()).toEqual([pool.id, plain.id].sort());
  });

  it("reads the seats whose turn to be taken over comes first, by the grant, by the last use and by name", async () => {
    const now = AT + 1_000_000;
    const own = await open({ clock: { now: () => now } });
    const tenant = await createTenant(own.store);
    const pool = tenant.pool(
      { kind: "shared", capacity: 999 },
      { onFull: ["evictLru"], minHoldSeconds: 600, minIdleSeconds: 300 },
    );
    const other = tenant.pool({ kind: "shared", product: "phone" }, { onFull: ["evictLru"] });
    const still = tenant.pool({ kind: "shared" }, { onFull: ["wait"] });
    for (const one of [pool, other, still]) await own.store.administration.createPool(one);
    const held = (seconds: number) => now - seconds * 1_000;
    const users = Array.from({ length: 6 }, () => tenant.user());
    const seats = [
      { grantedAt: held(500), lastUsedAt: held(400) },
      { grantedAt: held(900), lastUsedAt: held(100) },
      { grantedAt: held(900), lastUsedAt: held(800), protectedUntil: now + 5_000 },
      {
        grantedAt: held(900),
        lastUsedAt: held(700),
        expiresAt: now + 9_000,
        grace: { since: now, reason: "reclaimed" },
      },
      { grantedAt: held(10), lastUsedAt: held(10) },
    ].map((fields, index) => tenant.seat(pool, users[index]!, fields));
    const elsewhere = tenant.seat(other, users[5]!, { product: "phone" });
    await tenant.save({ usersInserted: users, seatsInserted: [...seats, elsewhere] });

    const read = async (soonest: string[]) => {
      const { insights } = own.store;
      return insights.snapshot(tenant.organisationId, { soonest, users: [users[0]!.id] });
    };
    const { evictable, unreadFrom, users: loaded } = await read(["desk"]);
    expect([...evictable.keys()]).toEqual([pool.id]);
    expect(sorted(evictable.get(pool.id))).toEqual(
      sorted([0, 1, 2, 4].map((index) => seats[index]!)),
    );
    expect(unreadFrom?.size).toBe(0);
    expect([...loaded.keys()]).toEqual([users[0]!.id]);
    expect([...(await read(["phone"])).evictable.keys()]).toEqual([other.id]);

    const more = Array.from({ length: 150 }, () => tenant.user());
    await tenant.save({
      usersInserted: more,
      seatsInserted: more.map((user, index) =>
        tenant.seat(pool, user, { grantedAt: held(550) + index, lastUsedAt: held(0) - index }),
      ),
    });
    const many = await read(["desk"]);
    // Of those granted in the last ten minutes the first hundred, and of those used in the last five.
    expect(many.unreadFrom?.get(pool.id)).toBe(
      Math.min(held(550) + 99 + 600_000, held(0) - 52 + 300_000),
    );
    const ids = new Set(many.evictable.get(pool.id)?.map(({ id }) => id));
    expect([seats[1]!.id, seats[2]!.id].filter((id) => !ids.has(id))).toEqual([]);
    await own.store.close();
  });

  it("leaves out who is signed in where that protects, and tells at once whose turn it is", async () => {
    const own = await open({ clock: { now: () => AT + 100 } });
    const tenant = await createTenant(own.store);
    const pool = tenant.pool(
      { kind: "shared" },
      { onFull: ["evictLru"], protectRunningSession: true },
    );
    await own.store.administration.createPool(pool);
    const users = [tenant.user(), tenant.user()];
    const seats = users.map((user) => tenant.seat(pool, user));
    const sessionsInserted = [tenant.session(users[0]!, { expiresAt: AT + 1_000 })];
    await tenant.save({ usersInserted: users, seatsInserted: seats, sessionsInserted });

    const { evictable } = await own.store.insights.snapshot(tenant.organisationId, {
      soonest: [pool.product],
    });

    expect(evictable.get(pool.id)).toEqual([seats[1]]);
    await own.store.close();
  });
}

function sorted(items: readonly object[] | undefined): string[] {
  return (items ?? []).map((item) => JSON.stringify(Object.entries(item).sort())).sort();
}
