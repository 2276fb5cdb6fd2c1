import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createVerify, X509Certificate } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { METADATA_LIMITS, readXml } from "../../src/saml/guard.js";
import { attributeOf, walk, type XmlElement } from "../../src/saml/xml.js";
import { ALGORITHMS, at, createTestIdp, encode, type TestIdp } from "../support/samlIdp.js";
import {
  fieldOf,
  logoutRequest,
  logoutResponse,
  logoutXml,
  redirectQuery,
  signedLogout,
  type LogoutFields,
} from "../support/samlLogout.js";
import { hiddenFields } from "../support/simplesamlphp.js";
import {
  createFlowWorld,
  reply,
  ScriptedBrowser,
  type FlowTenant,
  type FlowWorld,
  type Reply,
} from "./flowWorld.js";

/** Single logout in both directions: signed messages end what they name, once; all others end nothing (N-104 to N-106). */
let world: FlowWorld;
let acme: FlowTenant;
let globex: FlowTenant;
let stranger: TestIdp;
let browser = new ScriptedBrowser();

const SLO = "https://idp.example/slo?tenant=1";

beforeAll(async () => {
  world = await createFlowWorld();
  acme = await open("acme");
  globex = await open("globex");
  stranger = await createTestIdp(acme.idp.entityId);
});
afterAll(async () => {
  await world.close();
});

async function open(slug: string): Promise<FlowTenant> {
  const tenant = await world.tenant(slug);
  await tenant.org.pool({
    name: "floating",
    kind: "concurrent",
    capacity: 5,
    policy: { acquireOn: "signIn" },
  });
  for (const userName of ["alice", "bob"]) await tenant.link.scim("POST", "/Users", { userName });
  await tenant.set({ singleLogout: true, logout: { url: SLO } });
  return tenant;
}

/** What is refused ends nothing, so that the next test goes on with the same session. */
beforeEach(async () => {
  world.log.length = 0;
  if (await isSignedIn()) return;
  browser = new ScriptedBrowser();
  await acme.signIn(browser, "alice", { sessionIndex: "_s1" });
});

async function isSignedIn(who: ScriptedBrowser = browser): Promise<boolean> {
  return (await who.fetch(`${world.server.url}/signed-in`)).status === 200;
}

async function seatsTaken({ org }: FlowTenant): Promise<number> {
  return (await org.api("GET", "/pools/floating")).body.used as number;
}

function request(change: Partial<LogoutFields> = {}, tenant = acme): LogoutFields {
  return { ...logoutRequest(tenant.idp.entityId, tenant.sloUrl), ...change };
}

type Binding = "redirect" | "post";
type SigningOf = Parameters<typeof signedLogout>[1];

interface Sending {
  readonly signing?: Partial<SigningOf>;
  readonly to?: string;
  readonly relayState?: string;
  readonly by?: ScriptedBrowser;
}

async function send(binding: Binding, fields: LogoutFields, sending: Sending = {}): Promise<Reply> {
  const { to = acme.sloUrl, relayState, by = new ScriptedBrowser() } = sending;
  const signing = { ...acme.idp, ...sending.signing };
  if (binding === "redirect") {
    const query = redirectQuery(fieldOf(fields), logoutXml(fields), signing, relayState);
    return reply(await by.fetch(`${to}?${query}`));
  }
  const message = { [fieldOf(fields)]: encode(signedLogout(fields, signing)) };
  const more = relayState === undefined ? {} : { RelayState: relayState };
  const body = new URLSearchParams({ ...message, ...more });
  return reply(await by.fetch(to, { method: "POST", body }));
}

/** The answer that leaves by redirect, its signature checked. */
async function readAnswer(
  { headers }: Reply,
  field = "SAMLResponse",
): Promise<{ root: XmlElement; url: URL }> {
  const url = new URL(headers.get("location") ?? "");
  const [, signed = "", signature = ""] =
    new RegExp(`(${field}=.*)&Signature=(.*)$`).exec(url.search) ?? [];
  const metadata = await (await fetch(acme.provider.entityId)).text();
  const base64 = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? "";
  const { publicKey } = new X509Certificate(Buffer.from(base64, "base64"));
  const value = Buffer.from(decodeURIComponent(signature), "base64");
  expect(createVerify("RSA-SHA256").update(signed).verify(publicKey, value)).toBe(true);
  const xml = inflateRawSync(Buffer.from(url.searchParams.get(field) ?? "", "base64"));
  const tree = readXml(xml.toString(), METADATA_LIMITS);
  if (!tree.ok) throw new Error(tree.reason);
  return { root: tree.value, url };
}

