import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { startTestServer, type TestConnection, type TestServer } from "../support/server.js";
import { onEachDatabase } from "./databases.js";

/** Groups that are created twice in the same words, and what members of a group are called. */

onEachDatabase("names of groups and members", (freshDatabaseUrl) => {
  let server: TestServer;
  let count = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  afterAll(() => server.close());

  async function connectionOf(plugin: string): Promise<TestConnection> {
    count += 1;
    return (await server.organisation(`o${String(count)}`)).connection(plugin);
  }

  const created = async (idp: TestConnection, body: object) => {
    const answer = await idp.scim("POST", "/Groups", body);
    return { status: answer.status, id: answer.body.id as string, body: answer.body };
  };
  const total = async (idp: TestConnection): Promise<number> =>
    (await idp.scim("GET", "/Groups")).body.totalResults as number;

  it.each([
    ["entra", { displayName: "Crew", externalId: "object-1" }],
    ["okta", { displayName: "Crew", members: [] }],
    ["generic", { displayName: "Crew" }],
  ])(
    "on %s a creation that is sent again is 409 and makes no second group",
    async (plugin, body) => {
      const idp = await connectionOf(plugin);
      const both = await Promise.all([created(idp, body), created(idp, body)]);
      const third = await created(idp, body);

      expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
      expect(third).toMatchObject({ status: 409, body: { scimType: "uniqueness", status: "409" } });
      expect(await total(idp)).toBe(1);
    },
  );

  it("takes for two groups what differs in one of both names, and what another connection has", async () => {
    const idp = await connectionOf("entra");
    const other = await connectionOf("entra");
    const one = { displayName: "Crew", externalId: "object-1" };
    for (const [connection, body] of [
      [idp, one],
      [idp, { ...one, displayName: "crew" }],
      [idp, { ...one, externalId: "object-2" }],
      [idp, { displayName: "Crew" }],
      [other, one],
    ] as const) {
      expect((await created(connection, body)).status).toBe(201);
    }
  });

  it("lets the names be used again when the group is called otherwise or gone, in one bulk request, too", async () => {
    const idp = await connectionOf("okta");
    const { id } = await created(idp, { displayName: "Crew" });
    const rename = { op: "replace", path: "displayName", value: "Former crew" };
    expect((await idp.scim("PATCH", `/Groups/${id}`, { Operations: [rename] })).status).toBe(204);
    const second = await created(idp, { displayName: "Crew" });
    expect(second.status).toBe(201);

    const bulk = await idp.scim("POST", "/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        { method: "DELETE", path: `/Groups/${second.id}` },
        { method: "POST", path: "/Groups", bulkId: "a", data: { displayName: "Crew" } },
      ],
    });
    expect(bulk.body.Operations.map(({ status }: { status: string }) => status)).toEqual([
      "204",
      "201",
    ]);

    // Renamed into a name that another one has: groups may share one (RFC 7643 §4.2).
    const back = { ...rename, value: "Crew" };
    expect((await idp.scim("PATCH", `/Groups/${id}`, { Operations: [back] })).status).toBe(204);
    expect(await total(idp)).toBe(2);
  });

  it("leaves the names to the client where the interoperability profile does (RFC 7643 §3.1)", async () => {
    const idp = await connectionOf("strict");
    const body = {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName: "Crew",
      externalId: "object-1",
    };
    expect([(await created(idp, body)).status, (await created(idp, body)).status]).toEqual([
      201, 201,
    ]);
  });

  it("shows a member under the name that the client gave when adding, and finds the group by it", async () => {
    const idp = await connectionOf("generic");
    const [ann, ben, eve] = await people(idp, ["Ann", "Ben", "Eve"]);
    const { id } = await created(idp, {
      displayName: "Crew",
      members: [{ value: ann, display: "The Boss" }, { value: ben }],
    });
    const displays = async () => {
      const { body } = await idp.scim("GET", `/Groups/${id}`);
      return Object.fromEntries(
        body.members.map(({ value, display }: Record<string, string>) => [value, display]),
      );
    };
    const patch = (op: object) => idp.scim("PATCH", `/Groups/${id}`, { Operations: [op] });
    expect(await displays()).toEqual({ [ann!]: "The Boss", [ben!]: "Ben" });

    // What is immutable of a member stays as long as the member.
    const again = [
      { value: ann, display: "Ann" },
      { value: eve, displayName: "VP" },
    ];
    expect((await patch({ op: "add", path: "members", value: again })).status).toBe(204);
    expect(await displays()).toEqual({ [ann!]: "The Boss", [ben!]: "Ben", [eve!]: "VP" });
    const found = async (path: string, filter: string): Promise<number> =>
      (await idp.scim("GET", `${path}?filter=${encodeURIComponent(filter)}`)).body.totalResults;
    expect(await found("/Groups", 'members.display eq "the boss"')).toBe(1);
    expect(await found("/Groups", 'members.display eq "ann"')).toBe(0);
    expect(await found("/GroupMemberships", 'member.display sw "b"')).toBe(1);
    expect(await found("/GroupMemberships", 'member.display eq "vp"')).toBe(1);

    await patch({ op: "remove", path: `members[value eq "${ann!}"]` });
    await patch({ op: "add", path: "members", value: [{ value: ann }] });
    expect((await displays())[ann!]).toBe("Ann");
  });

  it("shows on okta who the member is now, because Okta sends the userName of the day", async () => {
    const idp = await connectionOf("okta");
    const [ann] = await people(idp, ["Ann"]);
    const { body } = await created(idp, {
      displayName: "Crew",
      members: [{ value: ann, display: "ann@acorn.example" }],
    });
    expect(body.members[0].display).toBe("Ann");
  });

  it("keeps the name beside each of many members who are added at once", async () => {
    const idp = await connectionOf("generic");
    const names = Array.from({ length: 205 }, (_, index) => `P${String(index)}`);
    const ids = await people(idp, names);
    const members = ids.map((value, index) => ({ value, display: `Member ${String(index)}` }));
    const { id } = await created(idp, { displayName: "Crew", members });
    const { body } = await idp.scim("GET", `/Groups/${id}`);
    expect(body.members.map(({ display }: { display: string }) => display).sort()).toEqual(
      members.map(({ display }) => display).sort(),
    );
  });

  async function people(idp: TestConnection, names: readonly string[]): Promise<string[]> {
    const answers = await Promise.all(
      names.map((displayName) =>
        idp.scim("POST", "/Users", { userName: displayName.toLowerCase(), displayName }),
      ),
    );
    return answers.map(({ body }) => body.id as string);
  }
});
