import { afterAll, beforeAll, expect, it } from "@jest/globals";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** /Roles and /Entitlements over sockets (draft-ietf-scim-roles-entitlements-01, case 45). */

const OF_THE_DRAFT = "urn:ietf:params:scim:schemas:core:2.0:";
const OF_OKTA = "urn:okta:scim:schemas:core:1.0:";

onEachDatabase("roles and entitlements", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let generic: TestConnection;
  let okta: TestConnection;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    organisation = await server.organisation("acorn");
    generic = await organisation.connection("generic");
    okta = await organisation.connection("okta");
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 2 });
    const rival = await server.organisation("rival");
    await rival.pool({ name: "desk", tiers: ["standard"], capacity: 500 });
    const other = await rival.connection("generic");
    await other.scim("POST", "/Users", { userName: "eve@rival.example" });
    await generic.scim("POST", "/Users", { userName: "ann@acorn.example" });
  });

  afterAll(() => server.close());

  const list = async (path: string) => {
    const { status, body } = await generic.scim("GET", path);
    expect(status).toBe(200);
    return body;
  };

  it("are listed like other resources, with the totals of the organisation's own pools", async () => {
    const entitlements = await list("/Entitlements");
    expect(entitlements).toMatchObject({ totalResults: 8, startIndex: 1, itemsPerPage: 8 });
    expect(entitlements.Resources[1]).toEqual({
      schemas: [`${OF_THE_DRAFT}Entitlement`],
      id: "support:standard",
      value: "support:standard",
      display: "Acorn Desk Support: Standard",
      type: "tier",
      description: "At least Standard of Acorn Desk Support.",
      supported: true,
      limitedAssignmentsPermitted: true,
      totalAssignmentsPermitted: 2,
      totalAssignmentsUsed: 1,
      containedBy: ["support:professional", "support:enterprise", "support:developer"],
      meta: {
        resourceType: "Entitlement",
        location: `${generic.baseUrl}/Entitlements/support%3Astandard`,
      },
    });
    expect((await list("/Roles")).Resources[0]).toMatchObject({
      schemas: [`${OF_THE_DRAFT}Role`],
      id: "user",
      value: "user",
      display: "User",
      type: "role",
      supported: true,
      limitedAssignmentsPermitted: false,
    });
  });

  it("are found one by one, at the location that they give", async () => {
    const [role] = (await list("/Roles")).Resources;
    const entitlement = (await list("/Entitlements")).Resources[2];
    for (const { meta, ...resource } of [role, entitlement]) {
      const path = meta.location.slice(generic.baseUrl.length);
      expect((await generic.scim("GET", path)).body).toEqual({ ...resource, meta });
    }
    expect((await generic.scim("GET", "/Roles/emperor")).status).toBe(404);
  });

  it.each([
    { query: 'filter=value eq "support:standard"', found: ["support:standard"] },
    { query: 'filter=type eq "addOn"', found: ["support:add-on:call-recording"] },
    {
      query: 'filter=contains eq "support:standard" and supported eq true',
      found: ["support:professional"],
    },
    { query: "filter=totalAssignmentsPermitted gt 2", found: [] },
    { query: "startIndex=7&count=1", found: ["analytics:viewer"] },
    { query: "sortBy=value&sortOrder=descending&count=1", found: ["support:standard"] },
  ])("are filtered, sorted and paged: $query", async ({ query, found }) => {
    const { Resources } = await list(`/Entitlements?${query.replaceAll(" ", "%20")}`);
    expect(Resources.map(({ id }: { id: string }) => id)).toEqual(found);
  });

  it("are walked by cursor to the last one, as /ServiceProviderConfig says of lists (RFC 9865)", async () => {
    const walk = "/Entitlements?sortBy=value&count=3&cursor=";
    const ids = ({ Resources }: { Resources: { id: string }[] }) => Resources.map(({ id }) => id);
    const everybody = ids(await list("/Entitlements?sortBy=value"));
    const shown: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page: { nextCursor?: string; Resources: { id: string }[] } = await list(walk + cursor);
      shown.push(...ids(page));
      cursor = page.nextCursor;
    }

    expect(everybody.length).toBeGreaterThan(3);
    expect(shown).toEqual(everybody);
    expect(await generic.scim("GET", `${walk}x`)).toMatchObject({
      status: 400,
      body: { scimType: "invalidCursor" },
    });
  });

  it("are projected, and refuse a filter on what they do not have", async () => {
    const { Resources } = await list("/Roles?attributes=display&count=1");
    expect(Resources).toEqual([{ schemas: [`${OF_THE_DRAFT}Role`], id: "user", display: "User" }]);
    expect(await generic.scim("GET", "/Roles?filter=colour%20pr")).toMatchObject({
      status: 400,
      body: { scimType: "invalidFilter" },
    });
  });

  it("cannot be changed", async () => {
    for (const path of ["/Roles", "/Roles/user", "/Entitlements/support:standard"]) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const { status, headers } = await generic.scim(method, path, {});
        expect(status).toBe(405);
        expect(headers.get("allow")).toBe("GET");
      }
    }
  });

  it("are announced in /ServiceProviderConfig to who asks for it, and in /ResourceTypes and /Schemas", async () => {
    const { body } = await okta.scim("GET", "/ServiceProviderConfig");
    expect(body.RolesAndEntitlements).toMatchObject({
      roles: { supported: true, multipleRolesSupported: true },
      entitlements: { supported: true, types: ["tier", "addOn"] },
    });
    expect(await list("/ResourceTypes/Role")).toMatchObject({
      endpoint: "/Roles",
      schema: `${OF_THE_DRAFT}Role`,
    });
    expect(await list(`/Schemas/${OF_THE_DRAFT}Entitlement`)).toMatchObject({
      name: "Entitlement",
      attributes: expect.arrayContaining([
        expect.objectContaining({ name: "totalAssignmentsUsed", type: "integer" }),
      ]),
    });
  });

  it("are discovered by Okta under its own names: resource types, then schemas, then endpoints (case 45)", async () => {
    const types = (await okta.scim("GET", "/ResourceTypes")).body.Resources;
    const schemas = (await okta.scim("GET", "/Schemas")).body.Resources;
    for (const name of ["Role", "Entitlement"]) {
      const type = types.find(({ id }: { id: string }) => id === name);
      expect(type).toMatchObject({ name, schema: `${OF_OKTA}${name}` });
      expect(schemas.map(({ id }: { id: string }) => id)).toContain(type.schema);
      const { Resources } = (await okta.scim("GET", `${type.endpoint}?startIndex=1&count=100`))
        .body;
      expect(Resources.length).toBeGreaterThan(0);
      for (const resource of Resources) {
        expect(resource).toMatchObject({
          schemas: [`${OF_OKTA}${name}`],
          id: expect.any(String),
          displayName: expect.any(String),
          type: expect.any(String),
        });
      }
    }
    expect(JSON.stringify(await list("/Schemas"))).not.toContain("okta");
  });

  it("have no page for another connection's token", async () => {
    const response = await fetch(`${okta.baseUrl}/Entitlements`, {
      headers: { authorization: `Bearer ${generic.token}` },
    });
    expect(response.status).toBe(401);
  });
});
