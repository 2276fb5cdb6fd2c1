import { describe, expect, it } from "@jest/globals";
import type { JsonObject, JsonValue } from "../../src/plugin.js";
import { DEFAULT_LENIENCY, STRICT as NO_LIBERTIES } from "../../src/scim/leniency.js";
import { readGroup } from "../../src/scim/readGroup.js";
import { readResource } from "../../src/scim/readResource.js";
import { compileSchema, groupSchema, userSchema } from "../../src/scim/schema.js";
import {
  ENTERPRISE_DEFINITION,
  ENTERPRISE_URN,
  GROUP_URN,
  USER_DEFINITION,
} from "../../src/scim/definitions.js";
import { refusal } from "./refusal.js";

/** The bodies here are parts of what a client sends. */
const STRICT = { ...NO_LIBERTIES, missingSchemas: true };

function readUser(body: JsonValue, leniency = DEFAULT_LENIENCY): JsonObject {
  return readResource(userSchema, body, leniency).document;
}

describe("reading a user", () => {
  it("keeps what is sent byte for byte under canonical names (case 25)", () => {
    const document = readUser({
      USERNAME: "  Zoë.MÜLLER@Example.COM ",
      Name: { FAMILYNAME: "Müller", givenname: "Zoë" },
      EMAILS: [{ Value: "Z@Example.com", TYPE: "Work", Primary: true }],
      [ENTERPRISE_URN.toUpperCase()]: { Department: "R&D", Manager: { Value: "m-1" } },
    });

    expect(document).toEqual({
      userName: "  Zoë.MÜLLER@Example.COM ",
      name: { familyName: "Müller", givenName: "Zoë" },
      emails: [{ value: "Z@Example.com", type: "Work", primary: true }],
      [ENTERPRISE_URN]: { department: "R&D", manager: { value: "m-1" } },
    });
  });

  it("ignores id, meta, groups and schemas, and forgets a password (cases 33 and 36)", () => {
    const document = readUser({
      schemas: "whatever",
      id: 7,
      userName: "zoe",
      password: "1mz050nq",
      groups: [{ value: "g" }],
      meta: { version: "x" },
      [ENTERPRISE_URN]: { manager: { value: "m", displayName: "Maeve" } },
    });

    expect(document).toEqual({ userName: "zoe", [ENTERPRISE_URN]: { manager: { value: "m" } } });
  });

  it("treats null and empty lists as unassigned under every leniency (RFC 7643 §2.5)", () => {
    const body = {
      userName: "zoe",
      title: null,
      emails: [],
      name: { givenName: null },
      roles: [null],
    };

    expect(readUser(body, STRICT)).toEqual({ userName: "zoe" });
  });

  it("treats empty strings, and elements that are only a label, as unassigned where that is allowed", () => {
    const body = {
      userName: "zoe",
      externalId: "",
      name: { givenName: "", familyName: "Müller" },
      phoneNumbers: [{ type: "work", primary: true }],
      emails: [
        { type: "work", value: "" },
        { type: "home", value: "z@example.com" },
      ],
    };

    expect(readUser(body)).toEqual({
      userName: "zoe",
      name: { familyName: "Müller" },
      emails: [{ type: "home", value: "z@example.com" }],
    });
    expect(readUser(body, STRICT)).toEqual(body);
  });

  it("keeps the same type and value once (RFC 7643 §2.4), and both of two that say different things", () => {
    const work = { value: "z@example.com", type: "work" };
    const emails = [
      { ...work, primary: true },
      work,
      { ...work, display: "Desk" },
      { value: "z@example.com" },
    ];
    const roles = ["A", "B"].map((display) => ({ value: "Admin", display }));
    const addresses = ["Here", "There"].map((locality) => ({ type: "work", locality }));

    expect(readUser({ userName: "zoe", emails, roles, addresses })).toEqual({
      userName: "zoe",
      emails: [{ ...work, primary: true, display: "Desk" }, { value: "z@example.com" }],
      roles,
      addresses,
    });
  });

  it("never refuses a type that is not canonical (case 14)", () => {
    const roles = [{ type: "WindowsAzureActiveDirectoryRole", value: "User", primary: false }];

    expect(readUser({ userName: "zoe", roles }, STRICT)).toEqual({ userName: "zoe", roles });
  });

  it("takes qualified names as keys of their own", () => {
    const document = readUser({
      userName: "zoe",
      [`${ENTERPRISE_URN}:department`]: "R&D",
      "urn:ietf:params:scim:schemas:core:2.0:User:title": "Engineer",
    });

    expect(document).toEqual({
      userName: "zoe",
      title: "Engineer",
      [ENTERPRISE_URN]: { department: "R&D" },
    });
  });

  it("passes over unknown attributes and says which (case 36)", () => {
    const body = { userName: "zoe", shoeSize: 38, name: { nick: "Z" }, "urn:x:y": { a: 1 } };

    expect(readResource(userSchema, body, DEFAULT_LENIENCY)).toEqual({
      document: { userName: "zoe" },
      ignored: ["name.nick", "shoeSize", "urn:x:y"],
    });
  });

  it("refuses unknown attributes where that is asked for", () => {
    const unknown = refusal(() => readUser({ userName: "zoe", shoeSize: 38 }, STRICT));

    expect(unknown).toMatchObject({ code: "InvalidSyntax", field: "shoeSize" });
  });

  it("is not fooled by names of JavaScript", () => {
    const body: unknown = JSON.parse(
      '{"userName":"zoe","__proto__":{"active":false},"constructor":1,"toString":"x"}',
    );

    const document = readUser(body as JsonObject);

    expect(document).toEqual({ userName: "zoe" });
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
  });

  // prettier-ignore
  it.each([
    { body: {},                                                   field: "userName",       says: /required/ },
    { body: { userName: "   " },                                  field: "userName",       says: /empty/ },
    { body: { userName: "" },                                     field: "userName",       says: /required/ },
    { body: { userName: 7 },                                      field: "userName",       says: /a string, but is a number/ },
    { body: { userName: "z", active: "yes" },                     field: "active",         says: /true or false, but is a string/ },
    { body: { userName: "z", name: "Zoë" },                       field: "name",           says: /an object, but is a string/ },
    { body: { userName: "z", emails: { value: "a" } },            field: "emails",         says: /a list, but is an object/ },
    { body: { userName: "z", emails: ["a@b"] },                   field: "emails",         says: /an object, but is a string/ },
    { body: { userName: "z", emails: [{ value: ["a"] }] },        field: "emails.value",   says: /a string, but is a list/ },
    { body: { userName: "z", USERNAME: "y" },                     field: "userName",       says: /twice/ },
    { body: { userName: "z", [ENTERPRISE_URN]: { manager: "m" } }, field: `${ENTERPRISE_URN}:manager`, says: /an object/ },
    { body: { userName: "z", emails: [{ value: "a", primary: true }, { value: "b", primary: true }] },
                                                                  field: "emails.primary", says: /more than one/ },
    { body: { userName: "z", x509Certificates: [{ value: "%%" }] }, field: "x509Certificates.value", says: /base64/ },
  ])("refuses $body with a sentence that names $field", ({ body, field, says }) => {
    const refused = refusal(() => readUser(body));

    expect(refused).toMatchObject({ code: "InvalidValue", field });
    expect(refused.message).toMatch(says);
    expect(refused.message).toContain(field);
  });

  it("reads a boolean in words as one, and refuses it where no liberty is taken (case 2)", () => {
    const body = { userName: "z", active: "False" };

    expect(readUser(body)).toMatchObject({ active: false });
    expect(refusal(() => readResource(userSchema, body, STRICT))).toMatchObject({
      field: "active",
    });
  });

  it.each([null, [], "zoe", 7, undefined])("refuses a body that is no object: %j", (body) => {
    expect(refusal(() => readResource(userSchema, body, DEFAULT_LENIENCY)).code).toBe(
      "InvalidSyntax",
    );
  });

  it("refuses a list that nobody can have", () => {
    const emails = Array.from({ length: 501 }, (_each, index) => ({ value: `${String(index)}@b` }));

    expect(refusal(() => readUser({ userName: "zoe", emails })).code).toBe("TooMany");
  });

  it("leaves the body as it was", () => {
    const body = { userName: "zoe", emails: [{ value: "a@b", type: "" }] };
    const before = structuredClone(body);

    readUser(body);

    expect(body).toEqual(before);
  });
});

