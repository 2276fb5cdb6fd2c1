import { describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { parseCatalogue } from "../../src/catalogueFile.js";
import { SeatkeeperError } from "../../src/errors.js";

const URN = "urn:acorn:scim:schemas:extension:desk:2.0:User";
const PRODUCTS = {
  support: {
    title: "Support",
    capabilities: {},
    tiers: { basic: { title: "Basic", rank: 1, pricePerMonth: 0 } },
  },
};

function read(extensions: unknown) {
  return parseCatalogue(stringify({ products: PRODUCTS, extensions })).extensions;
}

function problemsOf(extensions: unknown): string {
  try {
    read(extensions);
  } catch (error) {
    if (error instanceof SeatkeeperError) return error.message;
    throw error;
  }
  throw new Error("the extensions were accepted");
}

function withAttribute(attribute: unknown, more: object = {}): unknown {
  return [{ id: URN, name: "Desk", attributes: { badge: attribute }, ...more }];
}

describe("extensions in the catalogue", () => {
  it("are none without the key", () => {
    expect(parseCatalogue(stringify({ products: PRODUCTS })).extensions).toEqual([]);
  });

  it("are read with the defaults of RFC 7643 §2.2", () => {
    expect(
      read([{ id: URN, name: "Desk", attributes: { level: {}, photo: { type: "binary" } } }]),
    ).toEqual([
      {
        id: URN,
        name: "Desk",
        description: "Desk",
        resource: "User",
        attributes: [
          {
            name: "level",
            type: "string",
            multiValued: false,
            description: "level",
            required: false,
            caseExact: false,
            canonicalValues: [],
            mutability: "readWrite",
            returned: "default",
            subAttributes: [],
          },
          expect.objectContaining({ name: "photo", type: "binary", caseExact: true }),
        ],
      },
    ]);
  });

  it.each([
    {
      mistake: "an unknown key, with the nearest one",
      extensions: withAttribute({ multivalued: true }),
      says: 'extensions[0].attributes.badge.multivalued: There is no such key. Did you mean "multiValued"?',
    },
    {
      mistake: "an unknown type",
      extensions: withAttribute({ type: "text" }),
      says: "extensions[0].attributes.badge.type: One of string, boolean,",
    },
    {
      mistake: "an id that is no URN",
      extensions: [{ id: "desk", name: "Desk", attributes: { level: {} } }],
      says: "extensions[0].id: A URN is expected, such as",
    },
    {
      mistake: "the URN of a schema that is always there, in any letter case",
      extensions: withAttribute(
        {},
        { id: "urn:IETF:params:scim:schemas:extension:enterprise:2.0:User" },
      ),
      says: 'extensions[0].id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" belongs',
    },
    {
      mistake: "one URN twice",
      extensions: [
        { id: URN, name: "A", attributes: { a: {} } },
        { id: URN.toLowerCase(), name: "B", attributes: { b: {} } },
      ],
      says: "extensions[1].id: Another extension has this URN already.",
    },
    {
      mistake: "a URN that another one begins with, so that names would be ambiguous",
      extensions: [
        { id: URN, name: "A", attributes: { a: {} } },
        { id: `${URN}:more`, name: "B", attributes: { b: {} } },
      ],
      says: `extensions[1].id: This URN and "${URN}" begin alike`,
    },
    {
      mistake: "a name that differs by letter case only",
      extensions: [{ id: URN, name: "A", attributes: { level: {}, leVel: {} } }],
      says: 'extensions[0].attributes.leVel: "level" is the same name',
    },
    {
      mistake: "a name that every object has",
      extensions: [{ id: URN, name: "A", attributes: { constructor: {} } }],
      says: "extensions[0].attributes.constructor: This name cannot be used.",
    },
    {
      mistake: "a name with a dot, which would be a path",
      extensions: [{ id: URN, name: "A", attributes: { "a.b": {} } }],
      says: "The name of an attribute is letters",
    },
    {
      mistake: "an extension without attributes",
      extensions: [{ id: URN, name: "A", attributes: {} }],
      says: "extensions[0].attributes: An extension has at least one attribute.",
    },
    {
      mistake: "a read-only attribute, which nobody could fill",
      extensions: withAttribute({ mutability: "readOnly" }),
      says: "extensions[0].attributes.badge.mutability: Nobody could ever give a value",
    },
    {
      mistake: "a secret",
      extensions: withAttribute({ mutability: "writeOnly", returned: "never" }),
      says: "extensions[0].attributes.badge.mutability: Secrets are not kept",
    },
    {
      mistake: "a value that is never returned",
      extensions: withAttribute({ returned: "never" }),
      says: "extensions[0].attributes.badge.returned: Secrets are not kept",
    },
    {
      mistake: "uniqueness that nobody would check",
      extensions: withAttribute({ uniqueness: "server" }),
      says: 'extensions[0].attributes.badge.uniqueness: Only "none" is supported',
    },
    {
      mistake: "a complex attribute without parts",
      extensions: withAttribute({ type: "complex" }),
      says: "extensions[0].attributes.badge.subAttributes: Missing.",
    },
    {
      mistake: "parts of a simple attribute",
      extensions: withAttribute({ subAttributes: { level: {} } }),
      says: 'extensions[0].attributes.badge.subAttributes: Only an attribute with "type: complex"',
    },
    {
      mistake: "a list within a complex attribute",
      extensions: withAttribute({ type: "complex", subAttributes: { x: { multiValued: true } } }),
      says: "extensions[0].attributes.badge.subAttributes.x.multiValued: A list inside",
    },
    {
      mistake: "parts of parts",
      extensions: withAttribute({ type: "complex", subAttributes: { x: { type: "complex" } } }),
      says: "extensions[0].attributes.badge.subAttributes.x.type: One of string,",
    },
    {
      mistake: "a fixed part in elements that can be replaced",
      extensions: withAttribute({
        type: "complex",
        multiValued: true,
        subAttributes: { x: { mutability: "immutable" } },
      }),
      says: "extensions[0].attributes.badge.subAttributes.x.mutability: The elements of a list",
    },
    {
      mistake: "canonical values of numbers",
      extensions: withAttribute({ type: "integer", canonicalValues: ["1"] }),
      says: "extensions[0].attributes.badge.canonicalValues: Only texts",
    },
    {
      mistake: "letter case of booleans",
      extensions: withAttribute({ type: "boolean", caseExact: true }),
      says: "extensions[0].attributes.badge.caseExact: Letter case",
    },
    {
      mistake: "a list on a group, whose changes are worked out without reading it",
      extensions: withAttribute({ multiValued: true }, { resource: "Group" }),
      says: "extensions[0].attributes.badge: An attribute of a group is a single value",
    },
  ])("refuse $mistake", ({ extensions, says }) => {
    expect(problemsOf(extensions)).toContain(says);
  });
});
