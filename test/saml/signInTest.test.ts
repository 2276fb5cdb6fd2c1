import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { SignInReport } from "../../src/domain/signIn/signInReport.js";
import {
  ALGORITHMS,
  at,
  createTestIdp,
  encode,
  type Fields,
  type Signing,
} from "../support/samlIdp.js";
import {
  createFlowWorld,
  named,
  ScriptedBrowser,
  type FlowTenant,
  type FlowWorld,
} from "./flowWorld.js";

/** A practice sign-in: every check with its result, and nothing happens. */
let world: FlowWorld;
let acme: FlowTenant;
let globex: FlowTenant;
let browser: ScriptedBrowser;

beforeAll(async () => {
  world = await createFlowWorld();
  acme = await world.tenant("acme");
  globex = await world.tenant("globex");
  await acme.org.pool({ name: "seats", kind: "shared", policy: { acquireOn: "signIn" } });
  await acme.link.scim("POST", "/Users", { userName: "alice" });
});
afterAll(async () => {
  await world.close();
});
beforeEach(() => {
  browser = new ScriptedBrowser();
});

const tests = (tenant = acme) => `/connections/${tenant.link.connection.id}/sign-in-tests`;

async function begin(): Promise<{ id: string; url: string }> {
  const { status, body } = await acme.org.api("POST", tests());
  expect(status).toBe(201);
  return body as { id: string; url: string };
}

async function shown(id: string) {
  return (await acme.org.api("GET", `${tests()}/${id}`)).body as {
    state: string;
    report: SignInReport;
  };
}

/** The whole round, with these differences from a genuine answer. */
async function practise(change: Partial<Fields> = {}, signing: Partial<Signing> = {}) {
  const { id, url } = await begin();
  const asked = await acme.ask(browser, url);
  const response = acme.answer(asked, { ...named("alice"), ...change }, signing);
  const page = await acme.post(browser, response, { RelayState: asked.relayState });
  const { report } = await shown(id);
  const failed = report.checks.filter(({ state }) => state === "failed").map(({ name }) => name);
  return { id, asked, response, page, report, failed };
}

async function everything(): Promise<string> {
  const parts = ["/users", "/entries?limit=200", "/pools"].map((path) => acme.org.api("GET", path));
  const [users, entries, pools] = (await Promise.all(parts)).map(({ body }) => body.items);
  // That there was a practice is in the ledger, whatever became of it.
  const others = entries.filter(({ reason }: any) => reason !== "signInTest.created");
  return JSON.stringify([users, others, pools]);
}

