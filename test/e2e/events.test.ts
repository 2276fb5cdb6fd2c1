import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { createConnection } from "../../src/actions/administerConnections.js";
import { createOrganisation, createPool } from "../../src/actions/administer.js";
import { libraryConfig } from "../../src/config.js";
import type { OutboxEvent } from "../../src/domain/history.js";
import { createLogger } from "../../src/http/logger.js";
import type { EventSink, Store } from "../../src/ports.js";
import { startServer, type RunningServer } from "../../src/server.js";
import { createStore } from "../../src/store/index.js";
import { patchOp } from "../support/patchOp.js";
import { startTestServer, type TestConnection, type TestServer } from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** What the application is told: each change, at least once, for one person in the order in which it happened. */

const FIRST_RETRY_SECONDS = 5;
const CLAIM_SECONDS = 60;

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** The time of day, which a test can put forward. */
function movableClock() {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    forward: (seconds: number) => {
      offset += seconds * 1_000;
    },
  };
}

function storeWith(url: string, clock: { now(): number }): Promise<Store> {
  return createStore({ url, clock, logger: createLogger({ level: "silent" }) });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const ACTIVE = (value: boolean) => patchOp({ op: "replace", path: "active", value });

onEachDatabase("events", (freshDatabaseUrl) => {
  async function started(sink?: EventSink, clock = movableClock()) {
    const store = await storeWith(await freshDatabaseUrl(), clock);
    const server = await startTestServer({}, { store, ...(sink === undefined ? {} : { sink }) });
    open.push(server);
    const organisation = await server.organisation("acorn");
    const idp = await organisation.connection("entra");
    return { server, organisation, idp, clock };
  }

  async function create(idp: TestConnection, userName: string): Promise<string> {
    const { status, body } = await idp.scim("POST", "/Users", { userName });
    expect(status).toBe(201);
    return body.id as string;
  }

  it("follow each change of a person, with what the application needs to know", async () => {
    const { server, organisation, idp } = await started();
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 1 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { teams: ["support"], roles: ["team-leader"] },
    });

    const ann = await create(idp, "ann@acorn.example");
    const ben = await create(idp, "ben@acorn.example");
    const leads = (
      await idp.scim("POST", "/Groups", { displayName: "Leads", members: [{ value: ann }] })
    ).body.id;
    await idp.scim(
      "PATCH",
      `/Users/${ann}`,
      patchOp({ op: "replace", path: "displayName", value: "Ann Adams" }),
    );
    await idp.scim(
      "PATCH",
      `/Groups/${leads}`,
      patchOp({ op: "remove", path: `members[value eq "${ann}"]` }),
    );
    await idp.scim("PATCH", `/Users/${ann}`, ACTIVE(false));
    await idp.scim("PATCH", `/Users/${ann}`, ACTIVE(true));
    await idp.scim("DELETE", `/Users/${ann}`);
    await allDelivered(server);

    expect(typesFor(server.events, ann)).toEqual([
      "user.created",
      "tier.changed",
      "seat.granted",
      "membership.changed",
      "tier.changed",
      "seat.tierChanged",
      "user.updated",
      "membership.changed",
      "tier.changed",
      "seat.tierChanged",
      "user.deactivated",
      "seat.released",
      "user.activated",
      "seat.waiting",
      "user.deleted",
    ]);
    expect(typesFor(server.events, ben)).toEqual([
      "user.created",
      "tier.changed",
      "seat.waiting",
      "seat.granted",
    ]);
    expect(dataOf(server.events, ann, "user.created")).toMatchObject({
      userName: "ann@acorn.example",
      active: true,
    });
    expect(dataOf(server.events, ann, "membership.changed")).toMatchObject({
      teams: ["support"],
      rolesAdded: ["team-leader"],
    });
    expect(dataOf(server.events, ann, "seat.tierChanged")).toMatchObject({
      tier: "professional",
      fromTier: "standard",
    });
    expect(dataOf(server.events, ben, "seat.granted")).toMatchObject({
      product: "support",
      reason: "listDrained",
    });
    expect(
      server.events.every(({ organisationId }) => organisationId === organisation.organisation.id),
    ).toBe(true);
  });

  it("are silent when nothing has changed", async () => {
    const { server, idp } = await started();
    const ann = await create(idp, "ann@acorn.example");
    await allDelivered(server);
    const before = server.events.length;

    await idp.scim("PATCH", `/Users/${ann}`, ACTIVE(true));
    await idp.scim("PUT", `/Users/${ann}`, { userName: "ann@acorn.example", active: true });
    await idp.scim("GET", `/Users/${ann}`);
    await allDelivered(server);

    expect(server.events.length).toBe(before);
  });

  it("come again when they were not taken, each as the same event, and for one person never out of order", async () => {
    const attempts: OutboxEvent[] = [];
    const taken: OutboxEvent[] = [];
    const seen = new Set<string>();
    // Each event is refused once.
    const sink: EventSink = {
      deliver: (event) => {
        attempts.push(event);
        if (!seen.has(event.id)) {
          seen.add(event.id);
          return Promise.reject(new Error("the receiver is down"));
        }
        taken.push(event);
        return Promise.resolve();
      },
    };
    const { server, idp, clock } = await started(sink);
    const [ann, ben] = [
      await create(idp, "ann@acorn.example"),
      await create(idp, "ben@acorn.example"),
    ];
    await idp.scim("PATCH", `/Users/${ann}`, ACTIVE(false));
    await idp.scim("DELETE", `/Users/${ben}`);

    await until(async () => {
      clock.forward(FIRST_RETRY_SECONDS);
      return (await server.app.store.outbox.backlog()) === 0;
    });

    expect(typesFor(taken, ann)).toEqual(["user.created", "tier.changed", "user.deactivated"]);
    expect(typesFor(taken, ben)).toEqual(["user.created", "tier.changed", "user.deleted"]);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    for (const user of [ann, ben]) {
      const order = attempts
        .filter(({ userId }) => userId === user)
        .map(({ position = 0 }) => position);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });

  it("of one person wait for the refused one before them, those of others do not", async () => {
    let broken = "";
    const taken: OutboxEvent[] = [];
    const sink: EventSink = {
      deliver: (event) => {
        if (event.userId === broken) return Promise.reject(new Error("this one cannot be taken"));
        taken.push(event);
        return Promise.resolve();
      },
    };
    const { server, idp, clock } = await started(sink);
    const ann = await create(idp, "ann@acorn.example");
    await until(async () => (await server.app.store.outbox.backlog()) === 0);
    broken = ann;
    await idp.scim("PATCH", `/Users/${ann}`, ACTIVE(false));
    const before = taken.length;
    const ben = await create(idp, "ben@acorn.example");
    await until(() => typesFor(taken, ben).length === 2);

    expect(taken.slice(before).filter(({ userId }) => userId === ann)).toEqual([]);
    broken = "";
    await until(async () => {
      clock.forward(FIRST_RETRY_SECONDS);
      return (await server.app.store.outbox.backlog()) === 0;
    });
    expect(typesFor(taken.slice(before), ann)).toEqual(["user.deactivated"]);
  });

  it("that a node has taken and not finished are delivered by another one", async () => {
    const url = await freshDatabaseUrl();
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const offered: string[] = [];
    const first = await startTestServer(
      { database: { url } },
      { sink: { deliver: ({ id }) => (offered.push(id), stuck) } },
    );
    open.push(first);
    const idp = await (await first.organisation("acorn")).connection("entra");
    const ann = await create(idp, "ann@acorn.example");
    await until(() => offered.length === 1);

    const clock = movableClock();
    clock.forward(CLAIM_SECONDS + 1);
    const second = await startTestServer({}, { store: await storeWith(url, clock) });
    open.push(second);
    await until(() => typesFor(second.events, ann).length === 2);

    expect(typesFor(second.events, ann)).toEqual(["user.created", "tier.changed"]);
    expect(second.events[0]?.id).toBe(offered[0]);
    release();
  });
});

