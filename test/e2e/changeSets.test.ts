import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";

type Change = [op: "add" | "remove", ...names: string[]];

/** Bulk requests, plans and the brake over sockets, on every database: I14, I17, I22. */

const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

onEachDatabase("a change set", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let count = 0;
  const ids = new Map<string, string>();

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });
  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`o${String((count += 1))}`);
    idp = await organisation.connection("generic");
    ids.clear();
  });

  async function create(...names: string[]): Promise<void> {
    for (const userName of names) {
      const { body } = await idp.scim("POST", "/Users", { userName });
      ids.set(userName, body.id as string);
    }
  }

  async function group(displayName: string, ...names: string[]): Promise<void> {
    const members = names.map((name) => ({ value: ids.get(name) }));
    const { body } = await idp.scim("POST", "/Groups", { displayName, members });
    ids.set(displayName, body.id as string);
  }

  const members = (op: "add" | "remove", ...names: string[]) =>
    patchOp(
      ...names.map((name) =>
        op === "add"
          ? { op, path: "members", value: [{ value: ids.get(name) }] }
          : { op, path: `members[value eq "${ids.get(name) ?? ""}"]` },
      ),
    );
  const patchGroup = (name: string, ...change: Change): Promise<Answer> =>
    idp.scim("PATCH", `/Groups/${ids.get(name) ?? ""}`, members(...change));
  const operation = (name: string, ...change: Change) => ({
    method: "PATCH",
    path: `/Groups/${ids.get(name) ?? ""}`,
    data: members(...change),
  });
  const bulk = (Operations: object[]) => ({ schemas: [BULK_REQUEST], Operations });

  async function seats(): Promise<string[]> {
    await server.app.actions.reconcileAll();
    const books = await readBooks(server.app, organisation.organisation.id);
    expectBalanced(books);
    const nameOf = new Map(books.users.map(({ id, userName }) => [id, userName]));
    return books.seats.map(({ userId, tier }) => `${nameOf.get(userId) ?? ""} ${tier}`).sort();
  }

  async function fullPools(): Promise<void> {
    await organisation.pool({ name: "Standard", tiers: ["standard"] });
    await organisation.pool({ name: "Professional", tiers: ["professional"] });
    await organisation.rule({
      name: "leads",
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    await create("ann");
    await group("Leads", "ann");
    await create("bob");
    expect(await seats()).toEqual(["ann professional", "bob standard"]);
  }

  it.each<[string, Change, Change]>([
    ["up first", ["add", "bob"], ["remove", "ann"]],
    ["down first", ["remove", "ann"], ["add", "bob"]],
  ])("B4: a bulk request lets two people change places between full pools, %s", async (_, a, b) => {
    await fullPools();
    const answer = await idp.scim(
      "POST",
      "/Bulk",
      bulk([operation("Leads", ...a), operation("Leads", ...b)]),
    );
    expect(answer.body.Operations.map(({ status }: { status: string }) => status[0])).toEqual([
      "2",
      "2",
    ]);
    expect(await seats()).toEqual(["ann standard", "bob professional"]);
  });

  it("B4: so do two requests after one another: who goes down waits for the lower seat meanwhile", async () => {
    await fullPools();
    await patchGroup("Leads", "remove", "ann");
    expect(await seats()).toEqual(["ann professional", "bob standard"]);
    const waiting = await organisation.api("GET", "/waiting?product=support");
    expect(waiting.body.items).toMatchObject([{ tier: "standard", reason: "HoldsMore" }]);
    await create("cid");
    await patchGroup("Leads", "add", "bob");
    expect(await seats()).toEqual(["ann standard", "bob professional"]);
  });

  it("B4: and two of whom one sits in a pool for sign-ins, when the other one comes to that door", async () => {
    const policy = { acquireOn: "signIn", onFull: ["evictLru", "wait"] } as const;
    await organisation.pool({ name: "Desk", tiers: ["standard"], kind: "shared", policy });
    await organisation.pool({ name: "Professional", tiers: ["professional"] });
    await organisation.rule({
      name: "leads",
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    await create("ann", "bob");
    await group("Leads", "ann");
    const acquire = (name: string) =>
      organisation.api("POST", "/seats/acquire", { userId: ids.get(name), product: "support" });
    await acquire("bob");
    await patchGroup("Leads", "add", "bob");
    await patchGroup("Leads", "remove", "ann");
    expect(await seats()).toEqual(["ann professional", "bob standard"]);

    const { status, body } = await acquire("ann");

    expect([status, body.seat]).toMatchObject([200, { tier: "standard" }]);
    expect(await seats()).toEqual(["ann standard", "bob professional"]);
  });

  describe("I17: a plan", () => {
    const RULE = {
      type: "rule",
      rule: {
        name: "agents",
        match: { type: "groupName", name: "Agents" },
        gives: { tierFloors: [{ product: "support", tier: "professional" }] },
      },
    };

    beforeEach(async () => {
      await organisation.pool({ name: "Agents", tiers: ["professional"], capacity: 1 });
      await organisation.pool({ name: "Standard", tiers: ["standard"], capacity: 1 });
      await create("ann", "bob", "cid");
      await group("Agents", "ann");
    });

    it("names what it is about as everybody knows it, and says what there is when nothing is called so", async () => {
      const named = { type: "sync", bulk: bulk([operation("Agents", "add", "bob")]) };
      const made = await organisation.api("POST", "/plans", {
        ...named,
        connection: idp.connection.name,
      });
      expect([made.status, made.body["sync"]]).toEqual([201, { requests: 1, refused: [] }]);
      for (const [body, sentence] of [
        [{ ...named, connection: `${idp.connection.name}x` }, idp.connection.name],
        [{ type: "pool", pool: "Agentz", change: { capacity: 2 } }, "Agents"],
        [{ type: "ruleRemoved", rule: "none" }, "rule"],
      ] as const) {
        const { status, body: answer } = await organisation.api("POST", "/plans", body);
        const { message } = answer.error as { message: string };
        expect([status, message]).toEqual([404, expect.stringContaining(sentence)]);
      }
    });

    it("of a rule is made, listed, shown and applied over the API, once", async () => {
      const made = await organisation.api("POST", "/plans", RULE);
      expect(made.status).toBe(201);
      expect(made.body).toMatchObject({
        state: "open",
        counts: { raised: 1, gained: 1, lost: 0 },
        money: { differencePerMonth: expect.any(Number) },
        sync: null,
      });
      expect(await seats()).toEqual(["ann standard"]);
      const listed = await organisation.api("GET", "/plans");
      expect(listed.body.items).toMatchObject([{ id: made.body.id, state: "open" }]);
      expect(listed.body.items[0].people).toBeUndefined();

      const path = `/plans/${made.body.id as string}`;
      const applied = await organisation.api("POST", `${path}/apply`);
      expect(applied.body).toMatchObject({ state: "applied", people: made.body.people });
      expect(await seats()).toEqual(["ann professional", "bob standard"]);
      expect((await organisation.api("POST", `${path}/apply`)).body.error.code).toBe("Conflict");
      expect((await organisation.api("GET", path)).body).toMatchObject({ state: "applied" });
      expect((await organisation.api("DELETE", path)).status).toBe(204);
      expect((await organisation.api("GET", path)).status).toBe(404);
    });

    it("names people, so it is deleted when somebody's data are erased", async () => {
      await organisation.api("POST", "/plans", RULE);
      await organisation.api("DELETE", "/users/cid", { userName: "cid" });
      expect((await organisation.api("GET", "/plans")).body.items).toEqual([]);
    });

    it("is 409 Stale when something else would happen, and nothing is done", async () => {
      const { body } = await organisation.api("POST", "/plans", RULE);
      await patchGroup("Agents", "add", "cid");
      const refused = await organisation.api("POST", `/plans/${body.id as string}/apply`);
      expect(refused).toMatchObject({ status: 409, body: { error: { code: "Stale" } } });
      expect((await organisation.api("GET", "/rules")).body.items).toEqual([]);
      expect(await seats()).toEqual(["ann standard"]);
    });

    it("of another organisation does not exist", async () => {
      const { body } = await organisation.api("POST", "/plans", RULE);
      const other = await server.organisation(`other${String((count += 1))}`);
      const path = `/plans/${body.id as string}`;
      for (const [method, address] of [
        ["GET", path],
        ["DELETE", path],
        ["POST", `${path}/apply`],
      ] as const) {
        expect((await other.api(method, address)).status).toBe(404);
      }
      expect((await other.api("GET", "/plans")).body.items).toEqual([]);
    });

    it("that cannot be made is refused with a clear answer", async () => {
      const connection = idp.connection.id;
      const refused = {
        unknownType: { type: "magic" },
        unknownRole: { ...RULE, rule: { ...RULE.rule, gives: { roles: ["x"] } } },
        unknownRule: { type: "ruleRemoved", rule: "none" },
        unknownPool: { type: "pool", pool: "none", change: {} },
        unknownConnection: { type: "sync", connection: "none", bulk: {} },
        noBulk: { type: "sync", connection, bulk: 7 },
        noOperations: { type: "sync", connection, bulk: { schemas: [BULK_REQUEST] } },
      };
      const codes = new Map<string, string>();
      for (const [name, body] of Object.entries(refused)) {
        codes.set(name, (await organisation.api("POST", "/plans", body)).body.error.code as string);
      }
      expect(Object.fromEntries(codes)).toEqual({
        unknownType: "InvalidValue",
        unknownRole: "InvalidValue",
        unknownRule: "NotFound",
        unknownPool: "NotFound",
        unknownConnection: "NotFound",
        noBulk: "InvalidSyntax",
        noOperations: "InvalidSyntax",
      });
    });

    it("of a whole synchronisation is applied in one transaction, exactly as it was predicted", async () => {
      await organisation.rule({ ...RULE.rule, match: { type: "groupName", name: "Agents" } });
      await seats();
      const sync = bulk([
        {
          method: "POST",
          path: "/Users",
          bulkId: "dan",
          data: { userName: "dan", password: "hush-hush" },
        },
        {
          method: "PATCH",
          path: `/Groups/${ids.get("Agents") ?? ""}`,
          data: patchOp({ op: "add", path: "members", value: [{ value: "bulkId:dan" }] }),
        },
        {
          method: "PATCH",
          path: `/Users/${ids.get("ann") ?? ""}`,
          data: patchOp({ op: "replace", path: "active", value: false }),
        },
        { method: "DELETE", path: "/Users/none" },
      ]);
      const made = await organisation.api("POST", "/plans", {
        type: "sync",
        connection: idp.connection.id,
        bulk: sync,
      });
      expect(made.status).toBe(201);
      expect(made.body.sync).toMatchObject({
        requests: 4,
        refused: [{ request: 4, method: "DELETE", status: 404 }],
      });
      const brief = (
        made.body.people as { userName: string; userId: string | null; effect: string }[]
      ).map(({ userName, userId, effect }) => [userName, userId !== null, effect]);
      expect(brief).toEqual([
        ["ann", true, "lost"],
        ["dan", false, "gained"],
      ]);
      const before = await seats();
      expect(before).toEqual(["ann professional", "bob standard"]);
      const stored = await server.app.store.plans.find(
        organisation.organisation.id,
        made.body.id as string,
      );
      expect(JSON.stringify(stored)).not.toContain("hush-hush");

      const applied = await organisation.api("POST", `/plans/${made.body.id as string}/apply`);
      expect(applied.body).toMatchObject({ state: "applied" });
      expect(await seats()).toEqual(["bob standard", "dan professional"]);
      const found = await idp.scim(
        "GET",
        `/Users?filter=${encodeURIComponent('userName eq "dan"')}`,
      );
      expect(found.body.totalResults).toBe(1);
      const log = await organisation.api(
        "GET",
        `/connections/${idp.connection.id}/log?method=PATCH`,
      );
      expect(log.body.items.length).toBeGreaterThan(0);
    });

    it("of a synchronisation is stale when something else would happen, and nothing of it is done", async () => {
      await organisation.rule({ ...RULE.rule, match: { type: "groupName", name: "Agents" } });
      await seats();
      const sync = bulk([
        { method: "POST", path: "/Users", data: { userName: "dan" } },
        operation("Agents", "remove", "ann"),
      ]);
      const made = await organisation.api("POST", "/plans", {
        type: "sync",
        connection: idp.connection.id,
        bulk: sync,
      });
      await patchGroup("Agents", "remove", "ann");
      const refused = await organisation.api("POST", `/plans/${made.body.id as string}/apply`);
      expect(refused).toMatchObject({ status: 409, body: { error: { code: "Stale" } } });
      const found = await idp.scim(
        "GET",
        `/Users?filter=${encodeURIComponent('userName eq "dan"')}`,
      );
      expect(found.body.totalResults).toBe(0);
    });

    it("of random policies and rules does what it says (10 in a row)", async () => {
      let seed = 20261122;
      const next = (below: number): number => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed % below;
      };
      const wrong: unknown[] = [];
      for (let turn = 0; turn < 10; turn += 1) {
        const rule = ["ann", "bob", "cid"][next(3)] ?? "";
        const body =
          next(2) === 0
            ? {
                type: "pool",
                pool: ["Agents", "Standard"][next(2)],
                change: { policy: { onFull: [["wait"], ["fallbackTier"], []][next(3)] } },
              }
            : {
                type: "rule",
                rule: {
                  name: `r${String(turn)}`,
                  match: { type: "attribute", attribute: "userName", equals: rule },
                  gives: next(3) === 0 ? { exclusions: ["support"] } : RULE.rule.gives,
                },
              };
        const made = await organisation.api("POST", "/plans", body);
        if (made.status !== 201) throw new Error(JSON.stringify([body, made.body]));
        const applied = await organisation.api("POST", `/plans/${made.body.id as string}/apply`);
        const books = await readBooks(server.app, organisation.organisation.id);
        expectBalanced(books);
        const used = (made.body.pools as { poolId: string; used: { after: number } }[]).map(
          ({ poolId, used: { after } }) => [poolId, after],
        );
        const really = books.pools.map(({ id, used: taken }) => [id, taken]);
        expect(used).toEqual(really.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
        if (applied.status !== 200) wrong.push([seed, applied.body]);
      }
      expect(wrong).toEqual([]);
    });
  });

  describe("I22: the brake", () => {
    const NAMES = ["p0", "p1", "p2", "p3"];

    beforeEach(async () => {
      await organisation.pool({
        name: "Reports",
        product: "analytics",
        tiers: ["viewer"],
        capacity: 4,
      });
      await organisation.rule({
        match: { type: "groupName", name: "Readers" },
        gives: { tierFloors: [{ product: "analytics", tier: "viewer" }] },
      });
      await organisation.api("PATCH", "/brake", { seats: 2, percent: 10 });
      await create(...NAMES);
      await group("Readers", ...NAMES);
      expect(await viewers()).toEqual(NAMES);
    });

    async function viewers(): Promise<string[]> {
      return (await seats())
        .filter((seat) => seat.endsWith("viewer"))
        .map((seat) => seat.split(" ")[0] ?? "");
    }

    it("answers 2xx, shows what waits for approval, and takes the seats when it is approved", async () => {
      const emptied = await idp.scim("PUT", `/Groups/${ids.get("Readers") ?? ""}`, {
        displayName: "Readers",
        members: [],
      });
      expect(emptied.status).toBe(200);
      expect(await viewers()).toEqual(NAMES);
      const { body } = await organisation.api("GET", "/brake");
      expect(body).toMatchObject({
        limit: { seats: 2, percent: 10, windowMinutes: 60 },
        losses: [
          { state: "NeedsApproval", reason: "BrakeTripped", seats: 4, cause: { type: "scim" } },
        ],
      });
      const id = body.losses[0].id as string;
      const held = await organisation.api("GET", "/pools/Reports/seats");
      expect(held.body.items.map(({ heldBy }: { heldBy: string }) => heldBy)).toEqual([
        id,
        id,
        id,
        id,
      ]);
      const approved = await organisation.api("POST", `/brake/${id}/approve`);
      expect(approved.body).toMatchObject({ state: "approved", seats: 4 });
      expect(await viewers()).toEqual([]);
      expect((await organisation.api("POST", `/brake/${id}/reject`)).status).toBe(409);
      expect((await organisation.api("POST", "/brake/none/approve")).status).toBe(404);
    });

    it("I13: never keeps access for who is deactivated; a rejected loss keeps the others' seats", async () => {
      await patchGroup("Readers", "remove", ...NAMES);
      const deactivate = { op: "replace", path: "active", value: false };
      await idp.scim("PATCH", `/Users/${ids.get("p0") ?? ""}`, patchOp(deactivate));
      const asked = await organisation.api("POST", "/seats/ask", {
        userName: "p0",
        product: "analytics",
      });
      expect(asked.body).toMatchObject({ permitted: false, reason: "inactive" });
      const { body } = await organisation.api("GET", "/brake");
      await organisation.api("POST", `/brake/${body.losses[0].id as string}/reject`);
      expect(await viewers()).toEqual(["p1", "p2", "p3"]);
      const who = await organisation.api("GET", "/users/p1");
      expect(JSON.stringify(who.body)).toContain("too many seats would have been lost at once");
    });

    it("refuses a limit that makes no sense with 400", async () => {
      for (const body of [
        { seats: -1 },
        { percent: 101 },
        { windowMinutes: 0 },
        { seats: "x" },
        { foo: 1 },
      ]) {
        expect((await organisation.api("PATCH", "/brake", body)).status).toBe(400);
      }
    });
  });
});
