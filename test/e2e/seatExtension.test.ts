import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** What an identity provider's log shows of the seats, in every answer that shows them. */

onEachDatabase("the seats of a user over SCIM", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`acorn-${(organisations += 1)}`);
    idp = await organisation.connection("okta");
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 1 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
  });

  /** Of the product "support". */
  function seatIn(body: any) {
    return body[SEAT_URN]?.seats.find(({ product }: { product: string }) => product === "support");
  }

  async function create(userName: string, more: object = {}) {
    const answer = await idp.scim("POST", "/Users", { userName, active: true, ...more });
    expect(answer.status).toBe(201);
    return answer.body;
  }

  const deactivate = { Operations: [{ op: "replace", path: "active", value: false }] };

  it("are in the answer to a create: held, and waiting with the reason and since when", async () => {
    const ann = await create("ann@acorn.example", { displayName: "Ann" });
    expect(ann.schemas).toEqual(["urn:ietf:params:scim:schemas:core:2.0:User", SEAT_URN]);
    expect(seatIn(ann)).toEqual({
      product: "support",
      state: "held",
      tierNeeded: "standard",
      tierHeld: "standard",
      reason: expect.stringMatching(/^Ann has Standard of Acorn Desk Support from the pool "desk"/),
    });
    expect(ann[SEAT_URN].seats).toContainEqual({
      product: "analytics",
      state: "none",
      reason: "Nothing gives Ann a claim to a seat of Acorn Desk Analytics.",
    });

    const ben = await create("ben@acorn.example");
    expect(seatIn(ben)).toEqual({
      product: "support",
      state: "waiting",
      tierNeeded: "standard",
      reason: expect.stringMatching(
        /^ben@acorn.example waits for Standard of Acorn Desk Support since \d{4}-\d\d-\d\d, because all seats are taken\./,
      ),
      waitingSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  it("follow what happens to others: a read shows the seat that was freed", async () => {
    const ann = await create("ann@acorn.example");
    const ben = await create("ben@acorn.example");
    const patched = await idp.scim("PATCH", `/Users/${ann.id}`, deactivate);
    expect(seatIn(patched.body)).toMatchObject({
      state: "none",
      reason: expect.stringContaining("is deactivated"),
    });

    const read = await idp.scim("GET", `/Users/${ben.id}`);
    expect(seatIn(read.body)).toMatchObject({ state: "held", tierHeld: "standard" });
    expect(seatIn((await idp.scim("GET", `/Users/${ann.id}`)).body)).toEqual(seatIn(patched.body));
  });

  it("show what was committed, although a later request of the same transaction freed the seat", async () => {
    const ann = await create("ann@acorn.example");
    const { actions } = server.app;
    const scope = {
      organisationId: organisation.organisation.id,
      connectionId: idp.connection.id,
    };
    const cause = { type: "scim", action: "test", actor: "test", requestId: null } as const;
    const draft = { userName: "ben@acorn.example", externalId: null, displayName: null };
    // Called in one turn of the event loop, so decided in one transaction, in this order.
    const [ben] = await Promise.all([
      actions.createUser(scope, { ...draft, active: true, document: {} }, cause),
      actions.changeUser(scope, { id: ann.id }, (user) => ({ ...user, active: false }), cause),
    ]);

    expect(ben.seats()).toContainEqual(
      expect.objectContaining({ product: "support", state: "held" }),
    );
  });

  it("name the group that asks for the tier, on a write and on a read alike", async () => {
    const ann = await create("ann@acorn.example");
    await idp.scim("POST", "/Groups", { displayName: "Leads", members: [{ value: ann.id }] });
    const read = await idp.scim("GET", `/Users/${ann.id}?attributes=${SEAT_URN}`);

    expect(seatIn(read.body)).toMatchObject({
      state: "held",
      tierNeeded: "professional",
      tierHeld: "professional",
      reason: expect.stringContaining('the group "Leads" gives the role Team Leader'),
    });
    expect(Object.keys(read.body).sort()).toEqual(["id", "schemas", SEAT_URN].sort());
    const written = await idp.scim("PATCH", `/Users/${ann.id}`, {
      Operations: [{ op: "replace", path: "title", value: "Lead" }],
    });
    expect(seatIn(written.body)).toEqual(seatIn(read.body));
  });

  it("show who is excluded and who needs what no tier offers", async () => {
    await organisation.rule({
      match: { type: "attribute", attribute: "userType", equals: "guest" },
      gives: { exclusions: ["support"] },
    });
    const guest = await create("guest@acorn.example", { userType: "guest" });

    expect(seatIn(guest)).toMatchObject({ state: "excluded" });
    expect(seatIn(guest).tierNeeded).toBeUndefined();
  });

  it("are ignored when a client sends them back, and cannot be patched", async () => {
    const ann = await create("ann@acorn.example");
    const forged = {
      ...ann,
      title: "Agent",
      [SEAT_URN]: { seats: [{ product: "support", state: "held", tierHeld: "developer" }] },
    };
    const put = await idp.scim("PUT", `/Users/${ann.id}`, forged);
    expect(put.status).toBe(200);
    expect(put.body.title).toBe("Agent");
    expect(seatIn(put.body)).toEqual(seatIn(ann));

    const patch = (operation: object) =>
      idp.scim("PATCH", `/Users/${ann.id}`, { Operations: [{ op: "replace", ...operation }] });
    expect(await patch({ path: `${SEAT_URN}:seats`, value: [] })).toMatchObject({
      status: 400,
      body: { scimType: "mutability" },
    });
    const pathless = await patch({ value: { [SEAT_URN]: { seats: [] } } });
    expect(seatIn(pathless.body)).toEqual(seatIn(ann));
  });

  it("are in a list only for who names them", async () => {
    const ann = await create("ann@acorn.example");
    const list = async (query: string) => (await idp.scim("GET", `/Users${query}`)).body.Resources;

    expect((await list(""))[0][SEAT_URN]).toBeUndefined();
    expect((await list("?excludedAttributes=groups"))[0][SEAT_URN]).toBeUndefined();
    expect(seatIn((await list(`?attributes=userName,${SEAT_URN}`))[0])).toEqual(seatIn(ann));
    expect(
      (await idp.scim("GET", `/Users/${ann.id}?excludedAttributes=${SEAT_URN}`)).body[SEAT_URN],
    ).toBeUndefined();
  });

  it.each(["filter", "sortBy"])("cannot be used as %s, and the refusal says why", async (use) => {
    const name = `${SEAT_URN}:seats.state`;
    const value = encodeURIComponent(use === "filter" ? `${name} eq "waiting"` : name);
    const { status, body } = await idp.scim("GET", `/Users?${use}=${value}`);

    expect(status).toBe(400);
    expect(body.scimType).toBe(use === "filter" ? "invalidFilter" : "invalidValue");
    expect(body.detail).toContain(
      use === "filter"
        ? "cannot be used in a filter, because it is worked out"
        : "cannot be sorted",
    );
  });

  it("of another organisation never show", async () => {
    const ann = await create("ann@acorn.example");
    const stranger = await (await server.organisation(`rival-${organisations}`)).connection("okta");

    expect((await stranger.scim("GET", `/Users/${ann.id}?attributes=${SEAT_URN}`)).status).toBe(
      404,
    );
  });
});
