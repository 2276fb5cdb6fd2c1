import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../../src/ports.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { describeGalera, startCluster, type Cluster } from "../support/galera.js";
import { send, startTestServer, type TestServer } from "../support/server.js";
import { draft, Load, nodeOn } from "./galeraLoad.js";
import { quiet } from "./support/open.js";
import { createTenant, type Tenant } from "./support/tenant.js";
import { verified } from "./support/verified.js";

const ALL = 100_000;
const CAUSE = { type: "scim", action: "test", actor: "idp", requestId: null } as const;

describeGalera("two writers of a Galera cluster", () => {
  let cluster: Cluster;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });
  afterAll(() => cluster.stop());

  async function opened(url: string): Promise<Store> {
    const store = await createStore({ url, logger: quiet });
    closing.push(() => store.close());
    return store;
  }

  /** The name of the last one that `twoStores` made. */
  let database = "";

  async function twoStores(): Promise<[Store, Store]> {
    const [one, two] = await cluster.freshDatabase();
    database = new URL(one).pathname.slice(1);
    const first = await opened(one);
    await first.migrate();
    return [first, await opened(two)];
  }

  async function twoServers(): Promise<[TestServer, TestServer]> {
    const urls = await cluster.freshDatabase();
    const one = await startTestServer({ database: { url: urls[0] } });
    const two = await startTestServer({ database: { url: urls[1] } });
    closing.push(
      () => one.close(),
      () => two.close(),
    );
    return [one, two];
  }

  /** One pool, and a role for everybody. */
  async function office(store: Store, capacity: number): Promise<Tenant> {
    const tenant = await createTenant(store);
    const { organisationId } = tenant;
    const tiers = ["standard", "professional"];
    await store.administration.createPool(tenant.pool({ product: "support", tiers, capacity }));
    await store.administration.saveRule({
      ...{ id: systemIds.next(), organisationId, name: "leads", connectionId: null, createdAt: 0 },
      match: { type: "attribute", attribute: "title", equals: "Lead" },
      gives: { roles: ["team-leader"] },
    });
    return tenant;
  }

  it("come up together on an empty database, and on one that lacks the last migration", async () => {
    for (const lacking of [false, false, true]) {
      const urls = await cluster.freshDatabase();
      const stores = [await opened(urls[0]), await opened(urls[1])];
      if (lacking) {
        await stores[0]!.migrate();
        const name = new URL(urls[0]).pathname.slice(1);
        await cluster.query(0, `DELETE FROM ${name}.migrations ORDER BY name DESC LIMIT 1`);
        expect(await stores[1]!.pendingMigrations()).toHaveLength(1);
      }
      await Promise.all(stores.map((store) => store.migrate()));
      expect(await stores[0]!.pendingMigrations()).toEqual([]);
      expect(await stores[1]!.pendingMigrations()).toEqual([]);
    }
  });

  it("lose nothing that was acknowledged, keep nothing that was refused, and sell no seat twice", async () => {
    const stores = await twoStores();
    const tenant = await office(stores[0], SEATS);
    const { organisationId } = tenant;
    const nodes = stores.map(nodeOn);
    const load = new Load(tenant.scope, nodes);
    await load.run(CALLERS, LOAD_MS);
    // On a slow machine the load alone does not fill the pool.
    for (let late = 0; late <= SEATS; late += 1) {
      const { user } = await nodes[late % 2]!.provisioning.createUser(
        ...([tenant.scope, draft(`late${late}`), CAUSE] as const),
      );
      load.promised.set(user.id, { displayName: `late${late}`, active: true });
    }
    while ((await nodes[1]!.reconciliation.reconcile(organisationId)) > 0);

    const [store] = stores;
    const { insights, administration } = store;
    const users = await insights.users(organisationId, { limit: ALL });
    const there = new Map(users.map((user) => [user.id, user]));
    const kept = (id: string) => {
      const { displayName, active } = there.get(id) ?? {};
      return { id, displayName, active };
    };
    const promised = [...load.promised].map(([id, known]) => ({ id, ...known }));
    expect(load.created.filter((id) => !there.has(id))).toEqual([]);
    expect(promised.map(({ id }) => kept(id))).toEqual(promised);
    const names = new Set(users.map(({ userName }) => userName));
    expect(load.refused.filter((name) => names.has(name))).toEqual([]);
    expect([...load.codes].filter((code) => code !== "Unavailable")).toEqual([]);

    const [pool] = await administration.listPools(organisationId);
    const seats = await insights.seatsIn(organisationId, pool!.id, { limit: ALL });
    const waiting = await insights.waiting(organisationId, "support", ALL);
    expect(pool!.used).toBe(pool!.capacity);
    expect(seats).toHaveLength(pool!.used);
    expect(waiting.length).toBeGreaterThan(0);
    const active = users.filter((user) => user.active);
    const placed = [...seats, ...waiting].map(({ userId }) => userId);
    expect(placed.sort()).toEqual(active.map(({ id }) => id).sort());
    const [count] = await cluster.query(0, `SELECT userCount FROM ${database}.connections`);
    expect(count?.["userCount"]).toBe(users.length);
    expect(await verified(store, organisationId)).toMatchObject({ fault: null });
  });

  it("give the last seat to exactly one of two who ask on both nodes at once, 20 times", async () => {
    const stores = await twoStores();
    const nodes = stores.map(nodeOn);
    for (let round = 0; round < 20; round += 1) {
      const { organisationId, scope } = await office(stores[0], 1);
      await Promise.all(
        nodes.map(({ provisioning }, index) =>
          provisioning.createUser(scope, draft(`user${index}`), CAUSE),
        ),
      );
      const { insights, administration } = stores[1];
      const [pool] = await administration.listPools(organisationId);
      expect(await insights.seatsIn(organisationId, pool!.id, { limit: ALL })).toHaveLength(1);
      expect(await insights.waiting(organisationId, "support", ALL)).toHaveLength(1);
    }
  });

  it("show on one node at once what the other has acknowledged, and refuse there whoever was deactivated", async () => {
    const [one, two] = await twoServers();
    const organisation = await one.organisation("acorn");
    await organisation.pool({ name: "desk", capacity: 100 });
    const idp = await organisation.connection("generic");
    const { id: connectionId } = idp.connection;
    const elsewhere = (id: string) =>
      send(`${two.url}/scim/v2/${connectionId}/Users/${id}`, "GET", idp.token);
    const question = (userId: string) => ({ userId, product: "support" });
    const ask = (userId: string) =>
      two.app.actions.askSeat(organisation.organisation.id, question(userId));

    for (let round = 0; round < 40; round += 1) {
      const created = await idp.scim("POST", "/Users", { userName: `user${round}` });
      const id = created.body.id as string;
      expect((await elsewhere(id)).status).toBe(200);
      if (round % 10 === 0) expect(await ask(id)).toMatchObject({ permitted: true });
      const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
      const Operations = [{ op: "replace", path: "active", value: false }];
      await idp.scim("PATCH", `/Users/${id}`, { schemas, Operations });
      expect((await elsewhere(id)).body).toMatchObject({ active: false });
      if (round % 10 === 0) {
        // For as long as decisions are kept in memory at most.
        await sleep(KEPT_MS);
        expect(await ask(id)).toMatchObject({ permitted: false });
      }
    }
  });

  it("answer 503 with Retry-After at a node that has left the cluster, never 404, and 200 at the other", async () => {
    const [one, two] = await twoServers();
    const organisation = await one.organisation("acorn");
    const idp = await organisation.connection("generic");
    const known = (await idp.scim("POST", "/Users", { userName: "ann" })).body.id as string;
    const base = `/scim/v2/${idp.connection.id}`;
    const doors = ({ url }: TestServer) =>
      Promise.all([
        send(`${url}${base}/Users/${known}`, "GET", idp.token),
        send(`${url}${base}/Users?filter=userName%20eq%20%22ann%22`, "GET", idp.token),
        send(`${url}${base}/Users/${known}`, "PUT", idp.token, { userName: "ann", active: true }),
        send(`${url}/readyz`, "GET", ""),
      ]);
    expect((await doors(two)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);

    await cluster.query(1, "SET GLOBAL wsrep_cluster_address = ''");
    const refused = await doors(two);
    // What is known of tokens and connections is kept for half a second; then they are asked for, too.
    await sleep(KEPT_MS);
    refused.push(...(await doors(two)));
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
    const retry = refused.map(({ headers }) => headers.get("retry-after"));
    expect(retry).toEqual(refused.map(() => expect.stringMatching(/^[1-9]\d*$/)));
    expect((await doors(one)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});

const CALLERS = 12;
const LOAD_MS = 6_000;
const SEATS = 30;
const KEPT_MS = 600;
