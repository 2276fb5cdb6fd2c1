import { expect, it } from "@jest/globals";
import { foldName } from "../../../src/domain/directory.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant, nextName } from "../support/tenant.js";

export function userContract({ store }: Subject): void {
  it("gives back a user exactly as it was saved, by every read", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user({
      externalId: "00u1",
      displayName: "Bob",
      active: false,
      deactivatedAt: AT + 1,
      lastSignInAt: AT + 2,
      version: 7,
      document: {
        name: { givenName: "Bob" },
        emails: [{ value: "Bob@Example.org", primary: true }],
      },
    });
    await tenant.save({ usersInserted: [user] });
    const { directory, insights } = store();
    expect(await directory.findUser(tenant.scope, user.id)).toEqual(user);
    expect(await insights.userById(tenant.organisationId, user.id)).toEqual(user);
    expect(await insights.userByName(tenant.organisationId, user.userName.toUpperCase())).toEqual(
      user,
    );
    expect(await insights.users(tenant.organisationId, { limit: 10 })).toEqual([user]);
    const { users, userNames } = await tenant.load({
      users: [user.id],
      userNames: [foldName(user.userName), "nobody"],
    });
    expect(users.get(user.id)).toEqual({
      user,
      groups: [],
      facts: [],
      requirements: [],
      seats: [],
      waiting: [],
    });
    expect([...userNames]).toEqual([[foldName(user.userName), user.id]]);
  });

  it("shows a user to no other organisation and no other connection", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    const second = connection({ organisationId: tenant.organisationId });
    await store().administration.createConnection(second);
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const { directory, insights } = store();
    const scopes = [
      foreign.scope,
      { organisationId: tenant.organisationId, connectionId: second.id },
      { organisationId: foreign.organisationId, connectionId: tenant.connectionId },
    ];
    for (const scope of scopes) {
      expect(await directory.findUser(scope, user.id)).toBeNull();
      const page = await directory.listUsers(scope, { startIndex: 1, count: 10 });
      expect(page).toEqual({ totalResults: 0, items: [] });
    }
    expect(await insights.userById(foreign.organisationId, user.id)).toBeNull();
    expect((await foreign.load({ users: [user.id] })).users.size).toBe(0);
  });

  it.each(["", " ", "no such id", "ünïcode", "x".repeat(300), "a\0b", "😀"])(
    "finds nobody under the id %j",
    async (id) => {
      const tenant = await createTenant(store());
      expect(await store().directory.findUser(tenant.scope, id)).toBeNull();
      expect(await store().directory.findGroup(tenant.scope, id)).toBeNull();
      expect(await store().insights.userById(tenant.organisationId, id)).toBeNull();
      expect((await tenant.load({ users: [id], groups: [id], seats: [id] })).users.size).toBe(0);
      await expect(store().write(id, () => Promise.resolve())).rejects.toMatchObject({
        code: "NotFound",
      });
    },
  );

  it("refuses a second user whose name differs only in letter case or Unicode form", async () => {
    const tenant = await createTenant(store());
    const name = nextName("Zoë");
    await tenant.save({ usersInserted: [tenant.user({ userName: name.normalize("NFC") })] });
    for (const userName of [name.normalize("NFD"), name.toUpperCase(), name.toLowerCase()]) {
      await expect(
        tenant.save({ usersInserted: [tenant.user({ userName })] }),
      ).rejects.toMatchObject({ code: "Uniqueness", field: "userName" });
    }
    const foreign = await createTenant(store());
    await foreign.save({ usersInserted: [foreign.user({ userName: name })] });
  });

  it("keeps nothing of a save that is refused", async () => {
    const tenant = await createTenant(store());
    const first = tenant.user();
    await tenant.save({ usersInserted: [first] });
    const other = tenant.user();
    await expect(
      tenant.save({
        usersInserted: [other, tenant.user({ userName: first.userName })],
        entries: [tenant.entry()],
        events: [tenant.event()],
      }),
    ).rejects.toMatchObject({ code: "Uniqueness" });
    expect(await store().directory.findUser(tenant.scope, other.id)).toBeNull();
    expect(await store().insights.entries(tenant.organisationId, { limit: 9 })).toEqual([]);
  });

  it("lets two users swap their names in one batch", async () => {
    const tenant = await createTenant(store());
    const [first, second] = [tenant.user(), tenant.user()];
    await tenant.save({ usersInserted: [first, second] });
    const swapped = [
      { ...first, userName: second.userName, version: 2 },
      { ...second, userName: first.userName, version: 2 },
    ];
    await tenant.save({ usersUpdated: swapped.map((row) => ({ row, expectedVersion: 1 })) });
    const { userNames } = await tenant.load({
      userNames: [foldName(first.userName), foldName(second.userName)],
    });
    expect(userNames.get(foldName(first.userName))).toBe(second.id);
    expect(userNames.get(foldName(second.userName))).toBe(first.id);
  });

  it("gives the name of a user who is deleted in the batch to one who is made in it", async () => {
    const tenant = await createTenant(store());
    const gone = tenant.user();
    await tenant.save({ usersInserted: [gone] });
    const next = tenant.user({ userName: gone.userName });
    await tenant.save({ usersDeleted: [gone.id], usersInserted: [next] });
    expect(await store().insights.userByName(tenant.organisationId, gone.userName)).toEqual(next);
  });

  it("updates many users at once, each with its own values and version", async () => {
    const tenant = await createTenant(store());
    const users = Array.from({ length: 70 }, (_, index) => tenant.user({ version: index + 1 }));
    await tenant.save({ usersInserted: users });
    const changed = users.map((user, index) => ({
      ...user,
      displayName: index % 3 === 0 ? null : `Name ${index}`,
      active: index % 2 === 0,
      document: { userName: user.userName, title: `t${index}` },
      version: user.version + 1,
    }));
    await tenant.save({
      usersUpdated: changed.map((row) => ({ row, expectedVersion: row.version - 1 })),
    });
    const { items } = await store().directory.listUsers(tenant.scope, { startIndex: 1, count: 99 });
    expect(items).toEqual(changed);
  });

  it("refuses an update from another version than the stored one, and the whole save with it", async () => {
    const tenant = await createTenant(store());
    const [first, second] = [tenant.user(), tenant.user()];
    await tenant.save({ usersInserted: [first, second] });
    await expect(
      tenant.save({
        usersUpdated: [
          { row: { ...first, displayName: "new", version: 2 }, expectedVersion: 1 },
          { row: { ...second, displayName: "new", version: 9 }, expectedVersion: 8 },
        ],
      }),
    ).rejects.toMatchObject({ code: "VersionMismatch" });
    expect(await store().directory.findUser(tenant.scope, first.id)).toEqual(first);
  });

  it("makes a deleted user invisible everywhere and frees what belonged to it", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool();
    await store().administration.createPool(pool);
    const user = tenant.user({ externalId: "e1", document: { emails: [{ value: "gone@x.org" }] } });
    const group = tenant.group();
    await tenant.save({
      usersInserted: [user],
      groupsInserted: [group],
      membersAdded: [{ groupId: group.id, userId: user.id }],
      factsAdded: [tenant.fact(user)],
      seatsInserted: [tenant.seat(pool, user)],
      waitingInserted: [tenant.waiting(user, { product: "other" })],
      identitiesInserted: [{ connectionId: tenant.connectionId, nameId: "n1", userId: user.id }],
      sessionsInserted: [tenant.session(user, { idHash: `h-${user.id}` })],
      usersStale: [user.id],
    });
    await tenant.save({ usersDeleted: [user.id] });

    const { directory, insights, sessions, administration } = store();
    const { organisationId } = tenant;
    expect(await directory.findUser(tenant.scope, user.id)).toBeNull();
    expect(await insights.userById(organisationId, user.id)).toBeNull();
    expect(await insights.userByName(organisationId, user.userName)).toBeNull();
    expect(await insights.users(organisationId, { limit: 5 })).toEqual([]);
    expect(await insights.facts(organisationId, [user.id])).toEqual([]);
    expect(await insights.seatsOf(organisationId, [user.id])).toEqual([]);
    expect(await insights.waitingOf(organisationId, [user.id])).toEqual([]);
    expect(await insights.staleCount(organisationId)).toBe(0);
    expect(await sessions.findSession(`h-${user.id}`, AT)).toBeNull();
    expect((await administration.findPool(organisationId, pool.id))?.used).toBe(0);
    expect((await directory.membersOfGroups(tenant.scope, [group.id])).get(group.id) ?? []).toEqual(
      [],
    );
    expect(await directory.listUsers(tenant.scope, { startIndex: 1, count: 5 })).toEqual({
      totalResults: 0,
      items: [],
    });
    const snapshot = await tenant.load({
      users: [user.id],
      userNames: [foldName(user.userName)],
      identities: [{ connectionId: tenant.connectionId, nameId: "n1" }],
      existing: [{ connectionId: tenant.connectionId, userIds: [user.id] }],
    });
    expect(snapshot.users.size + snapshot.userNames.size).toBe(0);
    expect(snapshot.identities.size + snapshot.existing.size).toBe(0);
    await expect(tenant.save({ usersDeleted: [user.id] })).rejects.toMatchObject({
      code: "VersionMismatch",
    });
  });

  it("refuses changes that belong to another organisation", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    await expect(tenant.save({ usersInserted: [foreign.user()] })).rejects.toMatchObject({
      code: "Internal",
    });
    const victim = foreign.user();
    await foreign.save({ usersInserted: [victim] });
    await expect(tenant.save({ usersDeleted: [victim.id] })).rejects.toMatchObject({
      code: "VersionMismatch",
    });
    expect(await store().directory.findUser(foreign.scope, victim.id)).toEqual(victim);
  });
}
