import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

/** The base address. */

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

function open(accept: string, language = "en-GB", method = "GET") {
  return fetch(`${server.url}/`, { method, headers: { accept, "accept-language": language } });
}

describe("the base address", () => {
  it("tells a browser what this is and where to sign in, in its language, and loads nothing", async () => {
    const answer = await open(BROWSER);

    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
    expect(answer.headers.get("content-security-policy")).toMatch(
      /default-src 'none'.*style-src 'sha256-/,
    );
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("vary")).toMatch(/Accept(?!-)/);
    const html = await answer.text();
    expect(html).toContain('<html lang="en"');
    expect(html).toContain(`href="${server.url}/saml/sign-in"`);
    expect(html).toContain(`href="${server.url}/signed-in"`);
    expect(html).not.toContain("<script");
    expect(await (await open(BROWSER, "de-AT")).text()).toContain(
      "Mit Ihrer Organisation anmelden",
    );
  });

  it.each(["*/*", "application/json", "application/scim+json", "image/png"])(
    "answers whoever takes %s that there is nothing, in JSON",
    async (accept) => {
      const answer = await open(accept);

      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
      expect(await answer.json()).toMatchObject({ error: { code: "NotFound" } });
    },
  );

  it("takes nothing", async () => {
    expect((await open(BROWSER, "en", "POST")).status).toBe(404);
  });
});
