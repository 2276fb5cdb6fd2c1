import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { generateKeyPair, SignJWT } from "jose";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { newToken } from "../../src/token.js";
import { systemIds } from "../../src/store/ids.js";
import { type Claims, startIssuer, type TestIssuer } from "../support/issuer.js";
import {
  send,
  startTestServer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** The token endpoint as an identity provider uses it: forms and tokens over sockets. */

const MINUTE = 60_000;
const DAY = 86_400_000;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SUBJECT = "5f2c-service-principal";
const AUDIENCE = "8d4e-application";

interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

onEachDatabase("the token endpoint", (freshDatabaseUrl) => {
  const clock = { value: Date.now(), now: () => clock.value };
  const logged: string[] = [];
  let server: TestServer;
  let acorn: TestOrganisation;
  let globex: TestOrganisation;
  let entra: TestConnection;
  let okta: TestConnection;
  let foreign: TestConnection;
  let issuer: TestIssuer;

  beforeAll(async () => {
    const logger = createLogger({
      level: "debug",
      destination: { write: (line) => logged.push(line) },
    });
    const store = await createStore({ url: await freshDatabaseUrl(), clock, logger });
    server = await startTestServer({}, { store, logger });
    acorn = await server.organisation("acorn");
    globex = await server.organisation("globex");
    entra = await acorn.connection("entra");
    okta = await acorn.connection("okta");
    foreign = await globex.connection("entra");
    const claims: Claims = { subject: SUBJECT, audience: AUDIENCE, now: clock.now };
    issuer = await startIssuer(claims);
  });

  afterAll(async () => {
    await server.close();
    await issuer.close();
  });

  const clients = (connection: TestConnection) =>
    `/connections/${connection.connection.id}/clients`;
  const tokenUrl = (connection: TestConnection) =>
    `${server.url}/oauth/${connection.connection.id}/token`;

  async function newClient(connection = entra, organisation = acorn, more: object = {}) {
    const { status, body } = await organisation.api("POST", clients(connection), {
      label: "provisioning",
      ...more,
    });
    expect(status).toBe(201);
    return { id: body.id as string, secret: body.secret as string };
  }

  async function trusted(connection = entra, more: object = {}): Promise<string> {
    const { status, body } = await acorn.api(
      "PUT",
      `/connections/${connection.connection.id}/trust`,
      {
        issuer: issuer.issuer,
        subject: SUBJECT,
        audience: AUDIENCE,
        jwksUrl: issuer.jwksUrl,
        ...more,
      },
    );
    expect(status).toBe(200);
    return body.id as string;
  }

  async function ask(
    form: Record<string, string> | string,
    {
      connection = entra,
      headers = {},
    }: { connection?: TestConnection; headers?: Record<string, string> } = {},
  ): Promise<TokenAnswer> {
    const response = await fetch(tokenUrl(connection), {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: typeof form === "string" ? form : new URLSearchParams(form).toString(),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  const bySecret = ({ id, secret }: { id: string; secret: string }, more = {}) => ({
    grant_type: "client_credentials",
    client_id: id,
    client_secret: secret,
    ...more,
  });
  const byAssertion = (assertion: string, more = {}) => ({
    grant_type: "client_credentials",
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...more,
  });
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
  });
  const users = async (token: string, connection = entra) =>
    (await send(`${connection.baseUrl}/Users?count=1`, "GET", token)).status;

  async function tokenOf(answer: Promise<TokenAnswer>): Promise<string> {
    const { status, body } = await answer;
    expect({ status, body }).toMatchObject({ status: 200 });
    return body.access_token as string;
  }

  it("gives a token for a secret in the form; it opens this connection and no other", async () => {
    const answer = await ask(bySecret(await newClient(), { scope: "whatever", baseAddress: "x" }));

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^sk_access_/),
      token_type: "Bearer",
      expires_in: 3_600,
      scope: "scim",
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const token = answer.body.access_token as string;
    expect(await users(token)).toBe(200);
    expect(await users(token, okta)).toBe(401);
    expect(await users(token, foreign)).toBe(401);
    expect((await send(`${server.url}/api/v1/organisations`, "GET", token)).status).toBe(401);
  });

  it("takes id and secret from Basic, form-decoded (RFC 6749 §2.3.1)", async () => {
    const { id, secret } = await newClient();
    const encoded = secret.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    const form = { grant_type: "client_credentials" };

    expect((await ask(form, { headers: basic(id, secret) })).status).toBe(200);
    expect((await ask(form, { headers: basic(id, encoded) })).status).toBe(200);
    expect((await ask({ ...form, client_id: id }, { headers: basic(id, secret) })).status).toBe(
      200,
    );
    expect((await ask(form, { headers: basic(id, `${secret}%`) })).body.error).toBe(
      "invalid_client",
    );
    expect((await ask({ ...form, client_id: "x" }, { headers: basic(id, secret) })).status).toBe(
      401,
    );
  });

  it("lets a token live as long as it says", async () => {
    const token = await tokenOf(ask(bySecret(await newClient())));

    clock.value += 59 * MINUTE;
    expect(await users(token)).toBe(200);
    clock.value += 2 * MINUTE;
    expect(await users(token)).toBe(401);
  });

  it.each<[string, Record<string, string> | string, number, string]>([
    ["no grant", {}, 400, "invalid_request"],
    ["an empty grant", "grant_type=", 400, "invalid_request"],
    [
      "a grant twice",
      "grant_type=client_credentials&grant_type=client_credentials",
      400,
      "invalid_request",
    ],
    [
      "the password grant",
      { grant_type: "password", username: "a", password: "b" },
      400,
      "unsupported_grant_type",
    ],
    [
      "a refresh token",
      { grant_type: "refresh_token", refresh_token: "x" },
      400,
      "unsupported_grant_type",
    ],
    ["a code", { grant_type: "authorization_code", code: "x" }, 400, "unsupported_grant_type"],
    ["no client", { grant_type: "client_credentials" }, 401, "invalid_client"],
  ])("refuses %s in the words of RFC 6749", async (_what, form, status, error) => {
    const answer = await ask(form);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.any(String) });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("refuses another method, another kind of body, two ways at once, and credentials in the address", async () => {
    const client = await newClient();
    const form = bySecret(client);
    const query = `?client_id=${client.id}&client_secret=${client.secret}`;
    const inAddress = await fetch(`${tokenUrl(entra)}${query}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "grant_type=client_credentials",
    });
    const get = await fetch(`${tokenUrl(entra)}${query}&grant_type=client_credentials`);
    const json = await ask(JSON.stringify(form), {
      headers: { "content-type": "application/json" },
    });
    const both = await ask(form, { headers: basic(client.id, client.secret) });
    const large = await ask(`${new URLSearchParams(form).toString()}&x=${"x".repeat(70_000)}`);

    expect(inAddress.status).toBe(400);
    expect(await inAddress.json()).toMatchObject({ error: "invalid_request" });
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    expect([json.status, json.body.error]).toEqual([400, "invalid_request"]);
    expect([both.status, both.body.error]).toEqual([400, "invalid_request"]);
    expect([large.status, large.body.error]).toEqual([413, "invalid_request"]);
  });

  it("keeps several secrets good during a rotation and ends the old ones after the overlap", async () => {
    const client = await newClient(okta);
    const path = `${clients(okta)}/${client.id}/secrets`;
    const rotated = await acorn.api("POST", path, { overlap: "2h" });
    expect(rotated.status).toBe(201);
    const next = { id: client.id, secret: rotated.body.secret as string };
    const at = { connection: okta };

    expect((await ask(bySecret(client), at)).status).toBe(200);
    expect((await ask(bySecret(next), at)).status).toBe(200);
    clock.value += 121 * MINUTE;
    expect((await ask(bySecret(client), at)).status).toBe(401);
    const token = await tokenOf(ask(bySecret(next), at));
    expect((await acorn.api("DELETE", `${path}/${String(rotated.body.publicId)}`)).status).toBe(
      204,
    );
    expect(await users(token, okta)).toBe(401);
    expect((await ask(bySecret(next), at)).status).toBe(401);
  });

  it("ends the access of a client that is revoked, and of a connection that is disabled, at once", async () => {
    const client = await newClient(okta);
    const token = await tokenOf(ask(bySecret(client), { connection: okta }));
    const enable = (enabled: boolean) =>
      acorn.api("PATCH", `/connections/${okta.connection.id}`, { enabled });

    await enable(false);
    expect(await users(token, okta)).toBe(401);
    expect((await ask(bySecret(client), { connection: okta })).status).toBe(401);
    await enable(true);
    expect(await users(token, okta)).toBe(200);
    expect((await acorn.api("DELETE", `${clients(okta)}/${client.id}`)).status).toBe(204);
    expect(await users(token, okta)).toBe(401);
    expect((await ask(bySecret(client), { connection: okta })).status).toBe(401);
    expect((await acorn.api("DELETE", `${clients(okta)}/${client.id}`)).status).toBe(404);
  });

  it("answers every bad credential alike, byte for byte, and not before the same time", async () => {
    const good = await newClient();
    const short = await newClient(entra, acorn, { expiresInDays: 1 });
    clock.value += 2 * DAY;
    const revoked = await newClient();
    await acorn.api("DELETE", `${clients(entra)}/${revoked.id}`);
    const elsewhere = await newClient(okta);
    const abroad = await newClient(foreign, globex);
    await trusted();
    const form = { grant_type: "client_credentials" };
    const wrong = (await newClient()).secret;
    const unknown = newToken("client", systemIds).token;
    const variants: Record<string, () => Promise<TokenAnswer>> = {
      nothing: () => ask(form),
      "id without secret": () => ask({ ...form, client_id: good.id }),
      "unknown client": () => ask(bySecret({ id: systemIds.next(), secret: good.secret })),
      "unknown secret": () => ask(bySecret({ id: good.id, secret: unknown })),
      "secret of another client": () => ask(bySecret({ id: good.id, secret: wrong })),
      "no secret of ours": () => ask(bySecret({ id: good.id, secret: "hunter2" })),
      "expired secret": () => ask(bySecret(short)),
      "revoked client": () => ask(bySecret(revoked)),
      "another connection's client": () => ask(bySecret(elsewhere)),
      "another organisation's client": () => ask(bySecret(abroad)),
      "own client at another's address": () => ask(bySecret(good), { connection: foreign }),
      "a SCIM token as secret": () => ask(bySecret({ id: good.id, secret: entra.token })),
      "garbage in Basic": () => ask(form, { headers: { authorization: "Basic !!!" } }),
      "Basic without a colon": () => ask(form, { headers: { authorization: "Basic Zm9v" } }),
      "wrong Basic": () => ask(form, { headers: basic(good.id, unknown) }),
      "a bearer token": () => ask(form, { headers: { authorization: `Bearer ${entra.token}` } }),
      "garbage assertion": () => ask(byAssertion("x.y.z")),
      "assertion of no known type": async () =>
        ask({ ...byAssertion(await issuer.sign()), client_assertion_type: "saml" }),
      "assertion where none is trusted": async () =>
        ask(byAssertion(await issuer.sign()), { connection: okta }),
      "assertion for another audience": async () =>
        ask(byAssertion(await issuer.sign({ aud: "x" }))),
      "forged assertion": async () => ask(byAssertion(await forged())),
      "unknown connection": async () => {
        const connection = { ...entra, connection: { ...entra.connection, id: systemIds.next() } };
        return ask(bySecret(good), { connection });
      },
    };

    const seen = new Map<string, string[]>();
    const quick: string[] = [];
    for (const [name, send] of Object.entries(variants)) {
      const begun = performance.now();
      const { status, headers, body } = await send();
      if (performance.now() - begun < 90) quick.push(name);
      const { date: _, "x-request-id": __, ...rest } = Object.fromEntries(headers);
      const answer = JSON.stringify([status, rest, body]);
      seen.set(answer, [...(seen.get(answer) ?? []), name]);
    }

    expect([...seen.values()]).toEqual([Object.keys(variants)]);
    expect([...seen.keys()][0]).toContain("invalid_client");
    expect([...seen.keys()][0]).toContain("Basic realm");
    expect(quick).toEqual([]);
  });

  async function forged(): Promise<string> {
    const { privateKey } = await generateKeyPair("RS256");
    const seconds = Math.floor(clock.now() / 1_000);
    const claims = { iss: issuer.issuer, sub: SUBJECT, aud: AUDIENCE, iat: seconds };
    return new SignJWT({ ...claims, exp: seconds + 600 })
      .setProtectedHeader({ alg: "RS256", kid: "key-1" })
      .sign(privateKey);
  }

  it("gives a token for the trusted issuer's signed word, with or without /v2.0", async () => {
    const id = await trusted();

    const first = await tokenOf(
      ask(byAssertion(await issuer.sign(), { baseAddress: "https://x" })),
    );
    const plain = await issuer.sign({ iss: issuer.issuer });
    await tokenOf(ask(byAssertion(plain, { client_id: AUDIENCE })));
    await tokenOf(ask(byAssertion(plain, { client_id: id })));
    expect(await users(first)).toBe(200);
    expect(await users(first, okta)).toBe(401);

    const other = await ask(byAssertion(plain, { client_id: "another" }));
    expect([other.status, other.body.error]).toEqual([401, "invalid_client"]);
    await trusted();
    expect(await users(first)).toBe(401);
  });

  const seconds = () => Math.floor(clock.now() / 1_000);
  it.each<[string, () => Promise<string>]>([
    [
      "of another issuer",
      () => issuer.sign({ iss: "https://login.microsoftonline.com/evil/v2.0" }),
    ],
    ["about another subject", () => issuer.sign({ sub: "x" })],
    ["without a subject", () => issuer.sign({ sub: undefined })],
    ["that has ended", () => issuer.sign({ exp: seconds() - 61 })],
    ["without an end", () => issuer.sign({ exp: undefined })],
    ["without a beginning", () => issuer.sign({ iat: undefined })],
    ["from the future", () => issuer.sign({ iat: seconds() + 120, nbf: seconds() })],
    ["that is not valid yet", () => issuer.sign({ nbf: seconds() + 120 })],
    ["that is valid for more than a day", () => issuer.sign({ exp: seconds() + 86_401 })],
    ["of yesterday", () => issuer.sign({ iat: seconds() - 86_500 })],
    ["whose jti is no text", () => issuer.sign({ jti: 7 })],
    ["signed with a shared secret", async () => sharedSecret()],
    ["without a signature", async () => unsigned()],
    ["with a changed claim", async () => tampered(await issuer.sign({ aud: ["x"] }))],
    ["of an unknown key", () => issuer.sign({}, { kid: "nobody" })],
  ])("refuses an assertion %s", async (_what, make) => {
    await trusted();
    const { status, body } = await ask(byAssertion(await make()));

    expect([status, body.error]).toEqual([401, "invalid_client"]);
  });

  async function sharedSecret(): Promise<string> {
    const claims = { iss: issuer.issuer, sub: SUBJECT, aud: AUDIENCE, iat: seconds() };
    return new SignJWT({ ...claims, exp: seconds() + 600 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode("x".repeat(64)));
  }

  async function unsigned(): Promise<string> {
    const [, claims] = (await issuer.sign()).split(".");
    return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims!}.`;
  }

  function tampered(jwt: string): string {
    const [header, claims, signature] = jwt.split(".") as [string, string, string];
    const changed = JSON.parse(Buffer.from(claims, "base64url").toString());
    const text = JSON.stringify({ ...changed, aud: AUDIENCE });
    return [header, Buffer.from(text).toString("base64url"), signature].join(".");
  }

  it("allows for a minute's difference between the clocks", async () => {
    await trusted();

    await tokenOf(
      ask(byAssertion(await issuer.sign({ exp: seconds() - 50, iat: seconds() - 600 }))),
    );
    await tokenOf(
      ask(byAssertion(await issuer.sign({ iat: seconds() + 50, nbf: seconds() + 50 }))),
    );
  });

  it("takes an assertion with an id once, and one without as often as it comes", async () => {
    await trusted();
    const once = await issuer.sign({ jti: systemIds.next() });
    const often = await issuer.sign();

    const [first, second] = [await ask(byAssertion(once)), await ask(byAssertion(once))];
    expect([first.status, second.status, second.body.error]).toEqual([200, 401, "invalid_client"]);
    await tokenOf(ask(byAssertion(often)));
    await tokenOf(ask(byAssertion(often)));
  });

  it("fetches the keys once, and never for somebody whose word would not count anyway", async () => {
    await trusted();
    await tokenOf(ask(byAssertion(await issuer.sign())));
    const before = issuer.fetches();

    for (let i = 0; i < 5; i += 1) await tokenOf(ask(byAssertion(await issuer.sign())));
    await ask(byAssertion(await issuer.sign({ sub: "x" }, { kid: "new" })));
    expect(issuer.fetches()).toBe(before);
  });

  it("says that keys cannot be had with 503, as an outage that passes", async () => {
    await trusted(entra, { jwksUrl: `${issuer.jwksUrl}/other` });
    for (const status of [500, 302]) {
      issuer.answerWith(status);
      await trusted(entra, { jwksUrl: `${issuer.jwksUrl}/${String(status)}` });
      const { status: answered, headers, body } = await ask(byAssertion(await issuer.sign()));
      expect([answered, body.error]).toEqual([503, "temporarily_unavailable"]);
      expect(headers.get("retry-after")).toMatch(/^\d+$/);
    }
    issuer.answerWith(200);
  });

  it("describes itself (RFC 8414), for connections that exist and for those that do not", async () => {
    const id = entra.connection.id;
    const issuerUrl = `${server.url}/oauth/${id}`;
    const wellKnown = "/.well-known/oauth-authorization-server";

    const answers = await Promise.all(
      [`${server.url}${wellKnown}/oauth/${id}`, `${issuerUrl}${wellKnown}`].map(async (url) =>
        (await fetch(url)).json(),
      ),
    );
    expect(answers[0]).toMatchObject({
      issuer: issuerUrl,
      token_endpoint: `${issuerUrl}/token`,
      grant_types_supported: ["client_credentials"],
      token_endpoint_auth_methods_supported: [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
      ],
    });
    expect(answers[1]).toEqual(answers[0]);
    expect((await fetch(`${server.url}${wellKnown}/oauth/${systemIds.next()}`)).status).toBe(200);
    const config = await entra.scim("GET", "/ServiceProviderConfig");
    const types = config.body.authenticationSchemes.map((each: { type: string }) => each.type);
    expect(types).toEqual(["oauthbearertoken", "oauth2"]);
  });

  it("never writes a secret, a token or an assertion into the log", async () => {
    const client = await newClient();
    await trusted();
    const assertion = await issuer.sign();
    const token = await tokenOf(ask(bySecret(client)));
    await ask(byAssertion(assertion));
    await ask(byAssertion(`${assertion}x`));

    const text = logged.join("\n");
    expect(text).toContain("no such client and secret");
    for (const secret of [client.secret, token, assertion, entra.token]) {
      expect(text).not.toContain(secret.slice(-30));
    }
  });
});
