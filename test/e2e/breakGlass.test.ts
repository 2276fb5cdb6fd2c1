import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { issueToken } from "../../src/actions/administer.js";
import { verified } from "../store/support/verified.js";
import { send, startTestServer, type TestConnection } from "../support/server.js";
import type { TestOrganisation, TestServer } from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** A seat for an emergency although a group excludes the person, through HTTP, on the real databases. */

onEachDatabase("break-glass", (freshDatabaseUrl) => {
  let server: TestServer;
  let acorn: TestOrganisation;
  let idp: TestConnection;
  let ann: string;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    acorn = await server.organisation("acorn");
    idp = await acorn.connection("okta");
    await acorn.pool({ name: "desk", capacity: 1 });
    await acorn.rule({
      match: { type: "groupName", name: "Contractors" },
      gives: { exclusions: ["support"] },
    });
    ann = (await idp.scim("POST", "/Users", { userName: "ann@acorn.example" })).body.id;
    const members = [{ value: ann }];
    await idp.scim("POST", "/Groups", { displayName: "Contractors", members });
  });

  afterAll(() => server.close());

  const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const glass = (body: object, user = "ann@acorn.example") =>
    acorn.api("POST", `/users/${user}/break-glass`, { product: "support", ...body });
  const ask = async () =>
    (await acorn.api("POST", "/seats/ask", { userId: ann, product: "support" })).body;
  const told = (type: string) => server.events.filter((event) => event.type === type);
  const until = async (check: () => boolean | Promise<boolean>) => {
    for (let n = 0; n < 400 && !(await check()); n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };

  it("is foretold, given, told, shown everywhere, and ends by itself with the exclusion in force again", async () => {
    expect(await ask()).toMatchObject({ permitted: false, reason: "excluded" });
    const drill = { product: "support", reason: "drill", until: inMs(60_000) };
    const foretold = await acorn.api("POST", `/users/${ann}/preview`, { breakGlass: drill });
    expect(foretold.body.products[0]).toMatchObject({ blocked: null, seat: { state: "free" } });
    expect(foretold.body.products[0].sentences.at(-1)).toContain(
      'although excluded by the group "Contractors"',
    );

    const end = inMs(4_000);
    const given = await glass({ reason: "incident 4711", until: end });
    expect([given.status, given.body.change, given.body.until]).toEqual([201, "given", end]);
    expect(given.body.why).toContain('("incident 4711"), although excluded by the group');
    const again = await glass({ reason: "incident 4711", until: end });
    expect([again.status, again.body.change]).toEqual([200, "none"]);
    expect(await ask()).toMatchObject({ permitted: true, tier: "standard" });

    const { body: list } = await acorn.api("GET", "/break-glass");
    expect(list.items).toMatchObject([
      { userName: "ann@acorn.example", product: "support", reason: "incident 4711", by: "test" },
    ]);
    expect(list.next).toBeNull();
    const { body: warnings } = await acorn.api("GET", "/warnings");
    expect(warnings.items).toContainEqual(expect.objectContaining({ warning: "breakGlass" }));
    const { body: seats } = await acorn.api("GET", "/seats");
    expect(seats.items).toMatchObject([{ userId: ann, breakGlass: { reason: "incident 4711" } }]);
    const [extension] = Object.entries((await idp.scim("GET", `/Users/${ann}`)).body).filter(
      ([name]) => name.includes(":seat:"),
    );
    expect(JSON.stringify(extension)).toContain("although excluded by the group");

    const rule = {
      name: "nobody",
      match: { type: "everyone" },
      gives: { exclusions: ["support"] },
    };
    const planned = await acorn.api("POST", "/plans", { type: "rule", rule });
    expect(planned.body.people).toMatchObject([
      { userName: "ann@acorn.example", effect: "changed", breakGlass: { by: "test" } },
    ]);

    await until(async () => (await ask()).permitted === false);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end) - 500);
    expect(await ask()).toMatchObject({ permitted: false, reason: "excluded" });
    await until(() => told("breakGlass.ended").length > 0);
    expect(told("breakGlass.given")).toMatchObject([
      { userId: ann, data: { reason: "incident 4711", by: "test", change: "given" } },
    ]);
    expect(told("breakGlass.ended")).toMatchObject([{ userId: ann, data: { change: "over" } }]);
    const { body: entries } = await acorn.api("GET", "/entries?newestFirst=true&limit=10");
    expect(
      entries.items.find(({ kind }: { kind: string }) => kind === "seat.released"),
    ).toMatchObject({ reason: "excluded", cause: { type: "timer", action: "breakGlass.over" } });
    const past = await acorn.api(
      "GET",
      `/seats?at=${new Date(Date.parse(end) - 1_000).toISOString()}`,
    );
    expect(past.body.items).toMatchObject([{ userId: ann, breakGlass: { until: end } }]);
    expect((await acorn.api("GET", "/seats")).body.items).toEqual([]);
    expect((await verified(server.app.store, acorn.organisation.id)).fault).toBeNull();
  }, 30_000);

  it("is refused with a sentence for a wrong end, no reason, an unknown product, and taken back by hand once", async () => {
    const wrong: readonly [object, string, string][] = [
      [{ reason: "x", until: inMs(8 * 86_400_000) }, "until", "at most 7 days"],
      [{ reason: "x", until: inMs(-1_000) }, "until", "in the future"],
      [{ reason: "x" }, "until", "A time such as"],
      [{ reason: " ", until: inMs(60_000) }, "reason", "A reason in words"],
      [{ reason: "x", until: inMs(60_000), product: "suport" }, "product", "support"],
      [{ reason: "x", until: inMs(60_000), tier: "gold" }, "tier", "gold"],
    ];
    for (const [body, field, words] of wrong) {
      const { status, body: answer } = await glass(body);
      expect([status, answer.error.field]).toEqual([400, field]);
      expect(answer.error.message).toContain(words);
    }
    expect((await glass({ reason: "x", until: inMs(60_000) }, "nobody")).status).toBe(404);
    expect((await glass({ reason: "x", until: inMs(60_000) })).status).toBe(201);
    const path = `/users/${ann}/break-glass`;
    expect((await acorn.api("DELETE", path, { product: "support" })).status).toBe(204);
    expect(await ask()).toMatchObject({ permitted: false, reason: "excluded" });
    expect((await acorn.api("DELETE", path, { product: "support" })).status).toBe(404);
  });

  it("is not given with the scope that gives ordinary claims, nor by the door of these", async () => {
    const weak = await issueToken(server.app.administer, {
      ...{ kind: "api", organisationId: acorn.organisation.id, connectionId: null, label: "weak" },
      scopes: ["licence.read", "licence.assign"],
    });
    const path = `${server.url}/api/v1/organisations/acorn/users/${ann}`;
    const body = { product: "support", reason: "x", until: inMs(60_000) };
    const refused = await send(`${path}/break-glass`, "POST", weak.token, body);
    expect([refused.status, refused.body.error.code]).toEqual([403, "MissingScope"]);
    const fact = { kind: "breakGlass", name: "support", value: { until: 9e15, reason: "x" } };
    expect((await send(`${path}/facts`, "POST", weak.token, fact)).status).toBe(400);
    expect(await ask()).toMatchObject({ permitted: false });
  });
});