describe("a practice sign-in", () => {
  it("shows every check, the person, the account and the seat, and changes nothing", async () => {
    const before = await everything();

    const { id, page, report, failed } = await practise();

    expect(failed).toEqual([]);
    expect(report).toMatchObject({
      wouldSignIn: true,
      person: { nameId: "alice", userName: "alice", groups: null, attributes: ["uid"] },
      account: { what: "linked", userName: "alice" },
      seats: [{ product: "support", state: "held", tier: "standard" }],
    });
    expect(report.checks.map(({ name }) => name)).toEqual([
      ...["message", "response", "algorithm", "signed", "encryption", "signature"],
      ...["version", "issuer", "destination", "age", "nameId", "confirmation", "recipient"],
      ...["request", "times", "audience", "authentication", "library", "claims", "account"],
    ]);
    expect(page.status).toBe(200);
    expect(page.html).toContain("This sign-in would have worked");
    expect(
      page.headers.getSetCookie().filter((cookie) => cookie.startsWith("seatkeeper=")),
    ).toEqual([]);
    expect((await browser.fetch(`${world.server.url}/signed-in`)).status).toBe(401);
    expect(await everything()).toBe(before);
    expect((await shown(id)).state).toBe("done");
  });

  it("names everything that is wrong at once, with what was expected and what came", async () => {
    const { report, failed, page } = await practise({
      audiences: ["https://else.example"],
      recipient: "https://else.example/acs",
      destination: "https://else.example/acs",
      notOnOrAfter: at(Date.now() - 600_000),
      nameIdFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
      issuer: "https://else.example/idp",
    });

    expect(failed).toEqual(["issuer", "destination", "nameId", "recipient", "times", "audience"]);
    expect(report.wouldSignIn).toBe(false);
    expect(report.checks.find(({ name }) => name === "audience")).toMatchObject({
      reason: "AudienceMismatch",
      expected: acme.provider.entityId,
      found: "https://else.example",
      sentence: expect.stringContaining("Enter the expected value") as unknown,
    });
    expect(report.person).toBeNull();
    expect(page.html).toContain("would have been refused");
  });

  it("says nothing about the content when the signature is not the provider's", async () => {
    const { report, failed } = await practise({}, await createTestIdp());

    expect(failed).toEqual(["signature"]);
    expect(report.checks.filter(({ state }) => state === "passed").map(({ name }) => name)).toEqual(
      [...["message", "response"]],
    );
  });

  it.each<[string, Partial<Fields>, Partial<Signing>]>([
    ["algorithm", {}, { signatureAlgorithm: ALGORITHMS.rsaSha1 }],
    ["response", { status: "urn:oasis:names:tc:SAML:2.0:status:Responder" }, {}],
    ["message", { inResponse: "<!-- x -->" }, {}],
    ["request", { inResponseTo: "_x", confirmationInResponseTo: "_x" }, {}],
    ["authentication", { authnStatement: false }, {}],
    ["account", { nameId: "carol", attributes: [["uid", "carol"]] }, {}],
  ])("finds fault with: %s", async (name, change, signing) => {
    const { failed, report } = await practise(change, signing);

    expect(failed).toEqual([name]);
    expect(report.checks.find((check) => check.name === name)?.sentence ?? "").toMatch(/\w/);
  });

  it("demands a fresh sign-in where the connection does", async () => {
    await acme.set({ forceAuthn: true });
    const { failed } = await practise({ authnInstant: at(Date.now() - 600_000) });

    expect(failed).toEqual(["authentication"]);
    await acme.set({ forceAuthn: false });
  });

  it("takes any nonsense for a message that it is", async () => {
    const { id, url } = await begin();
    const asked = await acme.ask(browser, url);

    await acme.post(browser, encode("nonsense"), { RelayState: asked.relayState });

    expect((await shown(id)).report.checks[0]).toMatchObject({ name: "message", state: "failed" });
  });

  it("shows names from the assertion as text", async () => {
    const { page } = await practise({
      attributes: [
        ["uid", "alice"],
        ["displayName", "&lt;script&gt;x"],
      ],
    });

    expect(page.html).not.toContain("<script>x");
    expect(page.html).toContain("&lt;script&gt;x");
  });
});

describe("what a practice sign-in leaves behind", () => {
  it("is no answer that a real sign-in takes", async () => {
    const { asked, response } = await practise();

    const bare = await acme.post(browser, response);
    const again = await acme.post(browser, response, { RelayState: asked.relayState });

    expect([bare.status, again.status]).toEqual([403, 403]);
    expect((await browser.fetch(`${world.server.url}/signed-in`)).status).toBe(401);
  });

  it("is an address that works once, for this connection", async () => {
    const { url } = await begin();
    const elsewhere = url.replace(acme.link.connection.id, globex.link.connection.id);

    expect((await browser.fetch(elsewhere)).status).toBe(404);
    expect((await browser.fetch(url)).status).toBe(302);
    expect((await browser.fetch(url)).status).toBe(404);
    expect((await browser.fetch(`${url}x`)).status).toBe(404);
  });

  it("cannot be finished by another browser", async () => {
    const { id, url } = await begin();
    const asked = await acme.ask(browser, url);
    const response = acme.answer(asked, named("alice"));

    const foreign = await acme.post(new ScriptedBrowser(), response, {
      RelayState: asked.relayState,
    });

    expect(foreign.status).toBe(403);
    expect((await shown(id)).state).toBe("begun");
    expect((await acme.post(browser, response, { RelayState: asked.relayState })).status).toBe(200);
  });

  it("is a result for the organisation's own administrators, at its own connection", async () => {
    const { id } = await practise();
    const { connection } = await acme.org.connection("okta", { name: "scim only" });

    expect((await globex.org.api("GET", `${tests(globex)}/${id}`)).status).toBe(404);
    expect(
      (await acme.org.api("GET", `/connections/${connection.id}/sign-in-tests/${id}`)).status,
    ).toBe(404);
    expect((await acme.org.api("POST", `/connections/${connection.id}/sign-in-tests`)).status).toBe(
      409,
    );
  });
});
