import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { DOMParser } from "@xmldom/xmldom";
import { SignedXml } from "xml-crypto";
import { attributeOf, walk } from "../../src/saml/xml.js";
import { at, PERSISTENT } from "../support/samlIdp.js";
import {
  createFlowWorld,
  named,
  ScriptedBrowser,
  type FlowTenant,
  type FlowWorld,
} from "./flowWorld.js";

/** The ways in which a sign-in may go, each switched on for one connection. */
let world: FlowWorld;
let acme: FlowTenant;
let browser: ScriptedBrowser;

beforeAll(async () => {
  world = await createFlowWorld();
  acme = await world.tenant("acme");
  for (const userName of ["alice", "bob"]) await acme.link.scim("POST", "/Users", { userName });
});
afterAll(async () => {
  await world.close();
});

const DEFAULTS = {
  requestBinding: "redirect",
  ssoPostUrl: null,
  signRequests: true,
  forceAuthn: false,
  authnContexts: [],
  nameIdFormats: [],
  idpInitiated: false,
};

beforeEach(() => {
  browser = new ScriptedBrowser();
  world.log.length = 0;
});
afterEach(async () => {
  expect((await acme.set(DEFAULTS)).status).toBe(200);
});

async function isSignedIn(who: ScriptedBrowser): Promise<boolean> {
  return (await who.fetch(`${world.server.url}/signed-in`)).status === 200;
}

describe("the request", () => {
  it("goes by a form that only the provider gets, signed as the provider can check it", async () => {
    await acme.set({ requestBinding: "post", ssoPostUrl: "https://idp.example/post?a=1" });

    const asked = await acme.ask(browser);

    expect(asked.address).toBe("https://idp.example/post?a=1");
    const policy = asked.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'nonce-[^']+'/);
    expect(policy).toContain("form-action https://idp.example;");
    expect(policy).not.toContain("unsafe");
    expect(attributeOf(asked.root, "Destination")).toBe("https://idp.example/post?a=1");
    expect(await isVerified(asked.xml)).toBe(true);
    expect(await isVerified(asked.xml.replace(asked.id, `${asked.id}x`))).toBe(false);
    const { status } = await acme.post(browser, acme.answer(asked, named("alice")));
    expect(status).toBe(303);
  });

  async function isVerified(xml: string): Promise<boolean> {
    const metadata = await (await fetch(acme.provider.entityId)).text();
    const base64 = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
    const publicCert = new X509Certificate(Buffer.from(base64, "base64")).toString();
    const document = new DOMParser().parseFromString(xml, "text/xml");
    const signature = document
      .getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "Signature")
      .item(0);
    const verifier = new SignedXml({ publicCert });
    if (signature === null) return false;
    try {
      verifier.loadSignature(signature);
      return verifier.checkSignature(xml);
    } catch {
      return false;
    }
  }

  it("is not signed where the connection says so, and our metadata says the same", async () => {
    await acme.set({ signRequests: false });

    const asked = await acme.ask(browser);

    expect([...asked.parameters.keys()].sort()).toEqual(["RelayState", "SAMLRequest"]);
    const metadata = await (await fetch(acme.provider.entityId)).text();
    expect(metadata).toContain('AuthnRequestsSigned="false"');
  });

  it("carries an opaque RelayState; where to go stays here, and what comes back is not believed (N-101)", async () => {
    const asked = await acme.ask(
      browser,
      `${acme.loginUrl}?returnTo=${encodeURIComponent("/inbox?x=1")}`,
    );

    expect(asked.relayState).toMatch(/^[A-Za-z0-9_-]{20,}$/);
    const posted = await acme.post(browser, acme.answer(asked, named("alice")), {
      RelayState: "/elsewhere",
    });
    expect(posted.headers.get("location")).toBe("/inbox?x=1");
  });

  it.each(["SAMLRequest", "SAMLResponse", "SAMLart"])(
    "N-103: is not made for an address that brings a %s, and the consumer refuses it, too",
    async (field) => {
      const query = `?${field}=PHg%2B`;
      const login = await browser.fetch(acme.loginUrl + query);
      const consumer = await browser.fetch(acme.provider.acsUrl + query);
      const posted = await browser.fetch(acme.provider.acsUrl + query, { method: "POST" });

      expect([login.status, consumer.status, posted.status]).toEqual([403, 403, 403]);
      expect(world.log.filter((line) => line.includes("FieldRefused"))).toHaveLength(3);
    },
  );
});

