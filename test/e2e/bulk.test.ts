import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/plugin.js";
import type { Store } from "../../src/ports.js";
import { SeatkeeperError } from "../../src/errors.js";
import { createStore } from "../../src/store/index.js";
import { quiet } from "../store/support/open.js";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";

/** POST /Bulk over sockets (RFC 7644 §3.7), with the transactions counted. */

const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const OPERATIONS_MAX = 300;
const BYTES_MAX = 200_000;

onEachDatabase("a bulk request", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;
  /** Write transactions since the test began, and how many still succeed. */
  const writes = { count: 0, left: Infinity };

  beforeAll(async () => {
    const store = await createStore({ url: await freshDatabaseUrl(), logger: quiet });
    server = await startTestServer(
      {
        limits: {
          scimBulkOperations: OPERATIONS_MAX,
          scimLargeBodyBytes: BYTES_MAX,
          scimBodyBytes: 65_536,
        },
      },
      { store: counted(store) },
    );
  });

  /** After `left` writes the database is as good as gone. */
  function counted(store: Store): Store {
    return {
      ...store,
      write: (organisationId, work) => {
        if (writes.left <= 0) return Promise.reject(new SeatkeeperError("Unavailable"));
        writes.left -= 1;
        writes.count += 1;
        return store.write(organisationId, work);
      },
    };
  }

  beforeEach(async () => {
    writes.left = Infinity;
    organisation = await server.organisation(`acorn-${(organisations += 1)}`);
    idp = await organisation.connection("generic");
    writes.count = 0;
  });
  afterAll(() => server.close());

  const bulk = (Operations: object[], more: object = {}): Promise<Answer> =>
    idp.scim("POST", "/Bulk", { schemas: [BULK_REQUEST], ...more, Operations });

  const statusesOf = ({ body }: Answer): string[] =>
    (body.Operations as { status: string }[]).map(({ status }) => status);

  const user = (name: string, data: object = {}) => ({
    method: "POST",
    path: "/Users",
    bulkId: name,
    data: { userName: `${name}@acorn.example`, ...data },
  });

  const group = (name: string, members: string[]) => ({
    method: "POST",
    path: "/Groups",
    bulkId: name,
    data: { displayName: name, members: members.map((value) => ({ value })) },
  });

  const patch = (path: string, ...Operations: object[]) => ({
    method: "PATCH",
    path,
    data: patchOp(...Operations),
  });

  const idIn = ({ location }: JsonObject): string =>
    typeof location === "string" ? (location.split("/").at(-1) ?? "") : "";
  const books = () => readBooks(server.app, organisation.organisation.id);
  const titleOf = async (id: string) => (await idp.scim("GET", `/Users/${id}`)).body.title;

  it("answers each operation by itself, in the order sent, with location and version", async () => {
    const before = await idp.scim("POST", "/Users", { userName: "old@acorn.example" });
    const old = `/Users/${before.body.id}`;

    const answer = await bulk([
      user("ann"),
      user("ann2", { userName: "ANN@acorn.example" }),
      { method: "put", path: old, data: { userName: "old@acorn.example", title: "put" } },
      patch(old, { op: "replace", path: "title", value: "patched" }),
      { method: "DELETE", path: "/Users/nobody" },
      { method: "GET", path: old, data: {} },
      { method: "POST", path: "/Planets", bulkId: "mars", data: {} },
      { method: "PATCH", path: "/Users", data: {} },
      { method: "DELETE", path: old, version: 'W/"1"' },
      { method: "DELETE", path: old, version: 'W/"3"' },
    ]);

    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch("application/scim+json");
    expect(answer.body.schemas).toEqual([BULK_RESPONSE]);
    const operations = answer.body.Operations as JsonObject[];
    const ids = idIn(operations[0] ?? {});
    expect(operations).toEqual([
      {
        method: "POST",
        bulkId: "ann",
        location: `${idp.baseUrl}/Users/${ids}`,
        version: 'W/"1"',
        status: "201",
      },
      expect.objectContaining({
        method: "POST",
        bulkId: "ann2",
        status: "409",
        response: expect.objectContaining({ status: "409", scimType: "uniqueness" }),
      }),
      expect.objectContaining({ method: "PUT", version: 'W/"2"', status: "200" }),
      expect.objectContaining({ method: "PATCH", version: 'W/"3"', status: "204" }),
      expect.objectContaining({ method: "DELETE", status: "404" }),
      expect.objectContaining({ method: "GET", status: "400" }),
      expect.objectContaining({ method: "POST", status: "404" }),
      expect.objectContaining({ method: "PATCH", status: "405" }),
      expect.objectContaining({ method: "DELETE", status: "412" }),
      {
        method: "DELETE",
        location: `${idp.baseUrl}${old}`,
        status: "204",
      },
    ]);
    expect(operations[1]).not.toHaveProperty("location");
    expect((await books()).users.map(({ userName }) => userName)).toEqual(["ann@acorn.example"]);
  });

  it("resolves references wherever they stand, whatever the order sent", async () => {
    const answer = await bulk([
      patch(
        "/Groups/bulkId:crew",
        {
          op: "add",
          path: "members",
          value: [{ value: "bulkId:ben", $ref: "../Users/bulkId:ben" }],
        },
        { op: "remove", path: 'members[value eq "bulkId:ann"]' },
      ),
      group("crew", ["bulkId:ann", "bulkId:cat"]),
      user("ann"),
      user("ben", {
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
          manager: { value: "bulkId:ann" },
        },
      }),
      user("cat", { title: "about bulkId:ann" }),
      { method: "PUT", path: "Users/bulkId:cat", data: { userName: "kate@acorn.example" } },
    ]);

    expect(statusesOf(answer)).toEqual(["204", "201", "201", "201", "201", "200"]);
    const [, crew, ann, ben, cat] = (answer.body.Operations as JsonObject[]).map(idIn);
    const shown = await idp.scim("GET", `/Groups/${crew}`);
    expect(shown.body.members.map(({ value }: JsonObject) => value).sort()).toEqual(
      [ben, cat].sort(),
    );
    const { body } = await idp.scim("GET", `/Users/${ben}`);
    expect(body["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].manager.value).toBe(
      ann,
    );
    expect((await idp.scim("GET", `/Users/${cat}`)).body.userName).toBe("kate@acorn.example");
  });

  it("refuses circles, unknown references, and references to what failed: each by itself", async () => {
    const manager = (value: string) => ({
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { manager: { value } },
    });
    const answer = await bulk([
      user("ann", manager("bulkId:ben")),
      user("ben", manager("bulkId:ann")),
      user("self", manager("bulkId:self")),
      group("circle", ["bulkId:ann"]),
      group("unknown", ["bulkId:nobody"]),
      user("bad", { active: "perhaps" }),
      group("hopeless", ["bulkId:bad"]),
      // Has no operations; and makes nothing that could be referred to.
      { ...patch("/Users/bulkId:crew"), bulkId: "p" },
      group("crew", ["bulkId:cat"]),
      user("cat"),
      { method: "DELETE", path: "/Groups/bulkId:p" },
    ]);

    expect(statusesOf(answer)).toEqual(
      // prettier-ignore
      ["409", "409", "409", "409", "400", "400", "409", "400", "201", "201", "400"],
    );
    const { users, groups } = await books();
    expect(users.map(({ userName }) => userName)).toEqual(["cat@acorn.example"]);
    expect(groups.map(({ displayName }) => displayName)).toEqual(["crew"]);
  });

  it("applies operations on one resource in the order sent, also when the first has to wait", async () => {
    const { body } = await idp.scim("POST", "/Users", { userName: "ann@acorn.example" });
    const crew = await idp.scim("POST", "/Groups", { displayName: "Crew" });
    const path = `/Groups/${crew.body.id}`;
    const titles = Array.from({ length: 100 }, (_, index) => `title ${index}`);

    const answer = await bulk([
      ...titles.map((value) => patch(`/Users/${body.id}`, { op: "replace", path: "title", value })),
      patch(path, { op: "replace", path: "members", value: [{ value: "bulkId:ben" }] }),
      patch(path, { op: "add", path: "members", value: [{ value: body.id }] }),
      user("ben"),
    ]);

    expect(new Set(statusesOf(answer))).toEqual(new Set(["204", "201"]));
    expect(await titleOf(body.id)).toBe("title 99");
    expect((await idp.scim("GET", path)).body.members).toHaveLength(2);
    expect(
      (answer.body.Operations as JsonObject[]).slice(0, 100).map(({ version }) => version),
    ).toEqual(titles.map((_title, index) => `W/"${index + 2}"`));
  });

  it("commits 200 creations in a handful of transactions, with a verdict for each", async () => {
    await organisation.pool({ name: "desk", capacity: 50 });
    writes.count = 0;
    const names = Array.from({ length: 200 }, (_, index) => (index === 150 ? "u3" : `u${index}`));

    const answer = await bulk(names.map((name, index) => ({ ...user(name), bulkId: `b${index}` })));

    expect(writes.count).toBeLessThanOrEqual(6);
    expect(statusesOf(answer)).toEqual(names.map((_, index) => (index === 150 ? "409" : "201")));
    const after = await books();
    expectBalanced(after);
    expect([after.users.length, after.seats.length, after.waiting.length]).toEqual([199, 50, 149]);
  });

  it.each([
    [1, ["201", "409"]],
    [2, ["201", "409", "201", "409"]],
    [3, ["201", "409", "201", "409", "201", "201"]],
  ])(
    "stops after %i errors: what was done stays, what was not tried is left out",
    async (failOnErrors, statuses) => {
      const names = ["ann", "ann", "ben", "ben", "cat", "dan"];

      const answer = await bulk(
        names.map((name, index) => ({ ...user(name), bulkId: `b${index}` })),
        { failOnErrors },
      );

      expect(answer.status).toBe(200);
      expect(statusesOf(answer)).toEqual(statuses);
      expect((await books()).users).toHaveLength(statuses.filter((each) => each === "201").length);
    },
  );

  it("says what was committed before the database went away, and nothing more", async () => {
    const names = Array.from({ length: 150 }, (_, index) => `u${index}`);
    writes.left = 1;

    const answer = await bulk(names.map((name) => user(name)));

    writes.left = Infinity;
    expect(answer.status).toBe(200);
    const done = (answer.body.Operations as JsonObject[]).filter(({ status }) => status === "201");
    expect(statusesOf(answer).filter((status) => status === "503")).toHaveLength(150 - done.length);
    expect(done.length).toBeGreaterThan(0);
    expect((await books()).users.map(({ id }) => id).sort()).toEqual(done.map(idIn).sort());
  });

  it("is 503 as a whole when nothing was committed, so that it can be sent again", async () => {
    writes.left = 0;
    const lost = await bulk([user("ann"), user("ben", { active: "perhaps" })]);
    expect([lost.status, lost.headers.get("retry-after")]).toEqual([503, "5"]);

    writes.left = Infinity;
    expect(statusesOf(await bulk([user("ann"), user("ben")]))).toEqual(["201", "201"]);
  });

  // prettier-ignore
  const UNREADABLE: [title: string, status: number, body: unknown][] = [
    ["no object",               400, []],
    ["no operations",           400, { Operations: [] }],
    ["an operation of text",    400, { Operations: ["x"] }],
    ["one bulkId twice",        400, { Operations: [user("ann"), { ...user("ann"), data: { userName: "x" } }] }],
    ["failOnErrors 0",          400, { failOnErrors: 0, Operations: [user("ann")] }],
    ["failOnErrors as text",    400, { failOnErrors: "1", Operations: [user("ann")] }],
    ["too many operations",     413, { Operations: Array.from({ length: OPERATIONS_MAX + 1 }, (_, index) => user(`u${index}`)) }],
    ["too many bytes",          413, { Operations: [user("ann", { title: "x".repeat(BYTES_MAX) })] }],
  ];
  it.each(UNREADABLE)(
    "is refused as a whole, with nothing done: %s (%i)",
    async (_title, status, body) => {
      const answer = await idp.scim("POST", "/Bulk", body);
      expect([answer.status, answer.body.status]).toEqual([status, String(status)]);
      expect((await books()).users).toEqual([]);
    },
  );

  // prettier-ignore
  const FAULTS: [title: string, status: string, operation: object][] = [
    ["no method",               "400", { path: "/Users", bulkId: "x", data: {} }],
    ["no path",                 "400", { method: "POST", bulkId: "x", data: {} }],
    ["a creation without bulkId", "400", { method: "POST", path: "/Users", data: { userName: "x" } }],
    ["no data",                 "400", { method: "PUT", path: "/Users/1" }],
    ["data that is nested without end", "400", user("x", { title: JSON.parse(`${"[".repeat(100)}1${"]".repeat(100)}`) })],
    ["another tenant's path",   "404", { method: "DELETE", path: "/../other/Users/1" }],
    ["an id that cannot be decoded", "404", { method: "DELETE", path: "/Users/%E0%A4%A" }],
    ["the bulk address itself", "404", { method: "POST", path: "/Bulk", bulkId: "x", data: {} }],
    ["no userName",             "400", { method: "POST", path: "/Users", bulkId: "x", data: {} }],
  ];
  it.each(FAULTS)("goes on after an operation with %s (%s)", async (_title, status, operation) => {
    const answer = await bulk([operation, user("ann")]);
    expect(statusesOf(answer)).toEqual([status, "201"]);
  });

  it("takes what the limit allows, which ServiceProviderConfig names", async () => {
    const config = await idp.scim("GET", "/ServiceProviderConfig");
    expect(config.body.bulk).toEqual({
      supported: true,
      maxOperations: OPERATIONS_MAX,
      maxPayloadSize: BYTES_MAX,
    });
    const names = Array.from({ length: OPERATIONS_MAX }, (_, index) => `u${index}`);
    const answer = await bulk(names.map((name) => user(name, { title: "x".repeat(100) })));
    expect(new Set(statusesOf(answer))).toEqual(new Set(["201"]));
    expect((await idp.scim("GET", "/Bulk")).status).toBe(405);
  });

  it("applies operations on one resource in the order sent, however their paths are spelled", async () => {
    const made = await bulk([group("spelled", [])]);
    const id = idIn((made.body.Operations as JsonObject[])[0] ?? {});
    const rename = (path: string, displayName: string) => ({
      method: "PATCH",
      path,
      data: { Operations: [{ op: "replace", path: "displayName", value: displayName }] },
    });
    const join = [{ op: "add", path: "members", value: [{ value: "bulkId:late" }] }];

    const answer = await bulk([
      { method: "POST", path: "/Users", bulkId: "late", data: { userName: "late@acorn.example" } },
      { method: "PATCH", path: `/Groups/${id}`, data: { Operations: join } },
      rename(`/Groups/${id}`, "first"),
      rename(`groups/${id}/`, "second"),
      rename(`Groups/${id}?x=1`, "last"),
    ]);
    expect(statusesOf(answer)).toEqual(["201", "204", "204", "204", "204"]);
    expect((await idp.scim("GET", `/Groups/${id}`)).body.displayName).toBe("last");
  });

  it("mends the dialect of each operation, and sees no other connection's resources", async () => {
    const entra = await organisation.connection("entra");
    const { body } = await entra.scim("POST", "/Users", { userName: "eve@acorn.example" });
    const deactivate = patch(`/Users/${body.id}`, {
      op: "Replace",
      path: "active",
      value: "False",
    });

    const answer = await entra.scim("POST", "/Bulk", { Operations: [deactivate] });
    expect(statusesOf(answer)).toEqual(["204"]);
    expect((await entra.scim("GET", `/Users/${body.id}`)).body.active).toBe(false);

    expect(
      statusesOf(await bulk([deactivate, { method: "DELETE", path: `/Users/${body.id}` }])),
    ).toEqual(["404", "404"]);
    const foreign = await entra.scim("POST", "/Bulk", { Operations: [group("g", [body.id])] });
    expect(statusesOf(foreign)).toEqual(["201"]);
    // Another connection's person does not exist here: passed over, as every unknown member is.
    const own = await bulk([group("h", [body.id])]);
    expect(statusesOf(own)).toEqual(["201"]);
    const made = await idp.scim(
      "GET",
      `/Groups/${idIn((own.body.Operations as JsonObject[])[0] ?? {})}`,
    );
    expect(made.body.members).toEqual([]);
  });
});
