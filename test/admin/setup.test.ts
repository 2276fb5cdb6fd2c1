import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import request from "supertest";
import { listAddresses } from "../../src/admin/router.js";
import { issueToken } from "../../src/actions/administer.js";
import { CERTIFICATE, createWorld, type Method, type World } from "./world.js";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

const NO_ID = "00000000-0000-7000-8000-000000000000";

/** Every address with something in the place of each parameter. */
function addressesOf(org: string): { method: Method; path: string }[] {
  return listAddresses().map((address) => {
    const [method = "", path = ""] = address.split(" ");
    const filled = path.replace(":org", org).replace(/:[a-z]+/g, NO_ID);
    return { method: method.toLowerCase() as Method, path: filled };
  });
}

describe("the door", () => {
  it("opens to no address without a token, and to none with a SCIM token", async () => {
    const { token } = await issueToken(world.deps, {
      kind: "scim",
      organisationId: world.acme.id,
      connectionId: world.okta.id,
      label: "x",
    });
    for (const { method, path } of [
      ...addressesOf("acme"),
      { method: "get" as const, path: "/nothing" },
    ]) {
      const bare = await request(world.app)[method](`/api/v1${path}`);
      expect([path, bare.status, bare.headers["www-authenticate"]]).toEqual([
        path,
        401,
        'Bearer realm="seatkeeper"',
      ]);
      expect((await world.call(method, path, token)).status).toBe(401);
    }
  });

  it("hides another organisation: every address answers as for one that does not exist", async () => {
    const plain = ({
      status,
      body,
    }: {
      status: number;
      body: { error?: { requestId?: string } };
    }) => {
      if (body.error !== undefined) delete body.error.requestId;
      return { status, body };
    };
    const ours = addressesOf("globex").filter(({ path }) => path.startsWith("/organisations/"));
    const missing = addressesOf("no-such").filter(({ path }) => path.startsWith("/organisations/"));
    for (const [index, { method, path }] of ours.entries()) {
      const foreign = plain(await world.call(method, path, world.tokens.acme));
      const none = plain(await world.call(method, missing[index]?.path ?? "", world.tokens.acme));
      expect(foreign).toEqual(none);
      expect(foreign.status).toBe(404);
    }
    expect(ours.length).toBeGreaterThan(25);
  });

  it("hides what belongs to another organisation also below one's own", async () => {
    const created = await world
      .call("post", "/organisations/globex/connections")
      .send({ name: "Entra" });
    const { id } = created.body as { id: string };
    const rule = await world.call("post", "/organisations/globex/rules").send({
      name: "All",
      match: { type: "everyone" },
      gives: { teams: ["t"] },
    });
    const token = await world
      .call("post", `/organisations/globex/connections/${id}/tokens`)
      .send({ label: "x" });
    const pool = await world.call("post", "/organisations/globex/pools").send(POOL);
    const paths: [Method, string][] = [
      ["get", `/organisations/acme/connections/${id}`],
      ["patch", `/organisations/acme/connections/${id}`],
      ["get", `/organisations/acme/connections/${id}/tokens`],
      ["post", `/organisations/acme/connections/${id}/tokens`],
      [
        "delete",
        `/organisations/acme/connections/${world.okta.id}/tokens/${(token.body as { publicId: string }).publicId}`,
      ],
      ["delete", `/organisations/acme/tokens/${(token.body as { publicId: string }).publicId}`],
      ["delete", `/organisations/acme/rules/${(rule.body as { id: string }).id}`],
      ["get", `/organisations/acme/pools/${(pool.body as { id: string }).id}`],
      ["get", "/organisations/acme/pools/Support"],
    ];
    for (const [method, path] of paths) {
      expect([path, (await world.call(method, path, world.tokens.acme).send({})).status]).toEqual([
        path,
        404,
      ]);
    }
  });

  it("answers 405 with the methods, 404 for unknown addresses, 415 and 413 for bodies", async () => {
    const put = await world.call("put", "/organisations");
    expect([put.status, put.headers["allow"]]).toEqual([405, "GET, POST"]);
    expect((await world.call("get", "/nothing")).status).toBe(404);
    const form = await world.call("post", "/organisations").type("form").send({ slug: "x" });
    expect([form.status, (form.body as { error: { code: string } }).error.code]).toEqual([
      415,
      "UnsupportedMediaType",
    ]);
    const large = await world
      .call("post", "/organisations")
      .send({ slug: "x", name: "x".repeat(70_000) });
    expect([large.status, (large.body as { error: { code: string } }).error.code]).toEqual([
      413,
      "PayloadTooLarge",
    ]);
    const broken = await world.call("post", "/organisations").type("json").send('{"slug":');
    expect([broken.status, (broken.body as { error: { code: string } }).error.code]).toEqual([
      400,
      "MalformedJson",
    ]);
  });

  it("keeps answers out of caches and gives each a request id", async () => {
    const answer = await world.call("get", "/organisations").set("X-Request-Id", "from-the-caller");

    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "x-request-id": "from-the-caller",
    });
  });
});

