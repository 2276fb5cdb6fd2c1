import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import express, { type NextFunction, type Request, type Response as Reply } from "express";
import { createConnection } from "../../src/actions/administerConnections.js";
import {
  createOrganisation,
  createPool,
  issueToken,
  saveRule,
  type PoolInput,
} from "../../src/actions/administer.js";
import type { Connection, Organisation } from "../../src/domain/directory.js";
import {
  createSeatkeeper,
  SeatkeeperError,
  seatHolder,
  type OutboxEvent,
  type Seatkeeper,
} from "../../src/index.js";
import { patchOp } from "../support/patchOp.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import { send } from "../support/server.js";
import { Browser } from "./browser.js";

/** Seatkeeper as a library: mounted in a vendor's Express application, below a path of its own. */

const MOUNT = "/identity/seatkeeper";

let web: Server;
let address: string;
let seatkeeper: Seatkeeper;
let organisation: Organisation;
let connection: Connection;
let token: string;
let idp: TestIdp;
const events: OutboxEvent[] = [];

beforeAll(async () => {
  web = createServer();
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  seatkeeper = await createSeatkeeper({
    mode: "practice",
    server: { baseUrl: `${address}${MOUNT}` },
    database: { url: "sqlite::memory:" },
    log: { level: "silent" },
    onEvent: (event) => void events.push(event),
  });
  web.on("request", application());
  await setUp();
});

afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await seatkeeper.close();
});

/** What a vendor writes. */
function application() {
  const app = express();
  app.use(MOUNT, seatkeeper.router);
  app.use(express.json());
  app.get("/", (_request, response) => void response.send("open to all"));
  app.get("/desk", seatkeeper.requireSeat({ product: "support" }), show);
  app.get("/reports", seatkeeper.requireSeat({ product: "support", tier: "professional" }), show);
  app.get("/analytics", seatkeeper.requireSeat({ product: "analytics" }), show);
  app.use((error: unknown, _request: Request, response: Reply, next: NextFunction) => {
    if (!(error instanceof SeatkeeperError)) next(error);
    else response.status(error.status).json({ code: error.code, message: error.message });
  });
  return app;

  function show(_request: Request, response: Reply): void {
    const { user, access } = seatHolder(response);
    response.json({ userName: user.userName, tier: access.tier });
  }
}

async function setUp(): Promise<void> {
  const { administer } = seatkeeper.app;
  idp = await createTestIdp();
  organisation = await createOrganisation(administer, { slug: "acorn", name: "Acorn" });
  connection = await createConnection(administer, organisation.id, {
    name: "idp",
    plugin: "generic",
    saml: {
      idpEntityId: idp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [idp.certificate],
    },
  });
  ({ token } = await issueToken(administer, {
    kind: "scim",
    organisationId: organisation.id,
    connectionId: connection.id,
    label: "idp",
  }));
  await saveRule(administer, organisation.id, {
    name: "leads",
    match: { type: "groupName", name: "Leads" },
    gives: { roles: ["team-leader"] },
  });
}

async function scim(method: string, path: string, body?: object) {
  return send(`${address}${MOUNT}/scim/v2/${connection.id}${path}`, method, token, body);
}

async function person(userName: string): Promise<string> {
  const { status, body } = await scim("POST", "/Users", { userName });
  expect(status).toBe(201);
  return body.id as string;
}

function pool(input: Partial<PoolInput> & Pick<PoolInput, "name">) {
  return createPool(seatkeeper.app.administer, organisation.id, {
    product: "support",
    tiers: ["standard", "professional"],
    kind: "locked",
    capacity: 2,
    ...input,
  });
}

async function deactivate(id: string): Promise<void> {
  const { status } = await scim(
    "PATCH",
    `/Users/${id}`,
    patchOp({ op: "replace", path: "active", value: false }),
  );
  expect(status).toBe(204);
}

