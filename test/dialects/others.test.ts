import { request } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { onEachDatabase } from "../e2e/databases.js";
import { expectBalanced, readBooks } from "../e2e/books.js";
import { patchOp } from "../support/patchOp.js";
import {
  addGroup,
  addUser,
  dialectWorld,
  find,
  GROUP,
  ids,
  membersOf,
  path,
  standing,
  user,
  USER,
} from "./world.js";

/** Cases 47 to 61 but 50, which is in aws.test.ts: the other providers, and what any of them may send, over sockets, on both databases. */

onEachDatabase("Google Workspace", (freshDatabaseUrl) => {
  const world = dialectWorld("google", freshDatabaseUrl);

  it.each([["suspend, then delete"], ["delete alone"]])(
    "case 47 (Google): %s: the seat is free at the first of the two",
    async (order) => {
      await world.organisation.pool({ name: "desk", capacity: 1 });
      const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
      expect((await world.idp.scim("GET", "/Schemas")).status).toBe(200);

      if (order.startsWith("suspend")) {
        const off = { op: "replace", path: "active", value: false };
        expect((await world.idp.scim("PATCH", `/Users/${ann}`, patchOp(off))).status).toBe(200);
        expect(await standing(world.organisation, ben)).toBe("standard");
      }
      expect((await world.idp.scim("DELETE", `/Users/${ann}`)).status).toBe(204);
      expect(await standing(world.organisation, ben)).toBe("standard");
    },
  );
});

onEachDatabase("JumpCloud", (freshDatabaseUrl) => {
  const world = dialectWorld("jumpcloud", freshDatabaseUrl);

  it("case 48 (JumpCloud): the test user and test group of an activation leave no seat and no account behind", async () => {
    await world.organisation.pool({ name: "desk", capacity: 1 });
    const before = (await world.organisation.api("GET", "/pools/desk")).body;

    const person = await addUser(world.idp, { userName: "jc-test@acorn.example" });
    const group = await addGroup(world.idp, "jc-test-group");
    const add = { op: "add", path: "members", value: [{ value: person }] };
    await world.idp.scim("PATCH", `/Groups/${group}`, patchOp(add));
    await world.idp.scim("PATCH", `/Groups/${group}`, patchOp({ ...add, op: "remove" }));
    expect((await world.idp.scim("DELETE", `/Groups/${group}`)).status).toBe(204);
    expect((await world.idp.scim("DELETE", `/Users/${person}`)).status).toBe(204);

    expect((await world.idp.scim("GET", "/Users")).body.totalResults).toBe(0);
    expect((await world.idp.scim("GET", "/Groups")).body.totalResults).toBe(0);
    expect((await world.organisation.api("GET", "/pools/desk")).body).toEqual(before);
    expectBalanced(await readBooks(world.server.app, world.organisation.organisation.id));
    const again = await world.idp.scim("POST", "/Users", { userName: "jc-test@acorn.example" });
    expect([again.status, again.body.groups]).toEqual([201, undefined]);
  });
});

onEachDatabase("PingOne", (freshDatabaseUrl) => {
  const world = dialectWorld("ping", freshDatabaseUrl);

  it("case 49 (Ping): the operator in any letter case, other attributes, merge and overwrite", async () => {
    const [ann, ben] = [
      await addUser(world.idp, {
        userName: "ann",
        emails: [{ value: "ann@acorn.example", type: "work" }],
      }),
      await addUser(world.idp),
    ];
    for (const filter of [
      'userName Eq "ann"',
      'userName EQ "ANN" AND active Eq true',
      "userName eq ann",
      "emails eq ann@acorn.example",
    ]) {
      expect([filter, await ids(find(world.idp, filter))]).toEqual([filter, [ann]]);
    }

    const group = await addGroup(world.idp, "Support", [ann]);
    const members = (op: string, id: string) =>
      world.idp.scim(
        "PATCH",
        `/Groups/${group}`,
        patchOp({ op, path: "members", value: [{ value: id }] }),
      );
    await members("add", ben);
    expect((await membersOf(world.idp, group)).sort()).toEqual([ann, ben].sort());
    await members("replace", ben);
    expect(await membersOf(world.idp, group)).toEqual([ben]);
  });
});

