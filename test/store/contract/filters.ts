import { expect, it } from "@jest/globals";
import fc from "fast-check";
import type { User } from "../../../src/domain/directory.js";
import type { JsonObject } from "../../../src/plugin.js";
import type { AttributeRef, CompareOperator, Filter } from "../../../src/ports.js";
import { matches } from "../../../src/scim/matches.js";
import type { Subject } from "../support/open.js";
import {
  EXTENSION,
  randomDocuments,
  randomFilters,
  randomGroupFilters,
  TEXTS,
} from "../support/randomFilters.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";

export function filterContract({ store, cases }: Subject): void {
  it("answers random filters over random directories as the evaluator in memory does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(randomDocuments(), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat({ max: 1_000_000 })),
        fc.integer(),
        async (documents, numbers, seed) => {
          const tenant = await createTenant(store());
          const pick = <T>(items: readonly T[]): T => items[numbers.next().value % items.length]!;
          const users = documents.map((document, index) => userWith(tenant, document, index, pick));
          const groups = TEXTS.slice(0, 3).map((displayName) => tenant.group({ displayName }));
          const memberships = users.flatMap(({ id }) =>
            groups
              .filter(() => pick([true, false]))
              .map((group) => ({ groupId: group.id, userId: id })),
          );
          await tenant.save({
            usersInserted: users,
            groupsInserted: groups,
            membersAdded: memberships,
          });
          const resources = users.map((user) => ({
            ...user.document,
            id: user.id,
            active: user.active,
            meta: { created: iso(user.createdAt), lastModified: iso(user.updatedAt) },
            groups: groups
              .filter((group) =>
                memberships.some((m) => m.groupId === group.id && m.userId === user.id),
              )
              .map((group) => ({ value: group.id, display: group.displayName, type: "direct" })),
          }));
          const filters = fc.sample(
            randomFilters([...users.map(({ id }) => id), ...groups.map(({ id }) => id)]),
            { seed, numRuns: 25 },
          );
          for (const filter of filters) {
            const expected = resources
              .filter((resource) => matches(filter, resource))
              .map(({ id }) => id);
            expect({ filter, ids: await idsOf(tenant, filter) }).toEqual({ filter, ids: expected });
          }
        },
      ),
      // The failing filter says enough; shrinking directories in a database takes minutes.
      { numRuns: cases(40), endOnFailure: true },
    );
  }, 120_000);

  it("answers random filters over random groups as the evaluator in memory does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...TEXTS), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat({ max: 1_000_000 })),
        fc.integer(),
        async (displayNames, numbers, seed) => {
          const tenant = await createTenant(store());
          const pick = <T>(items: readonly T[]): T => items[numbers.next().value % items.length]!;
          const users = [null, ...TEXTS.slice(0, 3), ""].map((displayName) =>
            tenant.user({ displayName }),
          );
          const groups = displayNames.map((displayName) => {
            const externalId = pick([null, ...TEXTS]);
            const document = { displayName, ...(externalId === null ? {} : { externalId }) };
            return tenant.group({ displayName, externalId, document });
          });
          const membersAdded = groups.flatMap(({ id: groupId }) =>
            users
              .filter(() => pick([true, false, false]))
              .map(({ id: userId }) => ({ groupId, userId })),
          );
          await tenant.save({ usersInserted: users, groupsInserted: groups, membersAdded });
          const resources = groups.map((group) => ({
            ...group.document,
            id: group.id,
            members: membersAdded
              .filter(({ groupId }) => groupId === group.id)
              .map(({ userId }) => ({
                value: userId,
                type: "User",
                display: users.find(({ id }) => id === userId)!.displayName,
              })),
          }));
          const ids = [...users, ...groups].map(({ id }) => id);
          for (const filter of fc.sample(randomGroupFilters(ids), { seed, numRuns: 25 })) {
            const query = { startIndex: 1, count: 100, filter };
            const { items } = await store().directory.listGroups(tenant.scope, query);
            expect({ filter, ids: items.map(({ id }) => id) }).toEqual({
              filter,
              ids: resources.filter((each) => matches(filter, each)).map(({ id }) => id),
            });
          }
        },
      ),
      { numRuns: cases(25), endOnFailure: true },
    );
  }, 120_000);

  const text = (...names: string[]): AttributeRef => ({ names, type: "string", caseExact: false });
  const exact = (...names: string[]): AttributeRef => ({ ...text(...names), caseExact: true });
  const emails = (name: string): AttributeRef => ({ ...text("emails", name), multiValuedAt: 0 });
  const is = (
    attribute: AttributeRef,
    operator: CompareOperator,
    value: string | number | boolean | null,
  ): Filter => ({
    kind: "compare",
    attribute,
    operator,
    value,
  });
  const work: Filter = {
    kind: "element",
    attribute: { names: ["emails"], type: "complex", caseExact: false, multiValuedAt: 0 },
    filter: {
      kind: "and",
      filters: [is(text("type"), "eq", "WORK"), is(text("value"), "eq", "ANN@x.org")],
    },
  };

  /** Ann has everything, Bob has nothing, Cy is in between. */
  it.each<[string, Filter, string]>([
    ["userName ignores letter case", is(text("userName"), "eq", "ANN"), "ann"],
    ["userName eq with quote", is(text("userName"), "eq", 'bo"b'), "bob"],
    ["userName sw is a range of the index", is(text("userName"), "sw", "B"), "bob"],
    ['userName sw "" is everybody', is(text("userName"), "sw", ""), "ann bob cy"],
    ["co takes % as it is", is(text("title"), "co", "%"), "ann"],
    ["co takes _ as it is", is(text("title"), "co", "_"), "cy"],
    ["ew takes a backslash as it is", is(text("title"), "ew", "\\"), "cy"],
    ["ew is no longer than the value", is(text("userName"), "ew", "xxann"), ""],
    ["externalId is exact", is(exact("externalId"), "eq", "e1"), ""],
    ["externalId is exact and found", is(exact("externalId"), "eq", "E1"), "ann"],
    ["externalId ne holds when absent", is(exact("externalId"), "ne", "E1"), "bob cy"],
    [
      "active is a boolean",
      is({ names: ["active"], type: "boolean", caseExact: false }, "eq", false),
      "cy",
    ],
    ["an e-mail address by any element", is(emails("value"), "eq", "ANN@x.org"), "ann cy"],
    ["an e-mail address by one element", work, "ann"],
    ["part of an e-mail address", is(emails("value"), "co", "@X."), "ann cy"],
    ["an extension attribute", is(text(EXTENSION, "department"), "eq", "sales"), "ann"],
    [
      "a number as a number",
      is({ names: [EXTENSION, "level"], type: "integer", caseExact: false }, "gt", 9),
      "ann",
    ],
    [
      "a date in another zone",
      is(
        { names: [EXTENSION, "hired"], type: "dateTime", caseExact: true },
        "eq",
        "2020-01-01T00:00:00.000Z",
      ),
      "ann",
    ],
    ["eq null is absence", is(text("title"), "eq", null), "bob"],
    ["ne null is presence", is(text("title"), "ne", null), "ann cy"],
    [
      "a complex attribute without parts is absent",
      { kind: "present", attribute: { names: ["name"], type: "complex", caseExact: false } },
      "ann",
    ],
    [
      "a schema is present where there is anything of it",
      { kind: "present", attribute: { names: [EXTENSION], type: "complex", caseExact: false } },
      "ann cy",
    ],
    ["an unknown attribute is absent", is(text("nickName"), "eq", "x"), ""],
    [
      "not of an absent comparison holds",
      { kind: "not", filter: is(text("nickName"), "eq", "x") },
      "ann bob cy",
    ],
    [
      "an empty and is true, an empty or is false",
      {
        kind: "or",
        filters: [
          { kind: "and", filters: [is(text("userName"), "eq", "cy")] },
          { kind: "or", filters: [] },
        ],
      },
      "cy",
    ],
    ["an id that cannot be", is(exact("id"), "eq", "ünïcode"), ""],
    ["ne of an id that cannot be", is(exact("id"), "ne", "ünïcode"), "ann bob cy"],
    ["value of another type", is(text("title"), "eq", 10), ""],
  ])("%s", async (_title, filter, expected) => {
    const tenant = await sample();
    const ids = await idsOf(tenant, filter);
    expect(ids.map((id) => names.get(id)).join(" ")).toBe(expected);
  });

  const names = new Map<string, string>();
  let sampled: Promise<Tenant> | undefined;
  function sample(): Promise<Tenant> {
    sampled ??= (async () => {
      const tenant = await createTenant(store());
      const ann = {
        title: "50%",
        name: { familyName: "Lee" },
        emails: [
          { type: "work", value: "ann@X.org" },
          { type: "home", value: "b@x.org" },
        ],
        [EXTENSION]: { department: "Sales", level: 10, hired: "2020-01-01T02:00:00+02:00" },
      };
      const cy = {
        title: "a_\\",
        name: {},
        emails: [
          { type: "work", value: "c@x.org" },
          { type: "home", value: "Ann@x.org" },
        ],
        [EXTENSION]: { level: 9 },
      };
      const users = [
        tenant.user({ userName: "Ann", externalId: "E1", document: ann }),
        tenant.user({ userName: 'Bo"b', document: { title: "", emails: [] } }),
        tenant.user({ userName: "cy", active: false, document: cy }),
      ];
      ["ann", "bob", "cy"].forEach((name, index) => names.set(users[index]!.id, name));
      await tenant.save({ usersInserted: users });
      return tenant;
    })();
    return sampled;
  }

  it("finds users by groups of a type: whoever is in a group is so directly", async () => {
    const tenant = await createTenant(store());
    const users = [tenant.user(), tenant.user()];
    const group = tenant.group();
    const membersAdded = [{ groupId: group.id, userId: users[1]!.id }];
    await tenant.save({ usersInserted: users, groupsInserted: [group], membersAdded });
    const type: AttributeRef = { ...text("groups", "type"), multiValuedAt: 0 };

    expect(await idsOf(tenant, is(type, "eq", "Direct"))).toEqual([users[1]!.id]);
    expect(await idsOf(tenant, is(type, "eq", "indirect"))).toEqual([]);
  });

  it("finds groups by name and by member", async () => {
    const tenant = await createTenant(store());
    const user = tenant.user({ displayName: "Ann" });
    const groups = [
      tenant.group({ displayName: "Sales" }),
      tenant.group({ displayName: "sales team" }),
    ];
    await tenant.save({
      usersInserted: [user],
      groupsInserted: groups,
      membersAdded: [{ groupId: groups[1]!.id, userId: user.id }],
    });
    const list = async (filter: Filter) =>
      (
        await store().directory.listGroups(tenant.scope, { startIndex: 1, count: 9, filter })
      ).items.map(({ displayName }) => displayName);
    const member = (name: string): AttributeRef => ({
      ...exact("members", name),
      multiValuedAt: 0,
    });
    expect(await list(is(text("displayName"), "eq", "SALES"))).toEqual(["Sales"]);
    expect(await list(is(text("displayName"), "sw", "sales"))).toEqual(["Sales", "sales team"]);
    expect(await list(is(member("value"), "eq", user.id))).toEqual(["sales team"]);
    expect(await list(is(member("value"), "eq", 'x" or value pr or value eq "y'))).toEqual([]);
    expect(await list(is({ ...member("display"), caseExact: false }, "eq", "ann"))).toEqual([
      "sales team",
    ]);
    const hasMembers: Filter = {
      kind: "present",
      attribute: { ...member("x"), names: ["members"], type: "complex" },
    };
    expect(await list(hasMembers)).toEqual(["sales team"]);
    expect(await list({ kind: "not", filter: hasMembers })).toEqual(["Sales"]);
  });

  it.each(["a'b", 'a"b', "a.b)", "$", "a]", "a b", "ü"])(
    "refuses the attribute name %j or finds nothing",
    async (name) => {
      const tenant = await createTenant(store());
      await tenant.save({ usersInserted: [tenant.user()] });
      const answer = await idsOf(tenant, is(text(name), "eq", "x")).catch(
        (error: unknown) => error,
      );
      if (Array.isArray(answer)) expect(answer).toEqual([]);
      else expect(answer).toMatchObject({ code: "InvalidFilter" });
    },
  );
}

function userWith(
  tenant: Tenant,
  document: Record<string, unknown>,
  index: number,
  pick: <T>(items: readonly T[]) => T,
): User {
  const userName = `${pick(TEXTS)}${index}`;
  const own = (name: string) => (typeof document[name] === "string" ? document[name] : null);
  return tenant.user({
    userName,
    externalId: own("externalId"),
    displayName: own("displayName"),
    active: pick([true, false]),
    document: document as JsonObject,
    createdAt: pick([Date.UTC(2020, 0, 1), Date.UTC(2020, 5, 1, 12, 0, 0, 500), AT]),
    updatedAt: pick([Date.UTC(2020, 0, 1), AT]),
  });
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

async function idsOf(tenant: Tenant, filter: Filter): Promise<string[]> {
  const query = { startIndex: 1, count: 100, filter };
  const { items, totalResults } = await tenant.store.directory.listUsers(tenant.scope, query);
  const counted = await tenant.store.directory.listUsers(tenant.scope, { ...query, count: 0 });
  expect(counted).toEqual({ totalResults, items: [] });
  return items.map(({ id }) => id);
}
