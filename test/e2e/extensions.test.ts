import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { stringify } from "yaml";
import { parseCatalogue } from "../../src/catalogueFile.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** A vendor's own attributes over sockets: written, found, shown, mapped, guarded. */

const DESK = "urn:acorn:scim:schemas:extension:desk:2.0:User";
const SITE = "urn:acorn:scim:schemas:extension:site:2.0:Group";
const CATALOGUE = parseCatalogue(
  stringify({
    products: {
      support: {
        title: "Support",
        capabilities: { use: "Use" },
        tiers: {
          basic: { title: "Basic", rank: 1, pricePerMonth: 0 },
          full: { title: "Full", rank: 2, capabilities: ["use"], pricePerMonth: 0 },
        },
      },
    },
    extensions: [
      {
        id: DESK,
        name: "Desk",
        description: "Where somebody works.",
        attributes: {
          badge: { mutability: "immutable", caseExact: true },
          grade: { type: "integer" },
          skills: { multiValued: true, canonicalValues: ["chat", "voice"] },
          desks: {
            type: "complex",
            multiValued: true,
            subAttributes: { value: {}, type: { canonicalValues: ["home", "office"] } },
          },
        },
      },
      {
        id: SITE,
        name: "Site",
        resource: "Group",
        attributes: { code: { mutability: "immutable" }, floors: { type: "integer" } },
      },
    ],
  }),
);

