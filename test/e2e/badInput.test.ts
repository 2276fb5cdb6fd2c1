import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { issueToken, revokeToken } from "../../src/actions/administer.js";
import { exampleCatalogueFile } from "../../src/config.js";
import { definePlugin } from "../../src/plugin.js";
import { PATCH_OP, patchOp } from "../support/patchOp.js";
import {
  send,
  startTestServer,
  temporaryFolder,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { readBooks } from "./books.js";

/**
 * Whatever is wrong with a request, it gets its clear answer and nothing has changed: the directory, the seats, the
 * ledger, the waiting list and the outbox are compared before and after each one.
 */

const BODY_BYTES_MAX = 65_536;

/** As any other, but a member that does not exist refuses the whole request. */
const careful = definePlugin({
  id: "careful",
  title: "Careful",
  leniency: { ignoreUnknownMembers: false },
});

let server: TestServer;
let acorn: TestOrganisation;
let other: TestOrganisation;
let idp: TestConnection;
let sibling: TestConnection;
let foreign: TestConnection;
let apiToken: string;
/** Ids that the requests below name; filled before they are sent. */
const ids = {
  ann: "",
  ben: "",
  crew: "",
  siblingUser: "",
  siblingGroup: "",
  foreignUser: "",
  foreignGroup: "",
};

beforeAll(async () => {
  server = await startTestServer(
    { limits: { scimBodyBytes: BODY_BYTES_MAX, apiBodyBytes: BODY_BYTES_MAX } },
    { plugins: [careful] },
  );
  acorn = await server.organisation("acorn");
  other = await server.organisation("birch");
  idp = await acorn.connection("careful");
  sibling = await acorn.connection("generic", { name: "second" });
  foreign = await other.connection("generic");
  apiToken = await tokenOfApi();
  await acorn.pool({ name: "support", capacity: 1 });
  ids.ann = await created(idp, "/Users", {
    userName: "ann@acorn.example",
    emails: [{ type: "work", value: "ann@acorn.example" }],
  });
  ids.ben = await created(idp, "/Users", { userName: "ben@acorn.example" });
  ids.siblingUser = await created(sibling, "/Users", { userName: "sue@acorn.example" });
  ids.siblingGroup = await created(sibling, "/Groups", { displayName: "Second" });
  ids.crew = await created(idp, "/Groups", { displayName: "Crew", members: [{ value: ids.ann }] });
  ids.foreignUser = await created(foreign, "/Users", { userName: "fay@birch.example" });
  ids.foreignGroup = await created(foreign, "/Groups", { displayName: "Birch" });
  await untilDelivered();
});

afterAll(() => server.close());

async function tokenOfApi(more: { expiresInDays?: number } = {}): Promise<string> {
  const organisationId = acorn.organisation.id;
  const input = { kind: "api" as const, organisationId, connectionId: null, label: "api", ...more };
  return (await issueToken(server.app.administer, input)).token;
}

async function created(connection: TestConnection, path: string, body: object): Promise<string> {
  const answer = await connection.scim("POST", path, body);
  expect(answer.status).toBe(201);
  return answer.body.id as string;
}

async function untilDelivered(): Promise<void> {
  while ((await server.app.store.outbox.backlog()) > 0) await new Promise((r) => setTimeout(r, 10));
}

async function everything() {
  const [ours, theirs] = await Promise.all(
    [acorn, other].map(({ organisation }) => readBooks(server.app, organisation.id)),
  );
  return { ours, theirs, events: server.events.length };
}

/** Sends with `{name}` in path and body replaced by the id of that name. */
function named(text: string): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) =>
    name in ids ? ids[name as keyof typeof ids] : all,
  );
}

/** What is sent to the connection of the generic plugin, and what must come back. */
type Refusal = readonly [
  what: string,
  request: `${string} /${string}`,
  status: number,
  scimType: string | null,
  body?: unknown,
  /** A part of the sentence for the person who reads it. */
  says?: RegExp | null,
  headers?: Readonly<Record<string, string>>,
];