const POOL = {
  name: "Support",
  product: "support",
  tiers: ["standard", "professional"],
  kind: "locked",
  capacity: 2,
};

describe("docs/api.md", () => {
  it("lists exactly the addresses that there are", () => {
    const text = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
    const documented = [...text.matchAll(/^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \|/gm)].map(
      ([, address]) => address,
    );

    expect(documented.toSorted()).toEqual(listAddresses().toSorted());
  });
});

describe("organisations", () => {
  it("are created by operators only", async () => {
    const body = { slug: "initech", name: "Initech" };

    expect((await world.call("post", "/organisations", world.tokens.acme).send(body)).status).toBe(
      403,
    );
    const created = await world.call("post", "/organisations").send(body);
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ ...body, createdAt: "2026-03-01T12:00:00.000Z" });
    expect(created.headers["location"]).toBe(
      `https://seats.acorn.example/api/v1/organisations/${(created.body as { id: string }).id}`,
    );
    expect((await world.call("get", "/organisations/initech")).body).toEqual(created.body);
  });

  it("are listed as far as the token goes", async () => {
    const slugs = async (token: string) =>
      (
        (await world.call("get", "/organisations", token)).body as { items: { slug: string }[] }
      ).items.map(({ slug }) => slug);

    expect(await slugs(world.tokens.operator)).toEqual(["acme", "globex"]);
    expect(await slugs(world.tokens.acme)).toEqual(["acme"]);
  });

  it.each([
    {
      what: "a slug that is taken",
      body: { slug: "acme", name: "X" },
      status: 409,
      code: "Uniqueness",
      field: "slug",
    },
    {
      what: "a slug with capitals",
      body: { slug: "Acme", name: "X" },
      status: 400,
      code: "InvalidValue",
      field: "slug",
    },
    {
      what: "a slug like an id",
      body: { slug: NO_ID, name: "X" },
      status: 400,
      code: "InvalidValue",
      field: "slug",
    },
    { what: "no name", body: { slug: "x" }, status: 400, code: "InvalidValue", field: "name" },
    {
      what: "a key that does not exist",
      body: { slug: "x", name: "X", nmae: "X" },
      status: 400,
      code: "UnknownOption",
      field: "nmae",
    },
    { what: "a list", body: [], status: 400, code: "InvalidValue", field: undefined },
  ])("refuses $what", async ({ body, status, code, field }) => {
    const answer = await world.call("post", "/organisations").send(body);

    expect(answer.status).toBe(status);
    expect((answer.body as { error: object }).error).toMatchObject({
      code,
      ...(field === undefined ? {} : { field }),
    });
  });

  it("suggests the nearest key", async () => {
    const answer = await world
      .call("post", "/organisations")
      .send({ slug: "x", name: "X", nmae: "X" });

    expect((answer.body as { error: { message: string } }).error.message).toContain(
      'Did you mean "name"?',
    );
  });
});

