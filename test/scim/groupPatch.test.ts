import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/plugin.js";
import { GROUP_DEFINITION } from "../../src/scim/definitions.js";
import { applyGroupSet, readGroupPatch } from "../../src/scim/groupPatch.js";
import type { GroupPatch } from "../../src/scim/groupPatch.js";
import { DEFAULT_LENIENCY, STRICT } from "../../src/scim/leniency.js";
import { readPatchRequest } from "../../src/scim/patchRequest.js";
import { compileSchema, groupSchema } from "../../src/scim/schema.js";
import { refusal } from "./refusal.js";

function read(operations: JsonValue[], leniency = DEFAULT_LENIENCY): GroupPatch {
  return readGroupPatch(readPatchRequest({ Operations: operations }), groupSchema, leniency, {
    id: "g-1",
  });
}

const NONE = { clear: false, add: [], remove: [] };
const ids = (...values: string[]) => values.map((value) => ({ value }));

describe("members as a change", () => {
  // prettier-ignore
  it.each<[string, JsonValue[], Partial<GroupPatch["members"]>]>([
    ["case 15: Entra adds with $ref null",      [{ op: "Add", path: "members", value: [{ $ref: null, value: "a" }, { value: "b" }] }],            { add: ["a", "b"] }],
    ["case 16: Entra removes what it lists",    [{ op: "Remove", path: "members", value: [{ $ref: null, value: "a" }] }],                         { remove: ["a"] }],
    ["case 16: an empty list is nobody",        [{ op: "Remove", path: "members", value: [] }],                                                   {}],
    ["case 17: one by its value",               [{ op: "Remove", path: 'members[value eq "a"]' }],                                                { remove: ["a"] }],
    ["case 18: all",                            [{ op: "remove", path: "members" }],                                                              { clear: true }],
    ["case 39: remove, then add",               [{ op: "remove", path: 'members[value eq "a"]' }, { op: "add", path: "members", value: ids("b") }], { add: ["b"], remove: ["a"] }],
    ["case 40: replaced by nobody",             [{ op: "replace", path: "members", value: [] }],                                                  { clear: true }],
    ["replaced by null",                        [{ op: "replace", path: "members", value: null }],                                                { clear: true }],
    ["replaced",                                [{ op: "replace", path: "members", value: ids("a", "b", "a") }],                                  { clear: true, add: ["a", "b"] }],
    ["section 7: replaced without path",        [{ op: "replace", value: { members: [] } }],                                                      { clear: true }],
    ["without path, any case",                  [{ op: "Add", value: { Members: ids("a") } }],                                                    { add: ["a"] }],
    ["case 31: what is said last holds",        [{ op: "add", path: "members", value: ids("a", "b") }, { op: "remove", path: "members", value: ids("a") }], { add: ["b"], remove: ["a"] }],
    ["case 31: the other way round",            [{ op: "remove", path: "members", value: ids("a") }, { op: "add", path: "members", value: ids("a") }], { add: ["a"] }],
    ["adding before all go is in vain",         [{ op: "add", path: "members", value: ids("a") }, { op: "remove", path: "members" }],             { clear: true }],
    ["removing after all went is in vain",      [{ op: "remove", path: "members" }, { op: "remove", path: "members", value: ids("a") }],          { clear: true }],
    ["adding after all went",                   [{ op: "remove", path: "members" }, { op: "add", path: "members", value: ids("a") }],             { clear: true, add: ["a"] }],
    ["several in one filter",                   [{ op: "remove", path: 'members[value eq "a" or value eq "b"]' }],                                { remove: ["a", "b"] }],
    ["a type that says nothing",                [{ op: "remove", path: 'members[type eq "User" and value eq "a"]' }],                             { remove: ["a"] }],
    ["the core URN",                            [{ op: "add", path: "urn:ietf:params:scim:schemas:core:2.0:Group:members", value: ids("a") }],    { add: ["a"] }],
    ["case 4: the core URN without path",       [{ op: "replace", value: { "urn:ietf:params:scim:schemas:core:2.0:group:MEMBERS": ids("a") } }], { clear: true, add: ["a"] }],
    ["the core URN and a filter",               [{ op: "remove", path: 'urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq "a"]' }],   { remove: ["a"] }],
    ["ids at members.value",                    [{ op: "add", path: "members.value", value: "a" }, { op: "remove", path: "members.value", value: ["b"] }], { add: ["a"], remove: ["b"] }],
    ["one that is no list",                     [{ op: "add", path: "members", value: { value: "a", type: "user" } }],                            { add: ["a"] }],
    ["a bare id",                               [{ op: "add", path: "members", value: "string id 1" }],                                           { add: ["string id 1"] }],
    ["nobody added",                            [{ op: "add", path: "members", value: [] }],                                                      {}],
  ])("%s", (_name, operations, members) => {
    expect(read(operations)).toEqual({ set: {}, members: { ...NONE, ...members }, ignored: [] });
  });

  // prettier-ignore
  it.each<[JsonObject]>([
    [{ op: "remove", path: "members.display" }],
    [{ op: "remove", path: "members.type" }],
    [{ op: "remove", path: "members.$ref" }],
    [{ op: "remove", path: "members.value" }],
    [{ op: "remove", path: "members.value", value: null }],
    [{ op: "remove", path: "urn:ietf:params:scim:schemas:core:2.0:Group:members.display" }],
    [{ op: "replace", path: "members.display", value: "A" }],
    [{ op: "replace", path: "members.value", value: "a" }],
    [{ op: "add", path: "members.type", value: "User" }],
    [{ op: "replace", value: { "members.display": "A" } }],
    [{ op: "add", value: { 'members[value eq "a"]': { value: "a" } } }],
  ])("a part of the members is immutable: %j removes and changes nobody (RFC 7643 §4.2)", (operation) => {
    expect(refusal(() => read([operation])).code).toBe("Mutability");
  });

  it.each([
    [{ value: "a", display: "A" }, "A"],
    [{ value: "a", displayName: "VP" }, "VP"],
    [{ value: "a", Display: "A", displayName: "VP" }, "A"],
    [{ value: "a", display: " " }, undefined],
    [{ value: "a", display: 7 }, undefined],
    [{ value: "a", display: "x".repeat(257) }, undefined],
    [{ value: "a", display: "\u0000" }, undefined],
    [{ value: "a", display: null }, undefined],
  ])("calls the member of %j %j (RFC 7643 §2.4)", (member, display) => {
    const { members } = read([{ op: "add", path: "members", value: [member] }]);
    expect(members.displays?.get("a")).toBe(display);
  });

  it("takes an id as it is, whatever is in it (case 56)", () => {
    const id = 'x" or value pr or value eq "y';

    expect(read([{ op: "remove", path: "members", value: ids(id) }]).members).toEqual({
      ...NONE,
      remove: [id],
    });
    expect(
      read([{ op: "remove", path: `members[value eq ${JSON.stringify(id)}]` }]).members.remove,
    ).toEqual([id]);
    expect(refusal(() => read([{ op: "remove", path: `members[value eq "${id}"]` }])).code).toBe(
      "InvalidFilter",
    );
  });

  // prettier-ignore
  it.each<[JsonObject, string]>([
    [{ op: "add", path: "members", value: [{ value: "g", type: "GROUP" }] },     "InvalidValue"],
    [{ op: "add", path: "members", value: [{ display: "A" }] },                  "InvalidValue"],
    [{ op: "add", path: "members", value: [""] },                                "InvalidValue"],
    [{ op: "add", path: "members", value: 7 },                                   "InvalidValue"],
    [{ op: "add", path: "members" },                                             "InvalidValue"],
    [{ op: "remove", path: "members[value pr]" },                                "InvalidFilter"],
    [{ op: "remove", path: 'members[type eq "User"]' },                          "InvalidFilter"],
    [{ op: "remove", path: 'members[display eq "A"]' },                          "InvalidFilter"],
    [{ op: "remove", path: 'members[value ne "a"]' },                            "InvalidFilter"],
    [{ op: "remove", path: 'members[value eq "a" or display eq "A"]' },          "InvalidFilter"],
    [{ op: "remove", path: 'members[value eq "a" and value eq "b"]' },           "InvalidFilter"],
    [{ op: "replace", path: 'members[value eq "a"]', value: { value: "b" } },    "Mutability"],
    [{ op: "remove", path: 'members[value eq "a"].display' },                    "Mutability"],
    [{ op: "replace", value: { id: "g-2", displayName: "x" } },                  "Mutability"],
    [{ op: "remove", path: "displayName" },                                      "Mutability"],
    [{ op: "replace", path: "displayName", value: " " },                         "InvalidValue"],
    [{ op: "replace", path: "displayName", value: 7 },                           "InvalidValue"],
    [{ op: "remove" },                                                           "NoTarget"],
    [{ op: "replace", path: "members[", value: [] },                             "InvalidFilter"],
    [{ op: "replace", path: "shoeSize", value: 1 },                              "InvalidSyntax"],
  ])("%j is refused as %s", (operation, code) => {
    expect(refusal(() => read([operation], STRICT)).code).toBe(code);
  });
});

