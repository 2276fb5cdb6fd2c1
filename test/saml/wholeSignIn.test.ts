import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { updateConnection } from "../../src/actions/administerConnections.js";
import { issueToken } from "../../src/actions/administer.js";
import { describeWhen } from "../support/notRun.js";
import {
  send,
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import {
  ScriptedBrowser,
  simpleSamlMissing,
  startSimpleSamlIdp,
  type PostedResponse,
  type SimpleSamlIdp,
} from "../support/simplesamlphp.js";

/** From the login address to the session and the application's token, with a real provider and a real server. */
const missing = simpleSamlMissing();

const OTHER_SP = "https://other.example/sp";
/** What the log says, where an administrator finds the reason of a refusal. */
const reasons: string[] = [];
const ignore = () => undefined;

interface Tenant {
  readonly org: TestOrganisation;
  readonly link: TestConnection;
  readonly idp: SimpleSamlIdp;
}

describeWhen(missing === undefined, `sign-in with SimpleSAMLphp: ${missing ?? ""}`)(
  "a whole sign-in with SimpleSAMLphp",
  () => {
    let server: TestServer;
    let acme: Tenant;
    let globex: Tenant;

    beforeAll(async () => {
      const info = (fields: object) => reasons.push(JSON.stringify(fields));
      const logger = { debug: ignore, info, warn: ignore, error: ignore };
      server = await startTestServer({}, { logger });
      acme = await tenant("acme");
      globex = await tenant("globex");
    });

    afterAll(async () => {
      await Promise.all([acme.idp.close(), globex.idp.close()]);
      await server.close();
    });

    async function tenant(slug: string): Promise<Tenant> {
      const org = await server.organisation(slug);
      const applicationUrl = `https://app.example/${slug}`;
      const link = await org.connection("generic", { applicationUrl });
      await org.pool({
        name: "shared",
        tiers: ["standard"],
        kind: "shared",
        policy: { acquireOn: "signIn", onFull: ["evictLru", "wait"] },
      });
      const { id } = link.connection;
      const metadata = await (await fetch(`${server.url}/saml/${id}/metadata`)).text();
      const certificate = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
      const provider = {
        entityId: `${server.url}/saml/${id}/metadata`,
        acsUrl: `${server.url}/saml/${id}/acs`,
        certificate: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
      };
      const other = { ...provider, entityId: OTHER_SP, demandSignedRequests: false };
      const idp = await startSimpleSamlIdp({ name: slug, serviceProviders: [provider, other] });
      if (idp === undefined) throw new Error("SimpleSAMLphp did not start");
      await updateConnection(server.app.administer, org.organisation.id, id, {
        saml: { metadata: await idp.metadata(), justInTime: "link" },
      });
      for (const userName of ["alice", "bob"]) await link.scim("POST", "/Users", { userName });
      return { org, link, idp };
    }

    function login({ link }: Tenant, query = ""): string {
      return `${server.url}/saml/${link.connection.id}/login${query}`;
    }

    async function post(browser: ScriptedBrowser, posted: PostedResponse, action = posted.action) {
      const body = new URLSearchParams({ SAMLResponse: posted.SAMLResponse });
      const answer = await browser.fetch(action, { method: "POST", body });
      return {
        status: answer.status,
        html: await answer.text(),
        cookies: answer.headers.getSetCookie(),
      };
    }

    async function stateOf({ org }: Tenant): Promise<string> {
      const { body } = await org.api("GET", "/entries?limit=200");
      const users = await org.api("GET", "/users");
      return JSON.stringify([body, users.body]);
    }

    let browser: ScriptedBrowser;
    beforeEach(() => {
      browser = new ScriptedBrowser();
    });

    it("opens a session, takes the shared seat, and hands the application a signed token", async () => {
      const posted = await browser.signIn(login(acme, "?returnTo=/inbox"), "alice");

      const { status, html } = await post(browser, posted);

      expect(status).toBe(200);
      const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? "";
      const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
      const { payload } = await jwtVerify(token, keys, {
        issuer: server.url,
        audience: "https://app.example/acme",
      });
      expect(payload).toMatchObject({
        userName: "alice",
        products: {
          support: { state: "held", tier: "standard", seat: { pool: "shared", kind: "shared" } },
        },
      });
      expect(payload.exp).toBe((payload.iat ?? 0) + 60);
      expect(html).toContain('name="returnTo" value="/inbox"');
      const landing = await browser.open(`${server.url}/signed-in`);
      expect(landing).toMatchObject({ status: 200 });
      expect(landing.html).toContain("You hold a seat (Standard)");
    });

    it("displaces the holder of the shared seat, and both decisions are in the ledger", async () => {
      await post(browser, await browser.signIn(login(acme), "alice"));
      const other = new ScriptedBrowser();
      await post(other, await other.signIn(login(acme), "bob"));

      const { body } = await acme.org.api("GET", "/entries?limit=2&newestFirst=true");
      const kinds = JSON.stringify(body);
      expect(kinds).toContain("seat.displaced");
      expect(kinds).toContain("seat.granted");
    });

    it("ends the session in the moment in which the person is deprovisioned", async () => {
      await post(browser, await browser.signIn(login(acme), "alice"));
      const { body } = await acme.link.scim("GET", '/Users?filter=userName eq "alice"');
      const id = String(body.Resources[0].id);
      const active = (value: boolean) =>
        acme.link.scim("PATCH", `/Users/${id}`, {
          Operations: [{ op: "replace", path: "active", value }],
        });
      expect((await browser.open(`${server.url}/signed-in`)).status).toBe(200);

      await active(false);

      expect((await browser.open(`${server.url}/signed-in`)).status).toBe(401);
      const again = new ScriptedBrowser();
      expect((await post(again, await again.signIn(login(acme), "alice"))).status).toBe(403);
      await active(true);
    });

    it("refuses a replay of the same response (N-85)", async () => {
      const posted = await browser.signIn(login(acme), "alice");
      expect((await post(browser, posted)).status).toBe(200);
      const before = await stateOf(acme);

      const { status, html, cookies } = await post(browser, posted);

      expect(status).toBe(403);
      expect(html).toContain("could not be signed in");
      expect(cookies).toEqual([]);
      expect(await stateOf(acme)).toBe(before);
    });

    it("opens one session for eight concurrent posts of one response (N-86)", async () => {
      const posted = await browser.signIn(login(acme), "alice");

      const answers = await Promise.all(Array.from({ length: 8 }, () => post(browser, posted)));

      expect(answers.map(({ status }) => status).sort()).toEqual([
        200,
        ...Array<number>(7).fill(403),
      ]);
    });

    it("refuses a changed signature, and the genuine answer still works afterwards (N-89)", async () => {
      const posted = await browser.signIn(login(acme), "alice");
      const xml = Buffer.from(posted.SAMLResponse, "base64").toString();
      const forged = xml.replace(/<ds:SignatureValue>(.)/, (_, first: string) => {
        return `<ds:SignatureValue>${first === "A" ? "B" : "A"}`;
      });
      const before = await stateOf(acme);

      const refused = await post(browser, {
        ...posted,
        SAMLResponse: Buffer.from(forged).toString("base64"),
      });

      expect(refused.status).toBe(403);
      expect(await stateOf(acme)).toBe(before);
      expect((await post(browser, posted)).status).toBe(200);
    });

    it("refuses a response in another browser than the one that asked (N-81)", async () => {
      const posted = await browser.signIn(login(acme), "alice");

      expect((await post(new ScriptedBrowser(), posted)).status).toBe(403);
      expect((await post(browser, posted)).status).toBe(200);
    });

    it("refuses one organisation's response at another's address (N-90)", async () => {
      const posted = await browser.signIn(login(acme), "alice");
      const before = await stateOf(globex);

      const foreign = await post(
        browser,
        posted,
        `${server.url}/saml/${globex.link.connection.id}/acs`,
      );

      expect(foreign.status).toBe(403);
      expect(await stateOf(globex)).toBe(before);
    });

    it("refuses a response to our own question that was made for another audience (N-51)", async () => {
      // A colleague with another application at the same provider asks it with the id of our question.
      const asked = await browser.fetch(login(acme));
      const url = new URL(asked.headers.get("location") ?? "");
      const question = inflateRawSync(
        Buffer.from(url.searchParams.get("SAMLRequest") ?? "", "base64"),
      );
      const foreign = question.toString().replace(/(<saml:Issuer[^>]*>)[^<]*/, `$1${OTHER_SP}`);
      const request = deflateRawSync(foreign).toString("base64");
      const posted = await browser.signIn(
        `${acme.idp.ssoUrl}?${new URLSearchParams({ SAMLRequest: request }).toString()}`,
        "alice",
      );
      const before = await stateOf(acme);

      expect((await post(browser, posted)).status).toBe(403);
      // The NameID and the audience both name the other service provider; whichever is looked at first.
      expect(reasons.slice(-2).join()).toMatch(/AudienceMismatch|NameIdQualifierMismatch/);
      expect(await stateOf(acme)).toBe(before);
    });

    it("refuses everything on the login and consumer addresses that is not its own form (N-103)", async () => {
      const { id } = acme.link.connection;

      const got = await fetch(`${server.url}/saml/${id}/acs?SAMLResponse=x`, {
        redirect: "manual",
      });
      const junk = await fetch(`${server.url}/saml/${id}/acs`, {
        method: "POST",
        body: new URLSearchParams({ SAMLResponse: "not base64!" }),
      });
      const asked = await fetch(`${login(acme)}?SAMLRequest=abc&SAMLResponse=def`, {
        redirect: "manual",
      });

      expect([got.status, junk.status, asked.status]).toEqual([403, 403, 403]);
      expect((await fetch(`${server.url}/saml/${id}/acs`)).status).toBe(405);
    });

    it("answers 404 for an unknown connection and for one without SAML settings", async () => {
      const { connection } = await acme.org.connection("okta", { name: "scim only" });

      expect((await fetch(`${server.url}/saml/unknown/login`)).status).toBe(404);
      expect((await fetch(`${server.url}/saml/${connection.id}/login`)).status).toBe(404);
      expect((await fetch(`${server.url}/saml/${connection.id}/metadata`)).status).toBe(200);
    });

    it.each([
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "/.//evil.example",
      "/x/%2e%2e//evil.example/",
      "javascript:alert(1)",
      "/a\r\nX: y",
    ])("N-101: does not go to %j afterwards", async (target) => {
      const posted = await browser.signIn(
        login(acme, `?returnTo=${encodeURIComponent(target)}`),
        "alice",
      );

      expect((await post(browser, posted)).html).not.toContain("returnTo");
    });

    it("keeps the admin's door shut for a SCIM token and the other way round", async () => {
      const { token } = await issueToken(server.app.administer, {
        kind: "api",
        organisationId: acme.org.organisation.id,
        connectionId: null,
        label: "x",
      });

      expect((await send(`${acme.link.baseUrl}/Users`, "GET", token)).status).toBe(401);
      expect(
        (await send(`${server.url}/api/v1/organisations/acme`, "GET", acme.link.token)).status,
      ).toBe(401);
    });
  },
);
