import { afterEach, describe, expect, it, jest } from "@jest/globals";
import express from "express";
import request from "supertest";
import { addressOf, createRateLimits } from "../../src/http/rateLimit.js";
import { systemIds } from "../../src/store/index.js";
import { send, startTestServer, type Answer, type TestServer } from "../support/server.js";
import { GENEROUS } from "../support/rateLimits.js";

let server: TestServer | undefined;

afterEach(async () => {
  jest.useRealTimers();
  await server?.close();
  server = undefined;
});

/** What is about the limit alone must not depend on how fast this machine is: time passes when the test says so. */
function stopTime(): void {
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] });
}

async function serverWith(limits: object): Promise<TestServer> {
  server = await startTestServer({ limits: { ...GENEROUS, ...limits } });
  return server;
}

describe("the limit of a connection", () => {
  it("lets a burst through, then answers 429 with whole seconds and a SCIM body, and others go on", async () => {
    const { organisation } = await serverWith({ scimRequestsPerSecond: 25 });
    const acorn = await organisation("acorn");
    const busy = await acorn.connection("entra");
    const other = await acorn.connection("okta");

    // A slow machine may answer so slowly that 400 are not too many.
    const answers: Answer[] = [];
    while (!answers.some(({ status }) => status === 429)) {
      const wave = Array.from({ length: 400 }, () => busy.scim("GET", "/ServiceProviderConfig"));
      answers.push(...(await Promise.all(wave)));
    }

    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 429]));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(275);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(refused.headers.get("content-type")).toContain("application/scim+json");
    expect(refused.body).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: "429",
    });
    expect((await other.scim("GET", "/ServiceProviderConfig")).status).toBe(200);
    expect((await fetch(`${server!.url}/readyz`)).status).toBe(200);
  });

  it("allows a hundred requests a second and more, if nothing else is configured", async () => {
    stopTime();
    const limits = createRateLimits({ ...GENEROUS, scimRequestsPerSecond: 200 }, systemIds);
    const verdicts = await Promise.all(
      Array.from({ length: 2_200 }, () => limits.connection.take("c")),
    );

    expect(verdicts.filter((verdict) => verdict !== null)).toEqual([]);
    expect(await limits.connection.take("c")).toBe(1);
    expect(await limits.connection.take("d")).toBeNull();
  });
});

describe("a bulk request and the limit of a connection", () => {
  const limitsOf = (scimRequestsPerSecond: number) =>
    createRateLimits({ ...GENEROUS, scimRequestsPerSecond }, systemIds).connection;

  it("counts as its operations: the burst is used up by them, and what is beyond must be waited for", async () => {
    stopTime();
    const limit = limitsOf(100);
    expect(await limit.take("c")).toBeNull();
    expect(await limit.takeMore("c", 999)).toBeNull();
    expect(await limit.take("c")).toBeNull();
    expect(await limit.takeMore("c", 301)).toBeNull();

    expect(await limit.take("c")).toBe(3);
    expect(await limit.takeMore("c", 1)).toBe(3);
    expect(await limit.take("d")).toBeNull();
  });

  it("is let in however large it is, and again when what it owes is paid", async () => {
    stopTime();
    const limit = limitsOf(25);
    for (let round = 0; round < 2; round += 1) {
      expect(await limit.take("c")).toBeNull();
      expect(await limit.takeMore("c", 9_999)).toBeNull();
      const seconds = await limit.take("c");
      expect(seconds).toBeGreaterThanOrEqual(389);
      expect(seconds).toBeLessThanOrEqual(400);
      jest.advanceTimersByTime(seconds! * 1_000);
    }
  });

  it("is answered, and the requests after it are 429 with whole seconds", async () => {
    const { organisation } = await serverWith({ scimRequestsPerSecond: 25 });
    const idp = await (await organisation("acorn")).connection("generic");
    const bulk = (count: number) =>
      idp.scim("POST", "/Bulk", {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        Operations: Array.from({ length: count }, (_, index) => ({
          method: "DELETE",
          path: `/Users/nobody-${String(index)}`,
        })),
      });
    expect((await bulk(1_001)).status).toBe(413);
    expect((await bulk(1_000)).body.Operations).toHaveLength(1_000);

    const refused = await bulk(1);
    expect([refused.status, refused.body.status]).toEqual([429, "429"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(20);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(30);
  });
});

describe("refusals of one address", () => {
  it("become 429 after a while, and good credentials from there are never stopped", async () => {
    const { organisation } = await serverWith({ refusalsPerMinute: 10 });
    const idp = await (await organisation("acorn")).connection("entra");
    const bad = () => send(`${idp.baseUrl}/Users`, "GET", "nonsense");

    const answers = await Promise.all(Array.from({ length: 15 }, bad));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: 10 }, () => 401),
      ...Array.from({ length: 5 }, () => 429),
    ]);
    const last = answers.find(({ status }) => status === 429)!;
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(50);
    expect((await idp.scim("GET", "/Users")).status).toBe(200);
    expect((await send(`${server!.url}/api/v1/organisations`, "GET", "x")).status).toBe(429);
  });

  it("count at the token endpoint, whose requests are limited as a whole, too", async () => {
    const { organisation } = await serverWith({ tokenRequestsPerMinute: 10 });
    const idp = await (await organisation("acorn")).connection("entra");
    const ask = () =>
      fetch(`${server!.url}/oauth/${idp.connection.id}/token`, {
        method: "POST",
        body: new URLSearchParams({ grant_type: "client_credentials" }),
      });

    const answers = await Promise.all(Array.from({ length: 12 }, ask));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(2);
    expect(refused[0]?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(await refused[0]?.json()).toMatchObject({ error: "temporarily_unavailable" });
  });

  it("are kept in a fixed number of counters, however many addresses there are", async () => {
    const limits = createRateLimits({ ...GENEROUS, refusalsPerMinute: 1 }, systemIds);
    const verdicts = [];
    for (let i = 0; i < 80_000; i += 1) verdicts.push(limits.refusals.take(`address ${String(i)}`));

    const stopped = (await Promise.all(verdicts)).filter((verdict) => verdict !== null).length;
    // 65,536 counters of one hold no more than that.
    expect(stopped).toBeGreaterThanOrEqual(80_000 - 65_536);
  });
});

describe("the address that is counted", () => {
  const app = express();
  app.set("trust proxy", 1);
  app.get("/", (req, res) => void res.send(addressOf(req)));
  const seen = async (forwarded: string) =>
    (await request(app).get("/").set("X-Forwarded-For", forwarded)).text;

  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["not an address", "not an address"],
  ])("of %s is %s", async (forwarded, address) => {
    expect(await seen(forwarded)).toBe(address);
  });

  it("is the network of an IPv6 address", async () => {
    const first = await seen("2001:db8:1:2:3:4:5:6");
    expect(await seen("2001:db8:1:2:ffff::1")).toBe(first);
    expect(await seen("2001:db8:1:3::1")).not.toBe(first);
  });
});