onEachDatabase("extensions of the catalogue", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;

  beforeAll(async () => {
    const database = { url: await freshDatabaseUrl() };
    server = await startTestServer({ database }, { catalogue: CATALOGUE });
    organisation = await server.organisation("acorn");
    idp = await organisation.connection("generic");
    await organisation.pool({ name: "all", tiers: ["basic", "full"], capacity: 10 });
    await organisation.rule({
      match: { type: "attribute", attribute: `${DESK}:skills`, equals: "voice" },
      gives: { tierFloors: [{ product: "support", tier: "full" }] },
    });
    const people = [
      [
        "ann",
        { badge: "B-1", grade: 3, skills: ["chat"], desks: [{ value: "4.2", type: "office" }] },
      ],
      ["ben", { badge: "b-2", grade: 11, skills: ["voice"] }],
      ["eve", undefined],
    ] as const;
    for (const [userName, desk] of people) {
      const body = { userName, ...(desk === undefined ? {} : { [DESK]: desk }) };
      expect((await idp.scim("POST", "/Users", body)).status).toBe(201);
    }
  });

  afterAll(() => server.close());

  async function namesBy(query: string): Promise<string[]> {
    const { status, body } = await idp.scim("GET", `/Users?${query}`);
    expect(status).toBe(200);
    return body.Resources.map(({ userName }: { userName: string }) => userName);
  }

  async function found(userName: string) {
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    return (await idp.scim("GET", `/Users?filter=${filter}`)).body.Resources[0];
  }

  it.each([
    { filter: `${DESK}:badge eq "B-1"`, names: ["ann"] },
    { filter: `${DESK}:badge eq "b-1"`, names: [] },
    { filter: `${DESK}:grade gt 3`, names: ["ben"] },
    { filter: `${DESK}:skills eq "VOICE"`, names: ["ben"] },
    { filter: `${DESK}:desks[type eq "office" and value sw "4"]`, names: ["ann"] },
    { filter: `${DESK}:desks.value pr or ${DESK}:grade ge 11`, names: ["ann", "ben"] },
    { filter: `not (${DESK}:badge pr)`, names: ["eve"] },
  ])("are filtered in the database: $filter", async ({ filter, names }) => {
    expect(await namesBy(`filter=${encodeURIComponent(filter)}&sortBy=userName`)).toEqual(names);
  });

  it("order a list, numbers as numbers", async () => {
    const filter = encodeURIComponent(`${DESK}:grade pr`);
    expect(await namesBy(`filter=${filter}&sortBy=${DESK}:grade&sortOrder=descending`)).toEqual([
      "ben",
      "ann",
    ]);
  });

  it("are patched by URN, guarded by their mutability, and projected", async () => {
    const { id } = await found("ann");
    const patch = (path: string, value: unknown) =>
      idp.scim("PATCH", `/Users/${id}`, { Operations: [{ op: "replace", path, value }] });

    expect((await patch(`${DESK}:grade`, 4)).status).toBe(204);
    expect((await found("ann"))[DESK]).toMatchObject({ grade: 4, badge: "B-1" });
    expect(await patch(`${DESK}:badge`, "B-9")).toMatchObject({
      status: 400,
      body: { scimType: "mutability" },
    });
    const put = await idp.scim("PUT", `/Users/${id}`, { userName: "ann", [DESK]: { grade: 5 } });
    expect(put.body[DESK]).toEqual({ badge: "B-1", grade: 5 });
    expect(
      await idp.scim("PUT", `/Users/${id}`, { userName: "ann", [DESK]: { badge: "B-9" } }),
    ).toMatchObject({ status: 400, body: { scimType: "mutability" } });
    const shown = await idp.scim("GET", `/Users/${id}?attributes=${DESK}:grade`);
    expect(shown.body).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", DESK],
      id,
      [DESK]: { grade: 5 },
    });
  });

  it("give what mapping rules say, and take it back with the value", async () => {
    const { id } = await found("ben");
    const tier = async () => {
      const { body } = await organisation.api("GET", `/users/${id}`);
      return body.seats.map((seat: { tier: string }) => seat.tier);
    };

    expect(await tier()).toEqual(["full"]);
    await idp.scim("PATCH", `/Users/${id}`, {
      Operations: [{ op: "replace", path: `${DESK}:skills`, value: ["chat"] }],
    });
    expect(await tier()).toEqual([]);
  });

  it("of groups are written, found and guarded in the same way", async () => {
    const created = await idp.scim("POST", "/Groups", {
      displayName: "Leeds",
      [SITE]: { code: "LDS", floors: 2 },
    });
    expect(created).toMatchObject({ status: 201, body: { [SITE]: { code: "LDS", floors: 2 } } });
    const at = `/Groups/${created.body.id}`;
    const patch = (path: string, value: unknown) =>
      idp.scim("PATCH", `${at}?attributes=${SITE}`, {
        Operations: [{ op: "replace", path: `${SITE}:${path}`, value }],
      });

    expect((await patch("floors", 3)).body[SITE]).toEqual({ code: "LDS", floors: 3 });
    expect(await patch("code", "X")).toMatchObject({
      status: 400,
      body: { scimType: "mutability" },
    });
    expect((await idp.scim("PUT", at, { displayName: "Leeds" })).body[SITE]).toEqual({
      code: "LDS",
    });
    const filter = encodeURIComponent(`${SITE}:code eq "lds"`);
    expect((await idp.scim("GET", `/Groups?filter=${filter}`)).body.totalResults).toBe(1);
  });

  it("are listed in /Schemas and /ResourceTypes", async () => {
    const types = await idp.scim("GET", "/ResourceTypes/User");
    expect(types.body.schemaExtensions).toContainEqual({ schema: DESK, required: false });
    const schema = await idp.scim("GET", `/Schemas/${DESK}`);
    expect(schema.body).toMatchObject({
      id: DESK,
      name: "Desk",
      description: "Where somebody works.",
      attributes: expect.arrayContaining([
        expect.objectContaining({ name: "badge", mutability: "immutable", caseExact: true }),
        expect.objectContaining({ name: "skills", canonicalValues: ["chat", "voice"] }),
      ]),
    });
  });
});

describe("a catalogue without extensions", () => {
  it("offers none for groups", async () => {
    const server = await startTestServer();
    const idp = await (await server.organisation("plain")).connection("generic");
    const { body } = await idp.scim("GET", "/ResourceTypes/Group");
    await server.close();

    expect(body.schemaExtensions).toBeUndefined();
  });
});