describe("mounted below a path", () => {
  it("serves its own addresses there and leaves the application's alone", async () => {
    expect((await fetch(`${address}/`)).status).toBe(200);
    expect((await fetch(`${address}${MOUNT}/readyz`)).status).toBe(200);
    expect((await fetch(`${address}/readyz`)).status).toBe(404);
    expect((await fetch(`${address}${MOUNT}/desk`)).status).toBe(404);
  });

  it("gives addresses that begin with the base URL", async () => {
    const created = await scim("POST", "/Users", { userName: "location@acorn.example" });
    const metadata = await (
      await fetch(`${address}${MOUNT}/saml/${connection.id}/metadata`)
    ).text();

    const base = `${address}${MOUNT}`;
    expect(created.headers.get("location")).toBe(
      `${base}/scim/v2/${connection.id}/Users/${created.body.id}`,
    );
    expect(created.body.meta.location).toBe(created.headers.get("location"));
    expect(metadata).toContain(`Location="${base}/saml/${connection.id}/acs"`);
    await scim("DELETE", `/Users/${created.body.id}`);
  });
});

describe("seats", () => {
  it("of a locked pool: asked for by userName or id, without changing anything", async () => {
    await pool({ name: "desk", capacity: 1 });
    const ann = await person("ann@acorn.example");
    const ben = await person("ben@acorn.example");
    const { seats, app } = seatkeeper;
    const before = await app.store.insights.entries(organisation.id, { limit: 100 });

    const answers = await Promise.all([
      seats.ask({ organisation: "acorn", user: "Ann@Acorn.example", product: "support" }),
      seats.ask({
        organisation: organisation.id,
        user: ann,
        product: "support",
        tier: "professional",
      }),
      seats.ask({ organisation: "acorn", user: ben, product: "support" }),
      seats.ask({ organisation: "acorn", user: ben, product: "analytics" }),
    ]);

    expect(answers.map(({ permitted, tier, reason }) => ({ permitted, tier, reason }))).toEqual([
      { permitted: true, tier: "standard", reason: null },
      { permitted: false, tier: "standard", reason: "tierTooLow" },
      { permitted: false, tier: null, reason: "waiting" },
      { permitted: false, tier: null, reason: "noSeat" },
    ]);
    expect(answers[2].waiting).toMatchObject({ position: 1 });
    expect(await app.store.insights.entries(organisation.id, { limit: 100 })).toEqual(before);
  });

  it("of a locked pool end with their assignment: the application cannot give them back", async () => {
    const { seat } = await seatkeeper.seats.ask({
      organisation: "acorn",
      user: "ann@acorn.example",
      product: "support",
    });

    await expect(
      seatkeeper.seats.release({ organisation: "acorn", seatId: seat?.id ?? "" }),
    ).rejects.toMatchObject({
      code: "Conflict",
    });
    await deactivate(seat?.userId ?? "");
    expect(
      await seatkeeper.seats.ask({
        organisation: "acorn",
        user: "ann@acorn.example",
        product: "support",
      }),
    ).toMatchObject({
      permitted: false,
      reason: "inactive",
    });
    expect(
      await seatkeeper.seats.ask({
        organisation: "acorn",
        user: "ben@acorn.example",
        product: "support",
      }),
    ).toMatchObject({
      permitted: true,
    });
  });

  it("of a concurrent pool are leases: acquired, renewed by their newest holder alone, given back", async () => {
    await pool({
      name: "reports",
      product: "analytics",
      tiers: ["viewer"],
      kind: "concurrent",
      capacity: 1,
      policy: { eligibility: "anyone" },
    });
    const { seats } = seatkeeper;
    const ask = { organisation: "acorn", product: "analytics" };
    await person("cat@acorn.example");
    await person("dan@acorn.example");

    const first = await seats.acquire({ ...ask, user: "cat@acorn.example" });
    const full = await seats.acquire({ ...ask, user: "dan@acorn.example" });
    expect(first).toMatchObject({ type: "held", seat: { tier: "viewer", generation: 1 } });
    expect(full).toMatchObject({ type: "none", reason: "PoolFull" });

    const lease = { organisation: "acorn", seatId: heldSeat(first).id };
    const renewed = await seats.renew({ ...lease, generation: 1 });
    expect(renewed.expiresAt).toBeGreaterThanOrEqual(heldSeat(first).expiresAt ?? Infinity);
    // She works on another screen as well: the lease of the first one has been replaced.
    const second = heldSeat(await seats.acquire({ ...ask, user: "cat@acorn.example" }));
    expect(second).toMatchObject({ id: lease.seatId, generation: 2 });
    await expect(seats.renew({ ...lease, generation: 1 })).rejects.toMatchObject({
      code: "LeaseLost",
    });
    await seats.renew({ ...lease, generation: 2 });

    await seats.release(lease);
    await expect(seats.renew({ ...lease, generation: 2 })).rejects.toMatchObject({
      code: "NotFound",
    });
    expect(await seats.acquire({ ...ask, user: "dan@acorn.example" })).toMatchObject({
      type: "held",
    });
  });

  it("of a lease that ran out are free: for who asks, at once", async () => {
    const leases = await pool({
      name: "short",
      product: "analytics",
      tiers: ["analyst"],
      kind: "concurrent",
      capacity: 1,
      policy: { eligibility: "anyone", leaseSeconds: 2 },
    });
    const { seats, app } = seatkeeper;
    const needsAnalyst = { kind: "tierFloor" as const, name: "analytics", value: "analyst" };
    for (const userName of ["eve@acorn.example", "fay@acorn.example"]) {
      const cause = {
        type: "admin" as const,
        action: "fact.given",
        actor: "test",
        requestId: null,
      };
      await app.actions.giveByHand(
        organisation.id,
        await person(userName),
        needsAnalyst,
        "test",
        cause,
      );
    }
    const ask = { organisation: "acorn", product: "analytics" };

    const lease = heldSeat(await seats.acquire({ ...ask, user: "eve@acorn.example" }));
    expect(lease.poolId).toBe(leases.id);
    expect(await seats.acquire({ ...ask, user: "fay@acorn.example" })).toMatchObject({
      reason: "PoolFull",
    });
    await sleep((lease.expiresAt ?? Infinity) - Date.now() + 100);

    expect(await seats.ask({ ...ask, user: "eve@acorn.example" })).toMatchObject({
      permitted: false,
      reason: "noSeat",
    });
    expect(await seats.acquire({ ...ask, user: "fay@acorn.example" })).toMatchObject({
      type: "held",
    });
    await expect(
      seats.renew({ organisation: "acorn", seatId: lease.id, generation: lease.generation }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(LeaseLost|NotFound)$/) });
  });

  it("of a pool that lends are borrowed for so long, and for no longer than it lends", async () => {
    await pool({
      name: "travel",
      product: "analytics",
      tiers: ["analyst"],
      kind: "concurrent",
      capacity: 1,
      policy: { eligibility: "anyone", leaseSeconds: 10, maxBorrowSeconds: 60 },
    });
    const { seats, app } = seatkeeper;
    const cause = { type: "admin", action: "fact.given", actor: "test", requestId: null } as const;
    const id = await person("ida@acorn.example");
    const needsAnalyst = { kind: "tierFloor", name: "analytics", value: "analyst" } as const;
    await app.actions.giveByHand(organisation.id, id, needsAnalyst, "test", cause);
    const ask = { organisation: "acorn", product: "analytics", user: id };

    await expect(seats.acquire({ ...ask, borrowSeconds: 61 })).rejects.toMatchObject({
      ...{ code: "InvalidValue", field: "borrowSeconds" },
      message: expect.stringContaining("60 seconds"),
    });
    await expect(seats.acquire({ ...ask, borrowSeconds: Number.NaN })).rejects.toMatchObject({
      code: "InvalidValue",
    });
    expect((await seats.ask(ask)).permitted).toBe(false);
    const { borrowedUntil = 0, ...lease } = heldSeat(
      await seats.acquire({ ...ask, borrowSeconds: 60 }),
    );
    expect(borrowedUntil - lease.grantedAt).toBe(60_000);
    const renewed = await seats.renew({
      ...{ organisation: "acorn", seatId: lease.id, generation: lease.generation },
    });
    expect(renewed.expiresAt).toBe(borrowedUntil);
    await seats.release({ organisation: "acorn", seatId: lease.id });
  });

  it.each([
    {
      what: "an unknown organisation",
      question: { organisation: "nowhere", user: "ben@acorn.example", product: "support" },
    },
    {
      what: "an unknown person",
      question: { organisation: "acorn", user: "nobody@acorn.example", product: "support" },
    },
    {
      what: "an unknown product",
      question: { organisation: "acorn", user: "ben@acorn.example", product: "nothing" },
    },
  ])("for $what: NotFound", async ({ question }) => {
    await expect(seatkeeper.seats.ask(question)).rejects.toMatchObject({ code: "NotFound" });
    await expect(seatkeeper.seats.acquire(question)).rejects.toMatchObject({ code: "NotFound" });
  });
});

