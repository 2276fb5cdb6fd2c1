import { describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { parseCatalogue } from "../../src/catalogueFile.js";
import { SeatkeeperError } from "../../src/errors.js";
import type { JsonObject, JsonValue } from "../../src/plugin.js";
import { parseFilter } from "../../src/scim/filter.js";
import { keepImmutable } from "../../src/scim/immutable.js";
import { DEFAULT_LENIENCY, STRICT as NO_LIBERTIES } from "../../src/scim/leniency.js";
import { matches } from "../../src/scim/matches.js";
import { applyPatch } from "../../src/scim/patch.js";
import type { PatchOperation } from "../../src/scim/patchRequest.js";
import { readProjection } from "../../src/scim/projection.js";
import { readResource } from "../../src/scim/readResource.js";
import { schemasFor } from "../../src/scim/schema.js";
import { serialise } from "../../src/scim/serialise.js";
import { refusal } from "./refusal.js";

/** The bodies here are parts of what a client sends. */
const STRICT = { ...NO_LIBERTIES, missingSchemas: true };

/** An extension of the vendor's own goes through the same code as the schemas of the RFC. */

const URN = "urn:acorn:scim:schemas:extension:desk:2.0:User";
const { user } = schemasFor(
  parseCatalogue(
    stringify({
      products: {
        p: {
          title: "P",
          capabilities: {},
          tiers: { t: { title: "T", rank: 1, pricePerMonth: 0 } },
        },
      },
      extensions: [
        {
          id: URN,
          name: "Desk",
          attributes: {
            badge: { required: true },
            hired: { type: "dateTime", mutability: "immutable" },
            grade: { type: "integer", returned: "request" },
            skills: { multiValued: true, canonicalValues: ["chat", "voice"] },
            desks: {
              type: "complex",
              multiValued: true,
              subAttributes: { value: { required: true }, floor: { type: "integer" } },
            },
          },
        },
      ],
    }),
  ),
);

function read(extension: JsonValue, leniency = DEFAULT_LENIENCY): JsonObject {
  return readResource(user, { userName: "ann", [URN]: extension }, leniency).document;
}

function patched(document: JsonObject, ...operations: PatchOperation[]): JsonObject {
  return applyPatch(document, operations, user, DEFAULT_LENIENCY).document;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SeatkeeperError) return `${error.code} ${String(error.field)}`;
    throw error;
  }
  return "none";
}

