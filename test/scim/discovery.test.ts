import { describe, expect, it } from "@jest/globals";
import SCIMMY from "scimmy";
import type { JsonObject, JsonValue } from "../../src/plugin.js";
import { discoveryOf } from "../../src/scim/discovery.js";
import { ENTERPRISE_URN, GROUP_URN, USER_URN } from "../../src/scim/definitions.js";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import { groupSchema, userSchema } from "../../src/scim/schema.js";

const BASE = "https://seats.example/scim/v2/c-1";
const CAPABILITIES = {
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  maxResults: 200,
  sort: true,
  etag: true,
  pagination: { defaultPageSize: 100, cursorTimeout: 3600 },
};
const discovery = discoveryOf(BASE, [userSchema, groupSchema], CAPABILITIES);

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly multiValued: boolean;
  readonly canonicalValues?: readonly string[];
  readonly subAttributes?: readonly Listed[];
}

function attributesOf(urn: string): readonly Listed[] {
  return discovery.schema(urn)?.["attributes"] as unknown as readonly Listed[];
}

/** What Entra's gallery validation makes of /Schemas: the names of target attributes that it then knows. */
function entraNames(urn: string): string[] {
  const isCore = urn === USER_URN || urn === GROUP_URN;
  return attributesOf(urn).flatMap((each) => (isCore ? entraName(each) : [`${urn}:${each.name}`]));
}

function entraName({ name, type, multiValued, subAttributes = [] }: Listed): string[] {
  if (name === "manager" || name === "members") {
    return [name];
  }
  if (type !== "complex") {
    return type === "reference" ? [] : [name];
  }
  if (!multiValued) {
    return subAttributes
      .filter((sub) => sub.type !== "reference")
      .map((sub) => `${name}.${sub.name}`);
  }
  const canonical = subAttributes.find((sub) => sub.name === "type")?.canonicalValues ?? [];
  const parts = subAttributes.map((sub) => sub.name).filter((sub) => sub !== "primary");
  return canonical.length === 0
    ? parts.map((sub) => `${name}[primary eq "True"].${sub}`)
    : canonical.flatMap((value) =>
        parts.filter((sub) => sub !== "type").map((sub) => `${name}[type eq "${value}"].${sub}`),
      );
}

describe("/Schemas", () => {
  it("leaves no boolean of RFC 7643 §7 unsaid: some clients have no default for it and read nothing at all", () => {
    const all = [USER_URN, GROUP_URN, ENTERPRISE_URN].flatMap(attributesOf);
    const flat = all.flatMap((each) => [each, ...(each.subAttributes ?? [])]);
    const says = (each: Listed, name: string) => typeof Reflect.get(each, name) === "boolean";
    const unsaid = (name: string) =>
      flat.filter((each) => !says(each, name)).map((each) => each.name);

    expect(flat.length).toBeGreaterThan(80);
    expect(["required", "multiValued", "caseExact"].flatMap(unsaid)).toEqual([]);
    const letters = flat.filter((each) => Reflect.get(each, "caseExact") === true);
    expect(letters.map((each) => each.name)).toContain("externalId");
    expect(letters.map((each) => each.name)).not.toContain("userName");
    expect(letters.map((each) => each.name)).not.toContain("active");
  });

  it("lists users, groups and the extension, with locations of this connection", () => {
    expect(discovery.schemas).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 4,
      startIndex: 1,
      itemsPerPage: 4,
      Resources: [USER_URN, ENTERPRISE_URN, SEAT_URN, GROUP_URN].map((id) => ({
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        id,
        meta: { resourceType: "Schema", location: `${BASE}/Schemas/${id}` },
      })),
    });
  });

  it("lets Entra derive every attribute of its default mapping (case 27)", () => {
    const names = [USER_URN, ENTERPRISE_URN].flatMap(entraNames);

    expect(names).toEqual(
      expect.arrayContaining([
        "userName",
        "externalId",
        "active",
        "displayName",
        "title",
        "preferredLanguage",
        "name.givenName",
        "name.familyName",
        "name.formatted",
        'emails[type eq "work"].value',
        'emails[type eq "other"].value',
        'phoneNumbers[type eq "work"].value',
        'phoneNumbers[type eq "mobile"].value',
        'phoneNumbers[type eq "fax"].value',
        'addresses[type eq "work"].streetAddress',
        'addresses[type eq "work"].country',
        'addresses[type eq "other"].formatted',
        'roles[primary eq "True"].value',
        'roles[primary eq "True"].display',
        'entitlements[primary eq "True"].value',
        `${ENTERPRISE_URN}:employeeNumber`,
        `${ENTERPRISE_URN}:department`,
        `${ENTERPRISE_URN}:manager`,
      ]),
    );
    expect(entraNames(GROUP_URN)).toEqual(["externalId", "displayName", "members"]);
  });

  it("has no null anywhere, and mutability in camel case (case 27)", () => {
    const text = JSON.stringify(discovery.schemas);

    expect(text).not.toContain("null");
    expect(new Set([...text.matchAll(/"mutability":"(\w+)"/g)].map(([, word]) => word))).toEqual(
      new Set(["readWrite", "readOnly", "immutable"]),
    );
  });

  it("says that groups have users in them and no groups, as the server has it (RFC 7643 §8.7.1)", () => {
    const parts = (urn: string, name: string) =>
      new Map(
        attributesOf(urn)
          .find((each) => each.name === name)
          ?.subAttributes?.map((each) => [each.name, each]),
      );

    expect(parts(GROUP_URN, "members").get("$ref")).toMatchObject({ referenceTypes: ["User"] });
    expect(parts(GROUP_URN, "members").get("type")).toMatchObject({ canonicalValues: ["User"] });
    expect(parts(USER_URN, "groups").get("type")).toMatchObject({ canonicalValues: ["direct"] });
  });

  it("does not offer a password, which would be dropped", () => {
    expect(attributesOf(USER_URN).map(({ name }) => name)).not.toContain("password");
  });

  it("is found by URN in any case, and not otherwise", () => {
    expect(discovery.schema(USER_URN.toUpperCase())).toMatchObject({ id: USER_URN });
    expect(discovery.schema("urn:x")).toBeUndefined();
  });
});