describe("connections", () => {
  const PATH = "/organisations/acme/connections";

  it.each([
    ["connections", { name: "Twin" }],
    ["rules", { name: "Twin", match: { type: "everyone" }, gives: { teams: ["a"] } }],
  ])("of two %s that take one name at the same moment one is refused", async (kind, body) => {
    const path = `/organisations/acme/${kind}`;
    const both = await Promise.all([1, 2].map(() => world.call("post", path).send(body)));

    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const refused = both.find(({ status }) => status === 409);
    expect(refused?.body.error).toMatchObject({
      ...{ code: "Uniqueness", field: "name" },
      message: `There already is a ${kind.slice(0, -1)} "Twin".`,
    });
    const { items } = (await world.call("get", path)).body as { items: { name: string }[] };
    expect(items.filter(({ name }) => name === "Twin")).toHaveLength(1);
  });

  it("are created with the addresses to paste into the identity provider", async () => {
    const created = await world.call("post", PATH, world.tokens.acme).send({
      name: "Entra",
      plugin: "entra",
      applicationUrl: "https://app.acorn.example/sso",
      saml: { metadata: "<EntityDescriptor/>", justInTime: "create" },
    });

    expect(created.status).toBe(201);
    const { id } = created.body as { id: string };
    expect(created.body).toMatchObject({
      plugin: "entra",
      enabled: true,
      scim: { baseUrl: `https://seats.acorn.example/scim/v2/${id}` },
      saml: {
        entityId: `https://seats.acorn.example/saml/${id}/metadata`,
        metadataUrl: `https://seats.acorn.example/saml/${id}/metadata`,
        loginUrl: `https://seats.acorn.example/saml/${id}/login`,
        acsUrl: `https://seats.acorn.example/saml/${id}/acs`,
        idp: {
          idpEntityId: "https://idp.example",
          justInTime: "create",
          requireSignedResponse: false,
        },
      },
    });
    expect((await world.call("get", `${PATH}/${id}`)).body).toEqual(created.body);
  });

  it("change what is given and keep the rest", async () => {
    const path = `${PATH}/${world.okta.id}`;
    await world.call("patch", path).send({
      saml: {
        idpEntityId: "https://a.example",
        ssoUrl: "https://a.example/sso",
        certificates: [CERTIFICATE],
      },
    });
    const changed = await world
      .call("patch", path)
      .send({ enabled: false, saml: { justInTime: "refuse" } });

    expect(changed.body).toMatchObject({
      name: "Okta",
      enabled: false,
      version: 3,
      saml: {
        idp: {
          idpEntityId: "https://a.example",
          justInTime: "refuse",
          certificates: [CERTIFICATE],
        },
      },
    });
    const ended = await world.call("patch", path).send({ saml: null });
    expect((ended.body as { saml: { idp: unknown } }).saml.idp).toBeNull();
  });

  it.each([
    {
      what: "an unknown plugin",
      body: { name: "X", plugin: "otka" },
      says: 'Did you mean "okta"?',
      field: "plugin",
    },
    {
      what: "metadata that is none",
      body: { name: "X", saml: { metadata: "<html>" } },
      says: "not SAML 2.0",
      field: "saml.metadata",
    },
    {
      what: "half of the values",
      body: { name: "X", saml: { idpEntityId: "x" } },
      says: "Give the metadata, its address",
      field: "saml",
    },
    {
      what: "both",
      body: { name: "X", saml: { metadata: "<EntityDescriptor/>", ssoUrl: "https://x" } },
      says: "not both",
      field: "saml.metadata",
    },
    {
      what: "an application over http",
      body: { name: "X", applicationUrl: "http://app.example" },
      says: "https://",
      field: "applicationUrl",
    },
    {
      what: "an application that is a script",
      body: { name: "X", applicationUrl: "javascript:alert(1)" },
      says: "https://",
      field: "applicationUrl",
    },
    {
      what: "an application whose address breaks off in a line of its own",
      body: { name: "X", applicationUrl: "https://app.example/\r\nX: y" },
      says: "https://",
      field: "applicationUrl",
    },
    {
      what: "an application whose host would be a directive of the page's policy",
      body: { name: "X", applicationUrl: "https://app;sandbox/" },
      says: "https://",
      field: "applicationUrl",
    },
    {
      what: "a just-in-time word",
      body: { name: "X", saml: { justInTime: "always" } },
      says: "One of refuse, link, create",
      field: "saml.justInTime",
    },
    {
      what: "an unknown key at depth",
      body: { name: "X", saml: { metdata: "x" } },
      says: 'Did you mean "metadata"?',
      field: "saml.metdata",
    },
  ])("refuse $what", async ({ body, says, field }) => {
    const answer = await world.call("post", PATH).send(body);

    expect(answer.status).toBe(400);
    expect((answer.body as { error: { message: string } }).error.message).toContain(says);
    expect((answer.body as { error: { field: string } }).error.field).toBe(field);
  });
});

