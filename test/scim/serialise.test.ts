import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/plugin.js";
import { ENTERPRISE_URN, GROUP_URN, USER_URN } from "../../src/scim/definitions.js";
import { isWanted, readProjection } from "../../src/scim/projection.js";
import { compileSchema, groupSchema, userSchema } from "../../src/scim/schema.js";
import { etagOf, groupsOf, memberOf, serialise } from "../../src/scim/serialise.js";
import { USER_DEFINITION } from "../../src/scim/definitions.js";
import { refusal } from "./refusal.js";

const BASE = "https://seats.example/scim/v2/c-1";
const DOCUMENT: JsonObject = {
  userName: "zoe",
  active: true,
  name: { givenName: "Zoë", familyName: "Müller" },
  emails: [
    { value: "zoe@example.com", type: "work", primary: true },
    { value: "z@home.example", type: "home" },
  ],
  [ENTERPRISE_URN]: { department: "R&D", manager: { value: "m-1" } },
};
const PARTS = {
  id: "u-1",
  document: DOCUMENT,
  createdAt: Date.UTC(2026, 0, 31, 12),
  updatedAt: Date.UTC(2026, 1, 1, 12, 0, 0, 5),
  version: 3,
  baseUrl: BASE,
  computed: { groups: groupsOf([{ id: "g-1", displayName: "Support" }], BASE) },
};
const META = {
  resourceType: "User",
  created: "2026-01-31T12:00:00.000Z",
  lastModified: "2026-02-01T12:00:00.005Z",
  location: `${BASE}/Users/u-1`,
  version: 'W/"3"',
};

function shown(attributes?: string, excludedAttributes?: string): JsonObject {
  return serialise(
    userSchema,
    PARTS,
    readProjection(userSchema, { attributes, excludedAttributes }),
  );
}

describe("the answer for a user", () => {
  it("is the document with id, meta, groups and the schemas that are in it", () => {
    expect(serialise(userSchema, PARTS)).toEqual({
      schemas: [USER_URN, ENTERPRISE_URN],
      id: "u-1",
      ...DOCUMENT,
      groups: [{ value: "g-1", $ref: `${BASE}/Groups/g-1`, display: "Support", type: "direct" }],
      meta: META,
    });
  });

  it("names no extension that is not there", () => {
    const bare = serialise(userSchema, {
      ...PARTS,
      document: { userName: "zoe" },
      computed: undefined,
    });

    expect(bare).toEqual({ schemas: [USER_URN], id: "u-1", userName: "zoe", meta: META });
  });

  it("escapes ids in locations", () => {
    const odd = serialise(userSchema, { ...PARTS, id: "a/b?c" });

    expect(odd["meta"]).toMatchObject({ location: `${BASE}/Users/a%2Fb%3Fc` });
  });

  it("has a weak version (case 60)", () => {
    expect(etagOf(12)).toBe('W/"12"');
  });
});

describe("attributes", () => {
  // prettier-ignore
  it.each([
    { attributes: "userName",                              gives: { userName: "zoe" } },
    { attributes: " USERNAME , active",                    gives: { userName: "zoe", active: true } },
    { attributes: "name.familyName",                       gives: { name: { familyName: "Müller" } } },
    { attributes: "name.familyName,name",                  gives: { name: DOCUMENT["name"] } },
    { attributes: "emails.value",                          gives: { emails: [{ value: "zoe@example.com" }, { value: "z@home.example" }] } },
    { attributes: 'emails[type eq "work"]',                gives: { emails: DOCUMENT["emails"] } },
    { attributes: 'emails[value eq "a,b"].type,active',    gives: { active: true, emails: [{ type: "work" }, { type: "home" }] } },
    { attributes: "meta.location",                         gives: { meta: { location: META.location } } },
    { attributes: `${USER_URN}:userName`,                  gives: { userName: "zoe" } },
    { attributes: ENTERPRISE_URN.toLowerCase(),            gives: { [ENTERPRISE_URN]: DOCUMENT[ENTERPRISE_URN] } },
    { attributes: `${ENTERPRISE_URN}:department`,          gives: { [ENTERPRISE_URN]: { department: "R&D" } } },
    { attributes: "manager",                               gives: { [ENTERPRISE_URN]: { manager: { value: "m-1" } } } },
    { attributes: "groups.display",                        gives: { groups: [{ display: "Support" }] } },
    { attributes: "emails.display",                        gives: { emails: [] } },
    { attributes: "shoeSize",                              gives: {} },
    { attributes: "password,schemas,id",                   gives: {} },
  ])("$attributes gives that, and id and schemas always", ({ attributes, gives }) => {
    const { schemas, id, ...rest } = shown(attributes);

    expect(rest).toEqual(gives);
    expect(id).toBe("u-1");
    expect(schemas).toEqual(ENTERPRISE_URN in gives ? [USER_URN, ENTERPRISE_URN] : [USER_URN]);
  });

  it.each(["", " , ", undefined])("without a name mean everything: %j", (attributes) => {
    expect(shown(attributes)).toEqual(serialise(userSchema, PARTS));
  });
});