describe("/ResourceTypes", () => {
  it("lists users with their extension, and groups", () => {
    expect(discovery.resourceTypes["Resources"]).toMatchObject([
      {
        id: "User",
        endpoint: "/Users",
        schema: USER_URN,
        schemaExtensions: [
          { schema: ENTERPRISE_URN, required: false },
          { schema: SEAT_URN, required: false },
        ],
        meta: { resourceType: "ResourceType", location: `${BASE}/ResourceTypes/User` },
      },
      { id: "Group", endpoint: "/Groups", schema: GROUP_URN },
    ]);
    expect(discovery.resourceType("group")).toMatchObject({ id: "Group" });
    expect(discovery.resourceType("Role")).toBeUndefined();
  });
});

describe("/ServiceProviderConfig", () => {
  it("says what is offered and nothing else", () => {
    expect(discovery.serviceProviderConfig).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      authenticationSchemes: [
        { type: "oauthbearertoken", primary: true },
        { type: "oauth2", primary: false },
      ],
      meta: { location: `${BASE}/ServiceProviderConfig` },
    });
    expect(discovery.serviceProviderConfig).not.toHaveProperty("documentationUri");
  });

  // Clients that hold to the schema refuse the whole document for one attribute more, and never come to the resources.
  it("has the attributes of RFC 7643 and RFC 9865 alone, unless the plugin asks for a draft's", () => {
    const of = (asked: object) => {
      const capabilities = { ...CAPABILITIES, ...asked, documentationUri: "https://docs.example" };
      return Object.keys(discoveryOf(BASE, [userSchema], capabilities).serviceProviderConfig);
    };
    const standard =
      "schemas documentationUri patch bulk filter changePassword sort etag pagination authenticationSchemes meta";

    expect(of({}).sort()).toEqual(standard.split(" ").sort());
    expect(of({ announcesOffers: true })).toContain("RolesAndEntitlements");
    expect(of({ interopProfileConformant: true })).toContain("interopProfileConformant");
  });
});

describe("two connections", () => {
  it("have locations of their own (section 1.3)", () => {
    const other = discoveryOf("https://seats.example/scim/v2/c-2", [userSchema, groupSchema], {
      ...CAPABILITIES,
      documentationUri: "https://docs.example/scim",
    });
    const locations = (value: JsonValue): string[] =>
      [...JSON.stringify(value).matchAll(/"location":"([^"]+)"/g)].map(
        ([, location]) => location ?? "",
      );
    const all: JsonObject[] = [other.schemas, other.resourceTypes, other.serviceProviderConfig];

    expect(all.flatMap(locations).filter((each) => !each.includes("/c-2/"))).toEqual([]);
    expect(locations(discovery.schemas).filter((each) => !each.includes("/c-1/"))).toEqual([]);
  });

  it("leave SCIMMY's own state alone", () => {
    expect(SCIMMY.Resources.declared()).toEqual({});
    expect(SCIMMY.Schemas.User.definition.attributes.map(({ name }) => name)).toContain("password");
  });
});
