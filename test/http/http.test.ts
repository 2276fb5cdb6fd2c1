import { describe, expect, it } from "@jest/globals";
import express, { type Express } from "express";
import request from "supertest";
import type { ApiToken } from "../../src/domain/directory.js";
import { SeatkeeperError } from "../../src/errors.js";
import { bearer, tokenOf } from "../../src/http/bearer.js";
import { jsonBody } from "../../src/http/body.js";
import { methodNotAllowed, notFound, renderJsonErrors } from "../../src/http/errors.js";
import { createLogger, requestLog, safeFields } from "../../src/http/logger.js";
import { createRateLimits } from "../../src/http/rateLimit.js";
import { requestId } from "../../src/http/requestId.js";
import { noStore, securityHeaders } from "../../src/http/securityHeaders.js";
import type { Ids } from "../../src/ports.js";
import { KINDS, newToken, parseToken } from "../../src/token.js";
import { GENEROUS } from "../support/rateLimits.js";

const SECOND = 1_000;
const NOW = 1_700_000_000_000;

/** Random bytes that count, so that a failure can be repeated. */
function testIds(): Ids {
  let count = 0;
  return {
    next: () => `id-${String((count += 1)).padStart(8, "0")}`,
    secret: (bytes) =>
      Buffer.from(
        Array.from({ length: bytes }, (_, i) => (i * 37 + (count += 1) * 11) % 256),
      ).toString("base64url"),
  };
}

const ids = testIds();

interface World {
  readonly app: Express;
  readonly tokens: Map<string, ApiToken>;
  readonly touched: string[];
  readonly lines: string[];
  now: number;
  isNoteLost: boolean;
}

function world(): World {
  const tokens = new Map<string, ApiToken>();
  const lines: string[] = [];
  const touched: string[] = [];
  const logger = createLogger({
    level: "debug",
    destination: { write: (line) => lines.push(line) },
  });
  const app = express();
  const state: World = { app, tokens, touched, lines, now: NOW, isNoteLost: false };
  const clock = { now: () => state.now };
  app.use(requestId(ids), requestLog(logger, clock), securityHeaders({ https: true }), noStore);
  app.use(
    "/guarded/:connection",
    bearer({
      kind: "scim",
      clock,
      administration: {
        findToken: (publicId) => Promise.resolve(tokens.get(publicId) ?? null),
        touchToken: async (publicId) => {
          touched.push(publicId);
          if (state.isNoteLost) throw new SeatkeeperError("Unavailable");
        },
      },
      limits: createRateLimits(GENEROUS, ids),
      place:
        async ({ params }) =>
        (token) =>
          token.connectionId === params["connection"],
    }),
    (_request, response) => {
      response.json({ label: tokenOf(response).label });
    },
  );
  app.post(
    "/echo",
    jsonBody({ bytesMax: 1_000, mediaTypes: ["application/scim+json"] }),
    (req, res) => {
      res.json({ got: req.body as unknown });
    },
  );
  app.all("/echo", methodNotAllowed("POST"));
  app.get("/boom", () => {
    throw new Error("select * from users where password=hunter2");
  });
  app.get("/busy", () => {
    throw new SeatkeeperError("Unavailable", { detail: "pool exhausted" });
  });
  app.get("/param/:id", (_request, response) => {
    response.json({});
  });
  app.use(notFound, renderJsonErrors(logger));
  return state;
}

function issue(state: World, change: Partial<ApiToken> = {}): string {
  const { token, publicId, hash } = newToken("scim", ids);
  state.tokens.set(publicId, {
    publicId,
    hash,
    kind: "scim",
    organisationId: "o",
    connectionId: "c",
    label: "Okta",
    createdAt: NOW,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...change,
  });
  return token;
}

describe("a token", () => {
  it("has the documented form, and 192 random bits", () => {
    const { token, publicId } = newToken("scim", ids);

    expect(token).toMatch(/^sk_scim_[0-9A-Za-z]{13}_[0-9A-Za-z]{39}$/);
    expect(parseToken(token)).toEqual({ kind: "scim", publicId });
  });

  it("is refused with one letter changed, by its checksum alone", () => {
    const { token } = newToken("api", ids);
    for (let i = 0; i < token.length; i += 1) {
      const other = token[i] === "a" ? "b" : "a";
      expect(parseToken(token.slice(0, i) + other + token.slice(i + 1))).toBeNull();
    }
  });
});

