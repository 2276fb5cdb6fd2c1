import { expect, it } from "@jest/globals";
import { noChanges } from "../../../src/domain/snapshot.js";
import { systemIds } from "../../../src/store/index.js";
import type { Subject } from "../support/open.js";
import { AT, connection, createTenant, recordOf, type Tenant } from "../support/tenant.js";

export function provisioningLogContract({ store }: Subject): void {
  it("gives back what was recorded, with a change and without one, odd texts included", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    const withChange = recordOf(tenant, {
      resourceId: user.id,
      userId: user.id,
      userName: "ü😀",
      query: { attributes: "id" },
      ifMatch: 'W/"1"',
      body: { userName: "ü😀 \u0000 \ud800", list: [1, null, true, { a: "'\"\\" }] },
      trail: ['active "False" -> false'],
      effects: {
        people: { created: [user.id], changed: [], activated: [], deactivated: [], deleted: [] },
        members: { added: 1, removed: 2, isPartial: true },
        seats: [],
        pricePerMonth: -1250,
      },
    });
    const refused = recordOf(tenant, {
      at: AT + 1,
      status: 409,
      isBodyTooLarge: true,
      refusal: { code: "Uniqueness", scimType: "uniqueness", sentence: "Taken.\u0000" },
    });

    await tenant.save({ usersInserted: [user], requestsRecorded: [withChange] });
    await store().provisioningLog.append([refused]);

    const { provisioningLog } = store();
    const all = await provisioningLog.list(tenant.scope, { limit: 9, withBodies: true });
    expect(all).toEqual([withChange, refused]);
    const { body, ...summary } = withChange;
    expect(body).toBeDefined();
    expect(await provisioningLog.list(tenant.scope, { limit: 1 })).toEqual([summary]);
    expect(await provisioningLog.find(tenant.scope, withChange.id)).toEqual(withChange);
  });

  it("never spoils a change by what cannot be stored: it is mended or left out", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    const record = recordOf(tenant, {
      method: "PROPFINDALL",
      resource: "x".repeat(300),
      resourceId: "no id \u0000",
      userName: `a\ud800${"b".repeat(600)}`,
      ifMatch: "\u0000".repeat(400),
      body: "c".repeat(300_000),
    });

    await tenant.save({ usersInserted: [user], requestsRecorded: [record] });

    const [stored] = await store().provisioningLog.list(tenant.scope, { limit: 9 });
    expect(stored).toMatchObject({ resourceId: null, isBodyTooLarge: true, method: "PROPFIND" });
    expect(stored?.userName).toMatch(/^a\ufffdb{510}$/);
    expect(await store().insights.userById(tenant.organisationId, user.id)).not.toBeNull();
  });

  it("keeps nothing of a change that fails", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user();
    await tenant.save({ usersInserted: [user] });
    const again = tenant.user({ userName: user.userName });

    await expect(
      tenant.save({ usersInserted: [again], requestsRecorded: [recordOf(tenant)] }),
    ).rejects.toMatchObject({ code: "Uniqueness" });

    expect(await store().provisioningLog.list(tenant.scope, { limit: 9 })).toEqual([]);
  });

  it("pages by time and id, both ways, also where many came in the same millisecond", async () => {
    const tenant = await createTenant(store());
    const records = Array.from({ length: 7 }, (_, index) =>
      recordOf(tenant, { at: AT + (index > 4 ? 1 : 0) }),
    );
    await store().provisioningLog.append([...records].reverse());

    for (const newestFirst of [false, true]) {
      const seen: string[] = [];
      for (;;) {
        const last = records.find(({ id }) => id === seen.at(-1));
        const page = await store().provisioningLog.list(tenant.scope, {
          limit: 2,
          newestFirst,
          ...(last === undefined ? {} : { after: last }),
        });
        if (page.length === 0) break;
        seen.push(...page.map(({ id }) => id));
      }
      const ids = records.map(({ id }) => id);
      expect(seen).toEqual(newestFirst ? ids.reverse() : ids);
    }
  });

  it("finds a person by ids and by name together, each record once", async () => {
    const tenant = await createTenant(store());
    const [ann, ben] = [systemIds.next(), systemIds.next()];
    const records = [
      recordOf(tenant, { userId: ann, userName: "ann" }),
      recordOf(tenant, { userId: ben, userName: "ben", at: AT + 1 }),
      recordOf(tenant, { userName: "ann", at: AT + 2 }),
      recordOf(tenant, { userId: ann, at: AT + 3 }),
    ];
    await store().provisioningLog.append(records);
    const found = async (userIds: string[], userName?: string, limit = 9) =>
      (
        await store().provisioningLog.list(tenant.scope, {
          limit,
          person: { userIds, ...(userName === undefined ? {} : { userName }) },
        })
      ).map(({ at }) => at - AT);

    expect(await found([ann], "ann")).toEqual([0, 2, 3]);
    expect(await found([ann], "ann", 2)).toEqual([0, 2]);
    expect(await found([ann, ben])).toEqual([0, 1, 3]);
    expect(await found(["no id \u0000"])).toEqual([]);
    expect(await found([])).toEqual([]);
  });

  it("shows nothing of another connection or organisation", async () => {
    const [tenant, other] = [await createTenant(store()), await createTenant(store())];
    const record = recordOf(tenant);
    await store().provisioningLog.append([record]);
    const { organisationId, connectionId } = tenant;
    const scopes = [
      other.scope,
      { organisationId, connectionId: other.connectionId },
      { organisationId: other.organisationId, connectionId },
    ];

    for (const scope of scopes) {
      expect(await store().provisioningLog.list(scope, { limit: 9 })).toEqual([]);
      expect(await store().provisioningLog.find(scope, record.id)).toBeNull();
    }
    expect(await store().provisioningLog.find(tenant.scope, "no id \u0000")).toBeNull();
  });

  it("deletes what is too old, in portions", async () => {
    const tenant = await createTenant(store());
    const kept = recordOf(tenant, { at: AT + 9 });
    const { provisioningLog } = store();
    await provisioningLog.append([kept]);
    const left = async (scope: Tenant["scope"]) =>
      (await provisioningLog.list(scope, { limit: 9 })).map(({ id }) => id);

    // Far in the past, so that the records of other tests are safe.
    const old = [1, 2, 3].map((at) => recordOf(tenant, { at }));
    await provisioningLog.append(old);
    expect(await provisioningLog.deleteBefore(3, 1)).toBe(1);
    expect(await provisioningLog.deleteBefore(3, 9)).toBe(1);
    expect(await left(tenant.scope)).toEqual([old[2]?.id, kept.id]);
  });

  it("copies an organisation into a store of its own, and nothing of another", async () => {
    const [tenant, other] = [await createTenant(store()), await createTenant(store())];
    const pool = tenant.pool({ capacity: 2 });
    await store().administration.createPool(pool);
    const [ann, ben] = [tenant.user({ userName: "ann" }), tenant.user({ userName: "ben" })];
    const group = tenant.group();
    const members = [ann, ben].map(({ id: userId }) => ({ groupId: group.id, userId }));
    await tenant.save({
      usersInserted: [ann, ben],
      groupsInserted: [group],
      membersAdded: members,
      seatsInserted: [tenant.seat(pool, ann), tenant.seat(pool, ben)],
      entries: [tenant.entry()],
      events: [tenant.event()],
      requestsRecorded: [recordOf(tenant)],
      usersStale: [ann.id],
    });
    await store().administration.createConnection(
      connection({ organisationId: other.organisationId }),
    );
    const { organisationId, scope } = tenant;
    const options = { clock: { now: () => AT + 5 }, rowsMax: 1_000 };

    const copy = await store().copyOf(organisationId, options);
    const users = await copy.insights.users(organisationId, { limit: 9 });
    expect(users).toEqual(await store().insights.users(organisationId, { limit: 9 }));
    expect(await copy.directory.membersOfGroups(scope, [group.id])).toEqual(
      await store().directory.membersOfGroups(scope, [group.id]),
    );
    expect(await copy.administration.listPools(organisationId)).toEqual(
      await store().administration.listPools(organisationId),
    );
    expect(await copy.administration.listOrganisations()).toHaveLength(1);
    expect(await copy.insights.entries(organisationId, { limit: 9 })).toEqual([]);
    expect(await copy.outbox.backlog()).toBe(0);
    // What something else has left to do is no part of what is played on the copy.
    expect(await store().insights.staleCount(organisationId)).toBe(1);
    expect(await copy.insights.staleCount(organisationId)).toBe(0);
    expect(await copy.provisioningLog.list(scope, { limit: 9 })).toEqual([]);
    // The guards of the schema are there again: two seats, both taken.
    const extra = tenant.user();
    const third = tenant.seat(pool, extra);
    await expect(
      copy.write(organisationId, (tx) =>
        tx.save({ ...noChanges(), usersInserted: [extra], seatsInserted: [third] }),
      ),
    ).rejects.toThrow();
    await copy.close();

    const smaller = await store().copyOf(organisationId, {
      ...options,
      without: new Set([ann.id]),
    });
    expect(await smaller.insights.users(organisationId, { limit: 9 })).toEqual([ben]);
    expect(await smaller.administration.listPools(organisationId)).toMatchObject([{ used: 1 }]);
    const page = { startIndex: 1, count: 9 };
    expect(await smaller.directory.listUsers(scope, page)).toMatchObject({ totalResults: 1 });
    await smaller.close();

    const empty = await store().copyOf(organisationId, { ...options, isSetUpOnly: true });
    expect(await empty.directory.listUsers(scope, page)).toEqual({ totalResults: 0, items: [] });
    expect(await empty.administration.listPools(organisationId)).toMatchObject([{ used: 0 }]);
    expect(await empty.administration.findConnection(scope.connectionId)).not.toBeNull();
    await empty.close();

    await expect(store().copyOf(organisationId, { ...options, rowsMax: 5 })).rejects.toMatchObject({
      code: "TooMany",
    });
    await expect(store().copyOf("nobody", options)).rejects.toMatchObject({ code: "NotFound" });
  });
}
