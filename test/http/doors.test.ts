import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { GENEROUS } from "../support/rateLimits.js";
import {
  send,
  startTestServer,
  type Answer,
  type TestConnection,
  type TestServer,
} from "../support/server.js";

/** What holds for every address that a browser or a stranger can send something to. */
let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const CERTIFICATE_FREE = { idpEntityId: "https://idp.example", ssoUrl: "https://idp.example/sso" };

describe("a page elsewhere", () => {
  let open: TestServer;
  let link: TestConnection;
  beforeAll(async () => {
    open = await startTestServer();
    link = await (await open.organisation("acorn")).connection("generic");
  });
  afterAll(() => open.close());

  const FOREIGN: readonly Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "null", "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];

  async function status(
    path: string,
    method: string,
    headers: Record<string, string>,
  ): Promise<number> {
    return (await fetch(`${open.url}${path}`, { method, headers, redirect: "manual" })).status;
  }

  it.each([
    "/sign-out",
    "/signed-in",
    "/anything/that/may/come",
    "/api/v1/organisations",
    "/oauth/x/token",
    "/saml/x/login",
    "/saml/x/acs/more",
    "/SAML/x/logout",
  ])("cannot make a browser post to %s, or put, patch or delete there", async (path) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const headers of FOREIGN) {
        expect([method, headers, await status(path, method, headers)]).toEqual([
          method,
          headers,
          403,
        ]);
      }
    }
  });

  it("can post a provider's response, which proves itself, and nothing else changes anything", async () => {
    const acs = `/saml/${link.connection.id}/acs`;

    // This connection has no sign-in: the answer shows that the request got so far.
    expect(await status(acs, "POST", { origin: "https://idp.example" })).toBe(404);
  });

  it("is told apart from our own pages, and from who brings credentials of their own", async () => {
    for (const headers of [
      { origin: open.url },
      { origin: "null", "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
      {},
    ] as const) {
      expect(await status("/nothing", "POST", headers)).toBe(404);
    }
    const own = { authorization: `Bearer ${link.token}`, origin: "https://tool.example" };
    expect(await status(`/scim/v2/${link.connection.id}/.search`, "POST", own)).not.toBe(403);
    expect(await status("/api/v1/organisations", "POST", own)).toBe(401);
  });
});

