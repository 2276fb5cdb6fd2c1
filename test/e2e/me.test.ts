import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generateKeyPair, SignJWT } from "jose";
import { createTestIdp, type TestIdp } from "../support/samlIdp.js";
import {
  send,
  startTestServer,
  type Answer,
  type TestConnection,
  type TestServer,
} from "../support/server.js";
import { Browser } from "./browser.js";
import { onEachDatabase } from "./databases.js";

/** /Me (RFC 7644 section 3.11) over sockets, with tokens of real sign-ins. */

const APPLICATION = "https://app.acorn.example/sso";
const METHODS = ["POST", "PUT", "PATCH", "DELETE"];

onEachDatabase("/Me", (freshDatabaseUrl) => {
  let server: TestServer;
  let samlIdp: TestIdp;
  let idp: TestConnection;
  let sibling: TestConnection;
  let closed: TestConnection;
  let ann: string;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    samlIdp = await createTestIdp();
    const saml = {
      idpEntityId: samlIdp.entityId,
      ssoUrl: "https://idp.example.com/sso",
      certificates: [samlIdp.certificate],
    };
    const acorn = await server.organisation("acorn");
    const more = { applicationUrl: APPLICATION, saml };
    idp = await acorn.connection("generic", more);
    sibling = await acorn.connection("generic", { ...more, name: "second" });
    closed = await acorn.connection("generic", { name: "closed", enabled: false });
    ann = await created(idp, "ann@acorn.example");
    await created(sibling, "sue@acorn.example");
    await idp.scim("POST", "/Groups", { displayName: "Crew", members: [{ value: ann }] });
  });

  afterAll(() => server.close());

  async function created(connection: TestConnection, userName: string): Promise<string> {
    return (await connection.scim("POST", "/Users", { userName, title: "Clerk" })).body
      .id as string;
  }

  /** What the application receives after a sign-in. */
  async function signIn(connection: TestConnection, userName: string): Promise<string> {
    const address = `${server.url}/saml/${connection.connection.id}`;
    const page = await (await new Browser().signIn(address, samlIdp, userName)).text();
    const [, token = ""] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    expect(token).not.toBe("");
    return token;
  }

  const me = (method: string, token: string, path = "/Me", at = idp): Promise<Answer> =>
    send(`${at.baseUrl}${path}`, method, token, method === "GET" ? undefined : {});

  it("shows a person their own account, at its real address", async () => {
    const token = await signIn(idp, "ann@acorn.example");

    const answer = await me("GET", token);

    const real = await idp.scim("GET", `/Users/${ann}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(real.body);
    expect(answer.body).toMatchObject({ id: ann, groups: [{ display: "Crew" }] });
    for (const name of ["location", "content-location"]) {
      expect(answer.headers.get(name)).toBe(real.body.meta.location);
    }
    expect(answer.headers.get("etag")).toBe(real.body.meta.version);
    expect((await me("GET", token, "/Me?attributes=userName")).body).not.toHaveProperty("title");
  });

  it("lets a person change nothing: 403", async () => {
    const token = await signIn(idp, "ann@acorn.example");
    const before = (await idp.scim("GET", `/Users/${ann}`)).body;

    for (const method of METHODS) {
      const { status, body } = await me(method, token);
      expect([status, body.status]).toEqual([403, "403"]);
    }
    expect((await idp.scim("GET", `/Users/${ann}`)).body).toEqual(before);
  });

  it("says that a connection's token is nobody's: 501", async () => {
    for (const method of ["GET", ...METHODS]) {
      const { status, body } = await idp.scim(method, "/Me", method === "GET" ? undefined : {});
      expect([status, body.detail]).toEqual([
        501,
        expect.stringContaining("a connection is nobody"),
      ]);
    }
  });

  it("opens nothing else to a person: 401", async () => {
    const token = await signIn(idp, "ann@acorn.example");

    for (const path of ["/Users", `/Users/${ann}`, "/Groups", "/", "/Schemas", "/Me/x"]) {
      expect((await me("GET", token, path)).status).toBe(401);
    }
  });

  describe("answers every credential that does not fit with the same 401", () => {
    const forged = async (claims: Record<string, unknown> = {}, expires = "1m") => {
      const { privateKey } = await generateKeyPair("ES256");
      return new SignJWT({
        organisation: idp.connection.organisationId,
        connection: idp.connection.id,
        ...claims,
      })
        .setProtectedHeader({ alg: "ES256", typ: "JWT" })
        .setIssuer(server.url)
        .setAudience(APPLICATION)
        .setSubject(ann)
        .setIssuedAt()
        .setNotBefore(0)
        .setExpirationTime(expires)
        .sign(privateKey);
    };
    const unsigned = async () => {
      const [, payload] = (await forged()).split(".");
      const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
      return `${header}.${payload}.`;
    };
    const tampered = async () => {
      const [header, payload = "", signature] = (await signIn(idp, "ann@acorn.example")).split(".");
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
      const changed = Buffer.from(JSON.stringify({ ...claims, exp: 9_999_999_999 }));
      return `${header}.${changed.toString("base64url")}.${signature}`;
    };
    const ofLeaver = async () => {
      const id = await created(idp, `leaver${Math.random()}@acorn.example`);
      const { userName } = (await idp.scim("GET", `/Users/${id}`)).body;
      const token = await signIn(idp, userName);
      expect((await me("GET", token)).status).toBe(200);
      const Operations = [{ op: "replace", path: "active", value: false }];
      await idp.scim("PATCH", `/Users/${id}`, { Operations });
      return token;
    };

    it.each<[string, () => Promise<string>]>([
      ["none", () => Promise.resolve("")],
      ["no token at all", () => Promise.resolve("a.b.c")],
      ["a signature that is not ours", forged],
      ["no signature", unsigned],
      ["changed claims", tampered],
      ["a person of another connection", () => signIn(sibling, "sue@acorn.example")],
      ["the token of another connection", () => Promise.resolve(sibling.token)],
      ["somebody who has been deactivated", ofLeaver],
    ])("%s", async (_what, token) => {
      const wrong = await token();
      const plain = await me("GET", "no-token-either", "/Users");

      for (const method of ["GET", "PATCH"]) {
        const answer = await me(method, wrong);
        expect([answer.status, answer.body]).toEqual([401, plain.body]);
        expect(comparable(answer.headers)).toEqual(comparable(plain.headers));
      }
    });

    it("a token for a connection that is switched off or does not exist", async () => {
      const token = await signIn(idp, "ann@acorn.example");

      expect((await me("GET", token, "/Me", closed)).status).toBe(401);
      expect((await send(`${server.url}/scim/v2/nowhere/Me`, "GET", token)).status).toBe(401);
    });
  });

  it("is refused once the token has expired", async () => {
    let now = Date.now();
    const clocked = await startTestServer(
      { signIn: { tokenSeconds: 10 } },
      {
        store: {
          ...server.app.store,
          clock: { now: () => now },
          migrate: () => Promise.resolve(),
          close: () => Promise.resolve(),
        },
      },
    );
    const address = `${clocked.url}/saml/${idp.connection.id}`;
    const page = await (await new Browser().signIn(address, samlIdp, "ann@acorn.example")).text();
    const [, token = ""] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    const url = `${clocked.url}/scim/v2/${idp.connection.id}/Me`;

    expect((await send(url, "GET", token)).status).toBe(200);
    now += 11_000;
    expect((await send(url, "GET", token)).status).toBe(401);
    await clocked.close();
  });
});

/** Without what differs between any two answers. */
function comparable(headers: Headers): [string, string][] {
  return [...headers].filter(
    ([name]) => !/^(date|x-request-id|etag|keep-alive|connection)$/.test(name),
  );
}
