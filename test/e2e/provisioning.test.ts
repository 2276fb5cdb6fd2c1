import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { patchOp } from "../support/patchOp.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { Browser } from "./browser.js";
import { onEachDatabase } from "./databases.js";

/** The whole path over sockets: identity provider, SCIM and SAML doors, mapping, tiers, seats, application. */

const APPLICATION = "https://app.acorn.example/sso";

onEachDatabase("the whole path", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let samlIdp: TestIdp;
  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    samlIdp = await createTestIdp();
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`acorn-${(organisations += 1)}`);
    const { entityId: idpEntityId, certificate } = samlIdp;
    idp = await organisation.connection("okta", {
      applicationUrl: APPLICATION,
      saml: { idpEntityId, ssoUrl: "https://idp.example.com/sso", certificates: [certificate] },
    });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { teams: ["Leads"], roles: ["team-leader"] },
    });
  });

  async function create(userName: string): Promise<string> {
    const { status, body } = await idp.scim("POST", "/Users", { userName, active: true });
    expect(status).toBe(201);
    return body.id as string;
  }

  async function setActive(id: string, active: boolean): Promise<void> {
    const { status } = await idp.scim(
      "PATCH",
      `/Users/${id}`,
      patchOp({ op: "replace", value: { active } }),
    );
    expect(status).toBe(200);
  }

  /** The tier of the seat, "waiting", or null. */
  async function standing(id: string): Promise<string | null> {
    const { body } = await organisation.api("POST", "/seats/ask", {
      userId: id,
      product: "support",
    });
    return body.waiting === null ? body.tier : "waiting";
  }

  async function standings(ids: readonly string[]): Promise<(string | null)[]> {
    return Promise.all(ids.map(standing));
  }

  function signIn(userName: string, browser = new Browser()): Promise<Response> {
    return browser.signIn(`${server.url}/saml/${idp.connection.id}`, samlIdp, userName);
  }

  it("gives a seat on provisioning, raises the tier with the group, frees the seat on deactivation", async () => {
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 2 });
    const people = [
      await create("ann@acorn.example"),
      await create("ben@acorn.example"),
      await create("eve@acorn.example"),
    ] as const;
    const [ann, ben, eve] = people;
    expect(await standings(people)).toEqual(["standard", "standard", "waiting"]);

    const group = await idp.scim("POST", "/Groups", {
      displayName: "Leads",
      members: [{ value: ann }],
    });
    expect(group.status).toBe(201);
    expect(await standings(people)).toEqual(["professional", "standard", "waiting"]);
    expect((await organisation.api("GET", `/users/${ann}`)).body).toMatchObject({
      user: { userName: "ann@acorn.example" },
      groups: [{ displayName: "Leads" }],
      why: expect.arrayContaining([
        { product: "support", sentence: expect.stringContaining("Leads") },
      ]),
    });
    expect((await organisation.api("GET", "/pools/desk")).body).toMatchObject({
      capacity: 2,
      used: 2,
      free: 0,
      waiting: 1,
    });

    await setActive(ben, false);
    expect(await standings(people)).toEqual(["professional", null, "standard"]);
    expect((await organisation.api("GET", "/waiting?product=support")).body.items).toEqual([]);

    await idp.scim("DELETE", `/Groups/${group.body.id}`);
    expect(await standing(ann)).toBe("standard");
    await idp.scim("DELETE", `/Users/${eve}`);
    expect((await idp.scim("GET", `/Users/${eve}`)).status).toBe(404);
    expect((await organisation.api("GET", "/pools/desk")).body).toMatchObject({ used: 1, free: 1 });
    expectBalanced(await readBooks(server.app, organisation.organisation.id));
  });

  it("brings somebody who comes back to the same account, at the end of the list", async () => {
    await organisation.pool({ name: "desk", capacity: 1 });
    const [ann, ben] = [await create("ann@acorn.example"), await create("ben@acorn.example")];
    await setActive(ann, false);
    expect(await standings([ann, ben])).toEqual([null, "standard"]);

    const again = await idp.scim("POST", "/Users", { userName: "ANN@acorn.example", active: true });

    expect([again.status, again.body.id]).toEqual([201, ann]);
    expect(await standings([ann, ben])).toEqual(["waiting", "standard"]);
    await setActive(ben, false);
    expect(await standings([ann, ben])).toEqual(["standard", null]);
  });

  it("hands the application a signed token with teams, roles and seat at sign-in", async () => {
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 2 });
    const ann = await create("ann@acorn.example");
    await idp.scim("POST", "/Groups", { displayName: "Leads", members: [{ value: ann }] });

    const page = await (await signIn("ann@acorn.example")).text();

    const [, token = ""] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    const keys = (await (
      await fetch(`${server.url}/.well-known/jwks.json`)
    ).json()) as JSONWebKeySet;
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { audience: APPLICATION });
    expect(payload).toMatchObject({
      sub: ann,
      userName: "ann@acorn.example",
      teams: ["Leads"],
      roles: ["team-leader"],
      products: { support: { state: "held", tier: "professional", seat: { pool: "desk" } } },
    });
  });

  it("ends the session with the account, and signs nobody in who is not provisioned or not active", async () => {
    const ann = await create("ann@acorn.example");
    const browser = new Browser();
    await signIn("ann@acorn.example", browser);
    expect((await browser.fetch(`${server.url}/signed-in`)).status).toBe(200);

    await setActive(ann, false);

    expect((await browser.fetch(`${server.url}/signed-in`)).status).toBe(401);
    while ((await server.app.store.outbox.backlog()) > 0) await sleep(10);
    const before = await readBooks(server.app, organisation.organisation.id);
    expect((await signIn("ann@acorn.example")).status).toBe(403);
    expect((await signIn("stranger@acorn.example")).status).toBe(403);
    expect(await readBooks(server.app, organisation.organisation.id)).toEqual(before);
  });

  it("passes the seat of a shared pool on at sign-in, from who was away longest", async () => {
    await organisation.pool({ name: "floating", kind: "shared", capacity: 2 });
    const names = ["ann@acorn.example", "ben@acorn.example", "eve@acorn.example"];
    const ids: string[] = [];
    for (const name of names) ids.push(await create(name));
    expect(await standings(ids)).toEqual([null, null, null]);

    for (const name of ["ann@acorn.example", "ben@acorn.example", "ann@acorn.example"]) {
      await signIn(name);
    }
    await signIn("eve@acorn.example");

    expect(await standings(ids)).toEqual(["standard", null, "standard"]);
    const books = await readBooks(server.app, organisation.organisation.id);
    expectBalanced(books);
    expect(
      books.entries.filter(({ kind }) => kind === "seat.displaced").map(({ userId }) => userId),
    ).toEqual([ids[1]]);
  });

  it("applies a new rule to everybody who is there already", async () => {
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 50 });
    const ids: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      ids.push(await create(`user${index}@acorn.example`));
    }
    await idp.scim("POST", "/Groups", {
      displayName: "Analysts",
      members: ids.slice(0, 20).map((value) => ({ value })),
    });

    await organisation.api("POST", "/rules", {
      name: "analysts",
      match: { type: "groupName", name: "analysts" },
      gives: { permissions: ["tab.statistics"] },
    });
    while ((await organisation.api("GET", "/progress")).body.stale > 0) {
      await sleep(20);
    }

    const tiers = await standings(ids);
    expect(tiers.slice(0, 20)).toEqual(tiers.slice(0, 20).map(() => "professional"));
    expect(tiers.slice(20)).toEqual(tiers.slice(20).map(() => "standard"));
  });

  describe("what an administrator gave by hand", () => {
    it("survives every sync, a full replacement included", async () => {
      await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 1 });
      const ann = await create("ann@acorn.example");
      await organisation.api("POST", `/users/${ann}/facts`, { kind: "role", name: "team-leader" });
      expect(await standing(ann)).toBe("professional");

      await idp.scim("PUT", `/Users/${ann}`, {
        userName: "ann@acorn.example",
        active: true,
        roles: [],
      });
      await setActive(ann, false);
      await setActive(ann, true);

      expect(await standing(ann)).toBe("professional");
    });
  });
});
