import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { applicationPage, createApplication, TokenRefused } from "../../src/practice/app.js";
import type { Application } from "../../src/practice/app.js";

const APPLICATION_URL = "http://127.0.0.1:4601/app/signed-in";
const NOW = Date.UTC(2026, 4, 4, 8);
const SECONDS = NOW / 1000;

let server: Server;
let issuer: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let application: Application;
let count = 0;

beforeAll(async () => {
  keys = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(keys.publicKey)), alg: "ES256", kid: "k1", use: "sig" };
  server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [key] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  application = createApplication({ issuer, applicationUrl: APPLICATION_URL, now: () => NOW });
});

afterAll(() => void server.close());

function claims(change: object = {}) {
  count += 1;
  return {
    iss: issuer,
    aud: APPLICATION_URL,
    sub: "u1",
    jti: `t${String(count)}`,
    exp: SECONDS + 60,
    userName: "zoe.muller@acorn.example",
    name: "Zoë <Müller>",
    teams: ["Support"],
    roles: ["user"],
    products: {
      support: { state: "held", tier: "standard", seat: { pool: "Shared", kind: "shared" } },
      analytics: { state: "waiting", tier: null, wantedTier: "viewer" },
      other: { state: "none", tier: null, reason: "Excluded" },
    },
    ...change,
  };
}

function sign(payload: object, key = keys.privateKey): Promise<string> {
  const header = { alg: "ES256", kid: "k1" };
  return new SignJWT({ ...payload }).setProtectedHeader(header).sign(key);
}

describe("the example application", () => {
  it("believes a token that Seatkeeper signed for it, once", async () => {
    const token = await sign(claims());

    expect(await application.verify(token)).toMatchObject({ sub: "u1", roles: ["user"] });
    await expect(application.verify(token)).rejects.toThrow(/used before/);
  });

  it.each([
    ["for another application", { aud: "http://127.0.0.1:9999/" }],
    ["of another issuer", { iss: "http://127.0.0.1:1" }],
    ["that has expired", { exp: SECONDS - 1 }],
    ["without an end", { exp: undefined }],
    ["that names nobody", { sub: undefined }],
  ])("refuses a token %s", async (_name, change) => {
    await expect(application.verify(await sign(claims(change)))).rejects.toThrow(TokenRefused);
  });

  it("refuses a token signed with another key, unsigned, or no token at all", async () => {
    const other = await generateKeyPair("ES256");
    const unsigned = new UnsecuredJWT(claims()).encode();

    for (const token of [await sign(claims(), other.privateKey), unsigned, "", "a.b.c"]) {
      await expect(application.verify(token)).rejects.toThrow(TokenRefused);
    }
  });

  it("shows who signed in, with which tier and seat, and why not", async () => {
    const user = await application.verify(await sign(claims()));
    const page = applicationPage(user, [{ sentence: "A seat moved.", effect: "other" }]);

    expect(page).toContain("Zoë &lt;Müller&gt;");
    expect(page).toContain("shared seat of “Shared”");
    expect(page).toContain("waiting for a seat of the tier <strong>Viewer</strong>");
    expect(page).toContain("A rule leaves this person out.");
    expect(page).toContain("A seat moved.");
    expect(page).not.toContain(user.token);
  });
});