describe("an extension of the catalogue", () => {
  it("is read with its types, by URN in any letter case, and kept in canonical names", () => {
    const body = {
      userName: "ann",
      [URN.toUpperCase()]: { BADGE: "a-1", hired: "2026-01-31", desks: [{ value: "4.2" }] },
      [`${URN}:grade`]: 3,
    };

    expect(readResource(user, body, DEFAULT_LENIENCY).document[URN]).toEqual({
      badge: "a-1",
      hired: "2026-01-31T00:00:00.000Z",
      desks: [{ value: "4.2" }],
      grade: 3,
    });
  });

  it.each([
    { what: "a missing required attribute", value: { grade: 1 }, code: `${URN}:badge` },
    { what: "a wrong type", value: { badge: "a", grade: "1" }, code: `${URN}:grade` },
    {
      what: "an element without its required part",
      value: { badge: "a", desks: [{ floor: 1 }] },
      code: `${URN}:desks.value`,
    },
  ])("refuses $what", ({ value, code }) => {
    expect(codeOf(() => read(value))).toBe(`InvalidValue ${code}`);
  });

  it("may be left out although it has a required attribute", () => {
    expect(readResource(user, { userName: "ann" }, DEFAULT_LENIENCY).document).toEqual({
      userName: "ann",
    });
  });

  it("keeps or refuses what it does not know, by the leniency of the connection", () => {
    expect(read({ badge: "a", colour: "red" })).toEqual({ userName: "ann", [URN]: { badge: "a" } });
    expect(codeOf(() => read({ badge: "a", colour: "red" }, STRICT))).toBe(
      `InvalidSyntax ${URN}:colour`,
    );
  });

  // A client that builds an extension as it builds a resource was refused, and not told which attribute was meant.
  it("may name its own schema inside, which says nothing more", () => {
    const inside = { schemas: [URN], badge: "a" };
    const options = { op: "add", path: URN, value: inside } as const;

    expect(read(inside, STRICT)[URN]).toEqual({ badge: "a" });
    expect(applyPatch({ userName: "ann" }, [options], user, STRICT)).toMatchObject({
      document: { [URN]: { badge: "a" } },
      ignored: [],
    });
    expect(
      readResource(user, { userName: "ann", [URN]: inside }, DEFAULT_LENIENCY).ignored,
    ).toEqual([]);
    expect(codeOf(() => read({ badge: "a", desks: [{ schemas: [], value: "1" }] }, STRICT))).toBe(
      `InvalidSyntax ${URN}:desks.schemas`,
    );
  });

  it("is named to the end where one of its attributes is refused", () => {
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const seat = "urn:seatkeeper:params:scim:schemas:extension:seat:2.0:User";

    for (const path of [`${enterprise}:costCentre`, seat]) {
      const operation = { op: "replace", path, value: {} } as const;
      expect(
        refusal(() => applyPatch({ userName: "ann" }, [operation], user, STRICT)),
      ).toMatchObject({
        message: expect.stringContaining(`"${path}"`),
      });
    }
  });

  it("takes a value that is not canonical, because canonical values are an offer", () => {
    expect(read({ badge: "a", skills: ["mail"] })[URN]).toEqual({ badge: "a", skills: ["mail"] });
  });

  it("is patched by URN: attribute, part of an element, and the whole", () => {
    const before = read({ badge: "a", desks: [{ value: "4.2" }, { value: "5.1" }] });

    expect(
      patched(
        before,
        { op: "replace", path: `${URN}:badge`, value: "b" },
        { op: "replace", path: `${URN}:desks[value eq "5.1"].floor`, value: 5 },
        { op: "add", path: `${URN}:skills`, value: ["chat"] },
        { op: "add", path: URN, value: { grade: 2 } },
      )[URN],
    ).toEqual({
      badge: "b",
      desks: [{ value: "4.2" }, { value: "5.1", floor: 5 }],
      skills: ["chat"],
      grade: 2,
    });
    expect(patched(before, { op: "remove", path: URN, value: undefined })).toEqual({
      userName: "ann",
    });
  });

  it("cannot lose what is required while it is there, nor come to be without it", () => {
    const before = read({ badge: "a", desks: [{ value: "4.2" }] });
    const remove = (path: string) => ({ op: "remove" as const, path, value: undefined });

    expect(codeOf(() => patched(before, remove(`${URN}:badge`)))).toBe(`Mutability ${URN}:badge`);
    expect(
      codeOf(() => patched({ userName: "ann" }, { op: "add", path: `${URN}:grade`, value: 1 })),
    ).toBe(`InvalidValue ${URN}:badge`);
    expect(
      codeOf(() => patched(before, { op: "add", path: `${URN}:desks`, value: [{ floor: 2 }] })),
    ).toBe(`InvalidValue ${URN}:desks.value`);
  });

  it("keeps an immutable value: PATCH may set it once, PUT may leave it out, neither may change it", () => {
    const hired = "2026-01-31T00:00:00.000Z";
    const later = "2026-02-01T00:00:00.000Z";
    const before = patched(read({ badge: "a" }), { op: "add", path: `${URN}:hired`, value: hired });

    expect(before[URN]).toEqual({ badge: "a", hired });
    const replace = { op: "replace" as const, path: `${URN}:hired`, value: later };
    expect(codeOf(() => patched(before, replace))).toBe(`Mutability ${URN}:hired`);
    expect(codeOf(() => patched(before, { op: "remove", path: URN, value: undefined }))).toBe(
      `Mutability ${URN}:hired`,
    );
    expect(keepImmutable(user, before, { userName: "ann" })[URN]).toEqual({ hired });
    expect(keepImmutable(user, before, read({ badge: "b", hired }))[URN]).toEqual({
      badge: "b",
      hired,
    });
    expect(codeOf(() => keepImmutable(user, before, read({ badge: "b", hired: later })))).toBe(
      `Mutability ${URN}:hired`,
    );
  });

  it("is filtered by URN names, with the types and letter case of its attributes", () => {
    const document = read({ badge: "A-1", grade: 3, skills: ["chat"], desks: [{ value: "4.2" }] });
    const holds = (text: string) => matches(parseFilter(text, user, STRICT), document);

    expect(holds(`${URN}:badge eq "a-1" and ${URN}:grade ge 3`)).toBe(true);
    expect(holds(`${URN}:skills eq "CHAT" and ${URN}:desks[value sw "4"]`)).toBe(true);
    expect(holds(`${URN}:desks.floor pr or ${URN}:grade gt 3`)).toBe(false);
    expect(codeOf(() => parseFilter(`${URN}:colour eq "red"`, user, STRICT))).toMatch(
      /^InvalidFilter/,
    );
  });

  it("is shown with its URN in schemas, by projection, and on request where it says so", () => {
    const document = read({ badge: "a", grade: 3 });
    const parts = { id: "1", document, createdAt: 0, updatedAt: 0, version: 1, baseUrl: "" };
    const shown = (query: { attributes?: string; excludedAttributes?: string }) => {
      const resource = serialise(user, parts, readProjection(user, query));
      return { schemas: resource["schemas"], extension: resource[URN] };
    };

    expect(shown({})).toEqual({ schemas: [user.id, URN], extension: { badge: "a" } });
    expect(shown({ attributes: `${URN}:grade` }).extension).toEqual({ grade: 3 });
    expect(shown({ excludedAttributes: URN })).toEqual({
      schemas: [user.id],
      extension: undefined,
    });
  });
});
