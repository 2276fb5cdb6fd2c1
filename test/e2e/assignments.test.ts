import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** What an identity provider assigns in `roles` and `entitlements`, over sockets (case 45). */

onEachDatabase("assigned roles and tiers", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let okta: TestConnection;
  let organisations = 0;
  const logged: object[] = [];

  beforeAll(async () => {
    const note = (fields: object, message: string) => void logged.push({ ...fields, message });
    const logger = { debug: () => undefined, info: note, warn: note, error: note };
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } }, { logger });
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`acorn-${(organisations += 1)}`);
    okta = await organisation.connection("okta");
    const tiers = ["standard", "professional", "enterprise"];
    await organisation.pool({ name: "desk", tiers, capacity: 2 });
    logged.length = 0;
  });

  const tierOf = (body: any): string | undefined =>
    body[SEAT_URN].seats.find(({ product }: { product: string }) => product === "support").tierHeld;

  async function offered(path: string, display: string) {
    const { Resources } = (await okta.scim("GET", `${path}?startIndex=1&count=100`)).body;
    return Resources.find(({ displayName }: { displayName: string }) => displayName === display);
  }

  it("give what was found in the lists, are shown again, and go with the value", async () => {
    const entitlement = await offered("/Entitlements", "Acorn Desk Support: Professional");
    const entitlements = [
      { value: entitlement.id, display: entitlement.displayName, type: entitlement.type },
    ];
    const created = await okta.scim("POST", "/Users", { userName: "ann@a.example", entitlements });
    expect(created.status).toBe(201);
    expect(created.body.entitlements).toEqual(entitlements);
    expect(tierOf(created.body)).toBe("professional");

    const at = `/Users/${created.body.id}`;
    const role = await offered("/Roles", "Administrator");
    const patched = await okta.scim("PATCH", at, {
      Operations: [{ op: "add", path: "roles", value: [{ value: role.id }] }],
    });
    expect(tierOf(patched.body)).toBe("enterprise");
    const who = (await organisation.api("GET", at.replace("/Users", "/users"))).body;
    expect(who.facts).toContainEqual(
      expect.objectContaining({
        kind: "role",
        name: "administrator",
        source: { type: "attribute", via: "attribute:roles" },
        from: "because of the attribute roles",
      }),
    );

    const put = await okta.scim("PUT", at, { userName: "ann@a.example" });
    expect(tierOf(put.body)).toBe("standard");
    const used = (await okta.scim("GET", `/Entitlements/${entitlement.id}`)).body;
    expect(used).toMatchObject({ totalAssignmentsPermitted: 2, totalAssignmentsUsed: 1 });
  });

  it("that are not on offer are kept as data and noted once, never an error", async () => {
    const roles = [{ value: "Wizard" }, { value: "user" }];
    const { status, body } = await okta.scim("POST", "/Users", {
      userName: "ann@a.example",
      roles,
    });
    expect(status).toBe(201);
    expect(body.roles).toEqual(roles);
    const notes = () => logged.filter((line) => "values" in line);
    expect(notes()).toEqual([
      expect.objectContaining({
        values: ['roles "Wizard"'],
        message: "assigned values that are not on offer",
      }),
    ]);
    await okta.scim("PATCH", `/Users/${body.id}`, {
      Operations: [{ op: "replace", path: "title", value: "Agent" }],
    });
    expect(notes()).toHaveLength(1);
  });

  it("give nothing while the connection ignores them, from its next evaluation on, and again afterwards", async () => {
    const entitlements = [{ value: "support:enterprise" }];
    const { body } = await okta.scim("POST", "/Users", { userName: "ann@a.example", entitlements });
    expect(tierOf(body)).toBe("enterprise");
    const connection = `/connections/${okta.connection.id}`;
    const tierNow = async () => tierOf((await okta.scim("GET", `/Users/${body.id}`)).body);
    const settled = async (tier: string) => {
      // The background evaluates everybody again; nothing has to be sent for that.
      for (let tries = 0; tries < 100 && (await tierNow()) !== tier; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(await tierNow()).toBe(tier);
    };

    const off = await organisation.api("PATCH", connection, { assignments: false });
    expect(off).toMatchObject({ status: 200, body: { assignments: false } });
    await settled("standard");
    const another = await okta.scim("POST", "/Users", { userName: "ben@a.example", entitlements });
    expect(tierOf(another.body)).toBe("standard");
    expect(another.body.entitlements).toEqual(entitlements);

    await organisation.api("PATCH", connection, { assignments: true });
    await settled("enterprise");
  });

  it("count for the connection that they came from, not for others", async () => {
    const other = await organisation.connection("generic", { name: "other" });
    await organisation.api("PATCH", `/connections/${other.connection.id}`, { assignments: false });
    const entitlements = [{ value: "support:professional" }];
    const ignored = await other.scim("POST", "/Users", { userName: "eve@a.example", entitlements });
    const taken = await okta.scim("POST", "/Users", { userName: "ann@a.example", entitlements });

    expect([tierOf(ignored.body), tierOf(taken.body)]).toEqual(["standard", "professional"]);
  });
});
