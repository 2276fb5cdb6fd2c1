import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { issueToken } from "../../src/actions/administer.js";
import { patchOp } from "../support/patchOp.js";
import {
  send,
  startTestServer,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Invitations, roles and purchases through HTTP, on the real databases. What each does has tests of its own. */

onEachDatabase("delegation", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    organisation = await server.organisation("delegated");
  });

  afterAll(() => server.close());

  const bar = async (pool = "desk") => {
    const { body } = await organisation.api("GET", `/pools/${pool}`);
    return (body as { bar: Record<string, number> }).bar;
  };

  it("invites somebody whom SCIM brings, somebody with the secret, and nobody twice", async () => {
    await organisation.pool({
      name: "desk",
      capacity: 3,
      policy: { acquireOn: "invite", onFull: ["reject"] },
    });
    const idp = await organisation.connection("okta");
    const body = { teams: ["sales"], pool: "desk" };
    const named = { ...body, address: "kim@acorn.example", connection: idp.connection.id };
    expect((await organisation.api("POST", "/invitations", named)).status).toBe(201);
    const other = { ...body, address: "sam@else.example" };
    const { secret } = (await organisation.api("POST", "/invitations", other)).body as {
      secret: string;
    };
    expect(await bar()).toMatchObject({ pending: 2, active: 0, unused: 1 });

    const created = await idp.scim("POST", "/Users", { userName: "kim@acorn.example" });
    expect(created.status).toBeLessThan(300);
    const account = { userName: "sam", displayName: "Sam" };
    const accepted = await organisation.api("POST", "/invitations/accept", { secret, account });
    expect(accepted.body).toMatchObject({ state: "accepted", user: account });
    expect(await bar()).toMatchObject({ pending: 1, active: 1, unused: 1 });
    const listed = await organisation.api("GET", "/invitations");
    expect(listed.body).toMatchObject({ items: [{ state: "accepted" }, { state: "accepted" }] });

    const last = await organisation.api("POST", "/invitations", { ...body, address: "sue" });
    const full = await organisation.api("POST", "/invitations", { ...body, address: "tom" });
    expect([last.status, full.status]).toEqual([201, 403]);
    const { id } = last.body as { id: string };
    expect((await organisation.api("DELETE", `/invitations/${id}`)).status).toBe(204);
    expect(await bar()).toMatchObject({ pending: 1, active: 1, unused: 1 });
  });

  it("puts what was bought in force, and ends the tokens of whom SCIM deactivates", async () => {
    const idp = await organisation.connection("generic");
    const { body: ann } = await idp.scim("POST", "/Users", {
      userName: "ann@acorn.example",
      active: true,
    });
    const granted = await organisation.api("POST", "/principals", { user: ann.id, role: "owner" });
    const { id: principal } = granted.body as { id: string };
    const issued = await organisation.api("POST", "/tokens", { label: "x", principal });
    const { token } = issued.body as { token: string };
    const api = `${server.url}/api/v1/organisations/delegated`;
    const asAnn = (method: string, path: string, body?: object) =>
      send(api + path, method, token, body);
    const operator = await issueToken(server.app.administer, {
      ...{ kind: "api", organisationId: null, connectionId: null, label: "vendor" },
    });
    const asVendor = (path: string, body: object) => send(api + path, "POST", operator.token, body);

    const { id } = (await asAnn("POST", "/purchases", { pool: "desk", seats: 4 })).body as {
      id: string;
    };
    const offer = { amount: 40_000, currency: "EUR" };
    const { version } = (await asVendor(`/purchases/${id}/quote`, offer)).body as {
      version: number;
    };
    expect((await asAnn("POST", `/purchases/${id}/approve`, { version })).status).toBe(200);
    expect(await bar()).toMatchObject({ bought: 3, requested: 4 });
    expect((await asVendor(`/purchases/${id}/in-force`, {})).status).toBe(200);
    expect(await bar()).toMatchObject({ bought: 7, requested: 0 });

    await idp.scim(
      "PATCH",
      `/Users/${ann.id}`,
      patchOp({ op: "replace", path: "active", value: false }),
    );
    expect((await asAnn("GET", "/pools")).status).toBe(401);
  });

  it.each(["deactivated", "deleted", "deactivated-by-plan"])(
    "ends the open invitation of whom SCIM has %s, frees the seat at once and says why the link is dead",
    async (how) => {
      const idp = await organisation.connection("generic");
      // Of a product to which nobody has a claim by being there.
      await organisation.pool({
        ...{ name: how, product: "analytics", tiers: ["viewer"], capacity: 2 },
        policy: { acquireOn: "invite", onFull: ["reject"], suspendedConsumes: true },
      });
      const userName = `${how}@acorn.example`;
      const { body: user } = await idp.scim("POST", "/Users", { userName, active: true });
      const before = await bar(how);
      const invitation = { address: userName, teams: ["sales"], pool: how };
      const sent = await organisation.api("POST", "/invitations", invitation);
      const { id, secret } = sent.body as { id: string; secret: string };
      expect(await bar(how)).toMatchObject({ pending: 1, unused: 1 });

      const off = patchOp({ op: "replace", path: "active", value: false });
      if (how === "deleted") await idp.scim("DELETE", `/Users/${user.id}`);
      else if (how === "deactivated-by-plan") {
        const bulk = {
          schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
          Operations: [{ method: "PATCH", path: `/Users/${user.id}`, data: off }],
        };
        const change = { type: "sync", connection: idp.connection.id, bulk };
        const plan = (await organisation.api("POST", "/plans", change)).body as { id: string };
        const applied = await organisation.api("POST", `/plans/${plan.id}/apply`);
        expect(applied.status).toBe(200);
      } else {
        await idp.scim("PATCH", `/Users/${user.id}`, off);
      }
      expect(await bar(how)).toEqual(before);
      const { items } = (await organisation.api("GET", "/invitations")).body as {
        items: { id: string; state: string; endedAt: string | null }[];
      };
      const listed = items.find((one) => one.id === id);
      expect([listed?.state, typeof listed?.endedAt]).toEqual(["revoked", "string"]);
      const accepted = await organisation.api("POST", "/invitations/accept", { secret });
      expect([accepted.status, accepted.body]).toMatchObject([
        409,
        {
          error: {
            code: "Conflict",
            message: "The invitation is over: the account was deactivated or deleted.",
          },
        },
      ]);

      await idp.scim("POST", "/Users", { userName, active: true });
      expect(await bar(how)).toEqual(before);
      expect((await organisation.api("POST", "/invitations", invitation)).status).toBe(201);
    },
  );
});
