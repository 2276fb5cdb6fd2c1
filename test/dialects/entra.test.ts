import { describe, expect, it } from "@jest/globals";
import { SEAT_URN } from "../../src/scim/seatExtension.js";
import { onEachDatabase } from "../e2e/databases.js";
import { patchOp } from "../support/patchOp.js";
import {
  addGroup,
  addUser,
  dialectWorld,
  ENTERPRISE,
  find,
  GROUP,
  ids,
  MANAGER,
  membersOf,
  path,
  standing,
  user,
  USER,
} from "./world.js";

/**
 * Cases 1 to 31 but 28 and 29, which are in access.test.ts: what Entra ID sends, over sockets, on both databases.
 * coverage.test.ts counts the numbers.
 */

const UNKNOWN = "f47ac10b-58cc-4372-a567-0e02b2c3d479";

onEachDatabase("Entra", (freshDatabaseUrl) => {
  const world = dialectWorld("entra", freshDatabaseUrl);

  const change = (id: string, ...operations: object[]) =>
    world.idp.scim("PATCH", `/Users/${id}`, patchOp(...operations));
  const changeGroup = (id: string, ...operations: object[]) =>
    world.idp.scim("PATCH", `/Groups/${id}`, patchOp(...operations));

  it("case 1 (Entra): Test Connection looks for nobody and gets an empty list, not 404", async () => {
    const { status, body } = await find(world.idp, `userName eq "${UNKNOWN}"`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 0,
      Resources: [],
    });
  });

  it('case 2 (Entra): "False" switches off and is stored as false', async () => {
    const id = await addUser(world.idp);

    const { status } = await change(id, { op: "Replace", path: "active", value: "False" });

    expect(status).toBe(204);
    expect((await user(world.idp, id)).active).toBe(false);
    expect(await ids(find(world.idp, "active eq false"))).toEqual([id]);
  });

  it.each(["Add", "REPLACE", "replace"])("case 3 (Entra): %s is taken in any case", async (op) => {
    const id = await addUser(world.idp);

    expect((await change(id, { op, path: "nickName", value: "Z" })).status).toBe(204);
    expect((await user(world.idp, id)).nickName).toBe("Z");
    expect((await change(id, { op: "Remove", path: "nickName" })).status).toBe(204);
    expect((await user(world.idp, id)).nickName).toBeUndefined();
  });

  it("case 4 (Entra): a pathless replace with dotted and URN keys, and the flag in the address", async () => {
    const id = await addUser(world.idp, { name: { familyName: "Müller" } });
    const value = {
      displayName: "Zoë",
      "name.givenName": "Zoë",
      [`${ENTERPRISE}:department`]: "Support",
    };

    const { status } = await world.idp.scim(
      "PATCH",
      `/Users/${id}?aadOptscim062020`,
      patchOp({ op: "replace", value }),
    );

    expect(status).toBe(204);
    expect(await user(world.idp, id)).toMatchObject({
      displayName: "Zoë",
      name: { givenName: "Zoë", familyName: "Müller" },
      [ENTERPRISE]: { department: "Support" },
    });
  });

  it.each([
    ["5", "Add"],
    ["6", "Replace"],
  ])(
    "case %s (Entra): %s of the value of a work e-mail that is not there makes it",
    async (_n, op) => {
      const id = await addUser(world.idp, { emails: [{ type: "home", value: "h@acorn.example" }] });
      const target = 'emails[type eq "work"].value';

      expect((await change(id, { op, path: target, value: "w@acorn.example" })).status).toBe(204);
      expect((await user(world.idp, id)).emails).toEqual([
        { type: "home", value: "h@acorn.example" },
        { type: "work", value: "w@acorn.example" },
      ]);
    },
  );

  it.each([
    ["Add", MANAGER],
    ["replace", MANAGER],
  ])("case 7 (Entra): %s of the manager as a bare id", async (op, target) => {
    const boss = await addUser(world.idp);
    const id = await addUser(world.idp);

    expect((await change(id, { op, path: target, value: boss })).status).toBe(204);
    expect((await user(world.idp, id))[ENTERPRISE].manager.value).toBe(boss);
  });

  it('case 8 (Entra): a manager replaced by "" is gone', async () => {
    const id = await addUser(world.idp, { [ENTERPRISE]: { manager: { value: "boss" } } });

    expect((await change(id, { op: "replace", path: MANAGER, value: "" })).status).toBe(204);
    expect((await user(world.idp, id))[ENTERPRISE]).toBeUndefined();
  });

  it("case 9 (Entra): the manager as a list of one, without URN", async () => {
    const id = await addUser(world.idp);
    const value = [{ $ref: "https://x.example/Users/boss", value: "boss" }];

    expect((await change(id, { op: "Add", path: "manager", value })).status).toBe(204);
    expect((await user(world.idp, id))[ENTERPRISE].manager.value).toBe("boss");
  });

  it("case 10 (Entra): an unknown manager is kept as a reference and tells nothing; the reference check answers 1 or 0", async () => {
    const other = await world.organisation.connection("entra", { name: "other" });
    const foreign = await addUser(other, { displayName: "Secret" });
    const id = await addUser(world.idp);
    expect((await change(id, { op: "Add", path: MANAGER, value: foreign })).status).toBe(204);

    const { manager } = (await user(world.idp, id))[ENTERPRISE];
    const check = (boss: string) =>
      world.idp.scim(
        "GET",
        path("/Users", { filter: `id eq "${id}" and manager eq "${boss}"`, attributes: "id" }),
      );

    expect(manager).toEqual({ value: foreign });
    expect((await check(foreign)).body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    expect((await check("somebody")).body).toMatchObject({ totalResults: 0, Resources: [] });
  });

  describe("clearing", () => {
    const FULL = {
      displayName: "Zoë",
      title: "Agent",
      name: { givenName: "Zoë", familyName: "Müller" },
      emails: [{ type: "work", value: "z@acorn.example", primary: true }],
      [ENTERPRISE]: { department: "Support" },
    };
    const PATHS = [
      "displayName",
      "title",
      "name.givenName",
      "name.familyName",
      'emails[type eq "work"].value',
      `${ENTERPRISE}:department`,
    ];
    const cleared = (value: unknown) =>
      PATHS.map((target) => ({ op: "replace", path: target, value }));
    const left = async (id: string) => Object.keys(await user(world.idp, id)).sort();
    // What the seat extension says is ours, not the provider's.
    const BARE = ["active", "id", "meta", "schemas", SEAT_URN, "userName"];

    it('case 11 (Entra): every optional attribute replaced by "" is gone', async () => {
      const id = await addUser(world.idp, FULL);

      expect((await change(id, ...cleared(""))).status).toBe(204);
      expect(await left(id)).toEqual(BARE);
    });

    it("case 12 (Entra): and by null once more, by path or without, is no error", async () => {
      const id = await addUser(world.idp, FULL);
      await change(id, ...cleared(""));

      expect((await change(id, ...cleared(null))).status).toBe(204);
      expect(await left(id)).toEqual(BARE);
      const value = Object.fromEntries(PATHS.map((target) => [target, null]));
      expect((await change(id, { op: "replace", value })).status).toBe(204);
      expect(await left(id)).toEqual(BARE);
    });
  });

  it('case 13 (Entra): a role as JSON text, and roles[primary eq "True"]', async () => {
    const id = await addUser(world.idp);
    const text = JSON.stringify({ id: "1", value: "Admin", displayName: "Admin" });
    const role = { value: text, primary: true };

    expect((await change(id, { op: "Add", path: "roles", value: [role] })).status).toBe(204);
    expect((await user(world.idp, id)).roles).toEqual([
      { value: "Admin", display: "Admin", primary: true },
    ]);
    const target = 'roles[primary eq "True"].value';
    expect((await change(id, { op: "Replace", path: target, value: "Agent" })).status).toBe(204);
    expect((await user(world.idp, id)).roles).toMatchObject([{ value: "Agent", primary: true }]);
    expect(await ids(find(world.idp, 'roles[primary eq "True"].value eq "Agent"'))).toEqual([id]);
  });

  it("case 14 (Entra): roles of a type of Entra's own replace roles, and roles given by hand stay", async () => {
    const id = await addUser(world.idp, { roles: [{ value: "Old" }] });
    const byHand = { kind: "role", name: "team-leader" };
    const given = await world.organisation.api("POST", `/users/${id}/facts`, byHand);
    const facts = async () => (await world.organisation.api("GET", `/users/${id}`)).body.facts;
    const before = await facts();
    const value = [{ value: "Admin", type: "WindowsAzureActiveDirectoryRole" }];

    expect((await change(id, { op: "replace", path: "roles", value })).status).toBe(204);
    expect((await user(world.idp, id)).roles).toEqual(value);
    expect(given.status).toBe(201);
    expect(before).toMatchObject([byHand]);
    expect(await facts()).toEqual(before);
  });

  it("case 15 (Entra): members are added once, $ref null is nothing, and the answer has no body", async () => {
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    const group = await addGroup(world.idp, "Support");
    const add = {
      op: "Add",
      path: "members",
      value: [ann, ben].map((value) => ({ $ref: null, value })),
    };

    const first = await changeGroup(group, add);
    const { version } = (await world.idp.scim("GET", `/Groups/${group}`)).body.meta;
    const again = await changeGroup(group, add);

    expect([first.status, first.body, again.status]).toEqual([204, null, 204]);
    expect((await membersOf(world.idp, group)).sort()).toEqual([ann, ben].sort());
    expect((await world.idp.scim("GET", `/Groups/${group}`)).body.meta.version).toBe(version);
  });

  it("case 16 (Entra): remove with a value list removes only those", async () => {
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    const group = await addGroup(world.idp, "Support", [ann, ben]);

    const remove = { op: "Remove", path: "members", value: [{ value: ann }] };

    expect((await changeGroup(group, remove)).status).toBe(204);
    expect(await membersOf(world.idp, group)).toEqual([ben]);
    expect((await changeGroup(group, { ...remove, value: [] })).status).toBe(204);
    expect(await membersOf(world.idp, group)).toEqual([ben]);
  });

  it("case 17 (Entra): members[value eq] removes one; who is not in it changes nothing", async () => {
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    const group = await addGroup(world.idp, "Support", [ann, ben]);
    const remove = (id: string) => ({ op: "Remove", path: `members[value eq "${id}"]` });

    expect((await changeGroup(group, remove(ann))).status).toBe(204);
    expect((await changeGroup(group, remove(ann))).status).toBe(204);
    expect((await changeGroup(group, remove(UNKNOWN))).status).toBe(204);
    expect(await membersOf(world.idp, group)).toEqual([ben]);
  });

  it("case 18 (RFC): a remove of members without value empties this group and no other", async () => {
    const ann = await addUser(world.idp);
    const group = await addGroup(world.idp, "Support", [ann]);
    const second = await addGroup(world.idp, "Sales", [ann]);

    expect((await changeGroup(group, { op: "remove", path: "members" })).status).toBe(204);
    expect(await membersOf(world.idp, group)).toEqual([]);
    expect(await membersOf(world.idp, second)).toEqual([ann]);
  });

  it("case 19 (Entra): a group is found and read without its members", async () => {
    const group = await addGroup(world.idp, "Support", [await addUser(world.idp)]);
    const without = { excludedAttributes: "members" };

    const listed = await world.idp.scim(
      "GET",
      path("/Groups", { filter: 'displayName eq "support"', ...without }),
    );
    const read = await world.idp.scim("GET", path(`/Groups/${group}`, without));

    expect(listed.body.Resources).toMatchObject([{ id: group, displayName: "Support" }]);
    expect(listed.body.Resources[0].members).toBeUndefined();
    expect(read.body.members).toBeUndefined();
  });

  it("case 20 (Entra): externalId is found exactly, with and without quotes", async () => {
    const id = await addUser(world.idp, { externalId: "0a21F" });

    expect(await ids(find(world.idp, 'externalId eq "0a21F"'))).toEqual([id]);
    expect(await ids(find(world.idp, "externalId eq 0a21F"))).toEqual([id]);
    expect(await ids(find(world.idp, 'externalId eq "0A21f"'))).toEqual([]);
  });

  it("case 21 (Entra): a user is found by the work e-mail, letter case ignored", async () => {
    const id = await addUser(world.idp, { emails: [{ type: "work", value: "Zoe@Acorn.example" }] });
    const filter = (type: string) => `emails[type eq "${type}"].value eq "zoe@acorn.EXAMPLE"`;

    expect(await ids(find(world.idp, filter("work")))).toEqual([id]);
    expect(await ids(find(world.idp, filter("home")))).toEqual([]);
  });

  it("case 22 (Entra): an inactive user is found", async () => {
    const id = await addUser(world.idp, { userName: "ann@acorn.example", active: false });

    expect(await ids(find(world.idp, 'userName eq "ann@acorn.example"'))).toEqual([id]);
  });

  it("case 23 (Entra): switched off, deleted later, then 404 for everything", async () => {
    const id = await addUser(world.idp);
    await change(id, { op: "Replace", path: "active", value: "False" });

    const statuses = [];
    for (const method of ["DELETE", "GET", "DELETE"]) {
      statuses.push((await world.idp.scim(method, `/Users/${id}`)).status);
    }
    expect(statuses).toEqual([204, 404, 404]);
  });

  it("case 24 (Entra): who is unassigned and assigned again is one account with one seat", async () => {
    await world.organisation.pool({ name: "desk", capacity: 1 });
    const person = { userName: "ann@acorn.example", externalId: "o-1" };
    const id = await addUser(world.idp, person);
    expect(await standing(world.organisation, id)).toBe("standard");
    await change(id, { op: "Replace", path: "active", value: "False" });
    expect(await standing(world.organisation, id)).toBeNull();

    const again = await world.idp.scim("POST", "/Users", { ...person, active: true });

    expect([again.status, again.body.id]).toEqual([201, id]);
    expect((await find(world.idp, 'userName eq "ann@acorn.example"')).body.totalResults).toBe(1);
    expect(await standing(world.organisation, id)).toBe("standard");
  });

  it("case 25 (Entra): names come back byte for byte", async () => {
    const userName = "Zoë.MÜLLER@Acorn.Example";
    const displayName = " Süd / Ost ";

    const one = await world.idp.scim("POST", "/Users", { schemas: [USER], userName });
    const two = await world.idp.scim("POST", "/Groups", { schemas: [GROUP], displayName });

    expect([one.status, one.body.userName]).toEqual([201, userName]);
    expect([two.status, two.body.displayName]).toEqual([201, displayName]);
    expect([one.body.id, two.body.id]).toEqual([
      expect.stringMatching(/./),
      expect.stringMatching(/./),
    ]);
  });

  it("case 26 (Entra): pages of five are full, echo where they begin, and repeat nobody", async () => {
    for (let made = 0; made < 11; made += 1) await addUser(world.idp);

    const seen: string[] = [];
    for (const [startIndex, size] of [
      [1, 5],
      [6, 5],
      [11, 1],
    ] as const) {
      const query = { startIndex: String(startIndex), count: "5" };
      const { body } = await world.idp.scim("GET", path("/Users", query));
      expect(body).toMatchObject({ totalResults: 11, startIndex, itemsPerPage: size });
      seen.push(...body.Resources.map(({ id }: { id: string }) => id));
    }
    expect(new Set(seen).size).toBe(11);
  });

  it("case 27 (Entra): /Schemas is a list in which every mapped attribute can be derived", async () => {
    const { status, body } = await world.idp.scim("GET", "/Schemas");
    const [core] = body.Resources.filter(({ id }: { id: string }) => id === USER);
    const emails = core.attributes.find(({ name }: { name: string }) => name === "emails");
    const type = emails.subAttributes.find(({ name }: { name: string }) => name === "type");
    const roles = core.attributes.find(({ name }: { name: string }) => name === "roles");
    const roleType = roles.subAttributes.find(({ name }: { name: string }) => name === "type");

    expect([status, body.totalResults >= 3]).toEqual([200, true]);
    expect(type.canonicalValues).toContain("work");
    expect(roleType.canonicalValues).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain("null");
  });

  it("case 30 (Entra): a hundred requests at once are answered, and none as if nothing were there", async () => {
    const id = await addUser(world.idp);

    const answers = await Promise.all(
      Array.from({ length: 100 }, (_each, index) =>
        index % 2 === 0
          ? world.idp.scim("GET", `/Users/${id}`)
          : change(id, { op: "Replace", path: "title", value: `t-${index}` }),
      ),
    );

    for (const { status, headers } of answers) {
      expect([200, 204, 429]).toContain(status);
      if (status === 429) expect(headers.get("retry-after")).toMatch(/^\d+$/);
    }
    expect(answers.filter(({ status }) => status !== 429).length).toBeGreaterThanOrEqual(25);
  });

  it("case 31 (Entra): several memberships in one list of operations, added and removed, all or nothing", async () => {
    const [ann, ben, eve] = [
      await addUser(world.idp),
      await addUser(world.idp),
      await addUser(world.idp),
    ];
    const group = await addGroup(world.idp, "Support", [ann]);
    const member = (op: string, value: string) => ({ op, path: "members", value: [{ value }] });

    const mixed = await changeGroup(
      group,
      member("Add", ben),
      member("Add", eve),
      member("Remove", eve),
      member("Remove", ann),
      member("Add", ann),
    );
    const broken = await changeGroup(group, member("Remove", ann), {
      op: "Replace",
      path: "members[",
      value: 1,
    });

    expect([mixed.status, broken.status]).toEqual([204, 400]);
    expect((await membersOf(world.idp, group)).sort()).toEqual([ann, ben].sort());
  });
});
