import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { foldName, type Group, type User } from "../../../src/domain/directory.js";
import type { JsonObject, JsonValue } from "../../../src/plugin.js";
import type {
  AttributeRef,
  ListQuery,
  MixedItem,
  MixedPosition,
  Page,
} from "../../../src/ports.js";
import { isObject, normaliseDateTime } from "../../../src/scim/values.js";
import type { Subject } from "../support/open.js";
import { randomDocuments, TEXTS, USER_ATTRIBUTES } from "../support/randomFilters.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

export function listContract({ store, cases }: Subject): void {
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

  it("walks random directories in any order, page by page, as they are sorted in memory", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(randomDocuments(), { minLength: 1, maxLength: 9 }),
        fc.constantFrom(...SORTED_BY),
        fc.constantFrom("ascending" as const, "descending" as const),
        fc.integer({ min: 1, max: 4 }),
        async (documents, sortBy, sortOrder, count) => {
          const tenant = await createTenant(store());
          const users = documents.map((document, index) =>
            tenant.user({
              userName: `${TEXTS[index % TEXTS.length]!}${index}`,
              displayName: textOf(document["displayName"]),
              externalId: textOf(document["externalId"]),
              active: index % 3 !== 0,
              createdAt: AT - (index % 4) * 1000,
              document: document as JsonObject,
            }),
          );
          await tenant.save({ usersInserted: users });
          const expected = sortedInMemory(users, sortBy, sortOrder).map(({ id }) => id);
          const order = { sortBy, sortOrder };

          const whole = await store().directory.listUsers(tenant.scope, {
            startIndex: 1,
            count: 99,
            ...order,
          });
          expect({ ...order, ids: whole.items.map(({ id }) => id) }).toEqual({
            ...order,
            ids: expected,
          });
          expect(await walkBehind(tenant, { count, ...order })).toEqual(expected);
          expect(await walkByIndex(tenant, { count, ...order })).toEqual(expected);
        },
      ),
      { numRuns: cases(60), endOnFailure: true },
    );
  }, 120_000);

  it("goes on behind a place whose user has gone or has moved, leaving out nobody who stayed", async () => {
    const tenant = await createTenant(store());
    const users = ["a", "b", "c", "d", "e"].map((displayName) => named(tenant, displayName));
    await tenant.save({ usersInserted: users });
    const sortBy: AttributeRef = { ...BY["userName"]!, names: ["displayName"] };
    const byName: ListQuery = { startIndex: 1, count: 2, sortBy };
    const first = await store().directory.listUsers(tenant.scope, { ...byName, after: "start" });
    await tenant.save({ usersDeleted: [users[1]!.id] });

    const second = await store().directory.listUsers(tenant.scope, {
      ...byName,
      after: first.next!,
    });
    expect(second.items.map(({ displayName }) => displayName)).toEqual(["c", "d"]);
  });

  it("orders texts by their first 256 characters and then by id, on every page", async () => {
    const tenant = await createTenant(store());
    const long = "ä".repeat(300);
    const users = ["z", "a", "m"].map((end) => tenant.user({ document: { title: long + end } }));
    const before = tenant.user({ document: { title: "a".repeat(2000) } });
    await tenant.save({ usersInserted: [...users, before] });
    const sortBy = BY["title"]!;

    expect(await walkBehind(tenant, { count: 1, sortBy })).toEqual(
      [before, ...users].map(({ id }) => id),
    );
    const { next } = await store().directory.listUsers(tenant.scope, {
      startIndex: 1,
      count: 1,
      after: "start",
      sortBy,
    });
    expect(String(next!.key)).toHaveLength(256);
  });

  it("lists users and groups together in one order, by index and behind a place alike", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("a", "B", "á", "z"), { maxLength: 7 }),
        fc.array(fc.constantFrom("a", "b", "Z"), { maxLength: 7 }),
        fc.constantFrom("ascending" as const, "descending" as const),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        async (userNames, groupNames, sortOrder, isSorted, count) => {
          const tenant = await createTenant(store());
          const users = userNames.map((displayName, index) =>
            named(tenant, index % 3 === 2 ? null : displayName),
          );
          const groups = groupNames.map((displayName) => tenant.group({ displayName }));
          await tenant.save({ usersInserted: users, groupsInserted: groups });
          const sortBy: AttributeRef = { ...BY["userName"]!, names: ["displayName"] };
          const own = isSorted ? { sortBy } : {};
          const query = { count, sortOrder, users: own, groups: own };
          const expected = (
            isSorted
              ? sortedInMemory<User | Group>([...users, ...groups], sortBy, sortOrder, (each) =>
                  "userName" in each ? 0 : 1,
                )
              : [...users, ...groups]
          ).map(({ id }) => id);

          const walked: string[] = [];
          let after: MixedPosition | "start" | undefined = "start";
          while (after !== undefined) {
            const page: Page<MixedItem, MixedPosition> = await store().directory.listMixed(
              tenant.scope,
              { ...query, startIndex: 1, after },
            );
            expect(page.totalResults).toBe(expected.length);
            walked.push(...page.items.map(({ resource }) => resource.id));
            after = page.next;
          }
          expect(walked).toEqual(expected);
          const indexed: string[] = [];
          for (let startIndex = 1; startIndex <= expected.length; startIndex += count) {
            const page = await store().directory.listMixed(tenant.scope, { ...query, startIndex });
            indexed.push(...page.items.map(({ resource }) => resource.id));
          }
          expect(indexed).toEqual(expected);
        },
      ),
      { numRuns: cases(40), endOnFailure: true },
    );
  }, 120_000);

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

