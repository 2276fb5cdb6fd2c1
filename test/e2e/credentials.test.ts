import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { issueToken, revokeToken } from "../../src/actions/administer.js";
import { createClient, revokeClient } from "../../src/actions/administerClients.js";
import { issueAccess } from "../../src/actions/issueAccess.js";
import { createStore, systemIds } from "../../src/store/index.js";
import { createLogger } from "../../src/http/logger.js";
import { newToken } from "../../src/token.js";
import { send, startTestServer, type TestConnection, type TestServer } from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/**
 * Whatever is wrong with the credentials, the answer is the same, byte for byte: nobody learns which tokens,
 * connections or organisations exist, or that a token was good once.
 */
onEachDatabase("bad credentials", (freshDatabaseUrl) => {
  const DAY = 86_400_000;
  const clock = { value: Date.now(), now: () => clock.value };
  let server: TestServer;
  let entra: TestConnection;
  let okta: TestConnection;
  let foreign: TestConnection;
  let disabled: TestConnection;
  let variants: Record<string, Attempt>;

  interface Attempt {
    readonly connection: string;
    readonly headers: Record<string, string>;
    readonly query?: string;
  }

  const ENDPOINTS: readonly (readonly [method: string, path: string, body?: string])[] = [
    ["GET", ""],
    ["GET", "/Users"],
    ["POST", "/Users", '{"userName":"a@b.example"}'],
    ["POST", "/Users", "{not json"],
    ["GET", "/Users/1"],
    ["PUT", "/Users/1", "{}"],
    ["PATCH", "/Users/1", "{}"],
    ["DELETE", "/Users/1"],
    ["GET", "/Groups"],
    ["POST", "/Groups", "{}"],
    ["GET", "/Groups/1"],
    ["PUT", "/Groups/1", "{}"],
    ["PATCH", "/Groups/1", "{}"],
    ["DELETE", "/Groups/1"],
    ["GET", "/ServiceProviderConfig"],
    ["GET", "/ResourceTypes"],
    ["GET", "/ResourceTypes/User"],
    ["GET", "/Schemas"],
    ["GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"],
    ["POST", "/Bulk", "{}"],
    ["GET", "/Me"],
    ["GET", "/Nothing"],
    ["OPTIONS", "/Users"],
    ["POST", "/oauth/token", "grant_type=client_credentials"],
  ];

  beforeAll(async () => {
    const logger = createLogger({ level: "silent" });
    const store = await createStore({ url: await freshDatabaseUrl(), clock, logger });
    server = await startTestServer({}, { store });
    const acorn = await server.organisation("acorn");
    const globex = await server.organisation("globex");
    entra = await acorn.connection("entra");
    okta = await acorn.connection("okta");
    foreign = await globex.connection("entra");
    disabled = await acorn.connection("entra", { name: "disabled", enabled: false });
    variants = await allVariants(acorn.organisation.id);
  });

  afterAll(() => server.close());

  async function allVariants(organisationId: string): Promise<Record<string, Attempt>> {
    const { administer, store } = server.app;
    const connectionId = entra.connection.id;
    const deps = { ...administer, store };
    const issue = (kind: "scim" | "api", more: object = {}) =>
      issueToken(administer, {
        ...{ kind, organisationId, connectionId: kind === "scim" ? connectionId : null },
        label: "test",
        ...more,
      });
    const access = (clientId: string, seconds: number) => {
      const grantee = { organisationId, connectionId, clientId, secretId: null };
      return issueAccess({ clients: store.clients, clock, ids: systemIds }, grantee, seconds);
    };
    const expired = await issue("scim", { expiresInDays: 1 });
    const revoked = await issue("scim");
    await revokeToken(administer, { organisationId, connectionId }, revoked.record.publicId);
    const { client, secret } = await createClient(deps, organisationId, connectionId, {
      label: "x",
    });
    const oldAccess = await access(client.id, 60);
    clock.value += 2 * DAY;
    const gone = await createClient(deps, organisationId, connectionId, { label: "y" });
    const goneAccess = await access(gone.client.id, 3_600);
    await revokeClient(deps, { organisationId, clientId: gone.client.id });
    const api = (await issue("api")).token;
    const operator = (await issue("api", { organisationId: null })).token;
    const good = entra.token;
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const at = (headers: Record<string, string>, query = ""): Attempt => ({
      ...{ connection: connectionId, headers, query },
    });
    return {
      "no header": at({}),
      "an empty header": at({ authorization: "" }),
      garbage: at({ authorization: "\u00ff\u00fe garbage" }),
      "garbage as a token": at(bearer("garbage")),
      "two tokens": at(bearer(`${good} ${good}`)),
      "another scheme": at({
        authorization: `Basic ${Buffer.from(`a:${good}`).toString("base64")}`,
      }),
      "no scheme": at({ authorization: good }),
      "wrong checksum": at(bearer(`${good.slice(0, -1)}${good.endsWith("0") ? "1" : "0"}`)),
      "unknown token": at(bearer(newToken("scim", systemIds).token)),
      "wrong secret": at(bearer(withSecret(good))),
      expired: at(bearer(expired.token)),
      revoked: at(bearer(revoked.token)),
      "another connection's token": at(bearer(okta.token)),
      "another organisation's token": at(bearer(foreign.token)),
      "an API token": at(bearer(api)),
      "an operator's token": at(bearer(operator)),
      "unknown access token": at(bearer(newToken("access", systemIds).token)),
      "expired access token": at(bearer(oldAccess)),
      "access token of a revoked client": at(bearer(goneAccess)),
      "a client's secret": at(bearer(secret)),
      "token in the address": at({}, `?access_token=${good}`),
      "good token, disabled connection": {
        connection: disabled.connection.id,
        headers: bearer(disabled.token),
      },
      "good token, connection of another organisation": {
        connection: foreign.connection.id,
        headers: bearer(good),
      },
      "good token, unknown connection": { connection: systemIds.next(), headers: bearer(good) },
      "good token, no connection id": { connection: "no-such-connection", headers: bearer(good) },
    };
  }

  /** The same public id and a right checksum, as somebody makes it who knows the form. */
  function withSecret(token: string): string {
    for (;;) {
      const other = newToken("scim", {
        next: () => "",
        secret: (bytes) => systemIds.secret(bytes),
      }).token;
      const publicId = token.split("_")[2]!;
      const forged = forge(other, publicId);
      if (forged !== null) return forged;
    }
  }

  function forge(other: string, publicId: string): string | null {
    // The checksum covers the public id, so it is made anew by a token whose random bytes are chosen.
    const [, , , rest] = other.split("_");
    const bytes = [base64Of(publicId, 9), base64Of(rest!.slice(0, -6), 24)];
    const made = newToken("scim", { next: () => "", secret: () => bytes.shift()! }).token;
    return made.split("_")[2] === publicId ? made : null;
  }

  function base64Of(base62: string, bytes: number): string {
    const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let value = 0n;
    for (const digit of base62) value = value * 62n + BigInt(digits.indexOf(digit));
    const hex = value.toString(16).padStart(bytes * 2, "0");
    return Buffer.from(hex.slice(-bytes * 2), "hex").toString("base64url");
  }

  it("get the same 401 at every SCIM address, byte for byte", async () => {
    const seen = new Map<string, string[]>();
    for (const [name, { connection, headers, query = "" }] of Object.entries(variants)) {
      for (const [method, path, body] of ENDPOINTS) {
        const response = await fetch(`${server.url}/scim/v2/${connection}${path}${query}`, {
          method,
          headers: { "x-request-id": "the-same-request", ...headers },
          ...(body === undefined ? {} : { body }),
        });
        const { date: _, ...rest } = Object.fromEntries(response.headers);
        const answer = JSON.stringify([response.status, rest, await response.text()]);
        seen.set(answer, [...(seen.get(answer) ?? []), `${name}: ${method} ${path}`]);
      }
    }

    const kinds = [...seen.entries()].map(([answer, who]) => ({ answer, who: who.slice(0, 5) }));
    expect(kinds).toHaveLength(1);
    const [status, headers] = JSON.parse(kinds[0]!.answer);
    expect([status, headers["www-authenticate"]]).toEqual([401, 'Bearer realm="seatkeeper"']);
    expect(Object.keys(variants).length).toBeGreaterThanOrEqual(15);
  }, 120_000);

  it("ask the database the same number of questions, so that time tells nothing either", async () => {
    const { credentials } = server.app.store;
    let asked: string[] = [];
    const names = ["findToken", "findAccessToken", "findConnection"] as const;
    const restore = names.map((name) => {
      const real = credentials[name];
      const counted = (id: string) => {
        asked.push(name === "findConnection" ? name : "token");
        return real(id);
      };
      Object.assign(credentials, { [name]: counted });
      return () => Object.assign(credentials, { [name]: real });
    });

    const questions = new Set<string>();
    for (const { connection, headers } of Object.values(variants)) {
      asked = [];
      await fetch(`${server.url}/scim/v2/${connection}/Users`, { headers });
      questions.add(asked.sort().join());
    }
    for (const undo of restore) undo();

    expect([...questions]).toEqual(["findConnection,token"]);
  });

  it("open nothing of the admin API either: a SCIM or access token is as good as none", async () => {
    const answers = new Set<string>();
    for (const { headers } of Object.values(variants)) {
      if (headers["authorization"]?.includes("sk_api") === true) continue;
      const response = await fetch(`${server.url}/api/v1/organisations`, {
        headers: { "x-request-id": "the-same-request", ...headers },
      });
      answers.add(JSON.stringify([response.status, await response.text()]));
    }

    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain("Unauthorized");
    expect((await send(`${entra.baseUrl}/Users`, "GET", entra.token)).status).toBe(200);
  });
});
