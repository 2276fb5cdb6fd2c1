import { expect, it } from "@jest/globals";
import type { Subject } from "../support/open.js";
import { connection, createTenant } from "../support/tenant.js";

export function groupContract({ store }: Subject): void {
  it("gives back a group exactly as it was saved and changed", async () => {
    const tenant = await createTenant(store());
    const group = tenant.group({
      externalId: "g1",
      document: { "urn:x:1.0:Group": { note: "ü" } },
    });
    await tenant.save({ groupsInserted: [group] });
    const { directory, insights } = store();
    expect(await directory.findGroup(tenant.scope, group.id)).toEqual(group);
    expect((await tenant.load({ groups: [group.id] })).groups.get(group.id)).toEqual(group);

    const renamed = { ...group, displayName: "Renamed", externalId: null, version: 2 };
    await tenant.save({ groupsUpdated: [{ row: renamed, expectedVersion: 1 }] });
    expect(await directory.findGroup(tenant.scope, group.id)).toEqual(renamed);
    expect(await insights.groups(tenant.organisationId, { limit: 5 })).toEqual([
      { ...renamed, memberCount: 0 },
    ]);
    await expect(
      tenant.save({ groupsUpdated: [{ row: renamed, expectedVersion: 1 }] }),
    ).rejects.toMatchObject({ code: "VersionMismatch" });
  });

  it("says which groups there are not, by id and by name in any letter case and connection, of this organisation", async () => {
    const [tenant, foreign] = [await createTenant(store()), await createTenant(store())];
    const other = connection({ organisationId: tenant.organisationId });
    await store().administration.createConnection(other);
    const groups = [
      tenant.group({ displayName: "Äußere Leitung" }),
      tenant.group({ displayName: "Field", connectionId: other.id }),
    ];
    await tenant.save({ groupsInserted: groups });
    const abroad = foreign.group({ displayName: "Abroad" });
    await foreign.save({ groupsInserted: [abroad] });

    const missing = (...named: string[]) =>
      store().insights.missingGroups(tenant.organisationId, named);
    expect(await missing("äußere LEITUNG", "FIELD", groups[1]!.id)).toEqual([]);
    expect(await missing("Salse", "Field", abroad.id, "Abroad", "a\0'\"?")).toEqual([
      ...["Salse", abroad.id, "Abroad", "a\0'\"?"],
    ]);
    expect(await missing()).toEqual([]);
  });

  it("adds and removes members; one who is there already stays, one who is not is no error", async () => {
    const tenant = await createTenant(store());
    const group = tenant.group();
    const users = Array.from({ length: 5 }, (_, index) =>
      tenant.user({ displayName: index === 0 ? null : `User ${index}` }),
    );
    const [first, second] = users.map((user) => ({ groupId: group.id, userId: user.id }));
    await tenant.save({ usersInserted: users, groupsInserted: [group], membersAdded: [second!] });
    await tenant.save({ membersAdded: users.map(({ id }) => ({ groupId: group.id, userId: id })) });
    await tenant.save({ membersRemoved: [second!, { groupId: group.id, userId: "nobody" }] });
    await tenant.save({ membersRemoved: [second!] });
    const members = await store().directory.membersOfGroups(tenant.scope, [group.id, "nothing"]);
    expect([...members]).toEqual([
      [
        group.id,
        users.flatMap(({ id, displayName }) =>
          id === second!.userId ? [] : [{ userId: id, display: displayName }],
        ),
      ],
    ]);
    const refs = await store().directory.groupsOfUsers(tenant.scope, [
      first!.userId,
      second!.userId,
    ]);
    expect(refs.get(first!.userId)).toEqual([{ id: group.id, displayName: group.displayName }]);
    expect(refs.get(second!.userId) ?? []).toEqual([]);
    expect(await store().insights.groupsOf(tenant.organisationId, first!.userId)).toEqual([
      { id: group.id, displayName: group.displayName },
    ]);
  });

  it("removes a group with all its memberships, and puts its members on the stale list first", async () => {
    const tenant = await createTenant(store());
    const [group, kept] = [tenant.group(), tenant.group()];
    const users = Array.from({ length: 3 }, () => tenant.user());
    const everywhere = users.flatMap(({ id }) =>
      [group, kept].map(({ id: groupId }) => ({ groupId, userId: id })),
    );
    await tenant.save({
      usersInserted: users,
      groupsInserted: [group, kept],
      membersAdded: everywhere,
      usersStale: [users[0]!.id],
    });
    await tenant.save({ membersStale: [group.id], groupsDeleted: [group.id] });
    expect(await store().insights.staleCount(tenant.organisationId)).toBe(3);
    expect(await store().directory.findGroup(tenant.scope, group.id)).toBeNull();
    const members = await store().directory.membersOfGroups(tenant.scope, [group.id, kept.id]);
    expect([...members.keys()]).toEqual([kept.id]);
    await expect(tenant.save({ groupsDeleted: [group.id] })).rejects.toMatchObject({
      code: "VersionMismatch",
    });
  });

  it("loads of a group what the change names and no more", async () => {
    const tenant = await createTenant(store());
    const [group, empty] = [tenant.group(), tenant.group()];
    const users = Array.from({ length: 6 }, () => tenant.user());
    const ids = users.map(({ id }) => id);
    await tenant.save({
      usersInserted: users,
      groupsInserted: [group, empty],
      membersAdded: ids.slice(0, 4).map((userId) => ({ groupId: group.id, userId })),
    });
    const snapshot = await tenant.load({
      memberships: [
        { groupId: group.id, userIds: [ids[0]!, ids[5]!, "x y"] },
        { groupId: empty.id, userIds: ids },
      ],
      membersOf: [
        { groupId: group.id, limit: 3 },
        { groupId: empty.id, limit: 3 },
      ],
      allMemberIdsOf: [group.id, empty.id].map((groupId) => ({ groupId, expected: [] })),
      existing: [
        { connectionId: tenant.connectionId, userIds: [ids[5]!, "nobody"] },
        { connectionId: "other", userIds: [ids[4]!] },
      ],
    });
    expect(snapshot.memberships.get(group.id)).toEqual(new Set([ids[0]]));
    expect(snapshot.memberships.get(empty.id)).toEqual(new Set());
    expect(snapshot.membersOf.get(group.id)).toEqual({ userIds: ids.slice(0, 3), complete: false });
    expect(snapshot.membersOf.get(empty.id)).toEqual({ userIds: [], complete: true });
    expect(snapshot.allMemberIds.get(group.id)).toEqual(new Set(ids.slice(0, 4)));
    expect(snapshot.allMemberIds.get(empty.id)).toEqual(new Set());
    expect(snapshot.existing).toEqual(new Set([ids[5]]));
    expect(snapshot.users.size).toBe(0);

    const whole = await tenant.load({ membersOf: [{ groupId: group.id, limit: 4 }] });
    expect(whole.membersOf.get(group.id)).toEqual({ userIds: ids.slice(0, 4), complete: true });
    expect([...whole.users.keys()].sort()).toEqual(ids.slice(0, 4));
    expect(whole.users.get(ids[0]!)?.groups).toEqual([
      { groupId: group.id, groupName: group.displayName },
    ]);
  });

  it("knows all members whatever was expected, in portions", async () => {
    const tenant = await createTenant(store());
    const [group, other] = [tenant.group(), tenant.group()];
    const users = Array.from({ length: 3_300 }, () => tenant.user());
    const ids = users.map(({ id }) => id);
    // Every third is no member, and all are members of another group.
    const members = ids.filter((_id, index) => index % 3 !== 0);
    await tenant.save({
      usersInserted: users,
      groupsInserted: [group, other],
      membersAdded: [
        ...members.map((userId) => ({ groupId: group.id, userId })),
        ...ids.map((userId) => ({ groupId: other.id, userId })),
      ],
    });
    const expectations = [
      [],
      members,
      ids,
      [...members].reverse(),
      members.slice(1_500, 1_510),
      members.slice(0, 1_000),
      ids.slice(1_000, 2_001),
      [...ids, "nobody", "x y", ""],
      [ids[0]!],
      ids.filter((_id, index) => index % 3 === 0),
      ["!", "~"],
    ];
    for (const expected of expectations) {
      const { allMemberIds } = await tenant.load({
        allMemberIdsOf: [{ groupId: group.id, expected }],
      });
      expect([...(allMemberIds.get(group.id) ?? [])].sort()).toEqual(members);
    }
  });

  it("refuses a member from another organisation", async () => {
    const tenant = await createTenant(store());
    const foreign = await createTenant(store());
    const stranger = foreign.user();
    await foreign.save({ usersInserted: [stranger] });
    const group = tenant.group();
    await tenant.save({ groupsInserted: [group] });
    await expect(
      tenant.save({ membersAdded: [{ groupId: group.id, userId: stranger.id }] }),
    ).rejects.toMatchObject({ code: "Internal" });
  });

  it("keeps the members of one connection's groups from another's", async () => {
    const tenant = await createTenant(store());
    const other = connection({ organisationId: tenant.organisationId });
    await store().administration.createConnection(other);
    const [user, group] = [tenant.user(), tenant.group({ connectionId: other.id })];
    await tenant.save({
      usersInserted: [user],
      groupsInserted: [group],
      membersAdded: [{ groupId: group.id, userId: user.id }],
    });
    const { directory } = store();
    expect((await directory.membersOfGroups(tenant.scope, [group.id])).size).toBe(0);
    expect((await directory.groupsOfUsers(tenant.scope, [user.id])).size).toBe(0);
    const scope = { ...tenant.scope, connectionId: other.id };
    expect((await directory.membersOfGroups(scope, [group.id])).size).toBe(1);
    const lists = [tenant.scope, scope].map((each) =>
      directory.listGroups(each, { startIndex: 1, count: 0 }),
    );
    expect((await Promise.all(lists)).map(({ totalResults }) => totalResults)).toEqual([0, 1]);
  });

  it("adds and clears thousands of members in one save", async () => {
    const tenant = await createTenant(store());
    const group = tenant.group();
    const users = Array.from({ length: 2_500 }, () => tenant.user());
    await tenant.save({
      usersInserted: users,
      groupsInserted: [group],
      membersAdded: users.map(({ id }) => ({ groupId: group.id, userId: id })),
    });
    const { memberships, users: loaded } = await tenant.load({
      users: users.map(({ id }) => id),
      memberships: [{ groupId: group.id, userIds: users.map(({ id }) => id) }],
    });
    expect(memberships.get(group.id)?.size).toBe(2_500);
    expect(loaded.size).toBe(2_500);
    const [stored] = await store().insights.groups(tenant.organisationId, { limit: 1 });
    expect(stored?.memberCount).toBe(2_500);
    await tenant.save({
      membersRemoved: users.slice(1).map(({ id }) => ({ groupId: group.id, userId: id })),
    });
    const left = await tenant.load({ allMemberIdsOf: [{ groupId: group.id, expected: [] }] });
    expect(left.allMemberIds.get(group.id)).toEqual(new Set([users[0]!.id]));
  });
}