describe("a fresh sign-in (forceAuthn)", () => {
  it("is asked for, and an older one is refused without burning the request (N-69)", async () => {
    await acme.set({ forceAuthn: true });
    const asked = await acme.ask(browser);
    const signedInAt = (ago: number) => ({ ...named("alice"), authnInstant: at(Date.now() - ago) });

    expect(attributeOf(asked.root, "ForceAuthn")).toBe("true");
    const stale = await acme.post(browser, acme.answer(asked, signedInAt(10 * 60_000)));
    expect(stale.status).toBe(403);
    expect(world.log.join()).toContain("AuthnTooOld");
    expect(await isSignedIn(browser)).toBe(false);
    expect((await acme.post(browser, acme.answer(asked, signedInAt(0)))).status).toBe(303);
  });

  it("is demanded of requests that were on their way when it was switched on", async () => {
    const asked = await acme.ask(browser);
    await acme.set({ forceAuthn: true });
    const change = { ...named("alice"), authnInstant: at(Date.now() - 10 * 60_000) };

    expect((await acme.post(browser, acme.answer(asked, change))).status).toBe(403);
  });

  it("leaves a single sign-on of this morning alone where nobody demands otherwise", async () => {
    const change = { authnInstant: at(Date.now() - 3 * 3_600_000) };

    expect((await acme.signIn(browser, "alice", change)).status).toBe(303);
  });
});

describe("a demanded method (authnContexts)", () => {
  const MFA = "urn:example:mfa";

  it("is asked for, and a weaker one is refused (N-73)", async () => {
    await acme.set({ authnContexts: [MFA, "urn:example:smartcard"] });
    const asked = await acme.ask(browser);

    const wanted = [...walk(asked.root)].filter(({ name }) => name === "AuthnContextClassRef");
    expect(wanted.map(({ text }) => text)).toEqual([MFA, "urn:example:smartcard"]);
    const demand = [...walk(asked.root)].find(({ name }) => name === "RequestedAuthnContext");
    expect(demand && attributeOf(demand, "Comparison")).toBe("exact");
    expect((await acme.post(browser, acme.answer(asked, named("alice")))).status).toBe(403);
    expect(world.log.join()).toContain("AuthnContextRefused");
    const strong = acme.answer(asked, { ...named("alice"), authnContext: MFA });
    expect((await acme.post(browser, strong)).status).toBe(303);
  });
});

describe("NameID formats", () => {
  it("accepts the configured ones and asks for a single one", async () => {
    const email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    await acme.set({ nameIdFormats: [email] });

    const asked = await acme.ask(browser);

    const policy = [...walk(asked.root)].find(({ name }) => name === "NameIDPolicy");
    expect(policy && attributeOf(policy, "Format")).toBe(email);
    const other = acme.answer(asked, { ...named("alice"), nameIdFormat: PERSISTENT });
    expect((await acme.post(browser, other)).status).toBe(403);
    expect(world.log.join()).toContain("NameIdFormatRefused");
  });
});

