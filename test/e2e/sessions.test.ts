import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { decodeJwt } from "jose";
import { issueToken } from "../../src/actions/administer.js";
import type { Scope } from "../../src/domain/administration/scope.js";
import { patchOp } from "../support/patchOp.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  send,
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { Browser } from "./browser.js";
import { onEachDatabase } from "./databases.js";

/** Who is signed in, on two nodes with one database: seen, ended and asked for on either. */

const APPLICATION = "https://app.acorn.example/sso";

onEachDatabase("sessions", (freshDatabaseUrl) => {
  let one: TestServer;
  let other: TestServer;
  let idp: TestIdp;
  let acorn: TestOrganisation;
  let globex: TestOrganisation;
  let link: TestConnection;
  let appToken: string;
  let serial = 0;

  beforeAll(async () => {
    const database = { url: await freshDatabaseUrl() };
    one = await startTestServer({ database });
    other = await startTestServer({ database });
    idp = await createTestIdp();
    acorn = await one.organisation("acorn");
    globex = await one.organisation("globex");
    link = await connected("first");
    await acorn.pool({
      name: "shared",
      kind: "shared",
      policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
    });
    await acorn.pool({
      name: "floating",
      product: "analytics",
      tiers: ["viewer"],
      kind: "concurrent",
      capacity: 100,
      policy: { acquireOn: "signIn", maxBorrowSeconds: 3_600, reviveSeconds: 60 },
    });
    await acorn.rule({
      match: { type: "everyone" },
      gives: { tierFloors: [{ product: "analytics", tier: "viewer" }] },
    });
    appToken = await tokenWith(acorn, ["seat.use"]);
  });

  afterAll(async () => {
    await other.close();
    await one.close();
  });

  function connected(name: string): Promise<TestConnection> {
    return acorn.connection("generic", {
      name,
      applicationUrl: APPLICATION,
      saml: settings(),
    });
  }

  function settings() {
    return {
      idpEntityId: idp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [idp.certificate],
    };
  }

  async function tokenWith(org: TestOrganisation, scopes: readonly Scope[]): Promise<string> {
    const { token } = await issueToken(one.app.administer, {
      ...{ kind: "api", organisationId: org.organisation.id, connectionId: null, label: "app" },
      scopes,
    });
    return token;
  }

  interface Person {
    readonly id: string;
    readonly userName: string;
    readonly browser: Browser;
    /** What the application received. */
    readonly jwt: string;
    readonly sid: string;
  }

  async function signedIn(through = link, displayName = "Somebody"): Promise<Person> {
    serial += 1;
    const userName = `person${String(serial)}@acorn.example`;
    const { body } = await through.scim("POST", "/Users", { userName, displayName });
    return { ...(await enter(userName, through)), id: body.id as string, userName };
  }

  async function enter(userName: string, through = link, browser = new Browser()) {
    const address = `${one.url}/saml/${through.connection.id}`;
    const page = await (await browser.signIn(address, idp, userName)).text();
    const [, jwt = ""] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    return { browser, jwt, sid: String(decodeJwt(jwt)["sid"]) };
  }

  async function isIn({ browser }: Pick<Person, "browser">, server = other): Promise<boolean> {
    const { status } = await browser.fetch(`${server.url}/signed-in`);
    expect([200, 401]).toContain(status);
    return status === 200;
  }

  async function introspect(token: string, more: Record<string, string> = {}, server = other) {
    const response = await fetch(`${server.url}/oauth/introspect`, {
      method: "POST",
      headers: { authorization: `Bearer ${more["as"] ?? appToken}` },
      body: new URLSearchParams({ token, ...more, as: "" }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function endingsOf({ id }: Person) {
    for (;;) {
      const found = [...one.events, ...other.events].filter(
        ({ type, userId }) => type === "session.ended" && userId === id,
      );
      if (found.length > 0) return found.map(({ data }) => data);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const active = (id: string, value: boolean) =>
    link.scim("PATCH", `/Users/${id}`, patchOp({ op: "replace", path: "active", value }));

  describe("end on the other node with the commit in which", () => {
    const endings: Record<string, [reason: string, end: (person: Person) => Promise<unknown>]> = {
      "the identity provider deactivates the person": [
        "deactivated",
        ({ id }) => active(id, false),
      ],
      "it deletes the account": ["deleted", ({ id }) => link.scim("DELETE", `/Users/${id}`)],
      "somebody erases the person": [
        "erased",
        ({ id, userName }) => acorn.api("DELETE", `/users/${id}`, { userName }),
      ],
      "an administrator ends this session": [
        "revoked",
        ({ sid }) => acorn.api("DELETE", `/sessions/${sid}`),
      ],
      "an administrator ends all of the person": [
        "revoked",
        ({ userName }) => acorn.api("POST", "/sessions/revoke", { user: userName }),
      ],
      "the person signs out": [
        "signedOut",
        ({ browser }) => browser.fetch(`${one.url}/sign-out`, { method: "POST" }),
      ],
    };
    it.each(Object.entries(endings))("%s", async (_title, [reason, end]) => {
      const person = await signedIn();
      const bystander = await signedIn();
      expect([await isIn(person), await isIn(bystander)]).toEqual([true, true]);

      await end(person);

      expect([await isIn(person), await isIn(person, one)]).toEqual([false, false]);
      expect((await introspect(person.sid)).body).toEqual({ active: false });
      expect(await isIn(bystander)).toBe(true);
      expect(await endingsOf(person)).toEqual([
        { userId: person.id, sessionId: person.sid, connectionId: link.connection.id, reason },
      ]);
    });

    it("the connection is disabled, and they stay ended when it is enabled again", async () => {
      const second = await connected("second");
      const path = `/connections/${second.connection.id}`;
      const person = await signedIn(second);
      const bystander = await signedIn();
      expect(await isIn(person)).toBe(true);

      await acorn.api("PATCH", path, { enabled: false });

      expect([await isIn(person), await isIn(bystander)]).toEqual([false, true]);
      await acorn.api("PATCH", path, { enabled: true });
      expect(await isIn(person)).toBe(false);
      expect(await endingsOf(person)).toMatchObject([{ reason: "connectionDisabled" }]);
    });

    it.each([false, true])(
      "another provider takes the place of the one that opened them (SAML ended in between: %s)",
      async (endedBetween) => {
        const replaced = await connected(`replaced ${String(endedBetween)}`);
        const set = (saml: object | null) =>
          acorn.api("PATCH", `/connections/${replaced.connection.id}`, { saml });
        const person = await signedIn(replaced);
        const bystander = await signedIn();
        await set({ certificates: [idp.certificate] });
        if (endedBetween) await set(null);
        expect(await isIn(person)).toBe(true);

        const given = { ...settings(), idpEntityId: "https://other.example.com/saml" };
        expect((await set({ ...given, replaceProvider: true })).status).toBe(200);

        expect([await isIn(person), await isIn(bystander)]).toEqual([false, true]);
        expect((await introspect(person.sid)).body).toEqual({ active: false });
        expect(await endingsOf(person)).toMatchObject([{ reason: "providerReplaced" }]);
      },
    );
  });

  it("have a new id at every sign-in of the same browser, whatever it sent before (N-108)", async () => {
    const browser = new Browser();
    const person = await signedIn();
    const planted = "A".repeat(43);
    await browser.fetch(`${one.url}/signed-in`);
    const first = await enter(person.userName, link, browser);
    const second = await enter(person.userName, link, browser);

    expect(new Set([person.sid, first.sid, second.sid]).size).toBe(3);
    const fixed = await fetch(`${one.url}/signed-in`, {
      headers: { cookie: `seatkeeper=${planted}` },
    });
    expect(fixed.status).toBe(401);
  });

  it("are listed with who, when, through what and from which network, and in pages", async () => {
    const person = await signedIn();
    await enter(person.userName);

    const { body } = await acorn.api("GET", `/sessions?user=${person.userName}&limit=1`);

    expect(body).toMatchObject({
      items: [
        {
          user: { id: person.id, userName: person.userName, displayName: "Somebody" },
          connectionId: link.connection.id,
          address: "127.0.0.0/24",
        },
      ],
    });
    const rest = await acorn.api(
      "GET",
      `/sessions?user=${person.userName}&limit=1&after=${String(body.next)}`,
    );
    expect(rest.body).toMatchObject({ items: [{ id: person.sid }], next: null });
    expect(JSON.stringify(body)).not.toContain("idHash");
  });

  it("of one organisation are neither seen nor ended by another, nor without the scope", async () => {
    const person = await signedIn();
    const foreign = await globex.api("DELETE", `/sessions/${person.sid}`);
    const none = await globex.api("POST", "/sessions/revoke", { everybody: true });
    const url = `${one.url}/api/v1/organisations/acorn/sessions`;
    const lacks = await send(url, "GET", appToken);

    expect([foreign.status, none.body, lacks.status]).toEqual([404, { revoked: 0 }, 403]);
    expect((await globex.api("GET", "/sessions")).body.items).toEqual([]);
    const foreignApp = await tokenWith(globex, ["seat.use"]);
    expect((await introspect(person.sid, { as: foreignApp })).body).toEqual({ active: false });
    expect(await isIn(person)).toBe(true);
  });

  it("are not all ended by a slip: somebody, or everybody, has to be named", async () => {
    const answers = await Promise.all(
      [{}, { user: "x", everybody: true }, { everybody: false }].map((body) =>
        acorn.api("POST", "/sessions/revoke", body),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  it("that are revoked give back leases and stand in the ledger with who did it", async () => {
    const person = await signedIn();
    const held = async () => {
      const { body } = await acorn.api("GET", `/users/${person.id}`);
      return (body.seats as { product: string }[]).map(({ product }) => product);
    };
    expect(await held()).toContain("analytics");

    await acorn.api("DELETE", `/sessions/${person.sid}`);

    expect(await held()).not.toContain("analytics");
    const { body } = await acorn.api("GET", "/entries?newestFirst=true&limit=5");
    expect(body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: "setup.changed",
          reason: "session.revoked",
          details: { id: person.sid, sessions: 1 },
        }),
      ]),
    );
  });

  it("that are revoked leave a lease that is borrowed: whoever works without a network is signed in nowhere", async () => {
    const person = await signedIn();
    const asked = { userId: person.id, product: "analytics", borrowSeconds: 3_600 };
    const { body } = await acorn.api("POST", "/seats/acquire", asked);
    const { id: seatId, generation, borrowedUntil } = body.seat;

    await acorn.api("DELETE", `/sessions/${person.sid}`);

    const renewed = await acorn.api("POST", "/seats/renew", { seatId, generation });
    expect([renewed.status, renewed.body.borrowedUntil]).toEqual([200, borrowedUntil]);
    expect((await acorn.api("POST", "/seats/release", { seatId })).status).toBe(204);
    expect((await acorn.api("POST", "/seats/renew", { seatId, generation })).status).toBe(404);
  });

  describe("are told of at the introspection endpoint (RFC 7662)", () => {
    it("with who, where, until when and what may be used, by token and by id", async () => {
      const person = await signedIn();

      const { status, body } = await introspect(person.jwt, {}, one);

      const [{ id: organisation }] = [acorn.organisation];
      expect(status).toBe(200);
      expect(body).toMatchObject({
        ...{ active: true, sub: person.id, username: person.userName, sid: person.sid },
        ...{ organisation, connection: link.connection.id, exp: decodeJwt(person.jwt).exp },
        products: {
          support: { permitted: true, tier: "standard", seat: { pool: "shared" } },
          analytics: { permitted: true, seat: { kind: "concurrent" } },
        },
      });
      const later = await introspect(person.sid);
      expect(later.body).toMatchObject({ active: true, exp: body["session_expires_at"] });
    });

    it("with what the token and the question say, for who holds more than is needed and has an add-on", async () => {
      const initech = await one.organisation("initech");
      const door = await initech.connection("generic", {
        applicationUrl: APPLICATION,
        saml: settings(),
      });
      await initech.pool({ name: "seats", tiers: ["professional"] });
      await initech.pool({
        name: "floating",
        kind: "shared",
        tiers: ["standard"],
        capacity: 0,
        policy: { acquireOn: "signIn", onFull: ["wait"] },
      });
      await initech.rule({
        match: { type: "groupName", name: "Leads" },
        gives: { roles: ["team-leader"] },
      });
      await initech.rule({
        match: { type: "everyone" },
        gives: { settings: { "call-recording": true } },
      });
      const userName = "zoe@initech.example";
      const { body: created } = await door.scim("POST", "/Users", { userName });
      const zoe = String(created.id);
      const leads = { displayName: "Leads", members: [{ value: zoe }] };
      const { body: group } = await door.scim("POST", "/Groups", leads);
      await door.scim("DELETE", `/Groups/${String(group.id)}`);

      const { jwt } = await enter(userName, door);

      const as = await tokenWith(initech, ["seat.use"]);
      const token = (decodeJwt(jwt)["products"] as Record<string, object>)["support"];
      const { body: told } = await introspect(jwt, { as }, one);
      const asked = await initech.api("POST", "/seats/ask", { userId: zoe, product: "support" });
      const may = {
        ...{ tier: "standard", addOns: ["call-recording"] },
        seat: expect.objectContaining({ tier: "professional" }),
      };
      expect(token).toMatchObject({ state: "held", ...may });
      expect(told["products"]).toMatchObject({ support: { permitted: true, ...may } });
      expect(asked.body).toMatchObject({ permitted: true, ...may });
    });

    it.each([
      ["nothing that we know", "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70"],
      ["a token that others signed", "e30.e30.e30"],
      ["junk", "\u0000ä"],
    ])("as inactive and nothing else: %s", async (_title, token) => {
      const { status, body } = await introspect(token);
      expect([status, body]).toEqual([200, { active: false }]);
    });

    it("to nobody without a good token and the scope, and not without a question", async () => {
      const weak = await tokenWith(acorn, ["licence.read"]);
      expect((await introspect("x", { as: "sk_api_wrong" })).status).toBe(401);
      expect((await introspect("x", { as: weak })).status).toBe(403);
      expect((await introspect("")).status).toBe(400);
      expect((await fetch(`${one.url}/oauth/introspect`)).status).toBe(405);
    });

    it("with the name of who took over the seat, which the page says, too", async () => {
      const loser = await signedIn(link, "Lo <b>Ser");
      const taker = await signedIn(link, "Ta & Ker");

      const { body } = await introspect(loser.sid, {}, one);

      expect(body["products"]).toMatchObject({
        support: { permitted: false, seat: null, takenOver: { by: "Ta & Ker", tier: "standard" } },
      });
      const page = await (await loser.browser.fetch(`${other.url}/signed-in`)).text();
      expect(page).toContain("Ta &amp; Ker");
      expect(page).toContain("taken over");
      expect((await introspect(taker.sid, {}, one)).body["products"]).toMatchObject({
        support: { permitted: true, takenOver: null },
      });
    });
  });
});
