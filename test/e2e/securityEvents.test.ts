import { afterEach, expect, it } from "@jest/globals";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { LibraryConfig } from "../../src/config.js";
import { createLogger } from "../../src/http/logger.js";
import { createStore } from "../../src/store/index.js";
import { updateConnection } from "../../src/actions/administerConnections.js";
import { SESSION_REVOKED } from "../../src/saml/sessionRevoked.js";
import { createTestIdp } from "../support/samlIdp.js";
import { startTestServer, type TestConnection } from "../support/server.js";
import { tablesWith } from "../support/dump.js";
import { patchOp } from "../support/patchOp.js";
import { Browser } from "./browser.js";
import { onEachDatabase } from "./databases.js";

/** Security event tokens (RFC 9967) over a real socket (RFC 8935), beside what the application is told. */

const PROV = "urn:ietf:params:scim:event:prov";
const AUDIENCE = "https://signals.acorn.example";
const TOKEN = "receivers-own-token";
const FIRST_RETRY_SECONDS = 5;
const logger = createLogger({ level: "silent" });

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

interface Push {
  readonly headers: IncomingHttpHeaders;
  readonly token: string;
}

interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

const ACCEPTED: Reply = { status: 202 };

/** Takes pushes and answers each with what `answer` says. */
async function receiver(answer: (index: number, token: string) => Reply) {
  const pushes: Push[] = [];
  const server = createServer((request, response) => {
    void text(request).then((token) => {
      const index = pushes.push({ headers: request.headers, token }) - 1;
      const { status, body, headers = {} } = answer(index, token);
      response.writeHead(status, headers).end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
      return Promise.resolve();
    },
  });
  const { port } = server.address() as AddressInfo;
  return { pushes, url: `http://127.0.0.1:${String(port)}/events` };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

interface Claims {
  readonly iss: string;
  readonly jti: string;
  readonly txn: string;
  readonly sub_id: { readonly format: string; readonly uri: string; readonly externalId?: string };
  readonly events: Readonly<Record<string, { attributes?: string[]; version?: string }>>;
}

onEachDatabase("security event tokens", (freshDatabaseUrl) => {
  async function started(url: string, more: LibraryConfig = {}) {
    let ahead = 0;
    const databaseUrl = await freshDatabaseUrl();
    const clock = { now: () => Date.now() + ahead };
    const store = await createStore({ url: databaseUrl, clock, logger, pushEvents: true });
    const eventPush = { url, audience: AUDIENCE, token: TOKEN, timeoutSeconds: 5 };
    const server = await startTestServer({ eventPush, ...more }, { store });
    open.push(server);
    const organisation = await server.organisation("acorn");
    const idp = await organisation.connection("entra");
    const forward = (seconds: number): void => {
      ahead += seconds * 1_000;
    };
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
    const read = async ({ token }: Push): Promise<Claims> => {
      const verified = await jwtVerify(token, keys, {
        issuer: server.url,
        audience: AUDIENCE,
        typ: "secevent+jwt",
        algorithms: ["ES256"],
        currentDate: new Date(Date.now() + ahead),
      });
      return verified.payload as unknown as Claims;
    };
    const pushed = (count: number, pushes: readonly Push[]) =>
      until(() => pushes.length >= count).then(() => Promise.all(pushes.map(read)));
    return { server, store, organisation, idp, forward, read, pushed, databaseUrl };
  }

  async function create(idp: TestConnection, body: object): Promise<string> {
    const answer = await idp.scim("POST", "/Users", body);
    expect(answer.status).toBe(201);
    return answer.body.id as string;
  }

  it("tell that a session has ended (CAEP), before they tell of the account that ended it", async () => {
    const { pushes, url } = await receiver(() => ACCEPTED);
    const { idp, pushed, server } = await started(url);
    const samlIdp = await createTestIdp();
    const saml = {
      idpEntityId: samlIdp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [samlIdp.certificate],
    };
    const { administer } = server.app;
    const { organisationId, id } = idp.connection;
    await updateConnection(administer, organisationId, id, { saml: { ...saml } });
    const ann = await create(idp, { userName: "ann@acorn.example" });
    const answer = await new Browser().signIn(
      `${server.url}/saml/${id}`,
      samlIdp,
      "ann@acorn.example",
    );
    expect(answer.status).toBe(303);
    await idp.scim("DELETE", `/Users/${ann}`);

    const [, session, account] = await pushed(3, pushes);

    const { events, sub_id } = session as unknown as { events: object; sub_id: object };
    expect(Object.keys(events)).toEqual([SESSION_REVOKED]);
    expect(sub_id).toMatchObject({ format: "complex", user: { sub: ann } });
    expect(account?.events).toEqual({ [`${PROV}:delete`]: {} });
  });

  it("tell each change of a user and of a group, in order, verifiable with the published keys", async () => {
    const { pushes, url } = await receiver(() => ACCEPTED);
    const { idp, pushed, server, organisation } = await started(url);
    const ann = await create(idp, { userName: "ann@acorn.example", externalId: "00u1" });
    await idp.scim("PATCH", `/Users/${ann}`, patchOp({ op: "add", path: "title", value: "Dr" }));
    await idp.scim("PUT", `/Users/${ann}`, {
      userName: "ann@acorn.example",
      externalId: "00u1",
      nickName: "Annie",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department: "Sales" },
    });
    await idp.scim(
      "PATCH",
      `/Users/${ann}`,
      patchOp({ op: "replace", path: "active", value: false }),
    );
    await idp.scim(
      "PATCH",
      `/Users/${ann}`,
      patchOp({ op: "replace", path: "active", value: true }),
    );
    const members = [{ value: ann }];
    const group = (await idp.scim("POST", "/Groups", { displayName: "Support", externalId: "g1" }))
      .body.id as string;
    await idp.scim(
      "PATCH",
      `/Groups/${group}`,
      patchOp({ op: "add", path: "members", value: members }),
    );
    await idp.scim("DELETE", `/Groups/${group}`);
    await idp.scim("DELETE", `/Users/${ann}`);

    const claims = await pushed(9, pushes);
    const about = (uri: string) => claims.filter(({ sub_id }) => sub_id.uri === uri);
    const version = expect.stringMatching(/^W\/"\d+"$/) as unknown as string;
    expect(about(`/Users/${ann}`).map(({ events }) => events)).toEqual([
      {
        [`${PROV}:create:notice`]: {
          attributes: expect.arrayContaining(["id", "userName", "externalId"]),
          version,
        },
      },
      { [`${PROV}:patch:notice`]: { attributes: ["title"], version } },
      {
        [`${PROV}:put:notice`]: {
          attributes: expect.arrayContaining([
            "title",
            "nickName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
          ]),
          version,
        },
      },
      {
        [`${PROV}:deactivate`]: {},
        [`${PROV}:patch:notice`]: { attributes: ["active"], version },
      },
      { [`${PROV}:activate`]: {}, [`${PROV}:patch:notice`]: { attributes: ["active"], version } },
      { [`${PROV}:delete`]: {} },
    ]);
    expect(about(`/Groups/${group}`).map(({ events }) => events)).toEqual([
      {
        [`${PROV}:create:notice`]: {
          attributes: expect.arrayContaining(["id", "displayName"]),
          version,
        },
      },
      { [`${PROV}:patch:notice`]: { attributes: ["members"], version } },
      { [`${PROV}:delete`]: {} },
    ]);
    const [first] = claims;
    expect(first).toMatchObject({
      iss: server.url,
      organisation: organisation.organisation.id,
      connection: idp.connection.id,
      sub_id: { format: "scim", uri: `/Users/${ann}`, externalId: "00u1" },
    });
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(claims.length);
    expect(claims.every((claim) => !("sub" in claim) && !("exp" in claim))).toBe(true);
    for (const { headers } of pushes) {
      expect(headers["content-type"]).toBe("application/secevent+jwt");
      expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    }
    // Notices name attributes; what is in them is for those who may read the resource.
    expect(pushes.map(({ token }) => payloadText(token)).join()).not.toMatch(/Annie|Sales|ann@/);
  });

  it("come again as the same token until they are accepted, and nothing of the same user overtakes them", async () => {
    const refused: Reply[] = [
      { status: 500 },
      { status: 200 },
      { status: 302, headers: { location: "/elsewhere" } },
      { status: 400, body: { err: "authentication_failed", description: "unknown key" } },
    ];
    const { pushes, url } = await receiver((index) => refused[index] ?? ACCEPTED);
    const { idp, forward, store, pushed } = await started(url);
    const ann = await create(idp, { userName: "ann@acorn.example" });
    await idp.scim("DELETE", `/Users/${ann}`);
    await until(async () => {
      forward(FIRST_RETRY_SECONDS * 60);
      return (await store.pushOutbox.backlog()) === 0;
    });

    const claims = await pushed(refused.length + 2, pushes);
    const [first, ...others] = claims.slice(0, refused.length + 1);
    for (const again of others) expect(again).toEqual(first);
    expect(Object.keys(claims.at(-1)?.events ?? {})).toEqual([`${PROV}:delete`]);
    expect(claims).toHaveLength(refused.length + 2);
  });

  it("that the receiver calls invalid are given up, and those behind them go on", async () => {
    const invalid = { err: "invalid_request", description: "no such event" };
    const { pushes, url } = await receiver((index) =>
      index === 0 ? { status: 400, body: invalid } : ACCEPTED,
    );
    const { idp, store, pushed } = await started(url);
    const ann = await create(idp, { userName: "ann@acorn.example" });
    await idp.scim("DELETE", `/Users/${ann}`);
    await until(async () => (await store.pushOutbox.backlog()) === 0);

    const claims = await pushed(2, pushes);
    expect(claims.map(({ events }) => Object.keys(events)[0])).toEqual([
      `${PROV}:create:notice`,
      `${PROV}:delete`,
    ]);
  });

  it("have a queue of their own: a receiver that is down neither stops the application's events nor repeats them", async () => {
    let down = true;
    const { pushes, url } = await receiver(() => (down ? { status: 503 } : ACCEPTED));
    const { idp, server, store, forward, pushed } = await started(url);
    const ann = await create(idp, { userName: "ann@acorn.example" });
    await idp.scim(
      "PATCH",
      `/Users/${ann}`,
      patchOp({ op: "replace", path: "active", value: false }),
    );
    await idp.scim("DELETE", `/Users/${ann}`);
    await until(async () => (await store.outbox.backlog()) === 0);
    forward(FIRST_RETRY_SECONDS);
    await until(() => pushes.length >= 2);

    const told = server.events.filter(({ type }) => type.startsWith("user."));
    expect(told.map(({ type }) => type)).toEqual([
      "user.created",
      "user.deactivated",
      "user.deleted",
    ]);
    expect(await store.pushOutbox.backlog()).toBe(3);
    const attempts = pushes.length;
    down = false;
    await until(async () => {
      forward(FIRST_RETRY_SECONDS * 60);
      return (await store.pushOutbox.backlog()) === 0;
    });
    const claims = await pushed(attempts + 3, pushes);
    // The same change has the same id in both.
    expect(claims.slice(-3).map(({ jti }) => jti)).toEqual(told.map(({ id }) => id));
    expect(server.events.filter(({ type }) => type.startsWith("user."))).toHaveLength(3);
  });

  it("that wait lose the name of a person who is erased", async () => {
    let down = true;
    const { pushes, url } = await receiver(() => (down ? { status: 503 } : ACCEPTED));
    const { idp, organisation, store, forward, pushed, databaseUrl } = await started(url);
    const ann = await create(idp, { userName: "canary@acorn.example", externalId: "ext-canary" });
    await until(() => pushes.length > 0);
    expect(await tablesWith(databaseUrl, "canary")).toContain("push_outbox");
    await organisation.api("DELETE", `/users/${ann}`, { userName: "canary@acorn.example" });
    expect(await tablesWith(databaseUrl, "canary")).toEqual([]);
    const before = pushes.length;
    down = false;
    await until(async () => {
      forward(FIRST_RETRY_SECONDS * 60);
      return (await store.pushOutbox.backlog()) === 0;
    });
    const claims = (await pushed(before + 2, pushes)).slice(before);
    expect(claims.map(({ sub_id }) => sub_id)).toEqual([
      { format: "scim", uri: `/Users/${ann}` },
      { format: "scim", uri: `/Users/${ann}` },
    ]);
    expect(Object.keys(claims[1]?.events ?? {})).toEqual([`${PROV}:delete`]);
  });

  it("are announced in ServiceProviderConfig where somebody receives them, and only there (RFC 9967 §4)", async () => {
    const { url } = await receiver(() => ACCEPTED);
    const { idp } = await started(url);
    const { body } = await idp.scim("GET", "/ServiceProviderConfig");
    expect(body.securityEvents).toEqual({
      asyncRequest: "none",
      eventUris: [
        `${PROV}:create:notice`,
        `${PROV}:patch:notice`,
        `${PROV}:put:notice`,
        `${PROV}:delete`,
        `${PROV}:activate`,
        `${PROV}:deactivate`,
      ],
    });
    const silent = await startTestServer();
    open.push(silent);
    const other = await (await silent.organisation("birch")).connection("entra");
    const config = (await other.scim("GET", "/ServiceProviderConfig")).body;
    expect(config.securityEvents).toBeUndefined();
    expect(await silent.app.store.pushOutbox.backlog()).toBe(0);
    await create(other, { userName: "ann@birch.example" });
    expect(await silent.app.store.pushOutbox.backlog()).toBe(0);
  });
});

function payloadText(token: string): string {
  return Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
}