describe("a sign-in that begins at the provider", () => {
  const ORIGIN = "https://idp.example";

  it("is refused unless the connection allows it (N-79)", async () => {
    const refused = await acme.post(browser, acme.answer(null, named("alice")), { origin: ORIGIN });

    expect(refused.status).toBe(403);
    expect(world.log.join()).toContain("InResponseToMissing");
    expect(await isSignedIn(browser)).toBe(false);
  });

  it("signs in once where it is allowed, and the same assertion never again (N-87)", async () => {
    await acme.set({ idpInitiated: true });
    const response = acme.answer(null, named("alice"));

    expect((await acme.post(browser, response, { origin: ORIGIN })).status).toBe(303);
    expect(await isSignedIn(browser)).toBe(true);
    const other = new ScriptedBrowser();
    const again = await Promise.all(
      [browser, other, other].map((who) => acme.post(who, response, { origin: ORIGIN })),
    );
    expect(again.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(world.log.filter((line) => line.includes("replay"))).toHaveLength(3);
    expect(await isSignedIn(other)).toBe(false);
  });

  it("opens one session for many posts of one assertion at the same time", async () => {
    await acme.set({ idpInitiated: true });
    const response = acme.answer(null, named("bob"));
    const all = await Promise.all(
      Array.from({ length: 8 }, () => acme.post(new ScriptedBrowser(), response)),
    );

    expect(all.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  it.each([
    "https://evil.example",
    "null",
    "https://idp.example.evil.example",
    "http://idp.example",
  ])(
    "is refused when the browser comes from %s: nobody is signed in as a stranger",
    async (origin) => {
      await acme.set({ idpInitiated: true });

      const refused = await acme.post(browser, acme.answer(null, named("alice")), { origin });

      expect(refused.status).toBe(403);
      expect(world.log.join()).toContain("OriginRefused");
    },
  );

  it.each([
    ["names a request that is not ours", { confirmationInResponseTo: "_x", inResponseTo: "_x" }],
    ["names one in the response alone", { inResponseTo: "_x" }],
    ["names an empty one", { confirmationInResponseTo: "", inResponseTo: "" }],
  ])("is no way in for a response that %s", async (_, change) => {
    await acme.set({ idpInitiated: true });

    const refused = await acme.post(browser, acme.answer(null, { ...named("alice"), ...change }));

    expect(refused.status).toBe(403);
  });

  it("is no way in for the answer to another browser's request (N-81)", async () => {
    await acme.set({ idpInitiated: true });
    const asked = await acme.ask(new ScriptedBrowser());

    expect((await acme.post(browser, acme.answer(asked, named("alice")))).status).toBe(403);
  });

  it.each([
    ["/inbox?x=1", "/inbox?x=1"],
    ["https://evil.example", "/signed-in"],
    ["//evil.example", "/signed-in"],
    ["/\\evil.example", "/signed-in"],
    ["javascript:alert(1)", "/signed-in"],
    ["a".repeat(5_000), "/signed-in"],
    ["/a\r\nX: y", "/signed-in"],
  ])("N-101: with the RelayState %j leads to %s", async (RelayState, to) => {
    await acme.set({ idpInitiated: true });

    const posted = await acme.post(browser, acme.answer(null, named("alice")), { RelayState });

    expect(posted.headers.get("location")?.replace(world.server.url, "")).toBe(to);
  });

  it("cannot be combined with a demand for fresh sign-ins", async () => {
    const answer = await acme.set({ idpInitiated: true, forceAuthn: true });

    expect(answer).toMatchObject({ status: 400, body: { error: { field: "saml.idpInitiated" } } });
  });
});

describe("settings that cannot be used", () => {
  it.each([
    [
      "saml.nameIdFormats",
      { nameIdFormats: ["urn:oasis:names:tc:SAML:2.0:nameid-format:transient"] },
    ],
    ["saml.nameIdFormats", { nameIdFormats: ["transient"] }],
    ["saml.nameIdFormats", { nameIdFormats: ["emailadress"] }],
    ["saml.authnContexts", { authnContexts: ["PasswordProtectedTransport"] }],
    ["saml.ssoPostUrl", { ssoPostUrl: "http://idp.example/sso" }],
    ["saml.logout.url", { logout: { url: "javascript:alert(1)" } }],
    ["saml.ssoPostUrl", { ssoPostUrl: "https://idp.example/\r\nX: y" }],
    ["saml.logout.url", { logout: { url: "https://idp.example;sandbox/" } }],
    ["saml.logout.responseUrl", { logout: { url: "https://idp.example", responseUrl: "x" } }],
  ])("are refused by name: %s", async (field, settings) => {
    expect(await acme.set(settings)).toMatchObject({ status: 400, body: { error: { field } } });
  });

  it("are none where a NameID format is called by its short name, as in our own sentences", async () => {
    const answer = await acme.set({ nameIdFormats: ["persistent", "urn:example:own"] });

    const nameIdFormats = [
      "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
      "urn:example:own",
    ];
    expect(answer).toMatchObject({ status: 200, body: { saml: { idp: { nameIdFormats } } } });
    await acme.set({ nameIdFormats: [] });
  });
});

describe("our metadata", () => {
  const metadata = async () => (await fetch(acme.provider.entityId)).text();
  const methods = (xml: string) =>
    [...xml.matchAll(/EncryptionMethod Algorithm="([^"]+)"/g)].map(
      ([, name]) => name?.split("#")[1],
    );

  it("offers encryption with GCM alone, and CBC behind it where the connection allows that", async () => {
    expect(methods(await metadata())).toEqual([]);
    await acme.set({ offerEncryption: true });
    expect(methods(await metadata())).toEqual(["aes256-gcm", "aes128-gcm", "rsa-oaep-mgf1p"]);
    await acme.set({ allowCbc: true });
    expect(methods(await metadata())).toEqual([
      ...["aes256-gcm", "aes128-gcm", "aes256-cbc", "aes128-cbc", "rsa-oaep-mgf1p"],
    ]);
    await acme.set({ offerEncryption: false, allowCbc: false });
  });

  it("names the address for logout messages only where they are taken", async () => {
    expect(await metadata()).not.toContain("SingleLogoutService");
    await acme.set({ singleLogout: true });
    expect((await metadata()).match(/SingleLogoutService[^>]*Location="[^"]*\/slo"/g)).toHaveLength(
      2,
    );
    await acme.set({ singleLogout: false });
  });
});