describe("requireSeat", () => {
  it("refuses without a session, with one that was made up, and with a token of another door: 401", async () => {
    const answers = await Promise.all([
      fetch(`${address}/desk`),
      fetch(`${address}/desk`, { headers: { cookie: `seatkeeper=${"A".repeat(43)}` } }),
      fetch(`${address}/desk`, { headers: { cookie: "seatkeeper=../../etc" } }),
      fetch(`${address}/desk`, { headers: { authorization: `Bearer ${token}` } }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(await answers[0].json()).toMatchObject({ code: "Unauthorized" });
  });

  it("lets in who has signed in and holds a seat of the tier, and says to others why not", async () => {
    const browser = new Browser();
    const gus = await person("gus@acorn.example");
    await pool({ name: "more", capacity: 10 });
    const { actions } = seatkeeper.app;
    await actions.reconcile(organisation.id);

    const signedIn = await browser.signIn(
      `${address}${MOUNT}/saml/${connection.id}`,
      idp,
      "gus@acorn.example",
    );
    expect(signedIn.status).toBe(303);
    expect(await (await browser.fetch(`${address}/desk`)).json()).toEqual({
      userName: "gus@acorn.example",
      tier: "standard",
    });

    const reports = await browser.fetch(`${address}/reports`);
    expect([reports.status, await reports.json()]).toEqual([
      403,
      { code: "Forbidden", message: expect.stringContaining("professional") },
    ]);
    expect((await browser.fetch(`${address}/analytics`)).status).toBe(409);

    await scim("POST", "/Groups", { displayName: "Leads", members: [{ value: gus }] });
    expect((await browser.fetch(`${address}/reports`)).status).toBe(200);
  });

  it("lets nobody in any more from the moment in which the identity provider deactivates them", async () => {
    const browser = new Browser();
    const hal = await person("hal@acorn.example");
    await browser.signIn(`${address}${MOUNT}/saml/${connection.id}`, idp, "hal@acorn.example");
    expect((await browser.fetch(`${address}/desk`)).status).toBe(200);

    await deactivate(hal);

    expect((await browser.fetch(`${address}/desk`)).status).toBe(401);
    expect(
      (await browser.signIn(`${address}${MOUNT}/saml/${connection.id}`, idp, "hal@acorn.example"))
        .status,
    ).toBe(403);
  });

  it("complains at start about a product or tier that does not exist", () => {
    const mistaken = (demand: { product: string; tier?: string }) => () =>
      seatkeeper.requireSeat(demand);

    expect(mistaken({ product: "suport" })).toThrow(/suport/);
    expect(mistaken({ product: "support", tier: "profesional" })).toThrow(/profesional/);
  });
});

describe("onEvent", () => {
  it("has told the application everything about each of them, in order", async () => {
    while ((await seatkeeper.app.store.outbox.backlog()) > 0) await sleep(20);
    const hal = await seatkeeper.app.store.insights.userByName(
      organisation.id,
      "hal@acorn.example",
    );

    const types = events.filter(({ userId }) => userId === hal?.id).map(({ type }) => type);
    expect(types).toEqual([
      "user.created",
      "tier.changed",
      "seat.granted",
      "session.ended",
      "user.deactivated",
      "seat.released",
    ]);
  });
});

function heldSeat(outcome: Awaited<ReturnType<Seatkeeper["seats"]["acquire"]>>) {
  if (outcome.type !== "held") throw new Error(`no seat: ${JSON.stringify(outcome)}`);
  return outcome.seat;
}
