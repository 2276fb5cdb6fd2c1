import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";

let server: TestServer;
let org: TestOrganisation;
let idp: TestConnection;

beforeAll(async () => {
  server = await startTestServer();
  org = await server.organisation("acorn");
  idp = await org.connection("generic");
  await org.pool({
    name: "support",
    tiers: ["standard", "professional", "enterprise"],
    capacity: 2,
  });
  await org.rule({
    match: { type: "groupName", name: "Leads" },
    gives: { teams: ["Leads"], roles: ["team-leader"] },
  });
});

afterAll(() => server.close());

async function create(userName: string) {
  const { status, body } = await idp.scim("POST", "/Users", { userName, active: true });
  expect(status).toBe(201);
  return body.id as string;
}

describe("the whole path over sockets", () => {
  it("gives a seat on provisioning, raises the tier with the group, frees the seat on deactivation", async () => {
    const [ann, ben, eve] = [
      await create("ann@acorn.example"),
      await create("ben@acorn.example"),
      await create("eve@acorn.example"),
    ];
    const group = await idp.scim("POST", "/Groups", {
      displayName: "Leads",
      members: [{ value: ann }],
    });
    expect(group.status).toBe(201);

    const who = await org.api("GET", `/users/${ann}`);
    expect(who.body).toMatchObject({ user: { userName: "ann@acorn.example" } });
    expect(JSON.stringify(who.body)).toContain("professional");
    expect((await org.api("GET", "/pools/support")).body).toMatchObject({
      capacity: 2,
      used: 2,
      free: 0,
    });
    expect((await org.api("GET", "/waiting?product=support")).body).toMatchObject({});

    const off = await idp.scim("PATCH", `/Users/${ben}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", value: { active: false } }],
    });
    expect(off.status).toBe(200);
    const afterwards = await org.api("GET", `/users/${eve}`);
    expect(JSON.stringify(afterwards.body)).toContain('"tier":"standard"');
  });
});
