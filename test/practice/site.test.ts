import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { authnRequest, redirectQuery, SP } from "./support/saml.js";
import { CSRF, LOGIN_URL, startTestSite } from "./support/site.js";
import type { TestSite } from "./support/site.js";

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
});
afterAll(() => site.close());
beforeEach(() => void site.performed.splice(0));

interface Sent {
  readonly origin?: string | null;
  readonly cookie?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

function post(path: string, { origin = site.url, cookie, fields }: Sent = {}): Promise<Response> {
  return fetch(site.url + path, {
    method: "POST",
    redirect: "manual",
    headers: {
      ...(origin === null ? {} : { origin }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: new URLSearchParams({ csrf: CSRF, ...fields }),
  });
}

/** fetch would not send another Host. */
function getAs(
  host: string,
  path = "/",
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    request(site.url + path, { headers: { host } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
    })
      .on("error", reject)
      .end();
  });
}

describe("the page", () => {
  it("runs no script and loads nothing but its own", async () => {
    const { headers } = await fetch(`${site.url}/`);
    const policy = headers.get("content-security-policy") ?? "";

    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:4600");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  it("says loudly that it is practice", async () => {
    for (const path of ["/", "/nowhere"]) {
      const text = await (await fetch(site.url + path)).text();
      expect(text).toContain("Practice mode: not for production.");
    }
  });

  it("shows people with status, groups, tier, seat and place, and pools with what is free", async () => {
    const text = await (await fetch(`${site.url}/`)).text();

    expect(text).toContain("40 people");
    expect(text).toContain("Zoë Müller");
    expect(text).toContain("<li>Support Agents</li>");
    expect(text).toContain("locked seat of “Professionals”");
    expect(text).toContain("waiting, place 3 for “Professionals”");
    expect(text).toContain("2 of 3 held, 1 free, 1 waiting");
  });

  it("escapes whatever others said", async () => {
    const text = await (await fetch(`${site.url}/?q=%22%3E%3Cscript%3E`)).text();

    for (const piece of ["<something>", "<moved>", "<failed>", "<it>", "<x>", "<the group>"]) {
      expect(text).not.toContain(piece);
    }
    expect(text).not.toContain("</pre><script>");
    expect(text).not.toContain('"><script>');
    expect(text).toContain("userName eq &quot;&lt;x&gt;&quot;");
  });

  it("can be searched without a script", async () => {
    const text = await (await fetch(`${site.url}/?q=waiting`)).text();

    expect(text).toContain("1 of 40 people");
    expect(text.match(/<tr class="/g)).toHaveLength(1);
  });

  it("has a name for every control", async () => {
    const text = await (await fetch(`${site.url}/`)).text();
    const ids = [
      ...text.matchAll(/<(?:select|input)(?![^>]*type="(?:hidden|radio)")[^>]*\bid="([^"]+)"/g),
    ];

    expect(ids.length).toBeGreaterThan(80);
    for (const [, id = ""] of ids) expect(text).toContain(`for="${id}"`);
    const allIds = [...text.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(allIds).size).toBe(allIds.length);
  });

  it("serves its style, script and icon with the right type", async () => {
    for (const [file, type] of [
      ["page.css", "text/css"],
      ["page.js", "text/javascript"],
      ["icon.svg", "image/svg+xml"],
    ]) {
      const response = await fetch(`${site.url}/public/${file!}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toContain(type);
    }
  });
});

describe("a change", () => {
  it("is done when the page itself asks for it, and leads back to the page", async () => {
    const response = await post("/people/zoe.muller/move", { fields: { group: "team-leads" } });

    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/");
    expect(site.performed).toEqual(["move zoe.muller team-leads"]);
  });

  it.each([
    ["from another site", { origin: "https://evil.example" }],
    ["from another port", { origin: "http://127.0.0.1:1" }],
    ["from a sandboxed page", { origin: "null" }],
    ["without an origin", { origin: null }],
    ["without the page's token", { fields: { csrf: "" } }],
    ["with a wrong token", { fields: { csrf: `${CSRF}x` } }],
  ])("is refused %s", async (_name, sent) => {
    for (const path of ["/people/zoe.muller/deactivate", "/dialect", "/saml/choose"]) {
      expect((await post(path, sent)).status).toBe(403);
    }
    expect(site.performed).toEqual([]);
  });

  it.each(["/people/nobody/deactivate", "/people/zoe.muller/promote", "/people/__proto__/delete"])(
    "%s is answered with 404",
    async (path) => {
      expect((await post(path)).status).toBe(404);
    },
  );
});

describe("another name for this computer", () => {
  it.each(["evil.example", "127.0.0.1", "127.0.0.1:1", "[::1]:80"])(
    "%j is not answered",
    async (host) => {
      expect([400, 421]).toContain((await getAs(host)).status);
    },
  );

  it("localhost leads to the one address in use, because cookies tell the two apart", async () => {
    const { port } = new URL(site.url);

    expect(await getAs(`localhost:${port}`, "/?q=a")).toEqual({
      status: 302,
      location: `${site.url}/?q=a`,
    });
  });
});

describe("sign-in", () => {
  function sso(cookie?: string, query = redirectQuery(requestHere(), "state")): Promise<Response> {
    const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
    return fetch(`${site.url}/saml/sso?${query}`, { headers, redirect: "manual" });
  }

  function requestHere(): string {
    return authnRequest({ destination: `${site.url}/saml/sso` });
  }

  async function ticket(key: string): Promise<string> {
    const response = await post(`/people/${key}/sign-in`);
    expect(response.headers.get("location")).toBe(LOGIN_URL);
    const [line = ""] = response.headers.getSetCookie();
    expect(line).toMatch(/HttpOnly/i);
    expect(line).toMatch(/SameSite=Lax/i);
    return line.split(";")[0]!;
  }

  it("goes to Seatkeeper and comes back as the person of the button, once", async () => {
    const cookie = await ticket("zoe.muller");
    const first = await (await sso(cookie)).text();
    const second = await (await sso(cookie)).text();

    expect(first).toContain("Signing in as Zoë Müller");
    expect(first).toContain(`action="${SP.acsUrls[0]!}"`);
    expect(first).toContain('name="RelayState" value="state"');
    expect(second).toContain("Who signs in?");
  });

  it("without a button asks who it is, and signs that person in", async () => {
    const query = redirectQuery(requestHere(), "a&b");
    const chooser = await (await sso(undefined, query)).text();
    const fields = { request: query, person: "maeve.obrien" };
    const chosen = await (await post("/saml/choose", { fields })).text();

    expect(chooser).toContain("Who signs in?");
    expect(chooser).toContain("山田花子");
    expect(chosen).toContain("Signing in as Maeve O&#39;Brien");
    expect(chosen).toContain('name="RelayState" value="a&amp;b"');
  });

  it("of somebody who was deleted is not started", async () => {
    site.directory.change("kofi.mensah", { deleted: true });

    expect((await post("/people/kofi.mensah/sign-in")).status).toBe(404);
  });

  it("that cannot be answered is refused in words and shows nothing of the request", async () => {
    const evil = redirectQuery(authnRequest({ issuer: "https://evil.example/<x>" }));
    const response = await sso(undefined, evil);

    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("evil.example");
  });

  it("metadata is there for whoever asks", async () => {
    const response = await fetch(`${site.url}/saml/metadata`);

    expect(response.headers.get("content-type")).toContain("application/samlmetadata+xml");
    expect(await response.text()).toContain(`Location="${site.url}/saml/sso"`);
  });
});
