import { expect, it } from "@jest/globals";
import fc from "fast-check";
import type { JsonObject } from "../../../src/plugin.js";
import type { AttributeRef, ListQuery } from "../../../src/ports.js";
import type { Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

export function listContract({ store }: Subject): void {
  it("pages through all users once, in the same order, with the true total", async () => {
    const tenant = await createTenant(store());
    const users = Array.from({ length: 23 }, () => tenant.user());
    await tenant.save({ usersInserted: [...users].reverse() });
    const read: string[] = [];
    for (let startIndex = 1; startIndex <= 23; startIndex += 5) {
      const page = await store().directory.listUsers(tenant.scope, { startIndex, count: 5 });
      expect(page.totalResults).toBe(23);
      read.push(...page.items.map(({ id }) => id));
    }
    expect(read).toEqual(users.map(({ id }) => id));
    const beyond = await store().directory.listUsers(tenant.scope, { startIndex: 40, count: 5 });
    expect(beyond).toEqual({ totalResults: 23, items: [] });
    const total = await store().directory.listUsers(tenant.scope, { startIndex: 1, count: 0 });
    expect(total).toEqual({ totalResults: 23, items: [] });
  });

  it("shows nobody twice and leaves nobody out when users are made between two pages", async () => {
    const tenant = await createTenant(store());
    const users = Array.from({ length: 10 }, () => tenant.user());
    await tenant.save({ usersInserted: users });
    const first = await store().directory.listUsers(tenant.scope, { startIndex: 1, count: 5 });
    const late = tenant.user();
    await tenant.save({ usersInserted: [late] });
    const second = await store().directory.listUsers(tenant.scope, { startIndex: 6, count: 6 });
    expect([...first.items, ...second.items]).toEqual([...users, late]);
  });

  it("keeps the totals right through creation, deletion and a change of owner", async () => {
    const tenant = await createTenant(store());
    const users = Array.from({ length: 6 }, () => tenant.user());
    const manual = tenant.user({ connectionId: null });
    await tenant.save({ usersInserted: [...users, manual], groupsInserted: [tenant.group()] });
    await tenant.save({ usersDeleted: [users[0]!.id, users[1]!.id] });
    const taken = { ...manual, connectionId: tenant.connectionId, version: 2 };
    await tenant.save({ usersUpdated: [{ row: taken, expectedVersion: 1 }] });
    const total = async () =>
      (await store().directory.listUsers(tenant.scope, { startIndex: 1, count: 1 })).totalResults;
    expect(await total()).toBe(5);
    await expect(tenant.save({ usersInserted: [users[5]!] })).rejects.toBeDefined();
    expect(await total()).toBe(5);
    const released = { ...taken, connectionId: null, version: 3 };
    await tenant.save({ usersUpdated: [{ row: released, expectedVersion: 2 }] });
    expect(await total()).toBe(4);
    const groups = await store().directory.listGroups(tenant.scope, { startIndex: 1, count: 1 });
    expect(groups.totalResults).toBe(1);
  });

  const BY: Readonly<Record<string, AttributeRef>> = {
    userName: { names: ["userName"], type: "string", caseExact: false },
    title: { names: ["title"], type: "string", caseExact: false },
    exact: { names: ["title"], type: "string", caseExact: true },
    level: { names: ["urn:x:2.0:User", "level"], type: "integer", caseExact: false },
    created: { names: ["meta", "created"], type: "dateTime", caseExact: true },
    active: { names: ["active"], type: "boolean", caseExact: false },
    emails: { names: ["emails"], type: "complex", caseExact: false, multiValuedAt: 0 },
    address: { names: ["emails", "value"], type: "string", caseExact: false, multiValuedAt: 0 },
  };

  it.each([
    ["userName", "0 3 1 2"],
    ["title", "1 0 3 2"],
    ["exact", "0 3 1 2"],
    ["level", "3 2 0 1"],
    ["created", "2 0 1 3"],
    ["active", "1 0 2 3"],
    ["emails", "2 0 1 3"],
    ["address", "2 0 1 3"],
  ])(
    "sorts by %s, those without a value last when ascending and first when descending",
    async (by, ascending) => {
      const tenant = await createTenant(store());
      const extension = (level: number) => ({ "urn:x:2.0:User": { level } });
      const users = [
        tenant.user({
          userName: `A${tenant.organisationId}`,
          createdAt: AT + 1,
          document: { title: "B", emails: [{ value: "z" }, { value: "c", primary: true }] },
        }),
        tenant.user({
          userName: `c${tenant.organisationId}`,
          active: false,
          createdAt: AT + 2,
          document: { title: "a", emails: [{ value: "D" }] },
        }),
        tenant.user({
          userName: `D${tenant.organisationId}`,
          createdAt: AT,
          document: { ...extension(10), emails: [{ value: "b" }] },
        }),
        tenant.user({
          userName: `b${tenant.organisationId}`,
          createdAt: AT + 3,
          document: { title: "B", ...extension(9) },
        }),
      ];
      await tenant.save({ usersInserted: users });
      const order = async (
        sortOrder: "ascending" | "descending",
        paging: Partial<ListQuery> = {},
      ) => {
        const query = { startIndex: 1, count: 9, sortBy: BY[by]!, sortOrder, ...paging };
        const { items } = await store().directory.listUsers(tenant.scope, query);
        return items.map(({ id }) => users.findIndex((user) => user.id === id)).join(" ");
      };
      expect(await order("ascending")).toBe(ascending);
      const pages = await Promise.all(
        [1, 3].map((startIndex) => order("ascending", { startIndex, count: 2 })),
      );
      expect(pages.join(" ")).toBe(ascending);
      const withValue = ascending
        .split(" ")
        .filter((index) => hasValue(users[Number(index)]!.document, by));
      const without = ascending.split(" ").filter((index) => !withValue.includes(index));
      const descending = (await order("descending")).split(" ");
      expect(descending.slice(0, without.length)).toEqual(without);
    },
  );

  it("pages of groups follow the filter and the sort key", async () => {
    const tenant = await createTenant(store());
    const groups = ["b", "C", "a", "d"].map((displayName) => tenant.group({ displayName }));
    await tenant.save({ groupsInserted: groups });
    const displayName: AttributeRef = { names: ["displayName"], type: "string", caseExact: false };
    const { items, totalResults } = await store().directory.listGroups(tenant.scope, {
      startIndex: 2,
      count: 2,
      filter: { kind: "compare", attribute: displayName, operator: "ne", value: "D" },
      sortBy: displayName,
      sortOrder: "descending",
    });
    expect(totalResults).toBe(3);
    expect(items.map((group) => group.displayName)).toEqual(["b", "a"]);
  });

  it("pages by id through users, groups and seats for administrators", async () => {
    const tenant = await createTenant(store());
    const pool = tenant.pool({ capacity: 50 });
    await store().administration.createPool(pool);
    const users = Array.from({ length: 7 }, () => tenant.user());
    const seats = users.map((user) => tenant.seat(pool, user));
    const groups = users.map(() => tenant.group());
    await tenant.save({ usersInserted: users, groupsInserted: groups, seatsInserted: seats });
    const { insights } = store();
    const walks: [
      readonly { id: string }[],
      (page: { after?: string; limit: number }) => Promise<{ id: string }[]>,
    ][] = [
      [users, (page) => insights.users(tenant.organisationId, page)],
      [groups, (page) => insights.groups(tenant.organisationId, page)],
      [seats, (page) => insights.seatsIn(tenant.organisationId, pool.id, page)],
    ];
    for (const [all, read] of walks) {
      expect(await walk(read)).toEqual(all.map(({ id }) => id));
    }
  });

  it("answers any page that anybody may ask for", async () => {
    const tenant = await createTenant(store());
    await fillWith(tenant, 12);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 0, max: 15 }),
        async (startIndex, count) => {
          const { items, totalResults } = await store().directory.listUsers(tenant.scope, {
            startIndex,
            count,
          });
          expect(totalResults).toBe(12);
          expect(items.length).toBe(Math.max(0, Math.min(count, 13 - startIndex)));
        },
      ),
      { numRuns: 50 },
    );
  });
}

async function walk(
  read: (page: { after?: string; limit: number }) => Promise<{ id: string }[]>,
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const page = await read({ limit: 3, ...(after === undefined ? {} : { after }) });
    if (page.length === 0) return ids;
    ids.push(...page.map(({ id }) => id));
  }
}

async function fillWith(tenant: Tenant, count: number): Promise<void> {
  await tenant.save({ usersInserted: Array.from({ length: count }, () => tenant.user()) });
}

function hasValue(document: JsonObject, by: string): boolean {
  const names: Readonly<Record<string, string>> = {
    title: "title",
    exact: "title",
    level: "urn:x:2.0:User",
    emails: "emails",
    address: "emails",
  };
  return !(by in names) || names[by]! in document;
}