function statusOf(root: XmlElement): string[] {
  return [...walk(root)]
    .filter(({ name }) => name === "StatusCode")
    .map((code) => attributeOf(code, "Value")?.split(":").at(-1) ?? "");
}

describe.each<Binding>(["redirect", "post"])("a signed logout request by %s", (binding) => {
  it("ends the session, frees the lease in the same commit, and is answered with a signature", async () => {
    expect([await isSignedIn(), await seatsTaken(acme)]).toEqual([true, 1]);
    const fields = request({ sessionIndexes: ["_s1"] });

    const answer = await send(binding, fields, { relayState: "a b&c" });

    expect([await isSignedIn(), await seatsTaken(acme)]).toEqual([false, 0]);
    expect(answer.status).toBe(303);
    const { root, url } = await readAnswer(answer);
    expect(statusOf(root)).toEqual(["Success"]);
    expect(attributeOf(root, "InResponseTo")).toBe(fields.id);
    expect(attributeOf(root, "Destination")).toBe(SLO);
    expect(url.searchParams.get("RelayState")).toBe("a b&c");
    expect(url.searchParams.get("tenant")).toBe("1");
    const { body } = await acme.org.api("GET", "/entries?limit=1&newestFirst=true");
    expect(body.items[0]).toMatchObject({
      kind: "seat.released",
      cause: { type: "saml", action: "signedOutByProvider", actor: acme.link.connection.id },
    });
  });

  it("ends only the sessions that it names; the lease stays with the person until the last one", async () => {
    const second = new ScriptedBrowser();
    await acme.signIn(second, "alice", { sessionIndex: "_s2" });
    const other = new ScriptedBrowser();
    await acme.signIn(other, "bob", { sessionIndex: "_s1" });

    await send(binding, request({ sessionIndexes: ["_s1", "_unknown"] }), { by: other });

    expect([await isSignedIn(), await isSignedIn(second), await isSignedIn(other)]).toEqual([
      ...[false, true, true],
    ]);
    expect(await seatsTaken(acme)).toBe(2);
    await send(binding, request());
    expect([await isSignedIn(second), await isSignedIn(other)]).toEqual([false, true]);
    expect(await seatsTaken(acme)).toBe(1);
    await send(binding, request({ nameId: "bob" }));
    expect(await seatsTaken(acme)).toBe(0);
  });

  it("works once", async () => {
    const fields = request();
    expect((await send(binding, fields)).status).toBe(303);
    await acme.signIn(browser, "alice");

    const again = await send(binding, fields);

    expect([again.status, await isSignedIn()]).toEqual([403, true]);
    expect(world.log.join()).toContain("replay");
    await send(binding, request());
  });

  it("ends nothing for a name that nobody has signed in under, and says so", async () => {
    const answer = await send(binding, request({ nameId: "Alice" }));

    expect(statusOf((await readAnswer(answer)).root)).toEqual(["Requester", "UnknownPrincipal"]);
    expect(await isSignedIn()).toBe(true);
  });

  const minutes = (count: number) => at(Date.now() + count * 60_000);

  it.each<[string, () => Partial<LogoutFields>, string]>([
    ["another issuer", () => ({ issuer: "https://other.example" }), "IssuerMismatch"],
    ["another destination", () => ({ destination: globex.sloUrl }), "DestinationMismatch"],
    [
      "the consumer as destination",
      () => ({ destination: acme.provider.acsUrl }),
      "DestinationMismatch",
    ],
    ["no destination", () => ({ destination: undefined }), "DestinationMissing"],
    ["a past NotOnOrAfter", () => ({ notOnOrAfter: minutes(-3) }), "MessageExpired"],
    [
      "an old IssueInstant",
      () => ({ issuedAt: minutes(-13), notOnOrAfter: undefined }),
      "MessageExpired",
    ],
    ["an IssueInstant to come", () => ({ issuedAt: minutes(5) }), "IssuedInFuture"],
    ["a time that is none", () => ({ issuedAt: "yesterday" }), "TimestampMalformed"],
    ["another version", () => ({ version: "1.1" }), "VersionRefused"],
    ["no NameID", () => ({ nameId: undefined }), "NameIdMissing"],
    ["blanks around the NameID", () => ({ nameId: " alice" }), "NameIdMalformed"],
    ["another NameID format", () => ({ nameIdFormat: "urn:x" }), "NameIdFormatRefused"],
    ["an empty session index", () => ({ sessionIndexes: [""] }), "UnexpectedText"],
    ["two NameIDs", () => ({ nameId: "alice</saml:NameID><saml:NameID>bob" }), "UnexpectedElement"],
    ["an assertion in it", () => ({ inside: "<saml:Assertion/>" }), "UnexpectedElement"],
    ["extensions", () => ({ inside: "<samlp:Extensions/>" }), "UnexpectedElement"],
    ["a comment", () => ({ inside: "<!-- -->" }), "CommentRefused"],
    ["another root", () => ({ element: "ManageNameIDRequest" }), "NotALogoutMessage"],
  ])("is refused with %s, though the signature is good", async (_, change, reason) => {
    const answer = await send(binding, request(change()));

    expect(answer.status).toBe(403);
    expect(world.log.join()).toContain(`${reason}:`);
    expect(answer.html).not.toContain(reason);
    expect([await isSignedIn(), await seatsTaken(acme)]).toEqual([true, 1]);
  });

  it("is refused from another key, with SHA-1, and at another organisation's address (N-106)", async () => {
    const answers = [
      await send(binding, request(), { signing: stranger }),
      await send(binding, request(), {
        signing: { signatureAlgorithm: ALGORITHMS.rsaSha1, digestAlgorithm: ALGORITHMS.sha1 },
      }),
      await send(binding, request(), { to: globex.sloUrl }),
      await send(binding, request({}, globex), { signing: globex.idp }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await isSignedIn()).toBe(true);
  });

  it("ends nothing of the same name at another organisation", async () => {
    const there = new ScriptedBrowser();
    await globex.signIn(there, "alice");

    await send(binding, request());

    expect([await isSignedIn(), await isSignedIn(there)]).toEqual([false, true]);
  });
});

describe("a logout message that nobody signed (N-104, N-105)", () => {
  it.each(["LogoutRequest", "LogoutResponse"])("is refused: %s", async (element) => {
    const fields =
      element === "LogoutRequest"
        ? request()
        : logoutResponse(acme.idp.entityId, acme.sloUrl, "_request");
    const field = fieldOf(fields);
    const signed = new URLSearchParams(redirectQuery(field, logoutXml(fields), acme.idp));
    const message = encodeURIComponent(signed.get(field) ?? "");
    const algorithm = encodeURIComponent(ALGORITHMS.rsaSha256);
    const body = new URLSearchParams({ [field]: encode(logoutXml(fields)) });

    const answers = [
      await fetch(`${acme.sloUrl}?${field}=${message}`),
      await fetch(`${acme.sloUrl}?${field}=${message}&SigAlg=${algorithm}`),
      await fetch(`${acme.sloUrl}?${field}=${message}&SigAlg=${algorithm}&Signature=`),
      await fetch(acme.sloUrl, { method: "POST", body }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(world.log.filter((line) => line.includes("MessageNotSigned"))).toHaveLength(3);
    expect(await isSignedIn()).toBe(true);
  });
});

describe("the query of the redirect binding", () => {
  const genuine = (relayState?: string) =>
    redirectQuery("SAMLRequest", logoutXml(request()), acme.idp, relayState);

  it.each<[string, (query: string) => string]>([
    ["a repeated message", (query) => `${query}&SAMLRequest=PHg%2B`],
    ["both messages", (query) => `${query}&SAMLResponse=PHg%2B`],
    [
      "a repeated algorithm",
      (query) => `${query}&SigAlg=${encodeURIComponent(ALGORITHMS.rsaSha256)}`,
    ],
    ["a parameter that nobody knows", (query) => `${query}&x=1`],
    ["a name in disguise", (query) => query.replace("SAMLRequest", "SAML%52equest")],
    [
      "another RelayState than signed",
      (query) => query.replace("RelayState=here", "RelayState=there"),
    ],
    ["a RelayState that was not signed", () => `${genuine()}&RelayState=here`],
    ["no RelayState where one was signed", (query) => query.replace("RelayState=here&", "")],
    ["a broken escape", (query) => query.replace("RelayState=here", "RelayState=%E0%A4")],
    ["another encoding", (query) => `${query}&SAMLEncoding=urn%3Ax`],
    ["nothing", () => ""],
  ])("is refused with %s", async (_, change) => {
    const answer = await fetch(`${acme.sloUrl}?${change(genuine("here"))}`, { redirect: "manual" });

    expect(answer.status).toBe(403);
    expect(await isSignedIn()).toBe(true);
  });

  it("may come in another order: what is signed has an order of its own", async () => {
    const query = genuine("here").split("&").reverse().join("&");

    expect((await fetch(`${acme.sloUrl}?${query}`, { redirect: "manual" })).status).toBe(303);
    expect(await isSignedIn()).toBe(false);
  });

  it("is refused when the message inflates without end, or is not compressed at all (N-47)", async () => {
    const bomb = redirectQuery("SAMLRequest", Buffer.alloc(4_000_000, 0x20), acme.idp);
    const query = redirectQuery("SAMLRequest", logoutXml(request()), stranger);
    const raw = encodeURIComponent(encode("not deflated"));

    expect((await fetch(`${acme.sloUrl}?${bomb}`)).status).toBe(403);
    expect(world.log.join()).toContain("MessageTooLarge");
    // Without a good signature nothing is inflated at all.
    const unsigned = query.replace(/SAMLRequest=[^&]*/, `SAMLRequest=${raw}`);
    expect((await fetch(`${acme.sloUrl}?${unsigned}`)).status).toBe(403);
    expect(world.log.join()).toContain("SignatureInvalid");
    expect(world.log.join()).not.toContain("NotDeflated");
  });

  it("is refused when the message does not say from whom it is", async () => {
    const answer = await send("redirect", request({ issuer: undefined }));

    expect(answer.status).toBe(403);
    expect(world.log.join()).toContain("IssuerMissing:");
  });

  it("is refused with a second signature inside the message", async () => {
    const inside = signedLogout(request(), acme.idp);

    const answer = await fetch(`${acme.sloUrl}?${redirectQuery("SAMLRequest", inside, acme.idp)}`);

    expect(answer.status).toBe(403);
    expect(world.log.join()).toContain("SignatureMalformed");
  });
});

describe("a posted message", () => {
  it.each<[string, (xml: string) => string]>([
    ["was changed after signing", (xml) => xml.replace(">alice<", ">bob<")],
    [
      "has a second element of the same name around it",
      (xml) =>
        `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${xml}</samlp:LogoutRequest>`,
    ],
    ["has a document type", (xml) => `<!DOCTYPE x>${xml}`],
  ])("is refused when it %s", async (_, change) => {
    const body = new URLSearchParams({
      SAMLRequest: encode(change(signedLogout(request(), acme.idp))),
    });

    expect((await fetch(acme.sloUrl, { method: "POST", body })).status).toBe(403);
    expect(await isSignedIn()).toBe(true);
  });

  it("is refused under the other one's field name", async () => {
    const body = new URLSearchParams({ SAMLResponse: encode(signedLogout(request(), acme.idp)) });

    expect((await fetch(acme.sloUrl, { method: "POST", body })).status).toBe(403);
    expect(world.log.join()).toContain("NotALogoutMessage");
  });
});

describe("the address for logout messages", () => {
  it("is not there for a connection that takes none", async () => {
    const plain = await world.tenant("plain");
    const fields = request({}, plain);

    expect((await send("redirect", fields, { signing: plain.idp, to: plain.sloUrl })).status).toBe(
      404,
    );
    expect((await send("post", fields, { signing: plain.idp, to: plain.sloUrl })).status).toBe(404);
  });

  it("answers by a form where the provider wants that, and to the address for answers", async () => {
    const responseUrl = "https://answers.example/slo";
    await acme.set({ logout: { url: SLO, binding: "post", responseUrl } });

    const { html, headers } = await send("post", request());

    expect(html).toContain(`action="${responseUrl}"`);
    expect(headers.get("content-security-policy")).toContain(
      "form-action https://answers.example;",
    );
    const xml = Buffer.from(hiddenFields(html).get("SAMLResponse") ?? "", "base64").toString();
    expect(xml).toContain("SignatureValue");
    await acme.set({ logout: { url: SLO } });
  });

  it("answers a provider without an address of its own with a page", async () => {
    await acme.set({ logout: null });

    const { status, html } = await send("redirect", request());

    expect([status, html.includes("You are signed out")]).toEqual([200, true]);
    expect(await isSignedIn()).toBe(false);
    await acme.set({ logout: { url: SLO } });
  });
});

describe("signing out here", () => {
  async function signOut(who: ScriptedBrowser = browser): Promise<Reply> {
    return reply(await who.fetch(`${world.server.url}/sign-out`, { method: "POST" }));
  }

  async function questionOf({ html }: Reply): Promise<XmlElement> {
    const url = (/<a href="([^"]+)"/.exec(html)?.[1] ?? "").replaceAll("&amp;", "&");
    const headers = new Headers({ location: url });
    return (await readAnswer({ status: 303, html, headers }, "SAMLRequest")).root;
  }

  it("ends the session first, and carries a signed request to the provider by a page of ours", async () => {
    const left = await signOut();

    expect([left.status, await isSignedIn(), await seatsTaken(acme)]).toEqual([200, false, 0]);
    expect(left.headers.get("content-security-policy")).toMatch(/script-src 'nonce-/);
    const root = await questionOf(left);
    expect(attributeOf(root, "Destination")).toBe(SLO);
    const nameId = [...walk(root)].find(({ name }) => name === "NameID");
    expect(nameId?.text).toBe("alice");
    expect(nameId && attributeOf(nameId, "Format")).toContain("persistent");
    expect([...walk(root)].find(({ name }) => name === "SessionIndex")?.text).toBe("_s1");
  });

  it("takes the provider's signed answer to it once, in the same browser, and no other", async () => {
    const root = await questionOf(await signOut());
    const id = attributeOf(root, "ID") ?? "";
    const answer = (to = id) => logoutResponse(acme.idp.entityId, acme.sloUrl, to);

    expect((await send("redirect", answer("_other"), { by: browser })).status).toBe(403);
    expect((await send("redirect", answer())).status).toBe(403);
    const good = await send("redirect", answer(), { by: browser });
    expect([good.status, good.html.includes("You are signed out")]).toEqual([200, true]);
    expect((await send("redirect", answer(), { by: browser })).status).toBe(403);
    expect(world.log.filter((line) => line.includes("LogoutUnknownRequest"))).toHaveLength(3);
  });

  it("says that sessions elsewhere may go on when the provider says so", async () => {
    const root = await questionOf(await signOut());
    const status = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    const fields = logoutResponse(acme.idp.entityId, acme.sloUrl, attributeOf(root, "ID") ?? "");

    const { html } = await send("post", { ...fields, status }, { by: browser });

    expect(html).toContain("may still be signed in elsewhere");
  });

  it("does not let the request be used as a sign-in request", async () => {
    const root = await questionOf(await signOut());
    const response = acme.answer(
      { id: attributeOf(root, "ID") ?? "" },
      { attributes: [["uid", "alice"]] },
    );

    expect((await acme.post(browser, response)).status).toBe(403);
    expect(world.log.join()).toContain("unknownRequest");
  });

  it("stays here where the connection or the provider has no single logout", async () => {
    await acme.set({ logout: null });
    const left = await signOut();

    expect(left.html).not.toContain("https://idp.example");
    expect(await isSignedIn()).toBe(false);
    await acme.set({ logout: { url: SLO } });
  });
});
