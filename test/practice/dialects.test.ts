import { beforeEach, describe, expect, it } from "@jest/globals";
import { DIALECTS } from "../../src/practice/dialects.js";
import type { Member, ScimCall } from "../../src/practice/dialect.js";
import type { DirectoryGroup } from "../../src/practice/directory.js";
import { DIALECT_IDS, openDirectory } from "../../src/practice/state.js";
import type { CurrentPerson, Directory } from "../../src/practice/state.js";
import { patchOp } from "../support/patchOp.js";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ZOE: Member = { scimId: "u1", userName: "zoe.muller@acorn.example" };
const KOFI: Member = { scimId: "u2", userName: "kofi.mensah@acorn.example" };
const MANAGER = { scimId: "m1", displayName: "Maeve O'Brien" };

let directory: Directory;
let person: CurrentPerson;
let agents: DirectoryGroup;

beforeEach(() => {
  directory = openDirectory(undefined, () => undefined);
  person = directory.person("zoe.muller")!;
  agents = directory.group("support-agents")!;
});

function wire(calls: readonly ScimCall[]): unknown[][] {
  return calls.map(({ method, path, body }) => [method, path, body?.["Operations"] ?? null]);
}

describe("Okta", () => {
  const okta = DIALECTS.okta;

  it("switches people off by a PATCH without a path and a real boolean", () => {
    expect(okta.deactivate("u1", person)[0]!.body).toEqual(
      patchOp({ op: "replace", value: { active: false } }),
    );
  });

  it("switches people on by reading and then replacing the whole account", () => {
    const [read, replace] = okta.reactivate("u1", { ...person, active: false }, MANAGER);

    expect(read).toMatchObject({ method: "GET", path: "/Users/u1" });
    expect(replace).toMatchObject({ method: "PUT", path: "/Users/u1" });
    expect(replace!.body).toMatchObject({ id: "u1", active: true, groups: [] });
  });

  it("never deletes anybody", () => {
    const calls = okta.remove("u1", person);

    expect(calls.map((call) => call.method)).toEqual(["PATCH"]);
    expect(wire(calls)[0]![2]).toEqual([{ op: "replace", value: { active: false } }]);
  });

  it("looks people up with a page and creates them with groups, locale and externalId", () => {
    expect(okta.findUser(person).path).toBe(
      "/Users?filter=userName%20eq%20%22zoe.muller%40acorn.example%22&startIndex=1&count=100",
    );
    expect(okta.createUser(person, MANAGER).body).toMatchObject({
      active: true,
      groups: [],
      locale: "en-US",
      externalId: person.externalId,
      [ENTERPRISE]: { department: "Customer Support", manager: { displayName: "Maeve O'Brien" } },
    });
  });

  it("pushes a group empty, repeats its name, and then adds and removes in one PATCH", () => {
    expect(okta.createGroup(agents).body).toMatchObject({ members: [] });
    expect(wire(okta.changeMembers("g1", agents, { add: [ZOE], remove: [KOFI] }))).toEqual([
      [
        "PATCH",
        "/Groups/g1",
        [{ op: "replace", value: { id: "g1", displayName: "Support Agents" } }],
      ],
      [
        "PATCH",
        "/Groups/g1",
        [
          { op: "remove", path: 'members[value eq "u2"]' },
          { op: "add", path: "members", value: [{ value: "u1", display: ZOE.userName }] },
        ],
      ],
    ]);
  });
});

