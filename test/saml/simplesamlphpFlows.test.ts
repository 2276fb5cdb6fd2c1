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
    let us: RemoteServiceProvider;
    let browser: ScriptedBrowser;

    beforeAll(async () => {
      server = await startTestServer();
      org = await server.organisation("acme");
      link = await org.connection("generic");
      await org.pool({
        name: "floating",
        kind: "concurrent",
        capacity: 5,
        policy: { acquireOn: "signIn" },
      });
      const base = `${server.url}/saml/${link.connection.id}`;
      const metadata = await (await fetch(`${base}/metadata`)).text();
      const certificate = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
      us = {
        entityId: `${base}/metadata`,
        acsUrl: `${base}/acs`,
        certificate: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
        slo: { url: `${base}/slo`, binding: "HTTP-Redirect" },
      };
      const started = await startSimpleSamlIdp({ name: "flows", serviceProviders: [us] });
      if (started === undefined) throw new Error("SimpleSAMLphp did not start");
      idp = started;
      const { status } = await set({ metadata: await idp.metadata(), singleLogout: true });
      expect(status).toBe(200);
      for (const userName of ["alice", "bob"]) await link.scim("POST", "/Users", { userName });
    });

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

    async function signIn(url = `${server.url}/saml/${link.connection.id}/login`): Promise<number> {
      const { action, SAMLResponse, RelayState } = await browser.signIn(url, "alice");
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
        idp.trust([{ ...us, slo: { url: us.slo?.url ?? "", binding } }]);
        await signIn();
        expect([await isSignedIn(), await seatsTaken()]).toEqual([true, 1]);
        const returnTo = `${idp.origin}/saml2/idp/metadata.php`;
        const begin = `${idp.origin}/saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(returnTo)}`;

        const page = await browser.open(begin);
        const end = binding === "HTTP-POST" ? await browser.submit(page.html) : page;

        expect([await isSignedIn(), await seatsTaken()]).toEqual([false, 0]);
        expect(end.url).toBe(returnTo);
        idp.trust([us]);
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
