import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createDomainChecks, MISSING_DAYS } from "../../src/actions/domains.js";
import { createLogger } from "../../src/http/logger.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { createTestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** From an e-mail address to the sign-in of its organisation, with a DNS of the test's own. */

const DAY = 86_400_000;

onEachDatabase("home-realm discovery", (freshDatabaseUrl) => {
  const clock = { value: Date.now(), now: () => clock.value };
  /** Domain -> texts; an error: DNS gives no answer. */
  const dns = new Map<string, readonly string[] | Error>();
  let asked = 0;
  const txtRecords = (domain: string) => {
    asked += 1;
    const found = dns.get(domain) ?? [];
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  };
  let server: TestServer;
  let acorn: TestOrganisation;
  let globex: TestOrganisation;
  let first: TestConnection;
  let second: TestConnection;

  beforeAll(async () => {
    const logger = createLogger({ level: "silent" });
    const store = await createStore({ url: await freshDatabaseUrl(), clock, logger });
    server = await startTestServer({}, { store, txtRecords });
    acorn = await server.organisation("acorn");
    globex = await server.organisation("globex");
    const { entityId, certificate } = await createTestIdp();
    const saml = {
      idpEntityId: entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [certificate],
    };
    first = await acorn.connection("generic", { name: "Staff <b>", saml });
    second = await acorn.connection("generic", { name: "Partners", saml });
    await acorn.connection("generic", { name: "scim only" });
    await acorn.connection("generic", { name: "closed", saml, enabled: false });
  });

  afterAll(() => server.close());

  async function verified(org: TestOrganisation, domain: string, connection: string | null = null) {
    const { body } = await org.api("POST", "/domains", { domain, connection });
    dns.set(body.domain, ["v=spf1 -all", String(body.record.value)]);
    const answer = await org.api("POST", `/domains/${String(body.domain)}/verify`);
    expect(answer).toMatchObject({ status: 200, body: { state: "verified" } });
    return body as { id: string; domain: string };
  }

  async function ask(email: string, more: Record<string, string> = {}) {
    const response = await fetch(`${server.url}/saml/sign-in`, {
      method: "POST",
      body: new URLSearchParams({ email, ...more }),
      redirect: "manual",
    });
    return { status: response.status, html: await response.text(), headers: response.headers };
  }

  const loginOf = ({ connection }: TestConnection) => `/saml/${connection.id}/login`;

  describe("a domain", () => {
    it("leads nowhere until its TXT record was found", async () => {
      const { body } = await acorn.api("POST", "/domains", { domain: "Later.Example." });
      expect(body).toMatchObject({
        ...{ domain: "later.example", state: "unverified" },
        record: { type: "TXT", name: "later.example" },
      });
      expect(body.record.value).toMatch(/^seatkeeper-verification=[\w-]{24}$/);
      const early = await acorn.api("POST", "/domains/later.example/verify");
      expect([early.status, early.body.error.code]).toEqual([409, "Conflict"]);
      expect((await ask("x@later.example")).html).toContain("No organisation signs in here");
      dns.set("later.example", ["seatkeeper-verification=another"]);
      expect((await acorn.api("POST", "/domains/later.example/verify")).status).toBe(409);
      dns.set("later.example", new Error("SERVFAIL"));
      expect((await acorn.api("POST", "/domains/later.example/verify")).status).toBe(503);

      dns.set("later.example", [body.record.value]);
      expect((await acorn.api("POST", "/domains/later.example/verify")).status).toBe(200);

      const { domains } = server.app.store;
      expect(await domains.isVerified(acorn.organisation.id, "later.example")).toBe(true);
      expect(await domains.isVerified(globex.organisation.id, "later.example")).toBe(false);
    });

    it("is one organisation's only, also when both are verified at once", async () => {
      const claims = await Promise.all(
        [acorn, globex].map((org) => org.api("POST", "/domains", { domain: "shared.example" })),
      );
      dns.set(
        "shared.example",
        claims.map(({ body }) => String(body.record.value)),
      );

      const answers = await Promise.all(
        [acorn, globex].map((org) => org.api("POST", "/domains/shared.example/verify")),
      );

      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const winner = answers[0]?.status === 200 ? acorn : globex;
      const loser = winner === acorn ? globex : acorn;
      expect((await loser.api("DELETE", "/domains/shared.example")).status).toBe(204);
      expect((await winner.api("GET", "/domains/shared.example")).body.state).toBe("verified");
    });

    it.each([
      "gmail.com",
      "mail.gmail.com",
      "yahoo.co.uk",
      "GMX.at",
      "localhost",
      "192.0.2.1",
      "[::1]",
      "a b.example",
      "x@y.example",
      "https://acorn.example",
      "acorn.example/path",
      "-.example",
      "",
      "a".repeat(300),
    ])("is refused: %j", async (domain) => {
      const { status, body } = await acorn.api("POST", "/domains", { domain });
      expect([status, body.error.field]).toEqual([400, "domain"]);
    });

    it("is claimed once, by who may, for a connection of one's own", async () => {
      await verified(acorn, "once.example");
      expect((await acorn.api("POST", "/domains", { domain: "ONCE.example" })).status).toBe(409);
      const foreign = { domain: "x.example", connection: first.connection.id };
      expect((await globex.api("POST", "/domains", foreign)).status).toBe(404);
      expect((await globex.api("GET", "/domains/once.example")).status).toBe(404);
      expect((await globex.api("DELETE", "/domains/once.example")).status).toBe(404);
      expect((await acorn.api("GET", "/domains")).body.items).toContainEqual(
        expect.objectContaining({ domain: "once.example", state: "verified" }),
      );
      const { body } = await acorn.api("GET", "/entries?newestFirst=true&limit=4");
      expect(body.items.map(({ reason }: { reason: string }) => reason)).toEqual(
        expect.arrayContaining(["domain.added", "domain.verified"]),
      );
    });

    it("is looked at again, and lost only when its record has been missing for days", async () => {
      const { domain } = await verified(acorn, "moving.example");
      const logger = createLogger({ level: "silent" });
      const { store } = server.app;
      const checks = createDomainChecks({ store, ids: systemIds, txtRecords, logger });
      const state = async () => (await acorn.api("GET", `/domains/${domain}`)).body.state as string;
      const after = async (days: number) => {
        clock.value += days * DAY + 1;
        await checks.checkDue();
        return state();
      };
      const record = dns.get(domain) ?? [];

      dns.set(domain, new Error("SERVFAIL"));
      expect(await after(30)).toBe("verified");
      dns.set(domain, []);
      expect(await after(1)).toBe("missing");
      expect(await after(1)).toBe("missing");
      dns.set(domain, record);
      expect(await after(1)).toBe("verified");
      dns.set(domain, []);
      expect(await after(1)).toBe("missing");
      expect(await after(MISSING_DAYS)).toBe("unverified");
      expect((await ask(`x@${domain}`)).html).toContain("No organisation signs in here");
      const questions = asked;
      await checks.checkDue();
      expect(asked).toBe(questions);
    });
  });

  describe("the page", () => {
    it("goes on to the only way there is, without a script and with the path to return to", async () => {
      await verified(acorn, "one.example", second.connection.id);

      const { status, html, headers } = await ask("Ann@ONE.example", { returnTo: "/inbox?a=1" });

      expect(status).toBe(200);
      const url = `${loginOf(second)}?returnTo=%2Finbox%3Fa%3D1`;
      expect(html).toContain(`<meta http-equiv="refresh" content="0;url=${server.url}${url}">`);
      expect(html).not.toContain("<script");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("form-action 'self'");
      expect((await ask("x@one.example", { returnTo: "//evil" })).html).not.toContain("returnTo");
    });

    it("offers several ways, of connections that can sign in, with their names escaped", async () => {
      await verified(acorn, "many.example");
      const { html } = await ask("ann@many.example");

      expect(html).toContain(loginOf(first));
      expect(html).toContain(loginOf(second));
      expect(html.match(/\/login"/g)).toHaveLength(2);
      expect(html).toContain("Staff &lt;b&gt;");
    });

    it("answers the same whoever the person is, so that nobody learns who exists", async () => {
      await first.scim("POST", "/Users", { userName: "real@many.example" });
      const of = async (email: string) =>
        (await ask(email)).html.replaceAll(email, "").replace(/nonce-[^']*/, "");
      expect(await of("real@many.example")).toBe(await of("none@many.example"));
      expect(await of("real@else.example")).toBe(await of("none@else.example"));
    });

    it.each([
      "",
      "ann",
      "@one.example",
      "ann@",
      "ann@@",
      "ann@x y",
      `a@${"b".repeat(400)}.example`,
    ])("asks again for what is no address: %j", async (email) => {
      const { status, html } = await ask(email);
      expect(status).toBe(400);
      expect(html).toContain("Please write the whole address");
      expect(html).toContain('aria-invalid="true"');
    });

    it("shows what was written, and hostile text as text", async () => {
      const { html } = await ask('"><script>alert(1)</script>@else.example');
      expect(html).toContain("&quot;&gt;&lt;script&gt;");
      expect(html).not.toContain("<script>");
    });

    it("finds a domain with letters beyond ASCII, however it is written", async () => {
      await verified(acorn, "bücher.example", first.connection.id);
      for (const email of ["x@bücher.example", "x@BÜCHER.example", "x@xn--bcher-kva.example"]) {
        expect((await ask(email)).html).toContain(loginOf(first));
      }
    });
  });

  it("stops who tries one domain after the other", async () => {
    const strict = await startTestServer({ limits: { refusalsPerMinute: 10 } }, { txtRecords });
    try {
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1) {
        const body = new URLSearchParams({ email: `x@d${String(n)}.example` });
        const { status } = await fetch(`${strict.url}/saml/sign-in`, { method: "POST", body });
        statuses.push(status);
      }
      expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
    } finally {
      await strict.close();
    }
  });
});