describe("reading a group", () => {
  const read = (body: JsonValue) => readGroup(groupSchema, body, DEFAULT_LENIENCY);

  it("keeps members apart from the document, each once (case 38)", () => {
    const result = read({
      displayName: "Support",
      Members: [
        { value: "a", display: "Zoë", $ref: null },
        { value: "b", type: "user" },
        { value: "a" },
      ],
    });

    expect(result).toEqual({
      document: { displayName: "Support" },
      members: ["a", "b"],
      displays: new Map([["a", "Zoë"]]),
      ignored: [],
    });
  });

  it.each([
    { body: { displayName: "Support" }, members: null },
    { body: { displayName: "Support", members: null }, members: null },
    { body: { displayName: "Support", members: [] }, members: [] },
    { body: { displayName: "Support", [`${GROUP_URN}:members`]: null }, members: null },
  ])("tells not naming members from having none: $body (case 41)", ({ body, members }) => {
    expect(read(body).members).toEqual(members);
  });

  it("reads members behind the URN as members, and keeps no list of them that nobody checked (RFC 7644 §3.10)", () => {
    const { document, members } = read({
      [`${GROUP_URN}:displayName`]: "Support",
      [`${GROUP_URN.toLowerCase()}:Members`]: [{ value: "a" }, { value: "b" }],
    });

    expect({ document, members }).toEqual({
      document: { displayName: "Support" },
      members: ["a", "b"],
    });
  });

  it("passes over schemas that it does not know, as Entra names them", () => {
    const body = {
      schemas: [
        "urn:ietf:params:scim:schemas:core:2.0:Group",
        "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
      ],
      externalId: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      displayName: "displayName",
      meta: { resourceType: "Group" },
    };

    expect(read(body).document).toEqual({
      externalId: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      displayName: "displayName",
    });
  });

  // prettier-ignore
  it.each([
    { body: { members: [] },                                             field: "displayName" },
    { body: { displayName: "x", members: [{ value: "g", type: "Group" }] }, field: "members.type" },
    { body: { displayName: "x", members: [{ display: "Zoë" }] },         field: "members.value" },
    { body: { displayName: "x", members: [{ value: 7 }] },               field: "members.value" },
    { body: { displayName: "x", members: ["a"], Members: ["b"] },        field: "members" },
    { body: { displayName: "x", members: ["a"], [`${GROUP_URN}:members`]: ["b"] }, field: "members" },
    { body: { displayName: "x", members: [null] },                       field: "members.value" },
  ])("refuses $body at $field", ({ body, field }) => {
    expect(refusal(() => read(body))).toMatchObject({ code: "InvalidValue", field });
  });
});