onEachDatabase("any provider", (freshDatabaseUrl) => {
  const world = dialectWorld("generic", freshDatabaseUrl);

  it.each([
    ["application/json", 201],
    ["application/json; charset=utf-8", 201],
    ["application/scim+json; charset=utf-8", 201],
    ["text/plain", 415],
    ["application/xml", 415],
  ])("case 51 (any): a body of the type %s -> %i, the answer always SCIM", async (type, status) => {
    const body = { schemas: [USER], userName: "ann" };
    const answer = await world.idp.scim("POST", "/Users", body, { "content-type": type });

    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/scim\+json/);
  });

  it("RFC 7643 §3.1, RFC 7644 §3.4.1: what is asked for, made or changed says where it is; a list and what is gone do not", async () => {
    const made = await world.idp.scim("POST", "/Users", { schemas: [USER], userName: "ann" });
    const where = `/Users/${made.body.id}`;
    const group = await addGroup(world.idp, "Support");
    const title = patchOp({ op: "replace", path: "title", value: "Lead" });
    const known = { "if-none-match": 'W/"3"' };
    const at = async (method: string, to: string, body?: object, headers?: object) => {
      const answer = await world.idp.scim(method, to, body, { ...headers });
      return ["location", "content-location"].map((name) => answer.headers.get(name));
    };

    const user = [made.body.meta.location, made.body.meta.location];
    expect(made.headers.get("content-location")).toBe(made.body.meta.location);
    expect(await at("GET", where)).toEqual(user);
    expect(await at("GET", `${where}?attributes=userName`)).toEqual(user);
    expect(await at("PATCH", where, title)).toEqual(user);
    expect(await at("PUT", where, { schemas: [USER], userName: "anna" })).toEqual(user);
    expect(await at("GET", where, undefined, known)).toEqual(user);
    const its = `${world.idp.baseUrl}/Groups/${group}`;
    expect(await at("GET", `/Groups/${group}`)).toEqual([its, its]);
    expect(await at("GET", "/Users")).toEqual([null, null]);
    expect(await at("DELETE", where)).toEqual([null, null]);
    expect(await at("GET", where)).toEqual([null, null]);
  });

  it("case 52 (any): a request without User-Agent is answered", async () => {
    const status = await new Promise((resolve, reject) => {
      const call = request(
        `${world.idp.baseUrl}/Users`,
        { headers: { authorization: `Bearer ${world.idp.token}` } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      expect(call.getHeader("user-agent")).toBeUndefined();
      call.on("error", reject).end();
    });

    expect(status).toBe(200);
  });

  it("case 53 (any): the whole grammar of filters", async () => {
    const ann = await addUser(world.idp, { userName: 'o"brien', title: "A (b) [c]", active: true });
    const ben = await addUser(world.idp, { userName: "ben", active: false });
    const rows: [string, string[]][] = [
      ['userName eq "o\\"brien"', [ann]],
      ['USERNAME EQ "BEN"', [ben]],
      ['(userName eq "ben") or (title eq "A (b) [c]")', [ann, ben]],
      ["((active eq true))", [ann]],
      ["not (active eq true)", [ben]],
      ["not (title pr)", [ben]],
      ['title pr and meta.created gt "2020-01-01T00:00:00Z"', [ann]],
      ['meta.lastModified lt "2020-01-01T00:00:00Z"', []],
      [`${USER}:userName eq "ben"`, [ben]],
      ['active eq true or active eq false and userName eq "nobody"', [ann]],
    ];

    for (const [filter, expected] of rows) {
      const found = await ids(find(world.idp, filter));
      expect([filter, found.sort()]).toEqual([filter, [...expected].sort()]);
    }
  });

  it("case 54 (any): %, _ and backslash are characters; userName ignores case, id and externalId do not", async () => {
    const make = (nickName: string) => addUser(world.idp, { nickName });
    const percent = await make("100% A");
    const underscore = await make("a_b");
    const plain = await make("axb");
    const backslash = await make("a\\b");
    const co = (text: string, op = "co") =>
      ids(find(world.idp, `nickName ${op} ${JSON.stringify(text)}`));

    expect(await co("%")).toEqual([percent]);
    expect(await co("_")).toEqual([underscore]);
    expect(await co("\\")).toEqual([backslash]);
    expect((await co("a", "sw")).sort()).toEqual([underscore, plain, backslash].sort());
    expect(await co("\\b", "ew")).toEqual([backslash]);

    const ann = await addUser(world.idp, { userName: "Ann", externalId: "X-1" });
    expect(await ids(find(world.idp, 'userName eq "aNN"'))).toEqual([ann]);
    expect(await ids(find(world.idp, 'externalId eq "x-1"'))).toEqual([]);
    expect(await ids(find(world.idp, `id eq "${ann.toUpperCase()}"`))).toEqual([]);
  });

  it.each([["excludedAttributes=members"], ["attributes=displayName"]])(
    "case 55 (any): a PATCH with ?%s writes what it says and loses nobody",
    async (query) => {
      const ann = await addUser(world.idp);
      const group = await addGroup(world.idp, "Support", [ann]);

      const answer = await world.idp.scim(
        "PATCH",
        `/Groups/${group}?${query}`,
        patchOp({ op: "replace", path: "displayName", value: "Agents" }),
      );

      expect(answer.status).toBe(query.startsWith("attributes") ? 200 : 204);
      expect(answer.body?.members).toBeUndefined();
      expect(await membersOf(world.idp, group)).toEqual([ann]);
    },
  );

  it("case 56 (any): a member value that looks like a filter is only text", async () => {
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    const group = await addGroup(world.idp, "Support", [ann, ben]);
    const value = `x" or value pr or value eq "y`;

    for (const op of ["remove", "add"]) {
      const change = patchOp({ op, path: "members", value: [{ value }] });
      expect((await world.idp.scim("PATCH", `/Groups/${group}`, change)).status).toBe(204);
    }
    const path_ = patchOp({ op: "remove", path: `members[value eq "${value}"]` });
    expect((await world.idp.scim("PATCH", `/Groups/${group}`, path_)).status).toBe(400);
    expect((await membersOf(world.idp, group)).sort()).toEqual([ann, ben].sort());
  });

  it("case 57 (any): who is created inactive has no seat and is not active", async () => {
    await world.organisation.pool({ name: "desk", capacity: 1 });

    const id = await addUser(world.idp, { active: false });

    expect((await user(world.idp, id)).active).toBe(false);
    expect(await standing(world.organisation, id)).toBeNull();
    expect((await world.organisation.api("GET", "/pools/desk")).body.used).toBe(0);
  });

  it("case 58 (any): an account of another connection is never taken over, by name or by e-mail", async () => {
    const other = await world.organisation.connection("okta", { name: "other" });
    const emails = [{ value: "boss@acorn.example", type: "work", primary: true }];
    const boss = await addUser(other, { userName: "boss@acorn.example", emails, active: false });

    const byName = await world.idp.scim("POST", "/Users", { userName: "BOSS@acorn.example" });
    const byMail = await world.idp.scim("POST", "/Users", { userName: "mallory", emails });

    expect([byName.status, byName.body.scimType]).toEqual([409, "uniqueness"]);
    expect([byMail.status, byMail.body.id === boss]).toEqual([201, false]);
    expect((await user(other, boss)).active).toBe(false);
    expect((await world.idp.scim("GET", `/Users/${boss}`)).status).toBe(404);
  });

  it("case 59 (any): above the limit people are provisioned all the same, and wait for a seat", async () => {
    await world.organisation.pool({ name: "desk", capacity: 1 });
    const ann = await addUser(world.idp);
    const ben = await addUser(world.idp);

    expect(await standing(world.organisation, ann)).toBe("standard");
    expect(await standing(world.organisation, ben)).toBe("waiting");
    const waiting = await world.organisation.api("GET", "/waiting?product=support");
    expect(waiting.body.items).toMatchObject([{ userId: ben }]);
  });

  it("case 60 (RFC): If-Match that is stale is 412, If-None-Match that is current 304, and versions are weak", async () => {
    const id = await addUser(world.idp);
    const { version } = (await user(world.idp, id)).meta;
    const change = (etag: string) =>
      world.idp.scim("PATCH", `/Users/${id}`, patchOp({ op: "add", path: "title", value: etag }), {
        "if-match": etag,
      });

    const first = await change(version);
    const stale = await change(version);
    const { version: current } = (await user(world.idp, id)).meta;
    const known = await world.idp.scim("GET", `/Users/${id}`, undefined, {
      "if-none-match": current,
    });

    expect(version).toMatch(/^W\/"/);
    expect([first.status, first.headers.get("etag")]).toEqual([204, current]);
    expect([stale.status, known.status]).toEqual([412, 304]);
  });

  describe("a group that a rule names", () => {
    it("case 61 (any): when it is deleted, role, tier and seat of every member follow", async () => {
      await world.organisation.pool({
        name: "desk",
        tiers: ["standard", "professional"],
        capacity: 3,
      });
      await world.organisation.rule({
        match: { type: "groupName", name: "Leads" },
        gives: { teams: ["Leads"], roles: ["team-leader"] },
      });
      const people = [await addUser(world.idp), await addUser(world.idp), await addUser(world.idp)];
      const group = await addGroup(world.idp, "Leads", people);
      const tiers = () => Promise.all(people.map((id) => standing(world.organisation, id)));
      expect(await tiers()).toEqual(Array(3).fill("professional"));

      expect((await world.idp.scim("DELETE", `/Groups/${group}`)).status).toBe(204);

      expect(await tiers()).toEqual(Array(3).fill("standard"));
      expect((await world.idp.scim("GET", path("/Groups", {}))).body.totalResults).toBe(0);
      expectBalanced(await readBooks(world.server.app, world.organisation.organisation.id));
    });
  });

  it("tells who was passed over, and who it is about, in no answer but the trail", async () => {
    const ann = await addUser(world.idp);

    const made = await world.idp.scim("POST", "/Groups", {
      schemas: [GROUP],
      displayName: "Support",
      members: [{ value: ann }, { value: "no-such-id" }],
    });

    expect(made.status).toBe(201);
    expect(await membersOf(world.idp, made.body.id)).toEqual([ann]);
    const put = { schemas: [GROUP], displayName: "Support", members: [{ value: "no-such-id" }] };
    expect((await world.idp.scim("PUT", `/Groups/${made.body.id}`, put)).status).toBe(400);
    expect(await membersOf(world.idp, made.body.id)).toEqual([ann]);
  });
});