function named(tenant: Tenant, displayName: string | null): User {
  const document = displayName === null ? {} : { displayName };
  return tenant.user({ displayName, document });
}

/** By the naive reading of RFC 7644 section 3.4.2.3. */
const SORTED_BY: readonly AttributeRef[] = [
  ...USER_ATTRIBUTES.filter(({ names }) => names[0] !== "groups"),
  { names: ["emails"], type: "complex", caseExact: false, multiValuedAt: 0 },
];

type Key = string | number | null;

function sortedInMemory<T extends User | Group>(
  all: readonly T[],
  sortBy: AttributeRef,
  sortOrder: "ascending" | "descending",
  rank: (each: T) => number = () => 0,
): T[] {
  const sign = sortOrder === "ascending" ? 1 : -1;
  return [...all].sort((a, b) => {
    const [left, right] = [keyOf(a, sortBy), keyOf(b, sortBy)];
    return sign * compareKeys(left, right) || rank(a) - rank(b) || (a.id < b.id ? -1 : 1);
  });
}

/** Nothing is greater than something; texts by code points. */
function compareKeys(a: Key, b: Key): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === "number"
    ? a - Number(b)
    : Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
}

function keyOf(resource: User | Group, { names, type, caseExact }: AttributeRef): Key {
  const whole: JsonObject = {
    ...resource.document,
    id: resource.id,
    meta: { created: iso(resource.createdAt), lastModified: iso(resource.updatedAt) },
    displayName: resource.displayName,
    externalId: resource.externalId,
    ...("userName" in resource ? { userName: resource.userName, active: resource.active } : {}),
  };
  let value: JsonValue | undefined = whole;
  for (const name of [...names, ...(type === "complex" ? ["value"] : [])]) {
    if (Array.isArray(value)) value = chosen(value);
    value = isObject(value) ? value[name] : undefined;
  }
  if (Array.isArray(value)) value = chosen(value);
  if (value === undefined || value === null || value === "" || typeof value === "object") {
    return null;
  }
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "number") return value;
  if (type === "dateTime") return normaliseDateTime(value) ?? value;
  return caseExact ? value : foldName(value);
}

function chosen(list: readonly JsonValue[]): JsonValue | undefined {
  return list.find((each) => isObject(each) && each["primary"] === true) ?? list[0];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

async function walkBehind(tenant: Tenant, query: Omit<ListQuery, "startIndex">): Promise<string[]> {
  const ids: string[] = [];
  let after: ListQuery["after"] = "start";
  while (after !== undefined) {
    const page: Page<User> = await tenant.store.directory.listUsers(tenant.scope, {
      ...query,
      startIndex: 1,
      after,
    });
    ids.push(...page.items.map(({ id }) => id));
    after = page.next;
  }
  return ids;
}

async function walkByIndex(
  tenant: Tenant,
  query: Omit<ListQuery, "startIndex">,
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const startIndex = ids.length + 1;
    const { items } = await tenant.store.directory.listUsers(tenant.scope, {
      ...query,
      startIndex,
    });
    if (items.length === 0) return ids;
    ids.push(...items.map(({ id }) => id));
  }
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
