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
  membersOf,
  path,
  standing,
  user,
  USER,
} from "./world.js";

/** Cases 32 to 46 but 44, which is in load.test.ts: what Okta sends, over sockets, on both databases. */

onEachDatabase("Okta", (freshDatabaseUrl) => {
  const world = dialectWorld("okta", freshDatabaseUrl);

  const changeGroup = (id: string, ...operations: object[]) =>
    world.idp.scim("PATCH", `/Groups/${id}`, patchOp(...operations));
  const profile = (more: object = {}) => ({
    schemas: [USER],
    userName: "ann@acorn.example",
    name: { givenName: "Ann", familyName: "Ash" },
    emails: [{ primary: true, value: "ann@acorn.example", type: "work" }],
    displayName: "Ann Ash",
    locale: "en-US",
    externalId: "00u1",
    groups: [],
    password: "1mz050nq-secret",
    active: true,
    ...more,
  });

  it("case 32 (Okta): looking for an absent user gives an empty list", async () => {
    const query = { filter: 'userName eq "nobody@acorn.example"', startIndex: "1", count: "100" };
    const { status, body } = await world.idp.scim("GET", path("/Users", query));

    expect([status, body.totalResults, body.Resources]).toEqual([200, 0, []]);
  });

  it("case 33 (Okta): a new user with password and groups: the password is never seen again", async () => {
    const made = await world.idp.scim(
      "POST",
      "/Users",
      profile({ groups: [{ value: "g-1", display: "Admins" }] }),
    );
    const read = await user(world.idp, made.body.id);

    expect(made.status).toBe(201);
    expect(read).toMatchObject({ externalId: "00u1", locale: "en-US", active: true });
    expect(read.groups).toBeUndefined();
    expect(JSON.stringify([made.body, read])).not.toContain("1mz050nq");
    expect((await find(world.idp, 'password eq "1mz050nq-secret"')).status).toBe(400);
  });

  it("case 34 (Okta): a second user of the same name is 409; one that was switched off comes back", async () => {
    const first = await world.idp.scim("POST", "/Users", profile());

    const second = await world.idp.scim("POST", "/Users", profile());
    expect([second.status, second.body.scimType]).toEqual([409, "uniqueness"]);
    expect(second.body.detail).toMatch(/already/);

    const id = first.body.id as string;
    await world.idp.scim(
      "PATCH",
      `/Users/${id}`,
      patchOp({ op: "replace", value: { active: false } }),
    );
    const third = await world.idp.scim("POST", "/Users", profile());
    expect([third.status, third.body.id, third.body.active]).toEqual([201, id, true]);
  });

  it("case 35 (Okta): a pathless active false switches off, frees the seat and is answered with the user", async () => {
    await world.organisation.pool({ name: "desk", capacity: 1 });
    const id = await addUser(world.idp);

    const { status, body } = await world.idp.scim(
      "PATCH",
      `/Users/${id}`,
      patchOp({ op: "replace", value: { active: false } }),
    );

    expect([status, body.id, body.active]).toEqual([200, id, false]);
    expect(await standing(world.organisation, id)).toBeNull();
  });

  it("case 36 (Okta): a PUT replaces what Okta knows; read-only and unknown attributes and facts by hand stay out of it", async () => {
    const made = (await world.idp.scim("POST", "/Users", profile())).body;
    const byHand = { kind: "role", name: "team-leader" };
    await world.organisation.api("POST", `/users/${made.id}/facts`, byHand);

    const { status, body } = await world.idp.scim("PUT", `/Users/${made.id}`, {
      ...profile({ active: false, displayName: "Ann Birch" }),
      id: made.id,
      meta: { resourceType: "Robot" },
      shoeSize: 38,
      title: "",
    });

    expect(status).toBe(200);
    expect(body).toMatchObject({ id: made.id, active: false, displayName: "Ann Birch" });
    expect(body.meta.resourceType).toBe("User");
    expect([body.shoeSize, body.title, body[ENTERPRISE]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const { facts } = (await world.organisation.api("GET", `/users/${made.id}`)).body;
    expect(facts).toMatchObject([byHand]);
  });

  it("case 37 (Okta): the seat is free at once, without any DELETE, and the next in line has it", async () => {
    await world.organisation.pool({ name: "desk", capacity: 1 });
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    expect(await standing(world.organisation, ben)).toBe("waiting");

    await world.idp.scim(
      "PATCH",
      `/Users/${ann}`,
      patchOp({ op: "replace", value: { active: false } }),
    );

    expect(await standing(world.organisation, ben)).toBe("standard");
  });

  it("case 38 (Okta): a group is pushed empty and renamed by its own id; another id is refused", async () => {
    const made = await world.idp.scim("POST", "/Groups", {
      schemas: [GROUP],
      displayName: "Support",
      members: [],
    });
    const id = made.body.id as string;
    const rename = (value: object) => changeGroup(id, { op: "replace", value });

    expect(made.status).toBe(201);
    expect((await rename({ id, displayName: "Support Agents" })).status).toBe(204);
    const other = await rename({ id: "another", displayName: "x" });
    expect([other.status, other.body.scimType]).toEqual([400, "mutability"]);
    expect((await world.idp.scim("GET", `/Groups/${id}`)).body.displayName).toBe("Support Agents");
  });

  it("case 39 (Okta): remove and add in one PATCH, in this order, all or nothing", async () => {
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    const group = await addGroup(world.idp, "Support", [ann]);
    const remove = { op: "remove", path: `members[value eq "${ann}"]` };
    const add = { op: "add", path: "members", value: [{ value: ben, display: "ben" }] };

    expect((await changeGroup(group, remove, add, { op: "move" })).status).toBe(400);
    expect(await membersOf(world.idp, group)).toEqual([ann]);
    expect((await changeGroup(group, remove, add)).status).toBe(204);
    expect(await membersOf(world.idp, group)).toEqual([ben]);
  });

  it.each([
    ["by path", { op: "replace", path: "members", value: [] }],
    ["without path", { op: "replace", value: { members: [] } }],
  ])(
    "case 40 (Okta): members replaced by an empty list %s empties the group",
    async (_how, operation) => {
      const group = await addGroup(world.idp, "Support", [await addUser(world.idp)]);

      expect((await changeGroup(group, operation)).status).toBe(204);
      expect(await membersOf(world.idp, group)).toEqual([]);
    },
  );

  it("case 41 (Okta): PUT of a group sets its members; null and absent leave them alone", async () => {
    const [ann, ben] = [await addUser(world.idp), await addUser(world.idp)];
    const group = await addGroup(world.idp, "Support", [ann]);
    const put = (more: object) =>
      world.idp.scim("PUT", `/Groups/${group}`, {
        schemas: [GROUP],
        displayName: "Support",
        ...more,
      });

    expect((await put({ members: [{ value: ben }] })).status).toBe(200);
    expect(await membersOf(world.idp, group)).toEqual([ben]);
    for (const kept of [{ members: null }, {}]) {
      expect((await put(kept)).status).toBe(200);
      expect(await membersOf(world.idp, group)).toEqual([ben]);
    }
  });

  it("case 42 (Okta): what was made or replaced is in the answer", async () => {
    const made = await world.idp.scim("POST", "/Users", profile());
    const put = await world.idp.scim("PUT", `/Users/${made.body.id}`, profile());
    const group = await world.idp.scim("POST", "/Groups", { schemas: [GROUP], displayName: "G" });

    expect([made.body.userName, put.body.userName]).toEqual(Array(2).fill("ann@acorn.example"));
    expect(group.body).toMatchObject({ displayName: "G", id: expect.any(String) });
    expect(made.headers.get("location")).toBe(made.body.meta.location);
  });

  it("case 43 (Okta): an import walks over pages in one order, with numbers as numbers", async () => {
    for (let made = 0; made < 3; made += 1) await addUser(world.idp);
    const page = (startIndex: number) =>
      world.idp.scim("GET", path("/Users", { startIndex: String(startIndex), count: "2" }));

    const [one, two, again] = [(await page(1)).body, (await page(3)).body, (await page(1)).body];

    expect([one.totalResults, one.startIndex, one.itemsPerPage]).toEqual([3, 1, 2]);
    expect(two.Resources).toHaveLength(1);
    expect(again.Resources).toEqual(one.Resources);
    const all = [...one.Resources, ...two.Resources].map(({ id }: { id: string }) => id);
    expect(new Set(all).size).toBe(3);
    expect(all.join()).not.toMatch(/bulkId/i);
  });

  it("case 45 (Okta): roles and entitlements are discovered: resource types, then schemas, then lists", async () => {
    await world.organisation.pool({ name: "desk", tiers: ["standard", "professional"] });
    const types = (await world.idp.scim("GET", "/ResourceTypes")).body.Resources;
    const schemas = (await world.idp.scim("GET", "/Schemas")).body.Resources;

    for (const [name, value, displayName] of [
      ["Role", "team-leader", "Team Leader"],
      ["Entitlement", "support:professional", "Acorn Desk Support: Professional"],
    ]) {
      const urn = `urn:okta:scim:schemas:core:1.0:${name}`;
      const { endpoint } = types.find(({ schema }: { schema: string }) => schema === urn);
      const { attributes } = schemas.find(({ id }: { id: string }) => id === urn);
      const query = { startIndex: "1", count: "100" };
      const { status, body } = await world.idp.scim("GET", path(endpoint, query));

      expect(attributes.map((each: { name: string }) => each.name)).toContain("displayName");
      expect([status, body.totalResults]).toEqual([200, body.Resources.length]);
      expect(body.Resources).toContainEqual(
        expect.objectContaining({ schemas: [urn], id: value, displayName }),
      );
    }
  });

  it("case 45 (Okta): who is assigned an entitlement or a role has its tier until it is taken away", async () => {
    const tiers = ["standard", "professional", "enterprise"];
    await world.organisation.pool({ name: "desk", tiers, capacity: 2 });
    const entitlements = [{ value: "support:professional", display: "Professional", type: "tier" }];
    const made = await world.idp.scim("POST", "/Users", profile({ entitlements }));
    const id = made.body.id as string;
    const tier = () => standing(world.organisation, id);
    const used = async (entitlement: string) => {
      const { body } = await world.idp.scim("GET", `/Entitlements/${entitlement}`);
      return [body.totalAssignmentsPermitted, body.totalAssignmentsUsed];
    };

    expect([made.status, made.body.entitlements]).toEqual([201, entitlements]);
    expect(await tier()).toBe("professional");
    expect(await used("support:professional")).toEqual([2, 1]);

    const roles = [{ value: "administrator", display: "Administrator", type: "role" }];
    const put = await world.idp.scim("PUT", `/Users/${id}`, profile({ entitlements, roles }));
    expect([put.status, put.body.roles, await tier()]).toEqual([200, roles, "enterprise"]);

    const without = patchOp({ op: "remove", path: "roles" });
    expect((await world.idp.scim("PATCH", `/Users/${id}`, without)).body.roles).toBeUndefined();
    expect(await tier()).toBe("professional");
    await world.idp.scim("PUT", `/Users/${id}`, profile({ entitlements: [] }));
    expect(await tier()).toBe("standard");
  });

  it("case 46 (Okta): the address of a connection has no underscore that Okta would refuse", async () => {
    const { body } = await world.organisation.api("GET", `/connections/${world.idp.connection.id}`);

    expect(world.idp.connection.id).toMatch(/^[0-9a-z-]+$/i);
    expect(JSON.stringify(body)).toContain(`/scim/v2/${world.idp.connection.id}`);
  });
});
