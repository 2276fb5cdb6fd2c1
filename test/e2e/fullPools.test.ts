import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Full pools and kept seats through HTTP, on the real databases. */

onEachDatabase("full pools", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`full-${(organisations += 1)}`);
    idp = await organisation.connection("okta");
  });

  const create = (userName: string) => idp.scim("POST", "/Users", { userName, active: true });
  const poolOf = async () => {
    const { body } = await organisation.api("GET", "/pools/desk");
    return body as { capacity: number; used: number; bar: Record<string, number> };
  };
  const stateOf = (body: any): string =>
    body[SEAT_URN].seats.find(({ product }: { product: string }) => product === "support").state;

  it("D2: reject answers SCIM with 403 and a sentence, and with 2xx again when there is room", async () => {
    await organisation.pool({ name: "desk", capacity: 1, policy: { onFull: ["reject"] } });
    const ann = await create("ann@acorn.example");
    expect(ann.status).toBe(201);

    const refused = await create("ben@acorn.example");
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      status: "403",
      detail: expect.stringMatching(/^All 1 seats of the pool "desk" .* are taken/),
    });
    const { body: list } = await idp.scim("GET", '/Users?filter=userName eq "ben@acorn.example"');
    expect(list.totalResults).toBe(0);
    await idp.scim("DELETE", `/Users/${ann.body.id}`);
    expect((await create("ben@acorn.example")).status).toBe(201);
  });

  it("Q20: reject refuses nobody whose place was kept while the account was deactivated, nor who is invited already", async () => {
    await organisation.pool({
      name: "desk",
      capacity: 1,
      policy: { acquireOn: "invite", suspendedConsumes: true, onFull: ["reject"] },
    });
    const { body: ann } = await create("ann@acorn.example");
    const change = async (value: object) =>
      idp.scim("PATCH", `/Users/${String(ann.id)}`, {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        Operations: [{ op: "replace", value }],
      });
    expect((await create("ben@acorn.example")).status).toBe(403);

    expect((await change({ displayName: "Ann, invited" })).status).toBe(200);
    expect((await change({ active: false })).status).toBe(200);
    expect((await poolOf()).bar).toMatchObject({ pending: 0, unassigned: 1 });
    expect((await change({ active: true })).status).toBe(200);
    expect((await poolOf()).bar).toMatchObject({ bought: 1, active: 1, unassigned: 0 });
  });

  it("I1: of 20 people who come at once exactly as many get a seat as may be bought and held above that", async () => {
    await organisation.pool({
      name: "desk",
      capacity: 3,
      policy: {
        onFull: ["autoscale", "overage", "wait"],
        autoscaleMax: 5,
        overage: { type: "absolute", seats: 2 },
      },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => create(`u${String(n)}@acorn.example`)),
    );

    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(answers.filter(({ body }) => stateOf(body) === "held")).toHaveLength(7);
    expect(await poolOf()).toMatchObject({
      capacity: 5,
      used: 7,
      bar: { bought: 5, active: 7, unused: 0, overage: 2 },
    });
  });

  it("rules 61, 62, 68 and 70: invited, accepted, suspended, and free when the account is deleted", async () => {
    const policy = { acquireOn: "invite", suspendedConsumes: true } as const;
    await organisation.pool({ name: "desk", capacity: 2, policy });
    const ann = await create("ann@acorn.example");
    expect(stateOf(ann.body)).toBe("invited");
    expect((await poolOf()).bar).toMatchObject({ active: 0, pending: 1, unused: 1 });

    const seats = "/seats";
    const asked = { userName: "ann@acorn.example", product: "support" };
    const before = await organisation.api("POST", `${seats}/ask`, asked);
    expect(before.body).toMatchObject({ permitted: false, seat: null });
    await organisation.api("POST", `${seats}/acquire`, asked);
    expect((await organisation.api("POST", `${seats}/ask`, asked)).body.permitted).toBe(true);
    expect((await poolOf()).bar).toMatchObject({ active: 1, pending: 0, unused: 1 });

    const active = (value: boolean) => ({ Operations: [{ op: "replace", path: "active", value }] });
    const off = await idp.scim("PATCH", `/Users/${ann.body.id}`, active(false));
    expect(stateOf(off.body)).toBe("suspended");
    expect((await poolOf()).bar).toMatchObject({ active: 0, unassigned: 1, unused: 1 });
    const on = await idp.scim("PATCH", `/Users/${ann.body.id}`, active(true));
    expect(stateOf(on.body)).toBe("held");
    await idp.scim("DELETE", `/Users/${ann.body.id}`);
    expect((await poolOf()).bar).toMatchObject({ active: 0, unassigned: 0, unused: 2 });
  });
});
