import { expect, it } from "@jest/globals";
import type { Fact, Requirement, User } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

const HOUR = 3_600_000;

/** Claims that exclusions do not outweigh, and their ends. */
export function breakGlassContract({ store, open }: Subject): void {
  const glass = (tenant: Tenant, user: User, until: number, product = "desk"): Fact =>
    tenant.fact(user, {
      ...{ kind: "breakGlass", name: product, value: { until, reason: "incident 4711" } },
    });
  const needed = (user: User, despite: readonly (readonly string[])[]): Requirement => ({
    ...{ userId: user.id, product: "desk", tier: "basic", addOns: [], blocked: null, witness: [] },
    breakGlass: { until: AT + HOUR, by: "admin", reason: "incident 4711", despite },
  });

  it("has work for whose claim has ended, and loads them first, whatever is asked for", async () => {
    let now = AT;
    const own = await open({ clock: { now: () => now } });
    const tenant = await createTenant(own.store);
    const other = await createTenant(own.store);
    const users = [tenant.user(), tenant.user(), tenant.user()];
    const facts = users.map((user, n) => glass(tenant, user, AT + (n + 1) * HOUR));
    await tenant.save({ usersInserted: users, factsAdded: facts });
    const stranger = other.user();
    await other.save({
      usersInserted: [stranger],
      factsAdded: [glass(other, stranger, AT + 9 * HOUR)],
    });
    expect(await own.store.organisationsWithWork(AT + HOUR - 1)).toEqual([]);
    expect(await own.store.organisationsWithWork(AT + HOUR)).toEqual([tenant.organisationId]);

    now = AT + 2 * HOUR;
    const loaded = await tenant.load({ stale: 10 });
    expect([...loaded.users.keys()].sort()).toEqual([users[0]!.id, users[1]!.id].sort());
    expect(loaded.users.get(users[0]!.id)?.facts).toEqual([facts[0]]);
    expect([...(await tenant.load({ stale: 1 })).users.keys()]).toHaveLength(1);
    const anyway = await tenant.load({ users: [users[2]!.id] });
    expect([...anyway.users.keys()].sort()).toEqual(users.map(({ id }) => id).sort());
    expect(anyway.users.get(users[1]!.id)?.facts).toEqual([facts[1]]);
    expect([...(await other.load()).users.keys()]).toEqual([]);

    await tenant.save({ factsRemoved: facts.slice(0, 2) });
    expect(await own.store.organisationsWithWork(AT + 2 * HOUR)).toEqual([]);
    expect([...(await tenant.load()).users.keys()]).toEqual([]);
    await own.store.close();
  });

  it("has nothing left to do for who is deleted", async () => {
    const own = await open({ clock: { now: () => AT } });
    const tenant = await createTenant(own.store);
    const user = tenant.user();
    await tenant.save({
      usersInserted: [user],
      factsAdded: [glass(tenant, user, AT + HOUR)],
    });
    await tenant.load({ users: [user.id] });
    await tenant.save({ usersDeleted: [user.id] });
    expect(await own.store.organisationsWithWork(AT + 2 * HOUR)).toEqual([]);
    await own.store.close();
  });

  it("keeps with a requirement what the claim beats, in every way to read it", async () => {
    const tenant = await createTenant(store());
    const users = [tenant.user(), tenant.user()];
    const [broken, plain] = [
      needed(users[0]!, [["group:g", "exclusion:desk"]]),
      needed(users[1]!, []),
    ];
    const { breakGlass: _, ...without } = plain;
    await tenant.save({ usersInserted: users, requirementsSet: [broken, plain] });
    await tenant.save({ requirementsSet: [without] });

    const ids = users.map(({ id }) => id);
    const loaded = await tenant.load({ users: ids });
    expect(loaded.users.get(ids[0]!)?.requirements).toEqual([broken]);
    expect(loaded.users.get(ids[1]!)?.requirements).toEqual([without]);
    const standing = await store().standings.of(tenant.organisationId, ids[0]!);
    expect(standing?.requirements).toEqual([broken]);
    const holdings = await store().directory.holdingsOfUsers(tenant.scope, ids, AT);
    expect(holdings.get(ids[0]!)?.requirements[0]?.breakGlass).toEqual(broken.breakGlass);
    expect(holdings.get(ids[1]!)?.requirements[0]).not.toHaveProperty("breakGlass");
  });

  it("lists those in force by person and product, page by page, with the names of the groups", async () => {
    const tenant = await createTenant(store());
    const other = await createTenant(store());
    const group = tenant.group({ displayName: "Contractors" });
    const [ann, bob] = [tenant.user(), tenant.user()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const stranger = other.user();
    const facts = [
      glass(tenant, ann!, AT + HOUR, "desk"),
      glass(tenant, ann!, AT + HOUR, "reports"),
      glass(tenant, bob!, AT + HOUR, "desk"),
      glass(tenant, bob!, AT, "reports"),
    ];
    const despite = [[`group:${group.id}`, "exclusion:desk"]];
    await tenant.save({
      ...{ usersInserted: [ann!, bob!], groupsInserted: [group], factsAdded: facts },
      requirementsSet: [needed(ann!, despite)],
    });
    await other.save({
      usersInserted: [stranger],
      factsAdded: [glass(other, stranger, AT + HOUR)],
    });

    const { insights } = store();
    const first = await insights.breakGlasses(tenant.organisationId, AT, { limit: 2 });
    expect(first.map(({ fact }) => fact)).toEqual(facts.slice(0, 2));
    expect(first[0]).toMatchObject({ userName: ann!.userName, despite });
    expect(first[0]?.groupNames.get(group.id)).toBe("Contractors");
    expect(first[1]?.despite).toEqual([]);
    const after = { userId: ann!.id, product: "reports" };
    const rest = await insights.breakGlasses(tenant.organisationId, AT, { limit: 2, after });
    expect(rest.map(({ fact }) => fact)).toEqual([facts[2]]);
  });

  it("tells of a seat in the past by which claim it was held, until the end of that", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool();
    await store().administration.createPool(pool);
    const user = tenant.user();
    const seat = tenant.seat(pool, user);
    const details = { tier: null, until: AT + 4 * HOUR, reason: "incident 4711", despite: [] };
    const about = { userId: user.id, product: pool.product };
    const told = (at: number, kind: "breakGlass.given" | "breakGlass.ended", reason: string) =>
      tenant.entry({ ...about, at, kind, reason, details });
    const granted = {
      ...about,
      poolId: pool.id,
      seatId: seat.id,
      tier: "basic",
      delta: 1,
    } as const;
    await tenant.save({
      ...{ usersInserted: [user], seatsInserted: [seat] },
      entries: [
        told(AT + 1, "breakGlass.given", "given"),
        tenant.entry({ ...granted, at: AT + 1 }),
        told(AT + 2 * HOUR, "breakGlass.ended", "takenBack"),
        told(AT + 3 * HOUR, "breakGlass.given", "given"),
      ],
    });
    const at = async (time: number) =>
      (await store().ledger.seatsAt(tenant.organisationId, { at: time, limit: 10 })).seats.map(
        ({ breakGlass }) => breakGlass,
      );
    const expected = { tier: null, until: AT + 4 * HOUR, reason: "incident 4711", actor: "token" };
    expect(await at(AT)).toEqual([]);
    expect(await at(AT + HOUR)).toMatchObject([expected]);
    expect(await at(AT + 2 * HOUR)).toEqual([undefined]);
    expect(await at(AT + 3 * HOUR)).toMatchObject([expected]);
    expect(await at(AT + 4 * HOUR)).toEqual([undefined]);
  });
}