describe("the other attributes", () => {
  // prettier-ignore
  it.each<[string, JsonValue[], JsonObject]>([
    ["case 38: Okta renames without path", [{ op: "replace", value: { id: "g-1", displayName: "New" } }],                        { displayName: "New" }],
    ["Entra renames",                      [{ op: "Replace", path: "displayName", value: "New" }],                               { displayName: "New" }],
    ["section 7: externalId",              [{ op: "add", path: "externalId", value: "x" }],                                      { externalId: "x" }],
    ["cleared",                            [{ op: "remove", path: "externalId" }],                                               { externalId: null }],
    ["cleared by nothing",                 [{ op: "replace", path: "externalId", value: "" }],                                   { externalId: null }],
    ["the last one holds",                 [{ op: "replace", path: "displayName", value: "A" }, { op: "replace", value: { displayName: "B" } }], { displayName: "B" }],
  ])("%s", (_name, operations, set) => {
    expect(read(operations)).toEqual({ set, members: NONE, ignored: [] });
  });

  it("come with members in one request, and unknown ones are listed", () => {
    const patch = read([
      { op: "replace", value: { displayName: "New", members: ids("a"), description: "d" } },
      { op: "add", path: "urn:x:y:z", value: "q" },
    ]);

    expect(patch).toEqual({
      set: { displayName: "New" },
      members: { clear: true, add: ["a"], remove: [] },
      ignored: ["description", "urn:x:y:z"],
    });
  });

  it("of an extension are set and cleared without touching the others", () => {
    const URN = "urn:example:x:Group";
    const attribute = {
      type: "string",
      multiValued: false,
      required: false,
      mutability: "readWrite",
      returned: "default",
    } as const;
    const schema = compileSchema({
      resourceType: "Group",
      endpoint: "/Groups",
      core: GROUP_DEFINITION,
      extensions: [
        {
          id: URN,
          name: "X",
          description: "",
          attributes: ["owner", "floor", "cost"].map((name) => ({ ...attribute, name })),
        },
      ],
    });
    const operations = readPatchRequest({
      Operations: [
        { op: "replace", path: `${URN}:owner`, value: "zoe" },
        { op: "remove", path: `${URN}:floor` },
      ],
    });
    const { set } = readGroupPatch(operations, schema, STRICT);

    expect(set).toEqual({ [URN]: { owner: "zoe", floor: null } });
    expect(applyGroupSet({ displayName: "S", [URN]: { floor: "1", cost: "7" } }, set)).toEqual({
      displayName: "S",
      [URN]: { cost: "7", owner: "zoe" },
    });
    expect(
      applyGroupSet(
        { displayName: "S", [URN]: { floor: "1" } },
        { [URN]: { floor: null }, displayName: "T" },
      ),
    ).toEqual({
      displayName: "T",
    });
  });
});