describe("tokens", () => {
  const PATH = "/organisations/acme/tokens";

  it("are shown once, work at once, and end when revoked", async () => {
    const issued = await world
      .call("post", PATH, world.tokens.acme)
      .send({ label: "Console", expiresInDays: 30 });
    const { token, publicId } = issued.body as { token: string; publicId: string };

    expect(issued.status).toBe(201);
    expect(token).toMatch(/^sk_api_/);
    expect(issued.body).toMatchObject({ label: "Console", expiresAt: "2026-03-31T12:00:00.000Z" });
    expect((await world.call("get", PATH, token)).status).toBe(200);
    const listed = await world.call("get", PATH);
    expect(JSON.stringify(listed.body)).toContain(publicId);
    expect(JSON.stringify(listed.body)).not.toContain(token);
    expect(JSON.stringify(listed.body)).not.toContain("hash");
    expect((await world.call("delete", `${PATH}/${publicId}`, world.tokens.acme)).status).toBe(204);
    expect((await world.call("get", PATH, token)).status).toBe(401);
    expect((await world.call("delete", `${PATH}/${publicId}`)).status).toBe(404);
  });

  it("end when they expire", async () => {
    const issued = await world.call("post", PATH).send({ label: "Console", expiresInDays: 1 });
    const { token } = issued.body as { token: string };
    world.clock.value += 86_400_000 - 1;
    expect((await world.call("get", PATH, token)).status).toBe(200);
    world.clock.value += 1;
    expect((await world.call("get", PATH, token)).status).toBe(401);
  });

  it("for SCIM belong to one connection", async () => {
    const path = `/organisations/acme/connections/${world.okta.id}/tokens`;
    const issued = await world.call("post", path, world.tokens.acme).send({ label: "Okta" });
    const { token, publicId } = issued.body as { token: string; publicId: string };

    expect(token).toMatch(/^sk_scim_/);
    expect((await world.call("get", path)).body).toMatchObject({
      items: [{ publicId, connectionId: world.okta.id }],
    });
    expect((await world.call("delete", `${PATH}/${publicId}`)).status).toBe(404);
    expect((await world.call("delete", `${path}/${publicId}`)).status).toBe(204);
  });

  it("never reach the log", async () => {
    const issued = await world.call("post", PATH).send({ label: "Console" });
    await world.call("get", "/nothing", (issued.body as { token: string }).token);

    expect(world.logged.join("")).not.toContain((issued.body as { token: string }).token);
    expect(world.logged.length).toBeGreaterThan(0);
  });
});

