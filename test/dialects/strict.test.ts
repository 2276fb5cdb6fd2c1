import { expect, it } from "@jest/globals";
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
  membersOf,
  user,
  USER,
} from "./world.js";

/** What draft-zollner-scim-interop-profile-02 demands of a server, on a connection that promises it. */

onEachDatabase("the interoperability profile", (freshDatabaseUrl) => {
  const world = dialectWorld("strict", freshDatabaseUrl);

  const change = (id: string, ...operations: object[]) =>
    world.idp.scim("PATCH", `/Users/${id}`, patchOp(...operations));

  it("is promised in ServiceProviderConfig by this kind of connection alone", async () => {
    const lenient = await world.organisation.connection("generic");

    const { body } = await world.idp.scim("GET", "/ServiceProviderConfig");
    const other = await lenient.scim("GET", "/ServiceProviderConfig");

    expect(body.interopProfileConformant).toBe(true);
    expect(other.body).not.toHaveProperty("interopProfileConformant");
  });

  it("publishes the canonical values of every type", async () => {
    const { body } = await world.idp.scim("GET", "/Schemas");
    const types = body.Resources.flatMap(({ attributes }: any) =>
      attributes.flatMap(({ name, multiValued, subAttributes = [] }: any) =>
        subAttributes
          .filter((sub: any) => multiValued && sub.name === "type")
          .map(({ canonicalValues = [] }: any) => [name, canonicalValues.length]),
      ),
    );

    expect(types.length).toBeGreaterThan(8);
    expect(types.filter(([, values]: [string, number]) => values === 0)).toEqual([]);
  });

  it("names resource types by their ids", async () => {
    const { body } = await world.idp.scim("GET", "/ResourceTypes");

    for (const { id, name } of body.Resources) expect(id).toBe(name);
  });

  // prettier-ignore
  it.each<[string, object, string]>([
    ["has no path",                            { op: "replace", value: { active: false } },                                "invalidSyntax"],
    ["has an empty path",                      { op: "add", path: "", value: { title: "x" } },                             "invalidSyntax"],
    ["names an unknown attribute",             { op: "add", path: "shoeSize", value: 38 },                                 "invalidSyntax"],
    ["names an unknown part",                  { op: "replace", path: "name", value: { nick: "Z" } },                      "invalidSyntax"],
    ["names an unknown attribute of a schema", { op: "add", path: `${ENTERPRISE}:shoeSize`, value: 38 },                   "invalidSyntax"],
    ["has a boolean in words",                 { op: "replace", path: "active", value: "False" },                          "invalidValue"],
    ["replaces a part of what is not there",   { op: "replace", path: 'emails[type eq "work"].value', value: "a@b.example" }, "noTarget"],
    ["filters without quotes",                 { op: "remove", path: "emails[value eq a]" },                               "invalidFilter"],
  ])("refuses a PATCH that %s: %j -> %s", async (_what, operation, scimType) => {
    const id = await addUser(world.idp, { title: "Agent" });

    const refused = await change(id, operation);

    expect([refused.status, refused.body.scimType]).toEqual([400, scimType]);
    expect((await user(world.idp, id)).meta.version).toBe('W/"1"');
  });

  // prettier-ignore
  it.each([
    ["no schemas",                       { displayName: "Agents" }],
    ["schemas that are empty",           { schemas: [], displayName: "Agents" }],
    ["schemas of another type alone",    { schemas: [ENTERPRISE], displayName: "Agents" }],
    ["schemas that are no list",         { schemas: GROUP, displayName: "Agents" }],
    ["a part of a member nobody knows",  { schemas: [GROUP], displayName: "Agents", members: [{ value: "x", foo: 1 }] }],
  ])("refuses a group with %s: invalidSyntax, because the profile takes no liberties", async (_what, body) => {
    const refused = await world.idp.scim("POST", "/Groups", body);

    expect([refused.status, refused.body.scimType]).toEqual([400, "invalidSyntax"]);
  });

  it("refuses a PATCH with a part of a member that nobody knows, and takes those of the schema", async () => {
    const [id, group] = [await addUser(world.idp), await addGroup(world.idp, "Agents")];
    const add = (member: object) =>
      world.idp.scim("PATCH", `/Groups/${group}`, {
        ...patchOp({ op: "add", path: "members", value: [member] }),
      });
    const refused = await add({ value: id, foo: "x" });
    expect([refused.status, refused.body.scimType]).toEqual([400, "invalidSyntax"]);
    expect(await membersOf(world.idp, group)).toEqual([]);
    const known = { value: id, $ref: `../Users/${id}`, display: "Ann", type: "User" };
    expect([200, 204]).toContain((await add(known)).status);
    expect(await membersOf(world.idp, group)).toEqual([id]);
  });

  it("leaves other kinds of connections as liberal as they were", async () => {
    const lenient = await world.organisation.connection("generic", { name: "liberal" });
    const made = await lenient.scim("POST", "/Users", { userName: "liberal" });
    const members = [{ value: made.body.id, foo: 1 }];
    const group = await lenient.scim("POST", "/Groups", { displayName: "Liberal", members });
    expect([made.status, group.status]).toEqual([201, 201]);
  });

  it.each([
    ["an attribute", { schemas: [USER], userName: "ann", shoeSize: 38 }],
    ["a schema", { schemas: [USER, "urn:example:shoes"], userName: "ann" }],
    ["an extension", { schemas: [USER], userName: "ann", "urn:example:shoes": { size: 38 } }],
  ])("refuses a body with %s that nobody published: invalidSyntax", async (_what, body) => {
    const refused = await world.idp.scim("POST", "/Users", body);

    expect([refused.status, refused.body.scimType]).toEqual([400, "invalidSyntax"]);
    expect((await world.idp.scim("GET", "/Users")).body.totalResults).toBe(0);
  });

  it("refuses to remove active, and nobody goes out or comes in by it", async () => {
    const id = await addUser(world.idp);
    for (const active of [true, false]) {
      await change(id, { op: "replace", path: "active", value: active });
      for (const operation of [
        { op: "remove", path: "active" },
        { op: "replace", path: "active", value: null },
      ]) {
        const { status, body } = await change(id, operation);
        expect([status, body.scimType]).toEqual([400, "mutability"]);
      }
      expect((await user(world.idp, id)).active).toBe(active);
    }
    const both = [
      { op: "remove", path: "active" },
      { op: "add", path: "active", value: true },
    ];
    expect((await change(id, ...both)).body.active).toBe(true);
  });

  it("takes an extension that names its own schema inside", async () => {
    const id = await addUser(world.idp);
    const value = { schemas: [ENTERPRISE], employeeNumber: "1" };

    const { status, body } = await change(id, { op: "add", path: ENTERPRISE, value });

    expect([status, body[ENTERPRISE]]).toEqual([200, { employeeNumber: "1" }]);
  });

  it("filters by eq and and; an unknown attribute is invalidFilter, and so is a bare value", async () => {
    const id = await addUser(world.idp, { userName: "JSmith", externalId: "X-1" });

    expect(await ids(find(world.idp, 'userName eq "jsmith" and externalId eq "X-1"'))).toEqual([
      id,
    ]);
    expect(await ids(find(world.idp, 'externalId eq "x-1"'))).toEqual([]);
    for (const filter of ['shoeSize eq "38"', "externalId eq X-1", 'active eq "true"']) {
      const { status, body } = await find(world.idp, filter);
      expect([filter, status, body.scimType]).toEqual([filter, 400, "invalidFilter"]);
    }
  });

  it("lists a hundred without being asked for a number", async () => {
    const made = Array.from({ length: 101 }, () => addUser(world.idp));
    await Promise.all(made);

    const { body } = await world.idp.scim("GET", "/Users");

    expect([body.totalResults, body.itemsPerPage]).toEqual([101, 100]);
  });

  it('keeps "" as a value, replaces a name as a whole, adds to it in part', async () => {
    const id = await addUser(world.idp, {
      title: "Agent",
      name: { givenName: "Zoë", familyName: "Müller" },
    });

    await change(id, { op: "replace", path: "title", value: "" });
    await change(id, { op: "add", path: "name", value: { middleName: "Q" } });
    expect(await user(world.idp, id)).toMatchObject({
      title: "",
      name: { givenName: "Zoë", middleName: "Q", familyName: "Müller" },
    });
    await change(id, { op: "replace", path: "name", value: { givenName: "Zoe" } });
    expect((await user(world.idp, id)).name).toEqual({ givenName: "Zoe" });
  });

  it("refuses a member that does not exist, and nobody else is added", async () => {
    const ann = await addUser(world.idp);
    const group = await addGroup(world.idp, "Support");
    const value = [{ value: ann }, { value: "no-such-id" }];

    const refused = await world.idp.scim(
      "PATCH",
      `/Groups/${group}`,
      patchOp({ op: "add", path: "members", value }),
    );

    expect([refused.status, refused.body.scimType]).toEqual([400, "invalidValue"]);
    expect(await membersOf(world.idp, group)).toEqual([]);
  });

  it("deletes for good: the name is free at once, under a new id, and a PATCH never deletes", async () => {
    const person = { schemas: [USER], userName: "ann@acorn.example" };
    const id = (await world.idp.scim("POST", "/Users", person)).body.id as string;
    const taken = await world.idp.scim("POST", "/Users", {
      ...person,
      userName: "ANN@acorn.example",
    });
    await change(id, { op: "replace", path: "active", value: false });
    const kept = await world.idp.scim("GET", `/Users/${id}`);

    expect((await world.idp.scim("DELETE", `/Users/${id}`)).status).toBe(204);
    const again = await world.idp.scim("POST", "/Users", person);

    expect([taken.status, taken.body.scimType, kept.status]).toEqual([409, "uniqueness", 200]);
    expect([again.status, again.body.id === id]).toEqual([201, false]);
    for (const method of ["GET", "DELETE"]) {
      expect((await world.idp.scim(method, `/Users/${id}`)).status).toBe(404);
    }
    expect((await change(id, { op: "replace", path: "active", value: true })).status).toBe(404);
  });
});