describe("any order of operations on members", () => {
  const someIds = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 3 });
  const change = fc.oneof(
    someIds.map((values) => ({ op: "add", path: "members", value: ids(...values) })),
    someIds.map((values) => ({ op: "remove", path: "members", value: ids(...values) })),
    someIds.map((values) => ({ op: "replace", path: "members", value: ids(...values) })),
    fc.constantFrom("a", "b").map((id) => ({ op: "remove", path: `members[value eq "${id}"]` })),
    fc.constant({ op: "remove", path: "members" }),
  );

  it("ends as if each had been applied to the list of members by itself", () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e")),
        (changes, before) => {
          const { clear, add, remove } = read(changes).members;
          const start = clear ? [] : before.filter((id) => !remove.includes(id));

          expect(new Set([...start, ...add])).toEqual(oneByOne(before, changes));
          expect(add.filter((id) => remove.includes(id))).toEqual([]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  /** The slow way: a set, changed operation by operation. */
  function oneByOne(
    before: readonly string[],
    changes: readonly { op: string; path: string; value?: { value: string }[] }[],
  ): Set<string> {
    const members = new Set<string>(before);
    for (const { op, path, value } of changes) {
      const named =
        value?.map((each) => each.value) ?? [...path.matchAll(/"(.)"/g)].map(([, id]) => id ?? "");
      if (op === "replace" || (op === "remove" && path === "members" && value === undefined)) {
        members.clear();
      }
      named.forEach((id) => (op === "remove" ? members.delete(id) : members.add(id)));
    }
    return members;
  }
});