describe("Entra", () => {
  const entra = DIALECTS.entra;

  it("switches people off and on with a capital Replace and a boolean as text", () => {
    expect(wire(entra.deactivate("u1", person))).toEqual([
      ["PATCH", "/Users/u1", [{ op: "Replace", path: "active", value: "False" }]],
    ]);
    expect(wire(entra.reactivate("u1", person, null))).toEqual([
      ["PATCH", "/Users/u1", [{ op: "Replace", path: "active", value: "True" }]],
    ]);
  });

  it("switches people off before it deletes them", () => {
    expect(entra.remove("u1", person).map(({ method }) => method)).toEqual(["PATCH", "DELETE"]);
  });

  it("creates people without manager and adds the manager when both exist", () => {
    expect(JSON.stringify(entra.createUser(person, MANAGER).body)).not.toContain("manager");
    expect(entra.setManager("u1", MANAGER)!.body!["Operations"]).toEqual([
      { op: "Add", path: `${ENTERPRISE}:manager`, value: "m1" },
    ]);
  });

  it("names its own schema on groups and never asks for members", () => {
    expect(entra.createGroup(agents).body).toMatchObject({
      schemas: [
        "urn:ietf:params:scim:schemas:core:2.0:Group",
        "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
      ],
      meta: { resourceType: "Group" },
    });
    expect(entra.findGroup(agents).path).toContain("excludedAttributes=members");
  });

  it("adds and removes members by a list of values with an empty reference", () => {
    const [, remove, add] = entra.changeMembers("g1", agents, { add: [ZOE], remove: [KOFI] });

    expect(remove!.body!["Operations"]).toEqual([
      { op: "Remove", path: "members", value: [{ $ref: null, value: "u2" }] },
    ]);
    expect(add!.body!["Operations"]).toEqual([
      { op: "Add", path: "members", value: [{ $ref: null, value: "u1" }] },
    ]);
  });

  it("addresses the work e-mail by a value path when it takes over an account", () => {
    const operations = entra.adopt("u1", person, MANAGER)[0]!.body!["Operations"];

    expect(operations).toContainEqual({
      op: "Replace",
      path: 'emails[type eq "work"].value',
      value: "zoe.muller@acorn.example",
    });
  });
});

describe("a provider that keeps to the RFC", () => {
  const generic = DIALECTS.generic;

  it("switches people off by path with a boolean, and deletes them by DELETE", () => {
    expect(wire(generic.deactivate("u1", person))[0]![2]).toEqual([
      { op: "replace", path: "active", value: false },
    ]);
    expect(generic.remove("u1", person)).toMatchObject([{ method: "DELETE", path: "/Users/u1" }]);
  });

  it("adds and removes members in one PATCH", () => {
    expect(wire(generic.changeMembers("g1", agents, { add: [ZOE], remove: [KOFI] }))).toEqual([
      [
        "PATCH",
        "/Groups/g1",
        [
          { op: "remove", path: 'members[value eq "u2"]' },
          { op: "add", path: "members", value: [{ value: "u1" }] },
        ],
      ],
    ]);
  });
});

describe.each(DIALECT_IDS)("every dialect: %s", (id) => {
  const dialect = DIALECTS[id];

  it("sends today's name when somebody was renamed", () => {
    const renamed = { ...person, familyName: "O'Neill", displayName: "Zoë O'Neill" };

    expect(JSON.stringify(dialect.rename("u1", renamed, null))).toContain("Zoë O'Neill");
  });

  it("quotes a name in a filter, whatever it holds", () => {
    const odd = { ...person, userName: 'a"b\\c&d@acorn.example' };
    const query = new URLSearchParams(dialect.findUser(odd).path.split("?")[1]);

    expect(query.get("filter")).toBe('userName eq "a\\"b\\\\c&d@acorn.example"');
  });

  it("sends nothing when no member changes", () => {
    expect(dialect.changeMembers("g1", agents, { add: [], remove: [] })).toEqual([]);
  });

  it("says why it sends what it sends, and who says so", () => {
    const calls = [
      dialect.findUser(person),
      dialect.createUser(person, null),
      ...dialect.deactivate("u1", person),
      ...dialect.remove("u1", person),
      dialect.findGroup(agents),
    ];

    for (const call of calls) expect(call.why).toMatch(/^[A-Z].*\.$/);
  });
});