function refusals(title: string, cases: readonly Refusal[]): void {
  describe(title, () => {
    const titled = cases.map((row) => [row[0], row[1].slice(0, 60), row[2], row[3], row] as const);

    it.each(titled)("%s: %s -> %i %s", async (_what, _request, status, scimType, row) => {
      const [, request, , , body, says, headers] = row;
      const [method = "", path = ""] = named(request).split(/ (.*)/s);
      const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const before = await everything();

      const answer = await idp.scim(method, path, text && named(text), headers);

      expect({ status: answer.status, body: answer.body }).toMatchObject({
        status,
        body: {
          schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
          status: String(status),
          detail: expect.stringMatching(says ?? /\w{3}/),
          ...(scimType === null ? {} : { scimType }),
        },
      });
      expect(answer.headers.get("content-type")).toMatch(/^application\/scim\+json/);
      expect(await everything()).toEqual(before);
    });
  });
}

function user(more: object = {}) {
  return { userName: "new@acorn.example", ...more };
}

function replace(path: unknown, value: unknown) {
  return { op: "replace", path, value };
}

function addMembers(...values: unknown[]) {
  return { op: "add", path: "members", value: values.map((value) => ({ value })) };
}

const DEACTIVATE = replace("active", false);
const TAKEN = "ann@acorn.example";
const TWO_PRIMARIES = ["a@b.example", "c@d.example"].map((value) => ({ value, primary: true }));
const NESTED = `{"userName":"new","emails":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;

// prettier-ignore
refusals("a body that cannot be read", [
  ["JSON that ends too early",    "POST /Users", 400, "invalidSyntax", '{"userName": "x', /JSON/],
  ["no JSON at all",              "POST /Users", 400, "invalidSyntax", "userName=new", /JSON/],
  ["a list instead of an object", "POST /Users", 400, null, [user()]],
  ["a bare text",                 "POST /Users", 400, "invalidSyntax", '"new"', /must be a JSON object/],
  ["null",                        "POST /Users", 400, "invalidSyntax", "null", /must be a JSON object/],
  ["no body",                     "POST /Users", 400, null],
  ["another media type",          "POST /Users", 415, null, user(), /application\/scim\+json/, { "content-type": "text/plain" }],
  ["a form",                      "POST /Users", 415, null, "userName=x", null, { "content-type": "application/x-www-form-urlencoded" }],
  ["an unknown character set",    "POST /Users", 415, null, user(), /character set .* UTF-8/, { "content-type": "application/scim+json; charset=ISO-8859-1" }],
  ["an unknown encoding",         "POST /Users", 415, null, user(), null, { "content-encoding": "compress" }],
  ["a body beyond the limit",     "POST /Users", 413, null, user({ displayName: "x".repeat(BODY_BYTES_MAX) }), /larger/],
  ["lists in lists without end",  "POST /Users", 400, null, NESTED],
]);

// prettier-ignore
refusals("a user or group that cannot be", [
  ["no userName",                        "POST /Users",        400, "invalidValue", { displayName: "Nobody" }, /userName/],
  ["an empty userName",                  "POST /Users",        400, "invalidValue", { userName: "" }, /userName/],
  ["a userName that is a number",        "POST /Users",        400, "invalidValue", { userName: 7 }, /userName/],
  ["a userName of 10,000 letters",       "POST /Users",        400, "invalidValue", { userName: "u".repeat(10_000) }, /userName/],
  ["a character that no database keeps", "POST /Users",        400, "invalidValue", user({ displayName: "a\u0000b" }), /displayName/],
  ["more addresses than are kept",       "POST /Users",        400, "tooMany",      user({ emails: Array.from({ length: 1_000 }, (_, index) => ({ value: `a${index}@b.example` })) }), /emails/],
  ["active in words",                    "POST /Users",        400, "invalidValue", user({ active: "perhaps" }), /active/],
  ["emails that are a number",           "POST /Users",        400, "invalidValue", user({ emails: 5 }), /emails/],
  ["a name that is a text",              "POST /Users",        400, "invalidValue", user({ name: "Ann Adams" }), /name/],
  ["two primary addresses",              "POST /Users",        400, "invalidValue", user({ emails: TWO_PRIMARIES }), /primary/],
  ["a name that marks who is awaited",   "POST /Users",        400, "invalidValue", user({ userName: "urn:seatkeeper:invitation:7" }), /userName must not begin with/],
  ["a rename to such a name",            "PATCH /Users/{ben}", 400, "invalidValue", patchOp(replace("userName", "urn:seatkeeper:invitation:7")), /userName must not begin with/],
  ["an externalId that marks the same",  "POST /Users",        400, "invalidValue", user({ externalId: "urn:seatkeeper:invitation:7" }), /externalId must not begin with/],
  ["a userName that is taken",           "POST /Users",        409, "uniqueness",   user({ userName: TAKEN }), /ann@acorn\.example/],
  ["the same in other letters",          "POST /Users",        409, "uniqueness",   user({ userName: TAKEN.toUpperCase() })],
  ["a userName of another connection",   "POST /Users",        409, "uniqueness",   user({ userName: "sue@acorn.example" })],
  ["a rename to a taken userName",       "PATCH /Users/{ben}", 409, "uniqueness",   patchOp(replace("userName", TAKEN))],
  ["a replacement with a taken userName", "PUT /Users/{ben}",  409, "uniqueness",   user({ userName: TAKEN })],
  ["a replacement without userName",     "PUT /Users/{ben}",   400, "invalidValue", { displayName: "Ben" }],
  ["a group without displayName",        "POST /Groups",       400, "invalidValue", { members: [] }, /displayName/],
]);

const FILTERS = [
  "userName",
  "userName eq",
  'userName eq "',
  'userName eq "\\',
  'userName like "a"',
  'eq "a"',
  '(userName eq "a"',
  'userName eq "a")',
  'userName eq "a" and',
  'userName eq "a" xor active eq true',
  'unknownAttribute eq "a"',
  'password eq "a"',
  'emails[type eq "work"',
  "emails[]",
  "not userName pr",
  'userName eq "a" OR 1=1',
  "active gt true",
  "userName eq ' or 1=1 --",
  `${"(".repeat(5_000)}userName pr${")".repeat(5_000)}`,
  Array.from({ length: 500 }, () => "userName pr").join(" or "),
];

refusals(
  "a filter that cannot be read",
  FILTERS.map((filter) => [
    filter.slice(0, 40),
    `GET /Users?filter=${encodeURIComponent(filter)}`,
    400,
    "invalidFilter",
  ]),
);

// prettier-ignore
refusals("a query that cannot be answered", [
  ["a filter on groups by an attribute of users", "GET /Groups?filter=userName%20eq%20%22a%22", 400, "invalidFilter"],
  ["a startIndex in words",                       "GET /Users?startIndex=first",                400, "invalidValue"],
  ["a count in words",                            "GET /Users?count=many",                      400, "invalidValue"],
  ["a filter on the schemas",                     "GET /Schemas?filter=id%20pr",                403, null, undefined, /without a filter/],
  ["a filter on the configuration",               "GET /ServiceProviderConfig?filter=id%20pr",  403, null, undefined, /without a filter/],
  ["an unknown order",                            "GET /Users?sortBy=shoeSize",                 400, "invalidValue"],
]);

// prettier-ignore
refusals("a patch that cannot be applied", [
  ["no operations",                    "PATCH /Users/{ann}",   400, "invalidSyntax", { schemas: [PATCH_OP] }],
  ["an empty list of operations",      "PATCH /Users/{ann}",   400, null,            patchOp()],
  ["operations that are an object",    "PATCH /Users/{ann}",   400, "invalidSyntax", { schemas: [PATCH_OP], Operations: { op: "add" } }],
  ["an operation that is a text",      "PATCH /Users/{ann}",   400, "invalidSyntax", patchOp("replace")],
  ["an operation without op",          "PATCH /Users/{ann}",   400, "invalidSyntax", patchOp({ path: "title", value: "x" })],
  ["an unknown op",                    "PATCH /Users/{ann}",   400, "invalidSyntax", patchOp({ op: "increment", path: "title", value: "x" })],
  ["a path that is a number",          "PATCH /Users/{ann}",   400, null,            patchOp(replace(7, "x"))],
  ["a path that cannot be read",       "PATCH /Users/{ann}",   400, null,            patchOp(replace("emails[type eq", "x"))],
  ["a path with two dots",             "PATCH /Users/{ann}",   400, "invalidPath",   patchOp(replace("name..familyName", "x"))],
  ["a removal without path",           "PATCH /Users/{ann}",   400, "noTarget",      patchOp({ op: "remove" })],
  ["a removal of what is required",    "PATCH /Users/{ann}",   400, null,            patchOp({ op: "remove", path: "userName" })],
  ["a new id",                         "PATCH /Users/{ann}",   400, "mutability",    patchOp(replace("id", "7"))],
  ["an element that is not there",     "PATCH /Users/{ann}",   400, "noTarget",      patchOp(replace('emails[type eq "home"].value', "a@b.example"))],
  ["an addition without value",        "PATCH /Users/{ann}",   400, null,            patchOp({ op: "add", path: "title" })],
  ["active in words",                  "PATCH /Users/{ann}",   400, "invalidValue",  patchOp(replace("active", "perhaps"))],
  ["a pathless value that is a text",  "PATCH /Users/{ann}",   400, null,            patchOp({ op: "replace", value: "x" })],
  ["a good operation before a bad one", "PATCH /Users/{ann}",  400, "invalidValue",  patchOp(DEACTIVATE, replace("active", 3))],
  ["a deactivation before a taken userName", "PATCH /Users/{ben}", 409, "uniqueness", patchOp(DEACTIVATE, replace("userName", TAKEN))],
  ["a group's path that cannot be read", "PATCH /Groups/{crew}", 400, null,          patchOp(replace("members[", []))],
  ["another id for a group",           "PATCH /Groups/{crew}", 400, "mutability",    patchOp({ op: "replace", value: { id: "7", displayName: "Crew" } })],
  ["a group without name",             "PATCH /Groups/{crew}", 400, null,            patchOp({ op: "remove", path: "displayName" })],
]);

const KNOWN_AND_UNKNOWN = [{ value: "{ben}" }, { value: "no-such-id" }];

// prettier-ignore
refusals("a member that does not exist: nobody else is added or removed either", [
  ["one unknown among known",         "PATCH /Groups/{crew}", 400, "invalidValue", patchOp(addMembers("{ben}", "no-such-id")), /no-such-id.*nothing was changed/],
  ["an addition, then an unknown one", "PATCH /Groups/{crew}", 400, "invalidValue", patchOp(addMembers("{ben}"), addMembers("no-such-id"))],
  ["a removal, then an unknown one",  "PATCH /Groups/{crew}", 400, "invalidValue", patchOp({ op: "remove", path: "members" }, addMembers("no-such-id"))],
  ["in a replacement",                "PUT /Groups/{crew}",   400, "invalidValue", { displayName: "Crew", members: KNOWN_AND_UNKNOWN }],
  ["in a new group",                  "POST /Groups",         400, "invalidValue", { displayName: "New", members: KNOWN_AND_UNKNOWN }],
  ["a user of another organisation",  "PATCH /Groups/{crew}", 400, "invalidValue", patchOp(addMembers("{foreignUser}"))],
  ["a user of another connection",    "PATCH /Groups/{crew}", 400, "invalidValue", patchOp(addMembers("{siblingUser}"))],
  ["an id that looks like a filter",  "PATCH /Groups/{crew}", 400, "invalidValue", patchOp(addMembers('x" or value pr or value eq "y'))],
  ["a group",                         "PATCH /Groups/{crew}", 400, "invalidValue", patchOp({ op: "add", path: "members", value: [{ value: "{crew}", type: "Group" }] })],
  ["a member without value",          "PATCH /Groups/{crew}", 400, "invalidValue", patchOp({ op: "add", path: "members", value: [{ display: "Ben" }] })],
  ["a member that is a number",       "PATCH /Groups/{crew}", 400, "invalidValue", patchOp({ op: "add", path: "members", value: [7] })],
]);

// prettier-ignore
const NOT_OURS = [
  { whose: "nobody",               user: "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70", group: "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70" },
  { whose: "another organisation", user: "{foreignUser}",                        group: "{foreignGroup}" },
  { whose: "another connection",   user: "{siblingUser}",                        group: "{siblingGroup}" },
  { whose: "nobody, as SQL",       user: "'%20or%201=1%20--",                    group: "x".repeat(5_000) },
];

describe.each(NOT_OURS)("an id of $whose does not exist", ({ user: userId, group: groupId }) => {
  // prettier-ignore
  refusals("under this connection", [
    ["read",       `GET /Users/${userId}`,     404, null],
    ["replace",    `PUT /Users/${userId}`,     404, null, user()],
    ["deactivate", `PATCH /Users/${userId}`,   404, null, patchOp(DEACTIVATE)],
    ["delete",     `DELETE /Users/${userId}`,  404, null],
    ["read",       `GET /Groups/${groupId}`,   404, null],
    ["replace",    `PUT /Groups/${groupId}`,   404, null, { displayName: "x" }],
    ["empty",      `PATCH /Groups/${groupId}`, 404, null, patchOp({ op: "remove", path: "members" })],
    ["delete",     `DELETE /Groups/${groupId}`, 404, null],
  ]);
});

// prettier-ignore
refusals("an address or method that is not there", [
  ["PUT on the list",                    "PUT /Users",                 405, null, user()],
  ["DELETE of all users",                "DELETE /Users",              405, null],
  ["DELETE of all groups",               "DELETE /Groups",             405, null],
  ["POST on a user",                     "POST /Users/{ann}",          405, null, user()],
  ["POST of a schema",                   "POST /Schemas",              405, null, {}],
  ["an unknown resource",                "POST /Devices",              404, null, {}],
  ["an unknown action",                  "POST /Users/{ann}/promote",  404, null, {}],
  ["an address that cannot be decoded",  "GET /Users/%E0%A4%A",        404, null],
]);

const STALE = { "if-match": 'W/"999"' };

// prettier-ignore
refusals("a version that is not the stored one", [
  ["PATCH of a user",            "PATCH /Users/{ann}",    412, null, patchOp(DEACTIVATE), /changed/, STALE],
  ["PUT of a user",              "PUT /Users/{ann}",      412, null, user(), null, STALE],
  ["DELETE of a user",           "DELETE /Users/{ann}",   412, null, undefined, null, STALE],
  ["PATCH of a group",           "PATCH /Groups/{crew}",  412, null, patchOp({ op: "remove", path: "members" }), null, STALE],
  ["PUT of a group",             "PUT /Groups/{crew}",    412, null, { displayName: "x", members: [] }, null, STALE],
  ["DELETE of a group",          "DELETE /Groups/{crew}", 412, null, undefined, null, STALE],
  ["a tag that was never ours",  "DELETE /Users/{ann}",   412, null, undefined, null, { "if-match": '"abc"' }],
]);

describe("a method that is not allowed", () => {
  it("is answered with those that are", async () => {
    const answers = await Promise.all([
      idp.scim("DELETE", "/Users"),
      idp.scim("POST", `/Groups/${ids.crew}`, {}),
      acorn.api("DELETE", "/pools"),
    ]);

    expect(answers.map(({ status, headers }) => [status, headers.get("allow")])).toEqual([
      [405, "GET, POST"],
      [405, "GET, PUT, PATCH, DELETE"],
      [405, "GET, POST"],
    ]);
  });
});

describe("credentials that do not fit", () => {
  const scimTokens: readonly { what: string; token: () => Promise<string> | string }[] = [
    { what: "no token", token: () => "" },
    { what: "a text that is no token", token: () => "let-me-in" },
    { what: "an unknown token", token: () => `${idp.token.slice(0, -6)}AAAAAA` },
    { what: "an expired token", token: async () => (await scimToken(-1)).token },
    { what: "a revoked token", token: revokedToken },
    { what: "the token of another connection of the organisation", token: () => sibling.token },
    { what: "the token of another organisation", token: () => foreign.token },
    { what: "a token of the admin API", token: () => apiToken },
  ];

  it.each(scimTokens)("$what: 401 on each SCIM address, in the same words", async ({ token }) => {
    const wrong = await token();
    const before = await everything();

    for (const [method, path, body] of [
      ["GET", "/Users"],
      ["POST", "/Users", user()],
      ["PATCH", `/Users/${ids.ann}`, patchOp(DEACTIVATE)],
      ["DELETE", `/Groups/${ids.crew}`],
      ["GET", "/Schemas"],
    ] as const) {
      const answer = await send(`${idp.baseUrl}${path}`, method, wrong, body);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
      expect(answer.body.detail).toBe("The credentials are missing, unknown or expired.");
    }
    expect(await everything()).toEqual(before);
  });

  it("a good token does not open another connection's address, existing or not: 401", async () => {
    const before = await everything();

    for (const id of [sibling.connection.id, foreign.connection.id, "no-such-connection"]) {
      const answer = await send(`${server.url}/scim/v2/${id}/Users`, "POST", idp.token, user());
      expect(answer.status).toBe(401);
    }
    expect(await everything()).toEqual(before);
  });

  it("a connection that is switched off refuses its own token: 401", async () => {
    const closed = await acorn.connection("generic", { name: "closed", enabled: false });
    const before = await everything();

    expect((await closed.scim("POST", "/Users", user())).status).toBe(401);
    expect(await everything()).toEqual(before);
  });

  it.each([
    { what: "no token", token: () => "" },
    { what: "an expired token", token: () => tokenOfApi({ expiresInDays: -1 }) },
    { what: "a SCIM token", token: () => idp.token },
  ])("$what: 401 on the admin API", async ({ token }) => {
    const address = `${server.url}/api/v1/organisations/acorn/pools/support`;
    const wrong = await token();
    const before = await everything();

    const answer = await send(address, "PATCH", wrong, { priority: 3 });

    expect(answer.status).toBe(401);
    expect(answer.body.error.code).toBe("Unauthorized");
    expect(await everything()).toEqual(before);
  });
});

function scimToken(expiresInDays?: number) {
  return issueToken(server.app.administer, {
    kind: "scim",
    organisationId: acorn.organisation.id,
    connectionId: idp.connection.id,
    label: "other",
    expiresInDays,
  });
}

async function revokedToken(): Promise<string> {
  const { token, record } = await scimToken();
  await revokeToken(server.app.administer, record, record.publicId);
  return token;
}

type ApiRefusal = readonly [
  what: string,
  request: string,
  status: number,
  code: string,
  body: unknown,
];

const RULE = { name: "r", match: { type: "everyone" } };
const POOL = { name: "p", product: "support", tiers: ["standard"], kind: "locked", capacity: 9 };

// prettier-ignore
const API_REFUSALS: readonly ApiRefusal[] = [
  ["malformed JSON",                     "POST /rules",             400, "MalformedJson",   "{"],
  ["a body beyond the limit",            "POST /rules",             413, "PayloadTooLarge", { name: "x".repeat(BODY_BYTES_MAX) }],
  ["an unknown key",                     "PATCH /pools/support",    400, "UnknownOption",   { prioritty: 3 }],
  ["a wrong type",                       "PATCH /pools/support",    400, "InvalidValue",    { priority: "high" }],
  ["a rule with an unknown role",        "POST /rules",             400, "InvalidValue",    { ...RULE, gives: { roles: ["team-laeder"] } }],
  ["a rule that gives nothing",          "POST /rules",             400, "InvalidValue",    { ...RULE, gives: {} }],
  ["a capacity changed by the customer", "PATCH /pools/support",    403, "Forbidden",       { capacity: 1_000 }],
  ["a pool made by the customer",        "POST /pools",             403, "Forbidden",       POOL],
  ["a seat of an unknown product",       "POST /seats/acquire",     400, "InvalidValue",    { userName: TAKEN, product: "nothing" }],
  ["a seat for nobody",                  "POST /seats/acquire",     404, "NotFound",        { userName: "zoe@acorn.example", product: "support" }],
  ["a user of another organisation",     "POST /users/{foreignUser}/facts", 404, "NotFound", { kind: "role", name: "team-leader" }],
  ["an unknown pool",                    "GET /pools/nothing",      404, "NotFound",        undefined],
  ["a page of nothing",                  "GET /entries?limit=0",    400, "InvalidValue",    undefined],
];

describe("the admin API", () => {
  it.each(API_REFUSALS)("%s: %s -> %i %s", async (_what, request, status, code, body) => {
    const [method = "", path = ""] = named(request).split(" ");
    const before = await everything();
    const rules = await acorn.api("GET", "/rules");

    const answer = await acorn.api(method, path, body);

    expect(answer.body).toMatchObject({ error: { code, message: expect.stringMatching(/\w{3}/) } });
    expect(answer.status).toBe(status);
    expect(await everything()).toEqual(before);
    expect((await acorn.api("GET", "/rules")).body).toEqual(rules.body);
  });

  it("knows another organisation as little as one that does not exist: 404 in the same words", async () => {
    const before = await everything();
    const rule = { ...RULE, gives: { teams: ["x"] } };
    const strangers = await Promise.all(
      ["birch", other.organisation.id, "nowhere"].flatMap((name) => {
        const address = `${server.url}/api/v1/organisations/${name}`;
        return [
          send(`${address}/users`, "GET", apiToken),
          send(`${address}/rules`, "POST", apiToken, rule),
        ];
      }),
    );

    expect(
      strangers.map(({ status, body }) => [status, body.error.code, body.error.message]),
    ).toEqual(strangers.map(() => [404, "NotFound", "There is no such resource."]));
    expect(await everything()).toEqual(before);
  });
});

describe("sign-in", () => {
  it.each([
    { what: "an answer that is no SAML", SAMLResponse: "bm90IHhtbA==" },
    { what: "an answer that is no base64", SAMLResponse: "<<<>>>" },
    { what: "no answer", SAMLResponse: "" },
  ])("$what opens no session and changes nothing", async ({ SAMLResponse }) => {
    const before = await everything();

    const answer = await fetch(`${server.url}/saml/${idp.connection.id}/acs`, {
      method: "POST",
      body: new URLSearchParams({ SAMLResponse, RelayState: "x" }),
      redirect: "manual",
    });

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(
      answer.headers.getSetCookie().filter((cookie) => /^(__Host-)?seatkeeper=[^;]/.test(cookie)),
    ).toEqual([]);
    expect(await everything()).toEqual(before);
  });
});

describe("a catalogue that contradicts itself", () => {
  it("stops the start with every mistake named, before a database is made", async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, "catalogue.yaml");
    const database = join(folder.path, "seatkeeper.sqlite");
    writeFileSync(
      file,
      readFileSync(exampleCatalogueFile(), "utf8")
        .replace("[tab.communication]", "[tab.comunication]")
        .replace("includes: standard", "includes: standart"),
    );

    const start = startTestServer({ catalogue: { file }, database: { url: `sqlite:${database}` } });

    await expect(start).rejects.toMatchObject({
      code: "InvalidConfiguration",
      message: expect.stringMatching(
        /catalogue\.file[^]*(tab\.comunication[^]*standart|standart[^]*tab\.comunication)/,
      ),
    });
    expect(existsSync(database)).toBe(false);
    folder.remove();
  });
});
