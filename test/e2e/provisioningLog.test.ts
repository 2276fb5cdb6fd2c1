import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** What an administrator can find out afterwards: over sockets, with the requests that a provider sends. */

onEachDatabase("the provisioning log", (freshDatabaseUrl) => {
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
    idp = await organisation.connection("entra");
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 2 });
  });

  function log(query = "", path = ""): Promise<{ status: number; body: any }> {
    const address = `/connections/${idp.connection.id}/log${path}`;
    return organisation.api("GET", `${address}?newestFirst=false${query}`);
  }

  async function create(userName: string): Promise<string> {
    const { status, body } = await idp.scim("POST", "/Users", { userName, active: true });
    expect(status).toBe(201);
    return body.id as string;
  }

  it("tells of each request what was sent, what was answered, what was repaired and what changed", async () => {
    const ann = await create("Ann@acorn.example");
    const ben = await create("ben@acorn.example");
    const eve = await create("eve@acorn.example");
    const twice = await idp.scim("POST", "/Users", { userName: "ann@acorn.example" });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    const leads = await idp.scim("POST", "/Groups", {
      displayName: "Leads",
      members: [{ value: ann, display: "Ann Adams" }],
    });
    const off = await idp.scim(
      "PATCH",
      `/Users/${ben}`,
      patchOp({ op: "Replace", path: "active", value: "False" }),
    );
    const quiet = await idp.scim(
      "PATCH",
      `/Users/${ben}`,
      patchOp({ op: "replace", path: "active", value: false }),
    );
    const gone = await idp.scim("DELETE", `/Users/${eve}`);
    const missing = await idp.scim("DELETE", `/Users/${eve}`);
    await idp.scim("GET", `/Users/${ann}`);
    const unfiltered = await idp.scim("GET", "/Users?filter=nonsense");

    const { items } = (await log()).body;

    expect(items.map(({ status }: { status: number }) => status)).toEqual(
      [
        { status: 201 },
        { status: 201 },
        { status: 201 },
        twice,
        leads,
        off,
        quiet,
        gone,
        missing,
        unfiltered,
      ].map(({ status }) => status),
    );
    const [first, , third, refused, group, deactivated, nothing, deleted, unknown, read] = items;
    expect(first).toMatchObject({
      method: "POST",
      resource: "Users",
      resourceId: ann,
      userId: ann,
      userName: "ann@acorn.example",
      verdict: "ok",
      refusal: null,
      trail: [],
      effects: {
        people: { created: [ann], deactivated: [] },
        seats: [
          {
            kind: "seat.granted",
            userId: ann,
            product: "support",
            tier: "standard",
            reason: "claimed",
          },
        ],
      },
    });
    expect(first.effects.pricePerMonth).toBeGreaterThan(0);
    expect(third.effects.seats).toMatchObject([{ kind: "waiting.added", userId: eve }]);
    expect(third.effects.pricePerMonth).toBe(0);
    expect(refused).toMatchObject({
      verdict: "refused",
      userId: null,
      userName: "ann@acorn.example",
      refusal: { code: "Uniqueness", scimType: "uniqueness", sentence: twice.body.detail },
      effects: null,
    });
    expect(group).toMatchObject({
      resource: "Groups",
      resourceId: leads.body.id,
      userId: null,
      effects: {
        members: { added: 1, removed: 0 },
        seats: [{ kind: "seat.tierChanged", fromTier: "standard", tier: "professional" }],
      },
    });
    expect(deactivated.trail.length).toBeGreaterThan(0);
    expect(deactivated.effects).toMatchObject({
      people: { deactivated: [ben] },
      seats: [
        { kind: "seat.released", userId: ben },
        { kind: "waiting.removed", userId: eve },
        { kind: "seat.granted", userId: eve },
      ],
      pricePerMonth: 0,
    });
    expect(nothing).toMatchObject({ verdict: "ok", resourceId: ben, effects: null });
    expect(deleted).toMatchObject({
      userName: "eve@acorn.example",
      effects: { people: { deleted: [eve] } },
    });
    expect(unknown).toMatchObject({ refusal: { code: "NotFound" } });
    expect(read).toMatchObject({ method: "GET", query: { filter: "nonsense" } });

    const shown = (await log("", `/${group.id}`)).body;
    expect(shown.body).toEqual({ displayName: "Leads", members: [{ value: ann }] });
  });

  it("agrees with the ledger about the seats of each request", async () => {
    const ids = [await create("ann"), await create("ben"), await create("eve")];
    await idp.scim("DELETE", `/Users/${ids[0]}`);

    const [records, entries] = await Promise.all([
      log(),
      organisation.api("GET", "/entries?limit=100"),
    ]);

    const recorded = records.body.items.flatMap((record: any) =>
      (record.effects?.seats ?? []).map(({ kind, userId }: any) => [
        record.requestId,
        kind,
        userId,
      ]),
    );
    const booked = entries.body.items
      .filter(({ userId }: any) => userId !== null)
      .map(({ cause, kind, userId }: any) => [cause.requestId, kind, userId]);
    expect(recorded).toEqual(booked);
    expect(recorded.length).toBeGreaterThan(4);
  });

  it("is searched by time, person, verdict, method, resource and request id, page by page", async () => {
    const ann = await create("ann@acorn.example");
    await create("ben@acorn.example");
    await idp.scim(
      "POST",
      "/Users",
      { userName: "ANN@acorn.example" },
      { "x-request-id": "again-0001" },
    );
    await idp.scim("POST", "/Groups", { displayName: "Empty" });
    const found = async (query: string) =>
      (await log(query)).body.items.map(
        ({ method, resource, userName, status }: any) =>
          `${method} ${resource} ${userName ?? "-"} ${status}`,
      );

    const all = await found("");
    expect(all).toEqual([
      "POST Users ann@acorn.example 201",
      "POST Users ben@acorn.example 201",
      "POST Users ann@acorn.example 409",
      "POST Groups - 201",
    ]);
    expect(await found("&person=Ann@acorn.example")).toEqual([all[0], all[2]]);
    expect(await found(`&person=${ann}`)).toEqual([all[0]]);
    expect(await found("&verdict=refused")).toEqual([all[2]]);
    expect(await found("&verdict=Uniqueness")).toEqual([all[2]]);
    expect(await found("&verdict=NotFound")).toEqual([]);
    expect(await found("&verdict=ok&resource=Users")).toEqual([all[0], all[1]]);
    expect(await found("&method=DELETE")).toEqual([]);
    expect(await found("&requestId=again-")).toEqual([all[2]]);
    const [{ at }] = (await log()).body.items;
    expect(await found(`&to=${at}`)).toEqual([]);
    expect((await found(`&from=${at}`))[0]).toBe(all[0]);

    for (const newestFirst of [true, false]) {
      const seen: string[] = [];
      let after = "";
      do {
        const path = `/connections/${idp.connection.id}/log?limit=1&newestFirst=${newestFirst}${after}`;
        const { items, next } = (await organisation.api("GET", path)).body;
        seen.push(...items.map(({ id }: { id: string }) => id));
        after = next === null ? "" : `&after=${encodeURIComponent(next)}`;
      } while (after !== "");
      const ids = (await log()).body.items.map(({ id }: { id: string }) => id);
      expect(seen).toEqual(newestFirst ? ids.reverse() : ids);
    }
  });

  it("refuses what it does not understand, and shows nothing to another organisation", async () => {
    await create("ann@acorn.example");
    const { id } = (await log()).body.items[0];
    for (const query of [
      "&from=yesterday",
      "&verdict=a-b",
      "&verdict=refusd",
      "&after=x",
      "&colour=red",
      "&method=HEAD",
    ]) {
      expect((await log(query)).status).toBe(400);
    }

    const other = await server.organisation(`other-${organisations}`);
    const foreign = await other.connection("entra");
    const paths = [
      `/connections/${idp.connection.id}/log`,
      `/connections/${idp.connection.id}/log/${id}`,
      `/connections/${foreign.connection.id}/log/${id}`,
    ];
    for (const path of paths) {
      expect((await other.api("GET", path)).status).toBe(404);
    }
    const own = `/connections/${foreign.connection.id}/log`;
    expect((await other.api("GET", own)).body).toEqual({ items: [], next: null });
  });

  it("notes what never became a request: bad JSON, a wrong method, an unknown address", async () => {
    await idp.scim("POST", "/Users", "{");
    await idp.scim("DELETE", "/Users");
    await idp.scim("GET", "/Nonsense/1");
    await idp.scim("GET", "/Users", undefined, { authorization: "Bearer sk_scim_wrong" });

    const seen = (await log()).body.items.map(({ method, resource, refusal }: any) => [
      method,
      resource,
      refusal.code,
    ]);

    expect(seen).toEqual([
      ["POST", "Users", "MalformedJson"],
      ["DELETE", "Users", "MethodNotAllowed"],
      ["GET", "Nonsense", "NotFound"],
    ]);
  });

  it("never holds a password, a token or an assertion, wherever they were put", async () => {
    const { token } = idp;
    const canary = "c4n4ry-S3cret-9";
    const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
    const user = {
      userName: "ann@acorn.example",
      password: canary,
      PassWord: canary,
      client_secret: canary,
      nickName: `Bearer ${canary}`,
      title: token,
      displayName: jwt,
      assertion: canary,
    };
    const made = await idp.scim("POST", "/Users", user, {
      "x-secret": canary,
      cookie: `a=${canary}`,
    });
    const path = `/Users/${made.body.id}`;
    await idp.scim("PATCH", path, patchOp({ op: "replace", path: "password", value: canary }));
    await idp.scim("PATCH", path, patchOp({ op: "add", value: { password: canary } }));
    const urn = "urn:ietf:params:scim:schemas:core:2.0:User:password";
    await idp.scim("PATCH", path, patchOp({ op: "add", value: { [urn]: canary } }));
    await idp.scim("PATCH", path, patchOp({ op: "replace", path: urn, value: canary }));
    await idp.scim(
      "PATCH",
      path,
      patchOp({ op: "nonsense", path: `password[${canary}]`, value: 1 }),
    );
    await idp.scim(
      "PATCH",
      path,
      patchOp({ op: "replace", path: `password[value eq "${canary}"].x.y`, value: canary }),
    );
    await idp.scim("GET", `/Users?filter=${encodeURIComponent(`password eq "${canary}"`)}`);
    await idp.scim("POST", `/Users?token=${canary}x`, { userName: "" });

    const { items } = (await log()).body;
    const shown = await Promise.all(items.map(({ id }: { id: string }) => log("", `/${id}`)));
    const text = JSON.stringify(shown.map(({ body }) => body));

    expect(items.length).toBe(9);
    expect(text).toContain("[withheld]");
    expect(text).not.toContain(canary);
    expect(text).not.toContain(token);
    expect(text).not.toContain(jwt);
  });

  it("never holds a password that was sent where none belongs, nor in the sentence that refuses it", async () => {
    const canary = "c4n4ry-S3cret-8";
    const id = await create("ann@acorn.example");
    const patches: object[] = [
      { op: "replace", path: ["password"], value: canary },
      { op: "replace", path: '"password"', value: canary },
      { op: "replace", path: "['password']", value: canary },
      { op: "replace", path: `password=${canary}`, value: 1 },
      { op: "replace", path: `password ${canary}`, value: 1 },
      { op: "add", path: "emails", value: [{ name: "password", value: canary }] },
    ];
    for (const operation of patches) {
      await idp.scim("PATCH", `/Users/${id}`, patchOp(operation));
    }
    const asText = JSON.stringify({ op: "replace", path: "password", value: canary });
    await idp.scim("PATCH", `/Users/${id}`, { Operations: [asText] });
    await idp.scim("PATCH", `/Users/${id}`, { Operations: `[${asText}]` });
    const data = JSON.stringify({ userName: "ben@acorn.example", password: canary });
    const operation = { method: "POST", path: "/Users", bulkId: "b", data };
    await idp.scim("POST", "/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [operation],
    });
    await idp.scim("POST", "/Users", {
      userName: "eve@acorn.example",
      password1: canary,
      passwordHash: canary,
      [`password=${canary}`]: 1,
      '"password"': canary,
    });
    await idp.scim("PATCH", `/Users/password:${canary}`, patchOp({ op: "remove", path: "title" }));
    for (const filter of [`password("${canary}")`, `password = "${canary}"`]) {
      await idp.scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
    }

    const { items } = (await log()).body;
    const shown = await Promise.all(items.map((item: any) => log("", `/${item.id}`)));

    expect(items.length).toBe(1 + patches.length + 2 + 1 + 1 + 1 + 2);
    expect(JSON.stringify(shown.map(({ body }) => body))).not.toContain(canary);
  });
});
