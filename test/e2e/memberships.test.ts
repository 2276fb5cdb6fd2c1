import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { readBooks } from "./books.js";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** /GroupMemberships (draft-zollner-scim-group-members) over sockets. */

const URN = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";

onEachDatabase("/GroupMemberships", (freshDatabaseUrl) => {
  let server: TestServer;
  let acorn: TestOrganisation;
  let idp: TestConnection;
  let sibling: TestConnection;
  let foreign: TestConnection;
  let users: string[];
  let crew: string;
  let band: string;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
    acorn = await server.organisation("acorn");
    idp = await acorn.connection("generic");
    sibling = await acorn.connection("generic", { name: "second" });
    foreign = await (await server.organisation("birch")).connection("generic");
    users = [];
    for (const name of ["ann", "ben", "cy", "dee", "eve"]) {
      users.push(await made(idp, "/Users", { userName: name, displayName: name.toUpperCase() }));
    }
    crew = await made(idp, "/Groups", { displayName: "Crew", members: ids(users.slice(0, 3)) });
    band = await made(idp, "/Groups", { displayName: "Band", members: ids(users.slice(1, 5)) });
  });

  afterAll(() => server.close());

  const post = (group: string, member: string, at = idp): Promise<Answer> =>
    at.scim("POST", "/GroupMemberships", {
      schemas: [URN],
      group: { value: group },
      member: { value: member },
    });

  async function list(query = "", at = idp): Promise<Answer["body"]> {
    const { status, body } = await at.scim("GET", `/GroupMemberships?${query}`);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  }

  const pairs = (body: Answer["body"]): string[] =>
    body.Resources.map(
      (each: { group: { display: string }; member: { display: string } }) =>
        `${each.group.display} ${each.member.display}`,
    );
  const filtered = async (filter: string) =>
    pairs(await list(`filter=${encodeURIComponent(filter)}`));

  it("lists all memberships of the connection, once each, by index and by cursor alike", async () => {
    const all = ["Crew ANN", "Crew BEN", "Crew CY", "Band BEN", "Band CY", "Band DEE", "Band EVE"];
    const body = await list();

    expect(pairs(body)).toEqual(all);
    expect(body.totalResults).toBe(7);
    for (const count of [1, 2, 3, 7, 50]) {
      const byIndex: string[] = [];
      for (let startIndex = 1; startIndex <= 7; startIndex += count) {
        const page = await list(`startIndex=${startIndex}&count=${count}`);
        expect([page.totalResults, page.startIndex]).toEqual([7, startIndex]);
        byIndex.push(...pairs(page));
      }
      const byCursor: string[] = [];
      for (let cursor: string | undefined = ""; cursor !== undefined;) {
        const page: Answer["body"] = await list(`cursor=${cursor}&count=${count}`);
        byCursor.push(...pairs(page));
        cursor = page.nextCursor;
      }
      expect({ count, byIndex, byCursor }).toEqual({ count, byIndex: all, byCursor: all });
    }
  });

  it("agrees with the members of each group and the groups of each user", async () => {
    for (const group of [crew, band]) {
      const { Resources } = await list(`filter=${encodeURIComponent(`group.value eq "${group}"`)}`);
      const { body } = await idp.scim("GET", `/Groups/${group}`);
      expect(Resources.map(({ member }: { member: object }) => member)).toEqual(body.members);
    }
    for (const user of users) {
      const { Resources } = await list(`filter=${encodeURIComponent(`member.value eq "${user}"`)}`);
      const { body } = await idp.scim("GET", `/Users/${user}`);
      const own = body.groups.map(({ type: _type, ...group }: { type: string }) => group);
      expect(Resources.map(({ group }: { group: object }) => group)).toEqual(own);
    }
  });

  it("filters by both ends, their names and the id", async () => {
    const [first] = (await list()).Resources;

    expect(await filtered(`group.value eq "${crew}" and member.value eq "${users[1]}"`)).toEqual([
      "Crew BEN",
    ]);
    expect(await filtered('group.display eq "band" and not (member.display sw "d")')).toEqual([
      "Band BEN",
      "Band CY",
      "Band EVE",
    ]);
    expect(await filtered(`id eq "${first.id}"`)).toEqual(["Crew ANN"]);
    expect(await filtered('id eq "nothing"')).toEqual([]);
    expect(await filtered('member.value eq "x\\" or value pr"')).toEqual([]);
    expect(await filtered('member.type eq "User" and group pr')).toHaveLength(7);
  });

  it.each([
    'id co "x"',
    'meta.created gt "2020-01-01T00:00:00Z"',
    'group.$ref eq "x"',
    'colour eq "x"',
    'externalId eq "x"',
  ])("refuses the filter %s instead of answering another question", async (filter) => {
    const path = `/GroupMemberships?filter=${encodeURIComponent(filter)}`;
    const { status, body } = await idp.scim("GET", path);
    expect([status, body.scimType]).toEqual([400, "invalidFilter"]);
  });

  it("adds one member, shows it at its address under the same id, and removes it", async () => {
    const before = (await idp.scim("GET", `/Groups/${crew}`)).body;

    const { status, headers, body } = await post(crew, users[4]!);

    expect(status).toBe(201);
    expect(body).toEqual({
      schemas: [URN],
      id: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
      group: { value: crew, $ref: `${idp.baseUrl}/Groups/${crew}`, display: "Crew" },
      member: {
        value: users[4],
        $ref: `${idp.baseUrl}/Users/${users[4]}`,
        display: "EVE",
        type: "User",
      },
      meta: {
        resourceType: "GroupMembership",
        location: `${idp.baseUrl}/GroupMemberships/${body.id}`,
        version: 'W/"1"',
      },
    });
    expect(headers.get("location")).toBe(body.meta.location);
    const path = `/GroupMemberships/${body.id}`;
    expect((await idp.scim("GET", path)).body).toEqual(body);
    expect((await idp.scim("GET", `${path}?attributes=member.value`)).body).toEqual({
      schemas: [URN],
      id: body.id,
      member: { value: users[4] },
    });
    const after = (await idp.scim("GET", `/Groups/${crew}`)).body;
    expect(after.members).toHaveLength(4);
    expect(after.meta.version).not.toBe(before.meta.version);

    expect((await idp.scim("DELETE", path)).status).toBe(204);
    expect((await idp.scim("GET", path)).status).toBe(404);
    expect((await idp.scim("DELETE", path)).status).toBe(404);
    expect((await idp.scim("GET", `/Groups/${crew}`)).body.members).toEqual(before.members);
    expect((await post(crew, users[4]!)).body.id).toBe(body.id);
    await idp.scim("DELETE", path);
  });

  it("honours If-Match and If-None-Match: a membership has one version for as long as it lasts", async () => {
    const { headers, body } = await post(crew, users[4]!);
    const path = `/GroupMemberships/${body.id}`;
    const status = async (method: string, condition: Record<string, string>): Promise<number> =>
      (await idp.scim(method, path, undefined, condition)).status;
    expect(headers.get("etag")).toBe('W/"1"');
    expect(await status("GET", { "if-none-match": 'W/"1"' })).toBe(304);
    expect(await status("GET", { "if-none-match": 'W/"2"' })).toBe(200);
    expect(await status("GET", { "if-match": 'W/"2"' })).toBe(412);
    expect(await status("DELETE", { "if-match": 'W/"2"' })).toBe(412);
    expect(await status("DELETE", { "if-none-match": "*" })).toBe(412);
    expect(await status("DELETE", { "if-match": 'W/"1"' })).toBe(204);
    expect(await status("DELETE", { "if-match": 'W/"2"' })).toBe(404);
    expect(await status("DELETE", { "if-match": "*" })).toBe(404);
  });

  it("gives and frees seats like any other change of a group", async () => {
    await acorn.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 9 });
    await acorn.rule({
      match: { type: "groupName", name: "Crew" },
      gives: { roles: ["team-leader"] },
    });
    while ((await acorn.api("GET", "/progress")).body.stale > 0) await sleep(20);
    const tier = async () =>
      (await acorn.api("POST", "/seats/ask", { userId: users[3], product: "support" })).body.tier;

    const { body } = await post(crew, users[3]!);
    expect(await tier()).toBe("professional");
    await idp.scim("DELETE", `/GroupMemberships/${body.id}`);
    expect(await tier()).not.toBe("professional");
  });

  describe("changes nothing", () => {
    it.each<[string, () => Promise<Answer>, number, string | undefined]>([
      ["when the user is a member already", () => post(crew, users[0]!), 409, "uniqueness"],
      ["for a group that does not exist", () => post("nothing", users[0]!), 400, "invalidValue"],
      ["for a user who does not exist", () => post(crew, "nobody"), 400, "invalidValue"],
      ["for a group as member", () => post(crew, band), 400, "invalidValue"],
      [
        "for a group of another connection",
        () => post(crew, users[0]!, sibling),
        400,
        "invalidValue",
      ],
      [
        "for a group of another organisation",
        () => post(crew, users[0]!, foreign),
        400,
        "invalidValue",
      ],
      [
        "without a member",
        () => idp.scim("POST", "/GroupMemberships", { group: { value: crew } }),
        400,
        "invalidValue",
      ],
      [
        "for a body that is no object",
        () => idp.scim("POST", "/GroupMemberships", []),
        400,
        "invalidSyntax",
      ],
      ["for PATCH", () => idp.scim("PATCH", "/GroupMemberships/x", {}), 405, undefined],
      ["for PUT", () => idp.scim("PUT", "/GroupMemberships/x", {}), 405, undefined],
      ["for an id that is none", () => idp.scim("DELETE", "/GroupMemberships/x"), 404, undefined],
    ])("%s", async (_what, request, status, scimType) => {
      const organisation = acorn.organisation.id;
      while ((await server.app.store.outbox.backlog()) > 0) await sleep(10);
      const before = await readBooks(server.app, organisation);

      const answer = await request();

      expect([answer.status, answer.body.scimType]).toEqual([status, scimType]);
      expect(await readBooks(server.app, organisation)).toEqual(before);
    });

    it("through another connection's address: a foreign id does not exist", async () => {
      const [{ id }] = (await list()).Resources;

      for (const other of [sibling, foreign]) {
        expect((await list("", other)).Resources).toEqual([]);
        expect((await other.scim("GET", `/GroupMemberships/${id}`)).status).toBe(404);
        expect((await other.scim("DELETE", `/GroupMemberships/${id}`)).status).toBe(404);
      }
      expect((await idp.scim("GET", `/GroupMemberships/${id}`)).status).toBe(200);
    });
  });

  it("makes one membership of many requests at once: one 201, the others 409", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(band, users[0]!)));

    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    await idp.scim(
      "DELETE",
      `/GroupMemberships/${answers.find((each) => each.status === 201)!.body.id}`,
    );
  });

  it("is searched by POST and announced", async () => {
    const { body } = await idp.scim("POST", "/GroupMemberships/.search", {
      filter: `group.value eq "${band}"`,
      count: 2,
      cursor: "",
    });
    expect(pairs(body)).toEqual(["Band BEN", "Band CY"]);
    expect(body.nextCursor).toEqual(expect.any(String));

    const [type, schema] = await Promise.all([
      idp.scim("GET", "/ResourceTypes/GroupMembership"),
      idp.scim("GET", `/Schemas/${URN}`),
    ]);
    expect(type.body).toMatchObject({ endpoint: "/GroupMemberships", schema: URN });
    expect(schema.body.attributes).toMatchObject([
      { name: "group", required: true, mutability: "immutable", subAttributes: expect.any(Array) },
      { name: "member", required: true, mutability: "immutable" },
    ]);
  });
});

function ids(users: readonly string[]) {
  return users.map((value) => ({ value }));
}

async function made(connection: TestConnection, path: string, body: object): Promise<string> {
  const answer = await connection.scim("POST", path, body);
  expect(answer.status).toBe(201);
  return answer.body.id as string;
}
