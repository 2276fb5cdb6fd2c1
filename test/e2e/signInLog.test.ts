import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { tablesWith } from "../support/dump.js";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { Browser } from "./browser.js";
import { onEachDatabase } from "./databases.js";

/** Who tried to sign in, and why it was refused: with real messages, and never the message itself. */

onEachDatabase("the sign-in log", (freshDatabaseUrl) => {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  let url: string;
  let server: TestServer;
  let idp: TestIdp;
  let thief: TestIdp;
  let acorn: TestOrganisation;
  let globex: TestOrganisation;
  let link: TestConnection;
  let path: string;

  beforeAll(async () => {
    url = await freshDatabaseUrl();
    const logger = createLogger({ level: "silent" });
    server = await startTestServer({}, { store: await createStore({ url, clock, logger }) });
    idp = await createTestIdp();
    thief = { ...(await createTestIdp()), entityId: idp.entityId };
    acorn = await server.organisation("acorn");
    globex = await server.organisation("globex");
    const saml = {
      idpEntityId: idp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [idp.certificate],
    };
    link = await acorn.connection("generic", { saml });
    path = `/connections/${link.connection.id}`;
    await link.scim("POST", "/Users", { userName: "ann@acorn.example", displayName: "Ann" });
  });

  afterAll(() => server.close());

  const enter = (nameId: string, by = idp) =>
    new Browser().signIn(`${server.url}/saml/${link.connection.id}`, by, nameId);

  async function lines(query = "") {
    const { status, body } = await acorn.api("GET", `${path}/sign-ins${query}`);
    expect(status).toBe(200);
    return body.items as Record<string, unknown>[];
  }

  it("has a line for who got in, with the session that it opened", async () => {
    expect((await enter("ann@acorn.example")).status).toBe(303);

    const [line] = await lines("?verdict=ok");
    const { body } = await acorn.api("GET", "/sessions?user=ann@acorn.example");
    const [session] = body.items as { id: string; user: { id: string } }[];
    expect(line).toMatchObject({
      ...{ result: "ok", code: null, reason: null, userName: "ann@acorn.example", count: 1 },
      ...{ sessionId: session?.id, userId: session?.user.id, address: "127.0.0.0/24" },
    });
  });

  it("names the reason of a refusal and the reference that the person saw, and nobody who was not verified", async () => {
    const page = await (await enter("ann@acorn.example", thief)).text();

    const [line] = await lines();
    expect(line).toMatchObject({
      ...{ result: "refused", code: "SignInFailed", reason: "SignatureInvalid", userName: null },
      sentence: expect.stringContaining("signature") as unknown,
    });
    expect(page).toContain(String(line?.["reference"]));
    expect(page).not.toContain("SignatureInvalid");
  });

  it("names who was verified and refused all the same", async () => {
    expect((await enter("eve@acorn.example")).status).toBe(403);

    const [line] = await lines("?verdict=notProvisioned");
    expect(line).toMatchObject({
      ...{ code: "SignInUnknownUser", userName: "eve@acorn.example", userId: null },
    });
  });

  it("is searched by verdict, reason, person and reference, and read in pages", async () => {
    const all = await lines();
    const [newest] = all;
    expect(await lines("?verdict=refused")).toEqual(all.filter(({ result }) => result !== "ok"));
    expect((await lines("?person=ann@acorn.example")).map(({ result }) => result)).toEqual(["ok"]);
    expect(await lines(`?reference=${String(newest?.["reference"])}`)).toEqual([newest]);
    const { body: first } = await acorn.api("GET", `${path}/sign-ins?limit=2`);
    const { body: rest } = await acorn.api(
      "GET",
      `${path}/sign-ins?limit=2&after=${String(first.next)}`,
    );
    expect([...first.items, ...rest.items]).toEqual(all.slice(0, 4));
    expect((await acorn.api("GET", `${path}/sign-ins?verdict=no%20word`)).status).toBe(400);
    const misspelt = await acorn.api("GET", `${path}/sign-ins?verdict=notProvisionned`);
    expect(misspelt).toMatchObject({ status: 400 });
    expect(JSON.stringify(misspelt.body)).toContain("notProvisioned");
    const one = await acorn.api("GET", `${path}/sign-ins/${String(newest?.["id"])}`);
    expect(one.body).toEqual(newest);
  });

  it("is not seen by another organisation", async () => {
    const [line] = await lines();
    const id = String(line?.["id"]);
    const asked = ["/sign-ins", `/sign-ins/${id}`, `/sign-ins/${id}/trace`, "/trace"];
    const answers = await Promise.all(asked.map((tail) => globex.api("GET", path + tail)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect((await globex.api("PUT", `${path}/trace`, {})).status).toBe(404);
  });

  it("never holds what was sent, and while a trace is on only sealed", async () => {
    const canary = "canary-7f3a@acorn.example";
    await link.scim("POST", "/Users", { userName: "box", displayName: "Box" });
    await enter(`box-${canary}`, thief);
    expect(await tablesWith(url, canary)).toEqual([]);
    const sealedBefore = (await lines()).filter(({ traceUntil }) => traceUntil !== null);
    expect(sealedBefore).toEqual([]);

    const on = await acorn.api("PUT", `${path}/trace`, { minutes: 1 });
    expect(on.body).toMatchObject({ on: true, taken: 0 });
    await enter(`box-${canary}`, thief);

    const [line] = await lines();
    expect(await tablesWith(url, canary)).toEqual([]);
    const { body } = await acorn.api("GET", `${path}/sign-ins/${String(line?.["id"])}/trace`);
    expect(body.xml).toContain(canary);
    expect(Buffer.from(String(body.message), "base64").toString()).toBe(body.xml);
    expect((await acorn.api("GET", `${path}/trace`)).body).toMatchObject({ on: true, taken: 1 });
    const { body: books } = await acorn.api("GET", "/entries?newestFirst=true&limit=3");
    expect(books.items.map(({ reason }: { reason: string }) => reason)).toEqual(
      expect.arrayContaining(["trace.started", "trace.read"]),
    );
    expect(JSON.stringify(books)).not.toContain(canary);
  });

  it("keeps what the trace of a sign-in that succeeded has shown, too", async () => {
    await enter("ann@acorn.example");
    const [line] = await lines("?verdict=ok");
    const { body } = await acorn.api("GET", `${path}/sign-ins/${String(line?.["id"])}/trace`);
    expect(body.xml).toContain("ann@acorn.example");
  });

  it("traces no longer than was said, and forgets all of it when it is switched off", async () => {
    clock.ahead = 61_000;
    expect((await acorn.api("GET", `${path}/trace`)).body).toMatchObject({ on: false });
    await enter("ann@acorn.example");
    expect((await lines())[0]).toMatchObject({ result: "ok", traceUntil: null });
    const traced = (await lines()).filter(({ traceUntil }) => traceUntil !== null);
    expect(traced).toHaveLength(2);

    expect((await acorn.api("DELETE", `${path}/trace`)).status).toBe(204);

    const { status } = await acorn.api(
      "GET",
      `${path}/sign-ins/${String(traced[0]?.["id"])}/trace`,
    );
    expect(status).toBe(404);
    expect((await lines()).filter(({ traceUntil }) => traceUntil !== null)).toEqual([]);
  });

  it.each([{ minutes: 0 }, { minutes: 61 }, { minutes: "5" }, { hours: 1 }])(
    "refuses a trace of %j",
    async (body) => {
      expect((await acorn.api("PUT", `${path}/trace`, body)).status).toBe(400);
    },
  );

  it("forgets a traced message after its time, and lines of a person who is erased", async () => {
    await acorn.api("PUT", `${path}/trace`, {});
    await enter("eve@acorn.example", thief);
    const { signInLog } = server.app.store;
    expect((await lines())[0]).toMatchObject({ traceUntil: expect.any(String) as unknown });
    expect(await signInLog.clearTraces(clock.now() + 23 * 3_600_000, 500)).toBe(0);
    expect(await signInLog.clearTraces(clock.now() + 25 * 3_600_000, 500)).toBeGreaterThan(0);
    const ann = (await acorn.api("GET", "/users/ann@acorn.example")).body.user as { id: string };
    await acorn.api("DELETE", `/users/${ann.id}`, { userName: "ann@acorn.example" });
    expect(await lines("?verdict=ok")).toEqual([]);
    expect(await tablesWith(url, ann.id)).not.toContain("sign_in_log");
  });
});