describe("every answer", () => {
  let behindTls: TestServer;
  beforeAll(async () => {
    const baseUrl = "https://seats.acorn.example";
    behindTls = await startTestServer({ server: { baseUrl, port: 0 } });
  });
  afterAll(() => behindTls.close());

  it.each([
    "/signed-in",
    "/sign-out",
    "/saml/x/login",
    "/saml/x/acs",
    "/.well-known/jwks.json",
    "/nothing",
    "/healthz",
    "/api/v1/x",
    "/scim/v2/x/Users",
  ])("at %s limits what a browser does with it", async (path) => {
    for (const method of ["GET", "POST"]) {
      const { headers } = await fetch(`${behindTls.url}${path}`, { method });
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/(?:^|;)default-src 'none'(?:;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|data:|http:/);
      expect(Object.fromEntries(headers)).toMatchObject({
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": expect.stringContaining("geolocation=()") as unknown,
      });
      expect(headers.get("server")).toBeNull();
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("how often", () => {
  const ten = {
    signInsPerMinute: 10,
    refusalsPerMinute: 10,
    publicRequestsPerMinute: 10,
    apiRequestsPerSecond: 10,
  };

  async function serverWith(
    limits: object,
  ): Promise<{ acorn: TestConnection; birch: TestConnection }> {
    server = await startTestServer({
      limits: { ...GENEROUS, ...limits },
      server: { baseUrl: "http://127.0.0.1:0", port: 0, trustProxy: 1 },
    });
    const [acorn, birch] = [await server.organisation("acorn"), await server.organisation("birch")];
    const { certificates } = await certificatesOf(server);
    const saml = { saml: { ...CERTIFICATE_FREE, certificates } };
    return {
      acorn: await acorn.connection("generic", saml),
      birch: await birch.connection("generic", saml),
    };
  }

  async function statuses(
    count: number,
    path: string,
    init: RequestInit = {},
    address = "203.0.113.1",
  ) {
    const headers = { "x-forwarded-for": address };
    const seen: number[] = [];
    let last = new Headers();
    for (let index = 0; index < count; index += 1) {
      const answer = await fetch(`${server?.url ?? ""}${path}`, {
        redirect: "manual",
        ...init,
        headers,
      });
      seen.push(answer.status);
      last = answer.headers;
    }
    return { seen, retryAfter: last.get("retry-after") };
  }

  const times = (count: number, status: number) => Array<number>(count).fill(status);
  const junk = { method: "POST", body: new URLSearchParams({ SAMLResponse: "junk" }) };

  it("responses that are refused may come from an address: then 429 before anything is verified, there and at that connection alone", async () => {
    const { acorn, birch } = await serverWith({ refusalsPerMinute: 10 });
    const acs = ({ connection }: TestConnection) => `/saml/${connection.id}/acs`;

    const flood = await statuses(13, acs(acorn), junk);

    expect(flood.seen).toEqual([...times(10, 403), ...times(3, 429)]);
    expect(flood.retryAfter).toMatch(/^[1-9]\d*$/);
    expect((await statuses(1, acs(acorn), junk, "203.0.113.2")).seen).toEqual([403]);
    expect((await statuses(1, acs(birch), junk)).seen).toEqual([403]);
  });

  it("sign-ins may begin and end at one connection: then 429 at that connection alone", async () => {
    const { acorn, birch } = await serverWith({ signInsPerMinute: 10 });
    const login = ({ connection }: TestConnection) => `/saml/${connection.id}/login`;

    const flood = await statuses(12, login(acorn));

    expect(flood.seen).toEqual([...times(10, 302), ...times(2, 429)]);
    expect(flood.retryAfter).toMatch(/^[1-9]\d*$/);
    expect((await statuses(1, login(birch))).seen).toEqual([302]);
    expect((await statuses(1, login(acorn), {}, "203.0.113.2")).seen).toEqual([302]);
    expect((await statuses(11, `/saml/${acorn.connection.id}/acs`, junk)).seen).toEqual([
      ...times(10, 403),
      429,
    ]);
  });

  it.each(["/.well-known/jwks.json", "/signed-in", "metadata", "oauth"])(
    "%s may be asked for by an address, and another goes on",
    async (what) => {
      const { acorn } = await serverWith({ publicRequestsPerMinute: 10 });
      const { id } = acorn.connection;
      const known: Record<string, string> = {
        metadata: `/saml/${id}/metadata`,
        oauth: `/.well-known/oauth-authorization-server/oauth/${id}`,
      };
      const path = known[what] ?? what;

      const flood = await statuses(11, path);

      expect(flood.seen.at(-1)).toBe(429);
      expect(flood.seen.slice(0, 10)).not.toContain(429);
      expect(flood.retryAfter).toMatch(/^[1-9]\d*$/);
      expect((await statuses(1, path, {}, "203.0.113.2")).seen).not.toEqual([429]);
    },
  );

  it("a token may ask the admin API: then 429 for that token alone", async () => {
    await serverWith({ apiRequestsPerSecond: ten.apiRequestsPerSecond });
    const cedar = await server!.organisation("cedar");
    const elder = await server!.organisation("elder");

    const answers: Answer[] = [];
    // A slow machine may answer so slowly that 150 are not too many.
    while (!answers.some(({ status }) => status === 429)) {
      answers.push(...(await Promise.all(Array.from({ length: 150 }, () => cedar.api("GET", "")))));
    }

    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(refused.body.error.code).toBe("TooManyRequests");
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(110);
    expect((await elder.api("GET", "")).status).toBe(200);
    expect((await send(`${server!.url}/api/v1/whoami`, "GET", "nonsense")).status).toBe(401);
  });
});

/** Any certificate will do: the server's own. */
async function certificatesOf({
  url,
  organisation,
}: TestServer): Promise<{ certificates: string[] }> {
  const { connection } = await (await organisation("lender")).connection("generic");
  const metadata = await (await fetch(`${url}/saml/${connection.id}/metadata`)).text();
  return { certificates: [/<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? ""] };
}

describe("the bare address", () => {
  const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

  it.each([["under a path", "/seatkeeper"] as const, ["without a path", ""] as const])(
    "%s shows a browser a page that leads on below that path, and a program nothing",
    async (_where, path) => {
      const baseUrl = `https://seats.acorn.example${path}`;
      server = await startTestServer({ server: { baseUrl, port: 0 } });
      const open = (accept: string) => fetch(`${server?.url}${path}/`, { headers: { accept } });

      const shown = await open(BROWSER);
      expect([shown.status, shown.headers.get("content-type")]).toEqual([
        200,
        "text/html; charset=utf-8",
      ]);
      const links = [...(await shown.text()).matchAll(/href="(https:[^"]*)"/g)].map(
        ([, href = ""]) => new URL(href),
      );
      expect(links.map(({ hostname, pathname }) => [hostname, pathname])).toEqual([
        ["seats.acorn.example", `${path}/saml/sign-in`],
        ["seats.acorn.example", `${path}/signed-in`],
      ]);
      for (const accept of ["*/*", "application/json", "application/scim+json"]) {
        const { status } = await open(accept);
        expect([accept, status]).toEqual([accept, 404]);
      }
    },
  );
});

describe("a body in chunks that has no end", () => {
  let open: TestServer;
  let link: TestConnection;
  beforeAll(async () => {
    open = await startTestServer();
    link = await (await open.organisation("acorn")).connection("generic");
  });
  afterAll(() => open.close());

  /** Sends for as long as it may; what came back, once the server has closed the connection. */
  async function pour(path: string, headers: readonly string[]): Promise<string> {
    const { hostname, port } = new URL(open.url);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (data) => (answer += data.toString("latin1")));
    socket.on("error", () => undefined);
    const lines = [`POST ${path} HTTP/1.1`, "Host: a", ...headers, "Transfer-Encoding: chunked"];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    const chunk = `10000\r\n${"a".repeat(0x10000)}\r\n`;
    const sending = setInterval(() => socket.write(chunk), 2);
    const givingUp = setTimeout(() => socket.destroy(), 4_000);
    await once(socket, "close");
    clearInterval(sending);
    clearTimeout(givingUp);
    return answer;
  }

  const FORM = "Content-Type: application/x-www-form-urlencoded";

  it.each([
    ["a sign-in", () => `/saml/${link.connection.id}/acs`],
    ["the search for a sign-in", () => "/saml/sign-in"],
    ["a token", () => `/oauth/${link.connection.id}/token`],
  ])("is answered when it is too large, and the connection closed: %s", async (_what, path) => {
    expect(await pour(path(), [FORM])).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/i);
  });

  it("is answered by SCIM, too", async () => {
    const headers = [`Authorization: Bearer ${link.token}`, "Content-Type: application/scim+json"];
    const path = `/scim/v2/${link.connection.id}/Users`;
    expect(await pour(path, headers)).toMatch(/^HTTP\/1\.1 413 [^]*"status":"413"/);
  });
});

it("a request with two hosts is refused, whichever comes first (RFC 9112 §3.2)", async () => {
  server = await startTestServer();
  const { hostname, port } = new URL(server.url);
  const statusOf = async (...headers: string[]) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (data) => (answer += data.toString("latin1")));
    const lines = ["GET /healthz HTTP/1.1", ...headers, "Connection: close", "", ""];
    socket.write(lines.join("\r\n"));
    await once(socket, "close");
    return answer.split(" ")[1];
  };

  expect(await statusOf("Host: a")).toBe("200");
  expect(await statusOf("Host: a", "Host: b")).toBe("400");
  expect(await statusOf("host: a", "X: y", "HOST: a")).toBe("400");
});
