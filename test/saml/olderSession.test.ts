import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { inflateRawSync } from "node:zlib";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { onEachDatabase } from "../e2e/databases.js";
import {
  createTestIdp,
  encode,
  genuineFields,
  responseXml,
  signResponse,
  type Fields,
  type TestIdp,
} from "../support/samlIdp.js";
import { startTestServer, type TestOrganisation, type TestServer } from "../support/server.js";

/** One browser, one session: whoever signs in there takes the place of whoever was there before. */
onEachDatabase("a new sign-in in a browser that has a session", (freshDatabase) => {
  let server: TestServer;
  let idp: TestIdp;
  let tenants = 0;
  let serial = 0;

  beforeAll(async () => {
    idp = await createTestIdp();
    const logger = createLogger({ level: "silent" });
    const store = await createStore({ url: await freshDatabase(), logger });
    server = await startTestServer({}, { store });
  });
  afterAll(() => server.close());

  interface Tenant {
    readonly org: TestOrganisation;
    readonly id: string;
  }

  async function tenant(): Promise<Tenant> {
    tenants += 1;
    const org = await server.organisation(`browsers-${String(tenants)}`);
    const { connection, scim } = await org.connection("generic", {
      saml: {
        ...{ idpEntityId: idp.entityId, ssoUrl: `${server.url}/idp` },
        ...{ certificates: [idp.certificate], justInTime: "link", idpInitiated: true },
      },
    });
    for (const userName of ["ann", "ben"]) await scim("POST", "/Users", { userName });
    return { org, id: connection.id };
  }

  /** Keeps its cookies; those with SameSite=Lax do not come with the provider's POST, as in every browser. */
  class Browser {
    readonly #cookies = new Map<string, string>();

    async signIn({ id }: Tenant, nameId: string): Promise<string> {
      const asked = await this.#send(`/saml/${id}/login`, { method: "GET" });
      const address = new URL(asked.headers.get("location") ?? "");
      const message = Buffer.from(address.searchParams.get("SAMLRequest") ?? "", "base64");
      const requestId = / ID="([^"]+)"/.exec(inflateRawSync(message).toString())?.[1];
      return await this.#bring(id, {
        ...{ nameId, inResponseTo: requestId, confirmationInResponseTo: requestId },
      });
    }

    async signInFromProvider({ id }: Tenant, nameId: string): Promise<string> {
      const nothing = { inResponseTo: undefined, confirmationInResponseTo: undefined };
      return await this.#bring(id, { nameId, ...nothing });
    }

    /** @returns the session's cookie */
    async #bring(id: string, says: Partial<Fields>): Promise<string> {
      serial += 1;
      const base = `${server.url}/saml/${id}`;
      const xml = responseXml({
        ...genuineFields(idp, { entityId: `${base}/metadata`, acsUrl: `${base}/acs` }, Date.now()),
        ...{ responseId: `_r${String(serial)}`, assertionId: `_a${String(serial)}` },
        ...{ attributes: [], ...says },
      });
      const body = new URLSearchParams({ SAMLResponse: encode(signResponse(xml, idp, "both")) });
      const answer = await this.#send(`/saml/${id}/acs`, { method: "POST", body }, ["seatkeeper"]);
      expect(answer.status).toBe(303);
      return this.#cookies.get("seatkeeper") ?? "";
    }

    async #send(path: string, init: RequestInit, without: string[] = []): Promise<Response> {
      const sent = [...this.#cookies].filter(([name]) => !without.includes(name));
      const headers = { cookie: sent.map((pair) => pair.join("=")).join("; ") };
      const answer = await fetch(server.url + path, { ...init, headers, redirect: "manual" });
      for (const cookie of answer.headers.getSetCookie()) {
        const [name = "", value = ""] = cookie.split(";")[0]?.split("=") ?? [];
        this.#cookies.set(name, value);
      }
      return answer;
    }
  }

  async function isLive(session: string): Promise<boolean> {
    const headers = { cookie: `seatkeeper=${session}` };
    return (await fetch(`${server.url}/signed-in`, { headers })).status === 200;
  }

  const replaced = () =>
    server.events.filter(
      ({ type, data }) => type === "session.ended" && data["reason"] === "replaced",
    ).length;

  it.each([
    ["somebody else, at our site", "ben", "signIn"],
    ["the same person, at our site", "ann", "signIn"],
    ["somebody else, from the provider", "ben", "signInFromProvider"],
  ] as const)("ends the older one: %s", async (_title, who, how) => {
    const here = await tenant();
    const browser = new Browser();
    const older = await browser.signIn(here, "ann");
    const elsewhere = await new Browser().signIn(here, "ann");

    const newer = await browser[how](here, who);

    expect([await isLive(older), await isLive(newer), await isLive(elsewhere)]).toEqual([
      ...[false, true, true],
    ]);
  });

  it("ends it where both began at the provider, and says so to the application", async () => {
    const here = await tenant();
    const browser = new Browser();
    const before = replaced();
    const older = await browser.signInFromProvider(here, "ann");

    const newer = await browser.signInFromProvider(here, "ben");

    expect([await isLive(older), await isLive(newer)]).toEqual([false, true]);
    while (replaced() === before) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(replaced()).toBe(before + 1);
  });

  it("ends it in whatever organisation it was", async () => {
    const [here, there] = [await tenant(), await tenant()];
    const browser = new Browser();
    const older = await browser.signIn(here, "ann");

    const newer = await browser.signIn(there, "ann");

    expect([await isLive(older), await isLive(newer)]).toEqual([false, true]);
  });

  it("gives back what the person before held only while being there", async () => {
    const here = await tenant();
    await here.org.pool({
      ...{ name: "floating", product: "analytics", tiers: ["viewer"], kind: "concurrent" },
      ...{ capacity: 2, policy: { acquireOn: "signIn" } },
    });
    await here.org.rule({
      match: { type: "everyone" },
      gives: { tierFloors: [{ product: "analytics", tier: "viewer" }] },
    });
    const browser = new Browser();
    await browser.signIn(here, "ann");
    const used = async () => (await here.org.api("GET", "/pools/floating")).body.used;
    expect(await used()).toBe(1);

    await browser.signIn(here, "ben");

    expect(await used()).toBe(1);
  });
});
