import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { describeWhen } from "../support/notRun.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import {
  ScriptedBrowser,
  simpleSamlMissing,
  startSimpleSamlIdp,
  type RemoteServiceProvider,
  type SimpleSamlIdp,
} from "../support/simplesamlphp.js";

/** The flows with a real provider and a real server: by form, begun at the provider, out from either side, and for practice. */
const missing = simpleSamlMissing();

describeWhen(missing === undefined, `flows with SimpleSAMLphp: ${missing ?? ""}`)(
  "with SimpleSAMLphp",
  () => {
    let server: TestServer;
    let org: TestOrganisation;
    let link: TestConnection;
    let idp: SimpleSamlIdp;
    /** Two connections to the same provider, which sends its logout messages to each in another way. */
    let us: Us;
    let other: Us;
    let browser: ScriptedBrowser;

    beforeAll(async () => {
      server = await startTestServer();
      org = await server.organisation("acme");
      await org.pool({
        name: "floating",
        kind: "concurrent",
        capacity: 5,
        policy: { acquireOn: "signIn" },
      });
      us = await connect("redirecting", "HTTP-Redirect");
      other = await connect("posting", "HTTP-POST");
      link = us.link;
      const started = await startSimpleSamlIdp({
        name: "flows",
        serviceProviders: [us, other],
        users: { alice: person("alice"), bob: person("bob"), carol: person("carol") },
      });
      if (started === undefined) throw new Error("SimpleSAMLphp did not start");
      idp = started;
      const saml = { metadata: await idp.metadata(), singleLogout: true };
      for (const { link: one } of [us, other]) {
        const path = `/connections/${one.connection.id}`;
        expect((await org.api("PATCH", path, { saml })).status).toBe(200);
      }
      for (const userName of ["alice", "bob"]) await link.scim("POST", "/Users", { userName });
      await other.link.scim("POST", "/Users", { userName: "carol" });
    });

    type Binding = "HTTP-Redirect" | "HTTP-POST";
    type Us = RemoteServiceProvider & { readonly link: TestConnection; readonly loginUrl: string };

    async function connect(name: string, binding: Binding): Promise<Us> {
      const made = await org.connection("generic", { name });
      const base = `${server.url}/saml/${made.connection.id}`;
      const metadata = await (await fetch(`${base}/metadata`)).text();
      const certificate = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
      return {
        ...{ link: made, loginUrl: `${base}/login` },
        ...{ entityId: `${base}/metadata`, acsUrl: `${base}/acs` },
        certificate: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
        slo: { url: `${base}/slo`, binding },
      };
    }

    afterAll(async () => {
      await idp.close();
      await server.close();
    });

    beforeEach(() => {
      browser = new ScriptedBrowser();
    });

    function set(saml: object) {
      return org.api("PATCH", `/connections/${link.connection.id}`, { saml });
    }

    async function signIn(url = us.loginUrl, user = "alice"): Promise<number> {
      const { action, SAMLResponse, RelayState } = await browser.signIn(url, user);
      const body = new URLSearchParams({
        SAMLResponse,
        ...(RelayState === undefined ? {} : { RelayState }),
      });
      const origin = idp.origin;
      return (await browser.fetch(action, { method: "POST", body, headers: { origin } })).status;
    }

    async function isSignedIn(): Promise<boolean> {
      return (await browser.fetch(`${server.url}/signed-in`)).status === 200;
    }

    async function seatsTaken(): Promise<number> {
      return (await org.api("GET", "/pools/floating")).body.used as number;
    }

    it("signs in by a form, a fresh time, and by the demanded method", async () => {
      const method = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
      await set({ requestBinding: "post", forceAuthn: true, authnContexts: [method] });

      expect([await signIn(), await signIn()]).toEqual([303, 303]);
      expect(await isSignedIn()).toBe(true);
      await set({ authnContexts: ["urn:other"] });
      // This provider does not care what was asked for; so the answer is what counts.
      expect(await signIn()).toBe(403);
      await set({ requestBinding: "redirect", forceAuthn: false, authnContexts: [] });
    });

    it("takes a sign-in that begins at the provider where that is allowed", async () => {
      expect(await signIn(idp.unsolicitedUrl(us.entityId))).toBe(403);
      await set({ idpInitiated: true });
      expect(await signIn(idp.unsolicitedUrl(us.entityId))).toBe(303);
      expect(await isSignedIn()).toBe(true);
      await set({ idpInitiated: false });
    });

    it.each(["redirect", "post"])(
      "signs out here and there by %s, and comes back",
      async (binding) => {
        const url = `${idp.origin}/saml2/idp/SingleLogoutService.php`;
        await set({ logout: { url, binding } });
        await signIn();

        const left = await browser.open(`${server.url}/sign-out`, { method: "POST" });
        expect([await isSignedIn(), await seatsTaken()]).toEqual([false, 0]);
        const next = (/<a href="([^"]+)"/.exec(left.html)?.[1] ?? "").replaceAll("&amp;", "&");
        const back =
          binding === "post" ? await browser.submit(left.html) : await browser.open(next);

        expect(back).toMatchObject({ status: 200 });
        expect(back.url).toContain(us.slo?.url);
        expect(back.html).toContain("You are signed out");
        expect(
          (await browser.open(`${server.url}/saml/${link.connection.id}/login`)).html,
        ).toContain('name="username"');
        await set({ metadata: await idp.metadata() });
      },
    );

    it.each(["HTTP-Redirect", "HTTP-POST"] as const)(
      "is signed out by the provider over %s, with the lease, and the provider takes our answer",
      async (binding) => {
        const isPosted = binding === "HTTP-POST";
        const loginUrl = isPosted ? other.loginUrl : us.loginUrl;
        const before = await seatsTaken();
        expect(await signIn(loginUrl, isPosted ? "carol" : "bob")).toBe(303);
        expect([await isSignedIn(), await seatsTaken()]).toEqual([true, before + 1]);
        const returnTo = `${idp.origin}/saml2/idp/metadata.php`;
        const begin = `${idp.origin}/saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(returnTo)}`;

        const page = await browser.open(begin);
        const end = isPosted ? await browser.submit(page.html) : page;

        expect([await isSignedIn(), await seatsTaken()]).toEqual([false, before]);
        expect(end.url).toBe(returnTo);
      },
    );

    it("has a practice sign-in in which every check passes", async () => {
      const { body } = await org.api("POST", `/connections/${link.connection.id}/sign-in-tests`);

      expect(await signIn(String(body.url))).toBe(200);

      const path = `/connections/${link.connection.id}/sign-in-tests/${String(body.id)}`;
      const { report } = (await org.api("GET", path)).body;
      expect(report.wouldSignIn).toBe(true);
      expect(report.person).toMatchObject({ userName: "alice", email: "alice@example.com" });
      expect(await isSignedIn()).toBe(false);
    });
  },
);

function person(name: string) {
  return { uid: [name], mail: [`${name}@example.com`] };
}
