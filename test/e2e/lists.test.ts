import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  startTestServer,
  type Answer,
  type TestConnection,
  type TestServer,
} from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Lists as a client reads them, over sockets: by index, by cursor, by search, at the root. */

const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const UNRESERVED = /^[A-Za-z0-9._~-]+$/;

onEachDatabase("lists", (freshDatabaseUrl) => {
  let server: TestServer;
  let idp: TestConnection;
  let sibling: TestConnection;
  let foreign: TestConnection;
  /** By userName, without those of others. */
  const users = new Map<string, string>();
  const groups = new Map<string, string>();

  beforeAll(async () => {
    server = await startTestServer({
      database: { url: await freshDatabaseUrl() },
      limits: { scimPageSize: 50 },
    });
    const acorn = await server.organisation("acorn");
    idp = await acorn.connection("generic");
    sibling = await acorn.connection("generic", { name: "second" });
    foreign = await (await server.organisation("birch")).connection("generic");
    for (let index = 0; index < 12; index += 1) {
      const userName = `user${String(index).padStart(2, "0")}@acorn.example`;
      const title = [undefined, "Clerk", "árbiter", "Boss"][index % 4];
      const body = { userName, displayName: `Person ${String(11 - index)}`, title };
      users.set(userName, await created(idp, "/Users", body));
    }
    const members = [...users.values()].slice(0, 3).map((value) => ({ value }));
    for (const displayName of ["Crew", "Person 5b", "Zebra"]) {
      groups.set(displayName, await created(idp, "/Groups", { displayName, members }));
    }
    await created(sibling, "/Users", { userName: "sue@acorn.example" });
    await created(foreign, "/Users", { userName: "fay@birch.example" });
  });

  afterAll(() => server.close());

  async function get(path: string, at = idp): Promise<Answer> {
    return at.scim("GET", path);
  }

  /** All pages of a walk by cursor. */
  async function walk(path: string, count: number): Promise<Answer["body"][]> {
    const pages: Answer["body"][] = [];
    for (let cursor = ""; pages.length < 50;) {
      const join = path.includes("?") ? "&" : "?";
      const { status, body } = await get(`${path}${join}count=${count}&cursor=${cursor}`);
      expect({ status, body }).toMatchObject({ status: 200 });
      pages.push(body);
      if (body.nextCursor === undefined) return pages;
      expect(body.nextCursor).toMatch(UNRESERVED);
      cursor = body.nextCursor;
    }
    throw new Error("the walk does not end");
  }

  const idsOf = (pages: readonly Answer["body"][]): string[] =>
    pages.flatMap((page) => page.Resources.map(({ id }: { id: string }) => id));

  describe("by cursor (RFC 9865)", () => {
    it.each(["/Users", "/Groups", "/"])(
      "%s is walked to the end, everything once",
      async (path) => {
        const pages = await walk(path, 5);
        const all = { "/Users": users, "/Groups": groups, "/": new Map([...users, ...groups]) }[
          path
        ]!;

        expect(idsOf(pages)).toEqual([...all.values()]);
        expect(pages.map((page) => page.itemsPerPage)).toEqual(
          pages.map((page) => page.Resources.length),
        );
        expect(pages.every((page) => page.startIndex === undefined)).toBe(true);
        expect(pages.map((page) => page.totalResults)).toEqual(pages.map(() => all.size));
      },
    );

    it.each(["ascending", "descending"])(
      "goes on where it was in a sorted and filtered list (%s), in the order of the index pages",
      async (sortOrder) => {
        const path = `/Users?filter=userName%20co%20%22user%22&sortBy=title&sortOrder=${sortOrder}`;
        const { body } = await get(`${path}&startIndex=1&count=50`);

        for (const count of [1, 4, 12, 50]) {
          expect(idsOf(await walk(path, count))).toEqual(idsOf([body]));
        }
      },
    );

    it("shows nobody twice and leaves nobody out when users come and go meanwhile", async () => {
      const first = await get("/Users?count=6&cursor");
      const seen = idsOf([first.body]);
      await idp.scim("DELETE", `/Users/${await created(idp, "/Users", { userName: "brief" })}`);
      const late = await created(idp, "/Users", { userName: "late" });
      const rest = await get(`/Users?count=6&cursor=${first.body.nextCursor}`);
      const last = await get(`/Users?count=6&cursor=${rest.body.nextCursor}`);

      expect(seen.concat(idsOf([rest.body, last.body]))).toEqual([...users.values(), late]);
      await idp.scim("DELETE", `/Users/${late}`);
    });

    it("is not the default, but may be begun without saying so", async () => {
      const { body } = await get("/Users?count=5");

      expect(body).toMatchObject({ totalResults: 12, startIndex: 1, itemsPerPage: 5 });
      const next = await get(`/Users?count=5&cursor=${body.nextCursor}`);
      expect(idsOf([next.body])).toEqual([...users.values()].slice(5, 10));
      expect((await get("/Users?count=5&startIndex=1")).body).not.toHaveProperty("nextCursor");
      expect((await get("/Users")).body).not.toHaveProperty("nextCursor");
    });

    it("answers count=0 with the total alone", async () => {
      const filter = "filter=title%20pr";
      const { body } = await get(`/Users?${filter}&cursor&count=0`);

      expect(body).toMatchObject({ totalResults: 9, itemsPerPage: 0, Resources: [] });
      expect(body).not.toHaveProperty("nextCursor");
    });

    it("does not count what passes a filter", async () => {
      const pages = await walk("/Users?filter=title%20pr", 4);

      expect(pages.map(({ totalResults }) => totalResults)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(idsOf(pages)).toHaveLength(9);
    });

    it("refuses what was not given out for this list, in words", async () => {
      const cursor = (await get("/Users?count=5&cursor")).body.nextCursor as string;
      const flipped = cursor.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
      const [key, payload, signature] = cursor.split(".") as [string, string, string];
      const forged = Buffer.from(
        Buffer.from(payload, "base64url")
          .toString()
          .replace(/\d{4},/, "9999,"),
      ).toString("base64url");
      const cases: readonly [string, string][] = [
        ["/Users?count=5&cursor=x", "invalidCursor"],
        [`/Users?count=5&cursor=${flipped}`, "invalidCursor"],
        [`/Users?count=5&cursor=${key}.${forged}.${signature}`, "invalidCursor"],
        [`/Users?count=5&cursor=${"..".repeat(2000)}`, "invalidCursor"],
        [`/Users?count=5&cursor=${cursor}&filter=title%20pr`, "invalidCursor"],
        [`/Users?count=5&cursor=${cursor}&sortBy=title`, "invalidCursor"],
        [`/Groups?count=5&cursor=${cursor}`, "invalidCursor"],
        [`/?count=5&cursor=${cursor}`, "invalidCursor"],
        [`/Users?count=6&cursor=${cursor}`, "invalidCount"],
        [`/Users?cursor=${cursor}`, "invalidCount"],
        ["/Users?count=many&cursor", "invalidCount"],
        ["/Users?cursor&startIndex=1", "invalidValue"],
      ];

      for (const [path, scimType] of cases) {
        const { status, body } = await get(path);
        expect({ path, status, scimType: body.scimType }).toEqual({ path, status: 400, scimType });
        expect(body.detail).toMatch(/\w{3}.*\.$/);
      }
    });

    it("opens nothing: another connection refuses it, and without a token it is 401", async () => {
      const cursor = (await get("/Users?count=5&cursor")).body.nextCursor as string;

      for (const other of [sibling, foreign]) {
        const { status, body } = await get(`/Users?count=5&cursor=${cursor}`, other);
        expect([status, body.scimType]).toEqual([400, "invalidCursor"]);
      }
      expect((await fetch(`${idp.baseUrl}/Users?count=5&cursor=${cursor}`)).status).toBe(401);
    });

    it("is announced with its limits, which hold", async () => {
      const { body } = await get("/ServiceProviderConfig");

      expect(body.pagination).toEqual({
        cursor: true,
        index: true,
        defaultPaginationMethod: "index",
        defaultPageSize: 50,
        maxPageSize: 50,
        cursorTimeout: 3600,
      });
      expect((await get("/Users?cursor&count=1000")).body.itemsPerPage).toBe(12);
    });
  });

  describe("POST .search", () => {
    const search = (path: string, body: unknown) => idp.scim("POST", `${path}/.search`, body);

    it.each([
      ["", "/"],
      ["/Users", "/Users"],
      ["/Groups", "/Groups"],
    ])("at %s/ gives what GET %s gives for the same parameters", async (path, same) => {
      const answer = await search(path, {
        schemas: [SEARCH],
        attributes: ["displayName", "meta.location"],
        filter: 'displayName co "e"',
        sortBy: "displayName",
        sortOrder: "descending",
        startIndex: 2,
        count: 3,
      });
      const { body } = await get(
        `${same}?attributes=displayName,meta.location&filter=displayName%20co%20%22e%22&sortBy=displayName&sortOrder=descending&startIndex=2&count=3`,
      );

      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(body);
      expect(body.Resources.length).toBeGreaterThan(1);
    });

    it("is walked by cursor", async () => {
      const ids: string[] = [];
      for (let cursor: string | undefined = ""; cursor !== undefined;) {
        const { body }: Answer = await search("", { schemas: [SEARCH], cursor, count: 4 });
        ids.push(...idsOf([body]));
        cursor = body.nextCursor;
      }
      expect(ids).toEqual([...users.values(), ...groups.values()]);
    });

    it("reads an empty object as everything, and names in any case", async () => {
      expect((await search("/Users", {})).body.totalResults).toBe(12);
      expect((await search("/Users", { Count: "2", FILTER: "title pr" })).body.itemsPerPage).toBe(
        2,
      );
    });

    it.each<[string, unknown, string]>([
      ["a list", [], "invalidSyntax"],
      ["another message", { schemas: ["urn:x"] }, "invalidSyntax"],
      ["a filter that is no text", { filter: { title: "x" } }, "invalidSyntax"],
      ["attributes that are no names", { attributes: [7] }, "invalidSyntax"],
      ["a count that is no number", { count: "many" }, "invalidValue"],
      ["half a resource", { count: 1.5 }, "invalidValue"],
      ["a member twice", { count: 1, COUNT: 2 }, "invalidSyntax"],
      ["both paging methods", { cursor: "", startIndex: 1 }, "invalidValue"],
      ["both projections", { attributes: ["id"], excludedAttributes: ["title"] }, "invalidValue"],
      ["a filter that cannot be read", { filter: "title eq" }, "invalidFilter"],
    ])("refuses %s", async (_what, body, scimType) => {
      for (const path of ["", "/Users", "/Groups"]) {
        const answer = await search(path, body);
        expect([answer.status, answer.body.scimType]).toEqual([400, scimType]);
      }
    });

    it("is the only method there", async () => {
      const { status, headers } = await get("/Users/.search");
      expect([status, headers.get("allow")]).toEqual([405, "POST"]);
    });
  });

  describe("at the root (RFC 7644 section 3.4.2.1)", () => {
    const list = async (query: string) => (await get(`/?${query}`)).body;
    const names = (body: Answer["body"]) =>
      body.Resources.map((each: { displayName?: string }) => each.displayName);

    it("lists users and groups, sorted together, by index and by cursor alike", async () => {
      const sorted = "sortBy=displayName&attributes=displayName";
      const body = await list(`${sorted}&count=50`);

      expect(body.totalResults).toBe(15);
      // prettier-ignore
      expect(names(body)).toEqual([
        "Crew", "Person 0", "Person 1", "Person 10", "Person 11", "Person 2", "Person 3", "Person 4",
        "Person 5", "Person 5b", "Person 6", "Person 7", "Person 8", "Person 9", "Zebra",
      ]);
      const pages = await Promise.all(
        [1, 5, 9, 13].map((startIndex) => list(`${sorted}&startIndex=${startIndex}&count=4`)),
      );
      expect(pages.flatMap(names)).toEqual(names(body));
      const down = await walk(`/?${sorted}&sortOrder=descending`, 4);
      expect(down.flatMap(names)).toEqual([...names(body)].reverse());
    });

    it("takes what a type does not have for absent", async () => {
      const only = async (filter: string) =>
        (await list(`filter=${encodeURIComponent(filter)}`)).Resources.map(
          ({ meta }: { meta: { resourceType: string } }) => meta.resourceType,
        );
      const all = (type: string, count: number) => Array<string>(count).fill(type);

      expect(await only('userName eq "user03@acorn.example"')).toEqual(["User"]);
      expect(await only("members pr")).toEqual(all("Group", 3));
      expect(await only('meta.resourceType eq "Group"')).toEqual(all("Group", 3));
      expect(await only("not (userName pr)")).toEqual(all("Group", 3));
      expect(await only('displayName eq "zebra" or title eq "boss"')).toEqual([
        ...all("User", 3),
        "Group",
      ]);
      expect(await only('emails[type eq "work"].value pr')).toEqual([]);
    });

    it("refuses a name that no type has", async () => {
      const { status, body } = await get("/?filter=colour%20pr");
      expect([status, body.scimType]).toEqual([400, "invalidFilter"]);
      expect(body.detail).toContain("a User and a Group have no attribute");
      expect((await get("/?sortBy=colour")).status).toBe(400);
    });

    it("shows the resources as their own lists do", async () => {
      const [own, theirs, root] = await Promise.all([
        get("/Users?count=50"),
        get("/Groups?count=50"),
        get("/?count=50"),
      ]);
      expect(root.body.Resources).toEqual([...own.body.Resources, ...theirs.body.Resources]);
      expect(root.body.Resources.at(-1).members).toHaveLength(3);
    });
  });

  it.each(["/Users", "/Groups", "/"])(
    "%s: what is shown of a column is the same as with the whole resource",
    async (path) => {
      const attributes = "userName,externalId,displayName,active,meta,groups,members";
      const whole = (await get(`${path}?count=50`)).body.Resources;
      const part = (await get(`${path}?count=50&attributes=${attributes}`)).body.Resources;
      const shown = new Set(["schemas", "id", ...attributes.split(",")]);

      expect(part).toEqual(
        whole.map((resource: object) =>
          Object.fromEntries(Object.entries(resource).filter(([name]) => shown.has(name))),
        ),
      );
    },
  );
});

async function created(connection: TestConnection, path: string, body: object): Promise<string> {
  const answer = await connection.scim("POST", path, body);
  expect(answer.status).toBe(201);
  return answer.body.id as string;
}