describe("excludedAttributes", () => {
  it("leave out what is named, but never id and schemas", () => {
    const rest = shown(undefined, `id,schemas,emails.type,name,groups,${ENTERPRISE_URN}`);

    expect(rest).toEqual({
      schemas: [USER_URN],
      id: "u-1",
      userName: "zoe",
      active: true,
      emails: [{ value: "zoe@example.com", primary: true }, { value: "z@home.example" }],
      meta: META,
    });
  });

  it("cannot be combined with attributes (RFC 7644 §3.9)", () => {
    expect(refusal(() => shown("userName", "emails")).code).toBe("InvalidValue");
  });
});

describe("what need not be loaded", () => {
  // prettier-ignore
  it.each([
    { query: {},                                        wanted: true },
    { query: { excludedAttributes: "members" },         wanted: false },
    { query: { excludedAttributes: "MEMBERS,meta" },    wanted: false },
    { query: { excludedAttributes: "members.display" }, wanted: true },
    { query: { excludedAttributes: "meta" },            wanted: true },
    { query: { attributes: "displayName" },             wanted: false },
    { query: { attributes: "members.value" },           wanted: true },
    { query: { attributes: "members" },                 wanted: true },
  ])("is known beforehand: members with $query (case 19)", ({ query, wanted }) => {
    expect(isWanted(readProjection(groupSchema, query), "members")).toBe(wanted);
  });
});

describe("the answer for a group", () => {
  it("shows members as users", () => {
    const members = [
      memberOf({ userId: "u-1", display: "Zoë" }, BASE),
      memberOf({ userId: "u-2", display: null }, BASE),
    ];

    expect(
      serialise(groupSchema, {
        ...PARTS,
        id: "g-1",
        document: { displayName: "S" },
        computed: { members },
      }),
    ).toEqual({
      schemas: [GROUP_URN],
      id: "g-1",
      displayName: "S",
      members: [
        { value: "u-1", $ref: `${BASE}/Users/u-1`, display: "Zoë", type: "User" },
        { value: "u-2", $ref: `${BASE}/Users/u-2`, type: "User" },
      ],
      meta: { ...META, resourceType: "Group", location: `${BASE}/Groups/g-1` },
    });
  });
});

describe("an attribute with another `returned`", () => {
  const URN = "urn:example:x:User";
  const attribute = {
    type: "string",
    multiValued: false,
    required: false,
    mutability: "readWrite",
  } as const;
  const schema = compileSchema({
    resourceType: "User",
    endpoint: "/Users",
    core: USER_DEFINITION,
    extensions: [
      {
        id: URN,
        name: "X",
        description: "",
        attributes: [
          { ...attribute, name: "asked", returned: "request" },
          { ...attribute, name: "always", returned: "always" },
          { ...attribute, name: "usual", returned: "default" },
        ],
      },
    ],
  });
  const parts = {
    ...PARTS,
    document: { userName: "z", [URN]: { asked: "a", always: "b", usual: "c" } },
  };
  const shownX = (query: { attributes?: string; excludedAttributes?: string }) =>
    serialise(schema, parts, readProjection(schema, query))[URN];

  it("is given when its rule says so (RFC 7643 §7)", () => {
    expect(shownX({})).toEqual({ always: "b", usual: "c" });
    expect(shownX({ attributes: `${URN}:asked` })).toEqual({ asked: "a", always: "b" });
    expect(shownX({ attributes: "userName" })).toEqual({ always: "b" });
    expect(shownX({ excludedAttributes: `${URN}:usual` })).toEqual({ always: "b" });
  });
});
