import { describe, expect, it } from "@jest/globals";
import type { JsonObject, JsonValue, Leniency } from "../../src/plugin.js";
import {
  ENTERPRISE_DEFINITION,
  ENTERPRISE_URN,
  USER_DEFINITION,
} from "../../src/scim/definitions.js";
import { keepImmutable } from "../../src/scim/immutable.js";
import { DEFAULT_LENIENCY, STRICT } from "../../src/scim/leniency.js";
import { applyPatch } from "../../src/scim/patch.js";
import { readPatchRequest } from "../../src/scim/patchRequest.js";
import { compileSchema, userSchema } from "../../src/scim/schema.js";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import { PATCH_OP } from "../support/patchOp.js";
import { refusal } from "./refusal.js";

const LENIENT: Leniency = {
  createOnMissingTarget: true,
  emptyMeansClear: true,
  ignoreUnknownAttributes: true,
  missingSchemas: true,
  textBooleans: true,
  unquotedFilterValues: true,
  pathlessPatch: true,
  partialReplace: true,
  ignoreUnknownMembers: true,
  keepMemberDisplay: true,
  refuseRepeatedGroups: true,
};

const WORK = { type: "work", value: "zoe@example.com", primary: true };
const HOME = { type: "home", value: "z@home.example" };
const ZOE: JsonObject = deepFreeze({
  userName: "zoe",
  active: true,
  title: "Engineer",
  name: { givenName: "Zoë", familyName: "Müller" },
  emails: [WORK, HOME],
  roles: [{ value: "Admin", type: "app" }],
  [ENTERPRISE_URN]: { department: "R&D", manager: { value: "m-1", $ref: "../Users/m-1" } },
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

function patch(
  operations: JsonValue[],
  leniency: Leniency = LENIENT,
  document: JsonObject = ZOE,
): JsonObject {
  const read = readPatchRequest({ Operations: operations });
  return applyPatch(document, read, userSchema, leniency, { id: "u-1" }).document;
}

/** ZOE without some attributes and with others. */
function zoe(changes: Record<string, JsonValue | undefined>): JsonObject {
  const merged = Object.entries({ ...ZOE, ...changes });
  return Object.fromEntries(
    merged.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

const enterprise = (changes: JsonObject) => ({
  [ENTERPRISE_URN]: { ...(ZOE[ENTERPRISE_URN] as JsonObject), ...changes },
});

describe("one attribute", () => {
  // prettier-ignore
  it.each<[string, JsonObject, Record<string, JsonValue | undefined>]>([
    ["case 3: op in any case",                   { op: "REPLACE", path: "active", value: false },                       { active: false }],
    ["section 1.5: path in any case",            { op: "replace", path: "USERNAME", value: "Zoe2" },                    { userName: "Zoe2" }],
    ["SCIM-SDK: its one object in a list",       { op: "replace", value: [{ active: false }] },                         { active: false }],
    ["case 35: a value without path",            { op: "replace", value: { active: false } },                           { active: false }],
    ["case 38: the same id in such a value",     { op: "replace", value: { id: "u-1", displayName: "Zoë" } },           { displayName: "Zoë" }],
    ["add a sub-attribute",                      { op: "add", path: "name.middleName", value: "J" },                    { name: { givenName: "Zoë", familyName: "Müller", middleName: "J" } }],
    ["merge into a complex attribute",           { op: "replace", path: "name", value: { GIVENNAME: "Z" } },            { name: { givenName: "Z", familyName: "Müller" } }],
    ["clear a part by null inside the value",    { op: "replace", path: "name", value: { givenName: null } },           { name: { familyName: "Müller" } }],
    ["remove a sub-attribute",                   { op: "remove", path: "name.givenName" },                              { name: { familyName: "Müller" } }],
    ["remove an attribute",                      { op: "remove", path: "title" },                                       { title: undefined }],
    ["remove what is not there",                 { op: "remove", path: "nickName" },                                    {}],
    ["core URN",                                 { op: "replace", path: "urn:ietf:params:scim:schemas:core:2.0:User:title", value: "CTO" }, { title: "CTO" }],
    ["extension URN",                            { op: "replace", path: `${ENTERPRISE_URN}:department`, value: "Ops" }, enterprise({ department: "Ops" })],
    ["extension attribute without URN",          { op: "replace", path: "department", value: "Ops" },                   enterprise({ department: "Ops" })],
    ["the extension as a whole",                 { op: "add", path: ENTERPRISE_URN, value: { costCenter: "7", "manager.value": "m-2" } }, enterprise({ costCenter: "7", manager: { value: "m-2", $ref: "../Users/m-1" } })],
    ["the extension removed",                    { op: "remove", path: ENTERPRISE_URN },                                { [ENTERPRISE_URN]: undefined }],
    ["a password is accepted and forgotten",     { op: "replace", value: { password: "secret" } },                      {}],
    ["a password at a path too",                 { op: "add", path: "password", value: "secret" },                      {}],
    ["read-only attributes in a value are ignored", { op: "replace", value: { groups: [{ value: "g" }], meta: {}, schemas: [], [`${ENTERPRISE_URN}:manager.displayName`]: "M", [ENTERPRISE_URN]: { "manager.displayName": "M" }, title: "CTO" } }, { title: "CTO" }],
  ])("%s: %j", (_name, operation, changes) => {
    expect(patch([operation], DEFAULT_LENIENCY)).toEqual(zoe(changes));
  });

  it("is taken from dotted and qualified keys of a value without path (case 4)", () => {
    const value = {
      displayName: "x",
      "name.givenName": "y",
      [`${ENTERPRISE_URN}:department`]: "z",
      [`${ENTERPRISE_URN}:manager`]: "m-9",
      'emails[type eq "work"].value': "w@example.com",
      [ENTERPRISE_URN]: { division: "d" },
    };

    expect(patch([{ op: "replace", value }])).toEqual(
      zoe({
        displayName: "x",
        name: { givenName: "y", familyName: "Müller" },
        emails: [{ ...WORK, value: "w@example.com" }, HOME],
        [ENTERPRISE_URN]: { department: "z", manager: { value: "m-9" }, division: "d" },
      }),
    );
  });

  it("is cleared by the empty string and then by null, without complaint (cases 11 and 12)", () => {
    const paths = [
      "title",
      "name.givenName",
      "name.familyName",
      'emails[type eq "work"].value',
      'emails[type eq "home"].value',
      'roles[primary eq "True"].value',
      `${ENTERPRISE_URN}:department`,
      `${ENTERPRISE_URN}:manager`,
    ];
    const cleared = (value: JsonValue, document: JsonObject) =>
      patch(
        paths.map((path) => ({ op: "replace", path, value })),
        LENIENT,
        document,
      );

    const once = cleared("", ZOE);

    expect(once).toEqual({ userName: "zoe", active: true, roles: ZOE["roles"] });
    expect(cleared(null, once)).toBe(once);
    expect(cleared(null, ZOE)).toEqual(once);
    expect(
      patch([{ op: "replace", value: Object.fromEntries(paths.map((path) => [path, null])) }]),
    ).toEqual(once);
  });
});

describe("the manager", () => {
  const path = `${ENTERPRISE_URN}:manager`;
  const of = (operation: JsonObject) =>
    (patch([operation])[ENTERPRISE_URN] as JsonObject)["manager"];

  // prettier-ignore
  it.each<[string, JsonObject, JsonValue | undefined]>([
    ["case 7: a bare id",                  { op: "Add", path, value: "m-2" },                                       { value: "m-2" }],
    ["case 7: replaced",                   { op: "replace", path, value: "m-2" },                                   { value: "m-2" }],
    ["case 9: a list, and no URN",         { op: "Add", path: "manager", value: [{ $ref: "r", value: "m-2" }] },    { value: "m-2", $ref: "r" }],
    ["an object",                          { op: "add", path, value: { value: "m-2", displayName: "M" } },          { value: "m-2" }],
    ["its value alone",                    { op: "replace", path: `${path}.value`, value: "m-2" },                  { value: "m-2", $ref: "../Users/m-1" }],
    ["case 8: cleared by an empty string", { op: "replace", path, value: "" },                                      undefined],
    ["cleared by an empty list",           { op: "replace", path, value: [] },                                      undefined],
    ["removed",                            { op: "Remove", path },                                                  undefined],
  ])("%s", (_name, operation, expected) => {
    expect(of(operation)).toEqual(expected);
  });

  it("cannot be two people", () => {
    expect(refusal(() => of({ op: "add", path, value: ["a", "b"] })).code).toBe("InvalidValue");
  });
});

describe("a list", () => {
  // prettier-ignore
  it.each<[string, JsonObject, JsonValue | undefined]>([
    ["add a value",                       { op: "add", path: "emails", value: [{ value: "n@x" }] },                  [WORK, HOME, { value: "n@x" }]],
    ["add one that is no list",           { op: "add", path: "emails", value: { value: "n@x" } },                    [WORK, HOME, { value: "n@x" }]],
    ["add one as a string",               { op: "add", path: "emails", value: "n@x" },                               [WORK, HOME, { value: "n@x" }]],
    ["add finds it in any case",          { op: "add", path: "emails", value: [{ value: "ZOE@example.com" }] },      [{ ...WORK, value: "ZOE@example.com" }, HOME]],
    ["add completes what is there",       { op: "add", path: "emails", value: [{ ...HOME, display: "H" }] },         [WORK, { ...HOME, display: "H" }]],
    ["the same type in another case",     { op: "add", path: "emails", value: [{ ...HOME, type: "HOME" }] },         [WORK, { ...HOME, type: "HOME" }]],
    ["same value of another type",        { op: "add", path: "emails", value: [{ ...HOME, type: "other" }] },        [WORK, HOME, { ...HOME, type: "other" }]],
    ["RFC 7643 §2.4: the same twice",     { op: "add", path: "emails", value: [{ value: "n@x" }, { value: "n@x" }] }, [WORK, HOME, { value: "n@x" }]],
    ["changed into one that is there",    { op: "replace", path: 'emails[type eq "home"]', value: { ...WORK, primary: false, display: "W" } }, [{ ...WORK, primary: true }, { ...WORK, primary: false, display: "W" }]],
    ["changed into the same as another",  { op: "replace", path: 'emails[type eq "home"]', value: { type: "work", value: "zoe@example.com" } }, [WORK]],
    ["add nothing",                       { op: "add", path: "emails", value: [] },                                  [WORK, HOME]],
    ["replace",                           { op: "replace", path: "emails", value: [HOME] },                          [HOME]],
    ["replace by nothing",                { op: "replace", path: "emails", value: [] },                              undefined],
    ["replace by null",                   { op: "replace", path: "emails", value: null },                            undefined],
    ["remove",                            { op: "remove", path: "emails" },                                          undefined],
    ["case 16: remove what is listed",    { op: "Remove", path: "emails", value: [{ value: "z@home.example" }] },    [WORK]],
    ["remove an empty list is nothing",   { op: "remove", path: "emails", value: [] },                               [WORK, HOME]],
    ["remove what is not there",          { op: "remove", path: "emails", value: [{ value: "n@x" }] },               [WORK, HOME]],
    ["a new primary takes it from the old", { op: "add", path: "emails", value: [{ value: "n@x", primary: true }] }, [{ ...WORK, primary: false }, HOME, { value: "n@x", primary: true }]],
    ["primary through a path",            { op: "replace", path: 'emails[type eq "home"].primary', value: true },    [{ ...WORK, primary: false }, { ...HOME, primary: true }]],
    ["a part of every value",             { op: "replace", path: "emails.display", value: "x" },                     [{ ...WORK, display: "x" }, { ...HOME, display: "x" }]],
  ])("%s", (_name, operation, emails) => {
    expect(patch([operation], DEFAULT_LENIENCY)).toEqual(zoe({ emails }));
  });

  it("keeps values that have no `value` apart by all they have", () => {
    const address = { type: "work", locality: "Bern" };
    const once = patch([{ op: "add", path: "addresses", value: [address] }]);
    const twice = patch(
      [{ op: "add", path: "addresses", value: [{ locality: "Bern", type: "work" }] }],
      LENIENT,
      once,
    );

    expect(twice).toBe(once);
  });

  it("takes roles as Entra replaces them, of whatever type (case 14)", () => {
    const roles = [
      { primary: false, type: "WindowsAzureActiveDirectoryRole", display: "User", value: "User" },
      { primary: false, type: "WindowsAzureActiveDirectoryRole", display: "Test", value: "Test" },
    ];

    expect(patch([{ op: "replace", path: "roles", value: roles }])["roles"]).toEqual(roles);
  });
});

describe("a value path", () => {
  const path = 'emails[type eq "work"].value';

  // prettier-ignore
  it.each<[string, JsonObject, JsonValue | undefined]>([
    ["sets a part",                  { op: "Replace", path, value: "w@x" },                                    [{ ...WORK, value: "w@x" }, HOME]],
    ["add does the same",            { op: "Add", path, value: "w@x" },                                        [{ ...WORK, value: "w@x" }, HOME]],
    ["any case, any operator",       { op: "replace", path: 'EMAILS[VALUE ew "EXAMPLE.com"].Display', value: "W" }, [{ ...WORK, display: "W" }, HOME]],
    ["removes a value",              { op: "remove", path: 'emails[type eq "work"]' },                         [HOME]],
    ["removes a part",               { op: "remove", path: 'emails[type eq "work"].primary' },                 [{ type: "work", value: "zoe@example.com" }, HOME]],
    ["emptied values go",            { op: "remove", path },                                                   [HOME]],
    ["replaces a value",             { op: "replace", path: 'emails[type eq "work"]', value: { value: "w@x" } }, [{ type: "work", value: "w@x" }, HOME]],
    ["adds to a value",              { op: "add", path: 'emails[type eq "work"]', value: { display: "W" } },   [{ ...WORK, display: "W" }, HOME]],
    ["clears a value",               { op: "replace", path: 'emails[type eq "work"]', value: null },           [HOME]],
    ["several at once",              { op: "remove", path: "emails[value pr]" },                               undefined],
    ["a quote in the filter is data", { op: "remove", path: 'emails[value eq "x\\" or value pr or value eq \\"y"]' }, [WORK, HOME]],
  ])("%s", (_name, operation, emails) => {
    expect(patch([operation])).toEqual(zoe({ emails }));
  });

  const OTHER = { op: "replace", path: 'emails[type eq "other"].value', value: "o@x" };

  it("that matches nothing makes the value, in Entra's profile (case 6)", () => {
    expect(patch([OTHER])["emails"]).toEqual([WORK, HOME, { type: "other", value: "o@x" }]);
  });

  it("that matches nothing is noTarget in the RFC's (case 6)", () => {
    expect(refusal(() => patch([OTHER], STRICT)).code).toBe("NoTarget");
    expect(refusal(() => patch([OTHER], DEFAULT_LENIENCY)).code).toBe("NoTarget");
  });

  it("that matches nothing is made by an add under every leniency (case 5)", () => {
    const operation = { ...OTHER, op: "Add" };

    expect(patch([operation], STRICT, { userName: "z" })).toEqual({
      userName: "z",
      emails: [{ type: "other", value: "o@x" }],
    });
  });

  it("that describes no value cannot make one", () => {
    const operation = {
      op: "add",
      path: 'emails[not (type eq "x") and value sw "q"].display',
      value: "o",
    };

    expect(refusal(() => patch([operation])).code).toBe("NoTarget");
  });

  it("that matches nothing to remove is refused by the RFC and done already for Entra", () => {
    const operation = { op: "remove", path: 'emails[type eq "other"]' };

    expect(patch([operation])).toEqual(ZOE);
    expect(refusal(() => patch([operation], STRICT)).code).toBe("NoTarget");
  });

  it("that matches nothing to clear is done already, unless every step is to be strict (case 12)", () => {
    const clear = (op: string, value: JsonValue) => ({ op, path: OTHER.path, value });

    for (const leniency of [LENIENT, DEFAULT_LENIENCY]) {
      expect(
        patch([clear("replace", null), clear("replace", ""), clear("add", null)], leniency),
      ).toBe(ZOE);
    }
    expect(refusal(() => patch([clear("replace", null)], STRICT)).code).toBe("NoTarget");
    expect(patch([clear("add", null)], STRICT)).toBe(ZOE);
  });

  it("may fill one new value piece by piece (section 7)", () => {
    const operations = [
      { op: "Add", path: 'addresses[type eq "work"].streetAddress', value: "1 Main St" },
      { op: "Add", path: 'addresses[type eq "work"].locality', value: "Bern" },
      { op: "Add", path: 'roles[primary eq "True"].type', value: "app" },
      { op: "Add", path: 'roles[primary eq "True"].value', value: "Boss" },
      { op: "Add", path: 'roles[primary eq "True"].display', value: "The Boss" },
    ];

    const document = patch(operations);

    expect(document["addresses"]).toEqual([
      { type: "work", streetAddress: "1 Main St", locality: "Bern" },
    ]);
    expect(document["roles"]).toEqual([
      { value: "Admin", type: "app" },
      { primary: true, type: "app", value: "Boss", display: "The Boss" },
    ]);
  });

  it("finds the primary role by the string that Entra writes (case 13)", () => {
    const before = { userName: "z", roles: [{ value: "a" }, { value: "b", primary: true }] };
    const operation = { op: "Replace", path: 'roles[primary eq "True"].value', value: "c" };

    expect(patch([operation], LENIENT, before)["roles"]).toEqual([
      { value: "a" },
      { value: "c", primary: true },
    ]);
  });
});

describe("operations in one request", () => {
  it("apply in order (cases 31 and 39)", () => {
    const document = patch([
      { op: "remove", path: 'emails[type eq "work"]' },
      { op: "add", path: "emails", value: [{ value: "n@x", type: "work" }] },
      { op: "replace", path: 'emails[type eq "work"].value', value: "m@x" },
    ]);

    expect(document["emails"]).toEqual([HOME, { value: "m@x", type: "work" }]);
  });

  it("apply all or not at all, and never in place", () => {
    const operations = [
      { op: "replace", path: "title", value: "CTO" },
      { op: "remove", path: 'emails[type eq "work"]' },
      { op: "replace", path: "active", value: "maybe" },
    ];
    const before = structuredClone(ZOE);

    expect(refusal(() => patch(operations)).code).toBe("InvalidValue");
    expect(ZOE).toEqual(before);
  });

  it("that change nothing give back the same document", () => {
    const operations = readPatchRequest({
      Operations: [
        { op: "replace", path: "title", value: "CTO" },
        { op: "replace", path: "title", value: "Engineer" },
        { op: "add", path: "emails", value: [HOME] },
      ],
    });

    expect(applyPatch(ZOE, operations, userSchema, LENIENT)).toEqual({
      document: ZOE,
      changed: false,
      ignored: [],
    });
  });

  it("that name unknown attributes are passed over where that is allowed, and listed", () => {
    const operations = readPatchRequest({
      operations: [
        {
          op: "add",
          path: "urn:ietf:params:scim:schemas:extension:custom:2.0:User:worksiteId",
          value: "180",
        },
        { op: "add", path: 'tags[type eq "x"].value', value: "t" },
        { op: "replace", value: { shoeSize: 38, "odd key!": 1, title: "CTO" } },
        { op: "replace", path: "name", value: { nick: "z" } },
      ],
    });

    const { document, ignored } = applyPatch(ZOE, operations, userSchema, LENIENT);

    expect(document).toEqual(zoe({ title: "CTO" }));
    expect(ignored).toEqual([
      "urn:ietf:params:scim:schemas:extension:custom:2.0:User:worksiteId",
      'tags[type eq "x"].value',
      "shoeSize",
      "odd key!",
      "name.nick",
    ]);
  });
});

describe("a PATCH is refused", () => {
  const TWO_PRIMARIES = [
    { value: "a", primary: true },
    { value: "b", primary: true },
  ];

  // prettier-ignore
  it.each<[JsonObject, string, string | undefined]>([
    [{ op: "replace", path: "shoeSize", value: 1 },                 "InvalidSyntax",   "shoeSize"],
    [{ op: "replace", value: { shoeSize: 1 } },                     "InvalidSyntax",  "shoeSize"],
    [{ op: "replace", path: "title[", value: 1 },                   "InvalidPath",   undefined],
    [{ op: "replace", path: "emails[type eq", value: 1 },           "InvalidFilter", undefined],
    [{ op: "replace", path: 'emails[type eq "w"] .value', value: 1 }, "InvalidPath", undefined],
    [{ op: "replace", path: 'emails[size eq "w"]', value: 1 },      "InvalidFilter", undefined],
    [{ op: "replace", path: "  ", value: 1 },                       "InvalidPath",   undefined],
    [{ op: "remove", path: "userName" },                            "Mutability",    "userName"],
    [{ op: "replace", path: "userName", value: null },              "Mutability",    "userName"],
    [{ op: "replace", path: "userName", value: " " },               "InvalidValue",  "userName"],
    [{ op: "replace", path: "id", value: "u-2" },                   "Mutability",    "id"],
    [{ op: "replace", value: { id: "u-2" } },                       "Mutability",    "id"],
    [{ op: "add", path: "groups", value: [{ value: "g" }] },        "Mutability",    "groups"],
    [{ op: "replace", path: "meta.created", value: "x" },           "Mutability",    "meta.created"],
    [{ op: "remove", path: SEAT_URN },                              "Mutability",    SEAT_URN],
    [{ op: "replace", path: SEAT_URN, value: { seats: [] } },       "Mutability",    SEAT_URN],
    [{ op: "replace", path: `${ENTERPRISE_URN}:manager.displayName`, value: "x" }, "Mutability", undefined],
    [{ op: "remove" },                                              "NoTarget",      undefined],
    [{ op: "add", value: "x" },                                     "InvalidValue",  "value"],
    [{ op: "add" },                                                 "InvalidValue",  "value"],
    [{ op: "add", path: "title" },                                  "InvalidValue",  "title"],
    [{ op: "add", path: "title", value: 7 },                        "InvalidValue",  "title"],
    [{ op: "replace", path: "active", value: "False" },             "InvalidValue",  "active"],
    [{ op: "replace", path: "name", value: "Zoë" },                 "InvalidValue",  "name"],
    [{ op: "replace", path: ENTERPRISE_URN, value: "x" },           "InvalidValue",  ENTERPRISE_URN],
    [{ op: "replace", path: "emails", value: TWO_PRIMARIES },       "InvalidValue",  "emails.primary"],
    [{ op: "replace", path: "emails[value pr].primary", value: true }, "InvalidValue", "emails.primary"],
    [{ op: "replace", path: 'emails[type eq "work"]', value: TWO_PRIMARIES.slice(1).concat({ value: "c", primary: false }) }, "InvalidValue", "emails"],
  ])("%j as %s", (operation, code, field) => {
    const refused = refusal(() => patch([operation], { ...STRICT }));

    expect(refused.code).toBe(code);
    if (field !== undefined) {
      expect(refused.field).toBe(field);
    }
  });

  it.each<[JsonValue]>([
    [null],
    [{}],
    [{ Operations: [] }],
    [{ Operations: {} }],
    [{ Operations: ["x"] }],
    [{ Operations: [{ op: "move", path: "title" }] }],
    [{ Operations: [{ path: "title", value: "x" }] }],
  ])("when it is no list of operations: %j", (body) => {
    expect(refusal(() => readPatchRequest(body)).code).toBe("InvalidSyntax");
  });

  it("when a path is no text or there are too many operations", () => {
    const many = Array(1001).fill({ op: "remove", path: "title" });

    expect(refusal(() => readPatchRequest({ Operations: [{ op: "add", path: 7 }] })).code).toBe(
      "InvalidPath",
    );
    expect(refusal(() => readPatchRequest({ Operations: many })).code).toBe("TooMany");
  });

  it("when it would make a list longer than anybody's", () => {
    const full = {
      userName: "z",
      emails: Array.from({ length: 500 }, (_, at) => ({ value: `${String(at)}@x` })),
    };
    const add = (path: string, value: JsonValue) => () =>
      patch([{ op: "add", path, value }], LENIENT, full);

    expect(refusal(add("emails", [{ value: "n@x" }])).code).toBe("TooMany");
    expect(refusal(add('emails[type eq "new"].value', "n@x")).code).toBe("TooMany");
    expect(add("emails", [{ value: "7@x" }])()).toBe(full);
  });
});

describe("an immutable attribute", () => {
  const URN = "urn:example:x:User";
  const attribute = {
    multiValued: false,
    required: false,
    returned: "default",
    type: "string",
  } as const;
  const schema = compileSchema({
    resourceType: "User",
    endpoint: "/Users",
    core: USER_DEFINITION,
    extensions: [
      ENTERPRISE_DEFINITION,
      {
        id: URN,
        name: "X",
        description: "",
        attributes: [{ ...attribute, name: "badge", mutability: "immutable" }],
      },
    ],
  });
  const set = (document: JsonObject, value: JsonValue) =>
    applyPatch(
      document,
      readPatchRequest({ Operations: [{ op: "replace", path: `${URN}:badge`, value }] }),
      schema,
      LENIENT,
    ).document;

  it("survives a PUT that leaves it out, and must match in one that names it (RFC 7644 §3.5.1)", () => {
    const before = { userName: "z", [URN]: { badge: "b-1" } };

    expect(keepImmutable(schema, before, { userName: "z" })).toEqual(before);
    expect(keepImmutable(schema, before, before)).toBe(before);
    expect(keepImmutable(schema, { userName: "z" }, before)).toBe(before);
    expect(
      refusal(() => keepImmutable(schema, before, { userName: "z", [URN]: { badge: "b-2" } })),
    ).toMatchObject({ code: "Mutability", field: `${URN}:badge` });
  });

  it("may be given once and never changed (RFC 7643 §7)", () => {
    const once = set({ userName: "z" }, "b-1");

    expect(once).toEqual({ userName: "z", [URN]: { badge: "b-1" } });
    expect(set(once, "b-1")).toBe(once);
    expect(refusal(() => set(once, "b-2"))).toMatchObject({
      code: "Mutability",
      field: `${URN}:badge`,
    });
    expect(refusal(() => set(once, "")).code).toBe("Mutability");
  });
});

it("is read without schemas unless the connection is strict", () => {
  const Operations = [{ op: "remove", path: "title" }];

  expect(readPatchRequest({ Operations }, LENIENT)).toHaveLength(1);
  expect(readPatchRequest({ schemas: [PATCH_OP.toUpperCase()], Operations }, STRICT)).toHaveLength(
    1,
  );
  for (const schemas of [undefined, [], ["urn:x"], PATCH_OP]) {
    const body = schemas === undefined ? { Operations } : { schemas, Operations };
    expect(refusal(() => readPatchRequest(body, STRICT))).toMatchObject({
      code: "InvalidSyntax",
      field: "schemas",
    });
  }
});

it("leaves no empty element behind when its last part is removed, on a strict connection either", () => {
  const Operations = [{ op: "remove", path: "emails[not (type pr)].primary" }];
  const document = { userName: "z", emails: [{ primary: false }] };

  expect(
    applyPatch(document, readPatchRequest({ Operations }), userSchema, STRICT).document,
  ).toEqual({
    userName: "z",
  });
});