describe("the bearer check", () => {
  it("lets a live token of this address through", async () => {
    const state = world();

    const answer = await request(state.app)
      .get("/guarded/c")
      .set("Authorization", `Bearer ${issue(state)}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ label: "Okta" });
  });

  it("gives the same 401 whatever is wrong, so that nothing can be learnt from it", async () => {
    const state = world();
    const good = issue(state);
    const foreign = newToken("api", ids);
    const headers: Record<string, string | undefined> = {
      missing: undefined,
      empty: "",
      "wrong scheme": `Basic ${good}`,
      malformed: "Bearer nonsense",
      "wrong checksum": `Bearer ${good.slice(0, -1)}${good.endsWith("0") ? "1" : "0"}`,
      unknown: `Bearer ${newToken("scim", ids).token}`,
      "another kind": `Bearer ${foreign.token}`,
      expired: `Bearer ${issue(state, { expiresAt: NOW })}`,
      revoked: `Bearer ${issue(state, { revokedAt: NOW - 1 })}`,
      "another secret": `Bearer ${issue(state, { hash: foreign.hash })}`,
      "another connection": `Bearer ${issue(state, { connectionId: "d" })}`,
    };

    const answers = await Promise.all(
      Object.values(headers).map(async (header) => {
        const call = request(state.app).get("/guarded/c").set("X-Request-Id", "same-request");
        return header === undefined ? await call : await call.set("Authorization", header);
      }),
    );

    const seen = new Set(
      answers.map(({ status, body, headers: { date, ...rest } }) =>
        JSON.stringify([status, body as unknown, rest, typeof date]),
      ),
    );
    expect(seen.size).toBe(1);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.headers["www-authenticate"]).toBe('Bearer realm="seatkeeper"');
    expect(answers[0]?.body).toMatchObject({ error: { code: "Unauthorized" } });
  });

  it("notes the last use at most once a minute", async () => {
    const state = world();
    const call = (token: string) =>
      request(state.app).get("/guarded/c").set("Authorization", `Bearer ${token}`);

    await call(issue(state));
    await call(issue(state, { lastUsedAt: NOW - 59 * SECOND }));
    await call(issue(state, { lastUsedAt: NOW - 60 * SECOND }));

    expect(state.touched).toHaveLength(2);
  });

  it("lets a request in whose note of the last use is lost with its connection to the database", async () => {
    const state = world();
    state.isNoteLost = true;
    const answer = await request(state.app)
      .get("/guarded/c")
      .set("Authorization", `Bearer ${issue(state)}`);
    expect(state.touched).toHaveLength(1);
    expect(answer.status).toBe(200);
  });
});

describe("a body", () => {
  const send = (type: string, body: string) =>
    request(world().app).post("/echo").set("Content-Type", type).send(body);

  it("is read in each accepted type", async () => {
    expect((await send("application/json", '{"a":1}')).body).toEqual({ got: { a: 1 } });
    expect((await send("application/scim+json; charset=utf-8", '{"a":1}')).body).toEqual({
      got: { a: 1 },
    });
  });

  it.each([
    {
      what: "another type",
      type: "text/plain",
      body: "{}",
      status: 415,
      code: "UnsupportedMediaType",
    },
    {
      what: "a form",
      type: "application/x-www-form-urlencoded",
      body: "a=1",
      status: 415,
      code: "UnsupportedMediaType",
    },
    {
      what: "an unknown charset",
      type: "application/json; charset=x-none",
      body: "{}",
      status: 415,
      code: "UnsupportedMediaType",
    },
    {
      what: "broken JSON",
      type: "application/json",
      body: '{"a":',
      status: 400,
      code: "MalformedJson",
    },
    {
      what: "too many bytes",
      type: "application/json",
      body: JSON.stringify("x".repeat(1_000)),
      status: 413,
      code: "PayloadTooLarge",
    },
  ])("is refused: $what", async ({ type, body, status, code }) => {
    const answer = await send(type, body);

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ error: { code } });
  });

  it("is refused when it only unpacks to too many bytes", async () => {
    const { gzipSync } = await import("node:zlib");
    const packed = gzipSync(JSON.stringify({ a: "x".repeat(100_000) }));

    const answer = await request(world().app)
      .post("/echo")
      .set("Content-Type", "application/json")
      .set("Content-Encoding", "gzip")
      .serialize(() => packed as unknown as string)
      .send(packed);

    expect(answer.status).toBe(413);
  });
});

describe("an answer", () => {
  it("repeats a sane request id and replaces any other", async () => {
    const { app } = world();
    const idOf = async (given: string) =>
      (await request(app).get("/boom").set("X-Request-Id", given)).headers["x-request-id"];

    expect(await idOf("client-4711.a:b_c")).toBe("client-4711.a:b_c");
    expect(await idOf("short")).toMatch(/^id-/);
    expect(await idOf("has spaces and <tags>")).toMatch(/^id-/);
    expect(await idOf("x".repeat(200))).toMatch(/^id-/);
  });

  it("carries the security headers and no word about the server", async () => {
    const { headers } = await request(world().app).get("/nothing");

    expect(headers).toMatchObject({
      "content-security-policy": "default-src 'none';frame-ancestors 'none'",
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(headers).not.toHaveProperty("x-powered-by");
  });

  it("says nothing of the inside when something unforeseen happens, but logs it", async () => {
    const state = world();

    const answer = await request(state.app).get("/boom");

    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      error: {
        code: "Internal",
        message: "Something went wrong on our side.",
        requestId: answer.headers["x-request-id"],
      },
    });
    const line = state.lines.find((text) => text.includes("request failed"));
    expect(line).toContain("select * from users");
    expect(line).not.toContain("hunter2");
  });

  it("tells when to come back", async () => {
    const answer = await request(world().app).get("/busy");

    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("5");
    expect(JSON.stringify(answer.body)).not.toContain("pool exhausted");
  });

  it("is 405 with the allowed methods, 404 for an unknown address or one that cannot be decoded", async () => {
    const { app } = world();
    const put = await request(app).put("/echo");

    expect([put.status, put.headers["allow"]]).toEqual([405, "POST"]);
    expect((await request(app).get("/unknown")).status).toBe(404);
    expect((await request(app).get("/param/%E0%A4%A")).body).toMatchObject({
      error: { code: "NotFound" },
    });
  });
});

describe("the log", () => {
  it("writes only fields that are on the list", () => {
    expect(
      safeFields({
        requestId: "r",
        durationMs: 3,
        password: "hunter2",
        token: "hunter2",
        tokenPublicId: "abc",
        cookie: "hunter2",
        authorization: "hunter2",
        assertion: "hunter2",
        sessionId: "hunter2",
        body: { a: "hunter2" },
        document: "hunter2",
        user: { id: "u", password: "hunter2", emails: ["hunter2"] },
      }),
    ).toEqual({
      requestId: "r",
      durationMs: 3,
      password: "[withheld]",
      token: "[withheld]",
      tokenPublicId: "abc",
      cookie: "[withheld]",
      authorization: "[withheld]",
      assertion: "[withheld]",
      sessionId: "[withheld]",
      body: "[withheld]",
      document: "[withheld]",
      user: { id: "u", password: "[withheld]", emails: "[withheld]" },
    });
  });

  it("tells how far the re-evaluation is, and how many deleted people were forgotten", () => {
    const fields = { stale: 10, percent: 90, perSecond: 5, secondsLeft: 2, purged: 3 };
    expect(safeFields(fields)).toEqual(fields);
  });

  it.each([
    ...KINDS.map((kind) => `sk_${kind}_abcdefghij_Hunter2Hunter2Hunter2`),
    "/i/sk%5Finvite%5Fabcdefghij%5FHunter2Hunter2Hunter2",
    "/i/%73k%255finvite_abcdefghij_Hunter2Hunter2Hunter2",
    "/a%2Fsk_invite_abcdefghij_Hunter2Hunter2Hunter2",
    "to_sk_invite_abc_Hunter2",
    "Authorization: Bearer Hunter2Hunter2",
    "whsec_Hunter2Hunter2",
    "eyJhbGciOiJI.Hunter2Hunter2.Hunter2",
    "mysql://seatkeeper:Hunter2@db/x",
    "SAMLResponse=Hunter2Hunter2&x",
    '{"password":"Hunter2"}',
    "-----BEGIN PRIVATE KEY-----\nHunter2\n-----END PRIVATE KEY-----",
  ])("blanks what looks like a credential inside a text: %s", (text) => {
    const error = new Error(text, { cause: new Error(text) });

    const line = JSON.stringify(safeFields({ message: text, error, details: [text] }));

    expect(line).not.toContain("Hunter2");
  });

  it("has no query of a request", async () => {
    const state = world();

    await request(state.app).get("/param/1?SAMLResponse=hunter2");

    expect(state.lines.join("")).toContain('"path":"/param/1"');
    expect(state.lines.join("")).not.toContain("hunter2");
  });
});