describe("a schema of one's own", () => {
  const URN = "urn:example:params:scim:schemas:extension:desk:1.0:User";
  const attribute = {
    multiValued: false,
    required: false,
    mutability: "readWrite",
    returned: "default",
  } as const;
  const schema = compileSchema({
    resourceType: "User",
    endpoint: "/Users",
    core: USER_DEFINITION,
    extensions: [
      ENTERPRISE_DEFINITION,
      {
        id: URN,
        name: "Desk",
        description: "Where somebody sits",
        attributes: [
          { ...attribute, name: "floor", type: "integer" },
          { ...attribute, name: "since", type: "dateTime" },
          { ...attribute, name: "weight", type: "decimal" },
          { ...attribute, name: "badge", type: "string", required: true },
        ],
      },
    ],
  });
  const read = (desk: JsonObject) =>
    readResource(schema, { userName: "zoe", [URN]: desk }, STRICT).document[URN];

  it("is read like those of the RFC, with dates in one form", () => {
    expect(
      read({ badge: "b", Floor: 3, weight: 1.5, since: "2026-01-31T12:00:00.1234567+02:00" }),
    ).toEqual({
      badge: "b",
      floor: 3,
      weight: 1.5,
      since: "2026-01-31T10:00:00.123Z",
    });
  });

  // prettier-ignore
  it.each([
    { desk: { badge: "b", floor: 3.5 },          field: "floor" },
    { desk: { badge: "b", floor: "3" },          field: "floor" },
    { desk: { badge: "b", since: "yesterday" },  field: "since" },
    { desk: { badge: "b", weight: "heavy" },     field: "weight" },
    { desk: { floor: 3 },                        field: "badge" },
  ])("refuses $desk at $field", ({ desk, field }) => {
    expect(refusal(() => read(desk as JsonObject))).toMatchObject({ code: "InvalidValue", field: `${URN}:${field}` });
  });

  it("is refused at the start when it cannot work", () => {
    const broken =
      (name: string, resourceType: "User" | "Group" = "User", multiValued = false) =>
      () =>
        compileSchema({
          resourceType,
          endpoint: "/x",
          core: USER_DEFINITION,
          extensions: [
            {
              id: URN,
              name: "Desk",
              description: "",
              attributes: [
                { ...attribute, name: "floor", type: "string" },
                { ...attribute, name, type: "string", multiValued },
              ],
            },
          ],
        });

    expect(broken("FLOOR")).toThrow(/twice/);
    expect(broken("constructor")).toThrow(/must not name/);
    expect(broken("tags", "Group", true)).toThrow(/simple attributes only/);
  });
});