describe("the webhook", () => {
  const SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;

  interface Delivery {
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }

  /** Answers each delivery with what `answer` says; 0: not at all. */
  async function receiver(answer: (delivery: Delivery, index: number) => number) {
    const deliveries: Delivery[] = [];
    const server: Server = createServer((request, response) => {
      void answered(request, response);
    });
    async function answered(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const delivery = { headers: request.headers, body: await text(request) };
      const status = answer(delivery, deliveries.push(delivery) - 1);
      if (status !== 0) {
        response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end();
      }
    }
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push({
      close: () => {
        server.closeAllConnections();
        server.close();
        return Promise.resolve();
      },
    });
    return { deliveries, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks` };
  }

  async function serverFor(url: string, clock = movableClock()): Promise<RunningServer> {
    const config = libraryConfig({
      mode: "practice",
      server: { baseUrl: "http://127.0.0.1:0", port: 0 },
      log: { level: "silent" },
      webhook: { url, secret: SECRET, timeoutSeconds: 1 },
    });
    const server = await startServer(config, { store: await storeWith("sqlite::memory:", clock) });
    open.push(server);
    return server;
  }

  async function provision({ app }: RunningServer, userName: string): Promise<string> {
    const organisation = await createOrganisation(app.administer, { slug: "acorn", name: "Acorn" });
    const connection = await createConnection(app.administer, organisation.id, {
      name: "idp",
      plugin: "entra",
    });
    await createPool(app.administer, organisation.id, {
      name: "desk",
      product: "support",
      tiers: ["standard"],
      kind: "locked",
      capacity: 1,
    });
    const { user } = await app.actions.createUser(
      { organisationId: organisation.id, connectionId: connection.id },
      { userName, externalId: null, displayName: null, active: true, document: { userName } },
      { type: "scim", action: "user.created", actor: connection.id, requestId: null },
    );
    return user.id;
  }

  function verified({ body, headers }: Delivery): { type: string; userId: string; id: string } {
    return new Webhook(SECRET).verify(body, headers as Record<string, string>) as ReturnType<
      typeof verified
    >;
  }

  it("delivers each event over a real socket with a signature that a Standard Webhooks library accepts", async () => {
    const { deliveries, url } = await receiver(() => 204);
    const server = await serverFor(url);

    const userId = await provision(server, "ann@acorn.example");
    await until(() => deliveries.length === 3);

    const events = deliveries.map(verified);
    expect(events.map(({ type }) => type)).toEqual([
      "user.created",
      "tier.changed",
      "seat.granted",
    ]);
    expect(events.map((event) => event.userId)).toEqual([userId, userId, userId]);
    expect(deliveries.map(({ headers }) => headers["webhook-id"])).toEqual(
      events.map(({ id }) => id),
    );
  });

  it("has a signature that covers body, id and time, and that another secret does not verify", async () => {
    const { deliveries, url } = await receiver(() => 204);
    await provision(await serverFor(url), "ann@acorn.example");
    await until(() => deliveries.length > 0);
    const [{ body, headers } = { body: "", headers: {} }] = deliveries;
    const sent = headers as Record<string, string>;

    const verify =
      (changed: { body?: string; headers?: Record<string, string>; secret?: string }) => () =>
        new Webhook(changed.secret ?? SECRET).verify(changed.body ?? body, {
          ...sent,
          ...changed.headers,
        });

    expect(verify({})).not.toThrow();
    expect(verify({ body: body.replace("ann@", "eve@") })).toThrow();
    expect(verify({ headers: { "webhook-id": "another" } })).toThrow();
    expect(
      verify({ headers: { "webhook-timestamp": String(Number(sent["webhook-timestamp"]) + 1) } }),
    ).toThrow();
    expect(verify({ secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}` })).toThrow();
  });

  it.each([
    { what: "an error", status: 500 },
    { what: "a refusal", status: 404 },
    { what: "a redirect", status: 302 },
    { what: "no answer", status: 0 },
  ])("tries again after $what, with the same id and a new signature", async ({ status }) => {
    const clock = movableClock();
    const { deliveries, url } = await receiver((_delivery, index) => (index === 0 ? status : 200));
    const server = await serverFor(url, clock);
    await provision(server, "ann@acorn.example");
    await until(() => deliveries.length === 1);
    await until(async () => {
      clock.forward(1);
      return (await server.app.store.outbox.backlog()) === 0;
    });

    const events = deliveries.map(verified);
    expect(events.map(({ type }) => type)).toEqual([
      "user.created",
      "user.created",
      "tier.changed",
      "seat.granted",
    ]);
    expect(events[1]?.id).toBe(events[0]?.id);
  });
});

function typesFor(events: readonly OutboxEvent[], user: string): string[] {
  return events.filter(({ userId }) => userId === user).map(({ type }) => type);
}

function dataOf(events: readonly OutboxEvent[], user: string, type: string) {
  return events.find((event) => event.userId === user && event.type === type)?.data;
}

async function allDelivered({ app }: TestServer): Promise<void> {
  await until(async () => (await app.store.outbox.backlog()) === 0);
}