describe("rules", () => {
  const PATH = "/organisations/acme/rules";
  const RULE = {
    name: "Leads",
    match: { type: "groupName", name: "Leads" },
    gives: { roles: ["team-leader"], teams: ["any"] },
  };

  it("are added, replaced and removed", async () => {
    const added = await world.call("post", PATH, world.tokens.acme).send(RULE);
    const { id } = added.body as { id: string };
    expect(added.status).toBe(201);

    const replaced = await world
      .call("put", `${PATH}/${id}`)
      .send({ ...RULE, gives: { roles: ["user"] } });
    expect(replaced.body).toMatchObject({ id, gives: { roles: ["user"] } });
    expect((await world.call("get", PATH)).body).toEqual({ items: [replaced.body] });
    expect((await world.call("delete", `${PATH}/${id}`)).status).toBe(204);
    expect((await world.call("delete", `${PATH}/${id}`)).status).toBe(404);
    expect((await world.call("put", `${PATH}/${id}`).send(RULE)).status).toBe(404);
  });

  it("are for groups that there are in this organisation", async () => {
    const groupId = await world.addGroup("Leads by id", []);
    const ruleFor = (id: string) => ({ ...RULE, match: { type: "groupId", groupId: id } });
    const ask = async (path: string, body: object) => {
      const { status, body: answer } = await world.call("post", path).send(body);
      return [status, (answer as { error?: { field: string } }).error?.field];
    };

    const unknown = "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70";
    expect(await ask(PATH, ruleFor(unknown))).toEqual([400, "match.groupId"]);
    const there = { ...ruleFor(groupId), gives: { teams: ["any"] } };
    expect(await ask("/organisations/globex/rules", there)).toEqual([400, "match.groupId"]);
    const added = await world.call("post", PATH).send(ruleFor(groupId));
    expect(added.status).toBe(201);
    const { id } = added.body as { id: string };
    const replace = world.call("put", `${PATH}/${id}`);
    expect((await replace.send({ ...ruleFor(groupId), name: "Renamed" })).status).toBe(200);
    const elsewhere = world.call("put", `${PATH}/${id}`);
    expect((await elsewhere.send(ruleFor(unknown))).status).toBe(400);
    expect((await world.call("delete", `${PATH}/${id}`)).status).toBe(204);
  });

  it.each([
    {
      what: "an unknown role",
      gives: { roles: ["team-laeder"] },
      says: 'There is no role "team-laeder". Did you mean "team-leader"?',
    },
    {
      what: "an unknown permission",
      gives: { permissions: ["tab.staitstics"] },
      says: 'Did you mean "tab.statistics"?',
    },
    {
      what: "an unknown setting",
      gives: { settings: { skils: 1 } },
      says: 'Did you mean "skills"?',
    },
    {
      what: "a setting of the wrong type",
      gives: { settings: { skills: true } },
      says: "The setting skills takes a whole number from 0.",
    },
    {
      what: "an unknown product",
      gives: { exclusions: ["suport"] },
      says: 'Did you mean "support"?',
    },
    {
      what: "an unknown tier",
      gives: { tierFloors: [{ product: "support", tier: "profesional" }] },
      says: 'Did you mean "professional"?',
    },
    {
      what: "an unknown tier at most",
      gives: { tierCeilings: [{ product: "support", tier: "standart" }] },
      says: 'Did you mean "standard"?',
    },
    {
      what: "an unknown pool",
      gives: { pools: ["Support"] },
      says: 'There is no pool "Support". None exists yet.',
    },
    { what: "nothing", gives: {}, says: "A rule gives something" },
    { what: "a misspelt gift", gives: { roels: ["user"] }, says: 'Did you mean "roles"?' },
  ])("refuse to give $what", async ({ gives, says }) => {
    const answer = await world.call("post", PATH).send({ ...RULE, gives });

    expect(answer.status).toBe(400);
    expect((answer.body as { error: { message: string } }).error.message).toContain(says);
  });

  it("rule 27: refuse to choose a tier where it follows from the settings", async () => {
    const gives = { tierChoices: [{ product: "support", tier: "standard" }] };
    const answer = await world.call("post", PATH).send({ ...RULE, gives });

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ error: { code: "TierIsDerived" } });
  });

  it.each([
    {
      match: { type: "group" },
      says: "One of groupId, groupName, groupPattern, attribute, everyone is expected.",
    },
    { match: { type: "groupName", nmae: "x" }, says: 'Did you mean "name"?' },
    { match: { type: "attribute", attribute: "department" }, says: "match.equals: Missing." },
  ])("refuse a match that cannot be understood: $match", async ({ match, says }) => {
    const answer = await world.call("post", PATH).send({ ...RULE, match });

    expect((answer.body as { error: { message: string } }).error.message).toContain(says);
  });

  it("refuse a name that is taken and a connection of somebody else", async () => {
    await world.call("post", PATH).send(RULE);
    const again = await world.call("post", PATH).send(RULE);
    expect([again.status, (again.body as { error: { field: string } }).error.field]).toEqual([
      409,
      "name",
    ]);
    const foreign = await world
      .call("post", PATH)
      .send({ ...RULE, name: "Other", connectionId: NO_ID });
    expect((foreign.body as { error: { field: string } }).error.field).toBe("connectionId");
  });
});
