import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { describeMySql, freshDatabase } from "../support/mariadb.js";
import { patchOp } from "../support/patchOp.js";
import {
  send,
  startTestServer,
  type Answer,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";

/** Requests that arrive at the same time, over sockets, as an initial sync and an impatient administrator send them. */

const DEACTIVATE = patchOp({ op: "replace", path: "active", value: false });

function userNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${index}@acorn.example`);
}

function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

function repeated(count: number, status: number): number[] {
  return Array.from({ length: count }, () => status);
}

onEachDatabase("requests at the same time", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;

  let organisations = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });

  beforeEach(async () => {
    organisation = await server.organisation(`acorn-${(organisations += 1)}`);
    idp = await organisation.connection("entra");
  });

  afterAll(() => server.close());

  const books = () => readBooks(server.app, organisation.organisation.id);

  function createAll(names: readonly string[]): Promise<Answer[]> {
    return Promise.all(names.map((userName) => idp.scim("POST", "/Users", { userName })));
  }

  async function createdIds(names: readonly string[]): Promise<string[]> {
    const answers = await createAll(names);
    expect(statusesOf(answers)).toEqual(repeated(names.length, 201));
    return answers.map(({ body }) => body.id as string);
  }

  it("20 additions of one member each leave 20 members, and 20 removals none", async () => {
    const ids = await createdIds(userNames(20));
    const group = await idp.scim("POST", "/Groups", { displayName: "Crew" });
    const path = `/Groups/${group.body.id}`;
    const shown = async () =>
      ((await idp.scim("GET", path)).body.members ?? []) as { value: string }[];

    const added = await Promise.all(
      ids.map((value) =>
        idp.scim("PATCH", path, patchOp({ op: "add", path: "members", value: [{ value }] })),
      ),
    );
    expect(statusesOf(added)).toEqual(repeated(20, 204));
    expect((await shown()).map(({ value }) => value).sort()).toEqual([...ids].sort());

    const removed = await Promise.all(
      ids.map((id) =>
        idp.scim("PATCH", path, patchOp({ op: "remove", path: `members[value eq "${id}"]` })),
      ),
    );
    expect(statusesOf(removed)).toEqual(repeated(20, 204));
    expect(await shown()).toEqual([]);
  });

  it("a member who is added and removed by many at once is there or not, and the group's seats agree", async () => {
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 10 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    const [ann] = await createdIds(["ann@acorn.example"]);
    const group = await idp.scim("POST", "/Groups", { displayName: "Leads" });
    const path = `/Groups/${group.body.id}`;

    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        idp.scim(
          "PATCH",
          path,
          index % 2 === 0
            ? patchOp({ op: "add", path: "members", value: [{ value: ann }] })
            : patchOp({ op: "remove", path: "members", value: [{ value: ann }] }),
        ),
      ),
    );
    expect(statusesOf(answers)).toEqual(repeated(30, 204));

    const { groups, seats, ...rest } = await books();
    expectBalanced({ groups, seats, ...rest });
    expect(seats.map(({ tier }) => tier)).toEqual([
      groups[0]?.memberCount === 1 ? "professional" : "standard",
    ]);
  });

  it("of 30 creations of the same userName exactly one succeeds", async () => {
    const names = Array.from({ length: 30 }, (_, index) =>
      index % 2 === 0 ? "Ann@acorn.example" : "ann@ACORN.example",
    );

    const answers = await createAll(names);

    expect(statusesOf(answers)).toEqual([201, ...repeated(29, 409)]);
    expect((await books()).users).toHaveLength(1);
    await until(async () => (await server.app.store.outbox.backlog()) === 0);
    const announced = server.events.filter(
      ({ organisationId }) => organisationId === organisation.organisation.id,
    );
    expect(announced.filter(({ type }) => type === "user.created")).toHaveLength(1);
  });

  it("of 20 renames to the same userName exactly one succeeds", async () => {
    const ids = await createdIds(userNames(20));

    const answers = await Promise.all(
      ids.map((id) =>
        idp.scim(
          "PATCH",
          `/Users/${id}`,
          patchOp({ op: "replace", path: "userName", value: "boss@acorn.example" }),
        ),
      ),
    );

    expect(statusesOf(answers)).toEqual([204, ...repeated(19, 409)]);
  });

  it("of 20 changes to the same version (If-Match) exactly one succeeds", async () => {
    const { body, headers } = await idp.scim("POST", "/Users", { userName: "ann@acorn.example" });
    const etag = headers.get("etag") ?? "";

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        idp.scim(
          "PATCH",
          `/Users/${body.id}`,
          patchOp({ op: "replace", path: "title", value: `title ${index}` }),
          {
            "if-match": etag,
          },
        ),
      ),
    );

    expect(statusesOf(answers)).toEqual([204, ...repeated(19, 412)]);
  });

  it("200 creations for 50 seats give 50 seats and 150 places in the list, which then drains in order", async () => {
    await organisation.pool({ name: "desk", capacity: 50 });

    await createdIds(userNames(200));

    const full = await books();
    expectBalanced(full);
    expect([full.seats.length, full.waiting.length]).toEqual([50, 150]);
    expect((await organisation.api("GET", "/pools/desk")).body).toMatchObject({
      used: 50,
      free: 0,
      waiting: 150,
    });

    const queue = full.waiting.map(({ userId }) => userId);
    const one = await idp.scim("PATCH", `/Users/${full.seats[0]?.userId}`, DEACTIVATE);
    expect(one.status).toBe(204);
    expect(newHolders(full, await books())).toEqual(queue.slice(0, 1));

    const twenty = await Promise.all(
      full.seats
        .slice(1, 21)
        .map(({ userId }) => idp.scim("PATCH", `/Users/${userId}`, DEACTIVATE)),
    );
    expect(statusesOf(twenty)).toEqual(repeated(20, 204));
    const after = await books();
    expectBalanced(after);
    expect(newHolders(full, after).sort()).toEqual(queue.slice(0, 21).sort());
    expect(after.waiting.map(({ userId }) => userId)).toEqual(queue.slice(21));
    // The ledger has them in the order of the list.
    expect(
      after.entries
        .filter(({ kind, reason }) => kind === "seat.granted" && reason === "listDrained")
        .map(({ userId }) => userId),
    ).toEqual(queue.slice(0, 21));
  });

  it("a capacity that is raised while people come in gives every seat once", async () => {
    const pool = await organisation.pool({ name: "desk", capacity: 1 });
    const raise = (capacity: number) =>
      server.app.actions.changePool(
        organisation.organisation.id,
        pool.id,
        { capacity },
        {
          type: "admin",
          action: "pool.changed",
          actor: "test",
          requestId: null,
        },
      );

    await Promise.all([
      createAll(userNames(60)),
      ...[10, 20, 30].map((capacity) => raise(capacity)),
    ]);
    await raise(40);

    const after = await books();
    expectBalanced(after);
    expect([after.seats.length, after.waiting.length]).toEqual([40, 20]);
  });
});

function newHolders(
  before: { readonly seats: readonly { userId: string }[] },
  after: { readonly seats: readonly { userId: string }[] },
): string[] {
  const known = new Set(before.seats.map(({ userId }) => userId));
  return after.seats.map(({ userId }) => userId).filter((id) => !known.has(id));
}

describeMySql("two nodes on one database", () => {
  it("sell no seat twice, lose no member and know the same user names", async () => {
    const url = await freshDatabase("nodes");
    const nodes = [
      await startTestServer({ database: { url } }),
      await startTestServer({ database: { url } }),
    ] as const;
    const [one, two] = nodes;
    const organisation = await one.organisation("acorn");
    const idp = await organisation.connection("entra");
    await organisation.pool({ name: "desk", capacity: 30 });
    const crew = await idp.scim("POST", "/Groups", { displayName: "Crew" });
    const on = (server: TestServer, method: string, path: string, body: unknown) =>
      send(`${server.url}/scim/v2/${idp.connection.id}${path}`, method, idp.token, body);

    // Each name at both nodes at once.
    const pairs = await Promise.all(
      userNames(60).map((userName) =>
        Promise.all([
          on(one, "POST", "/Users", { userName }),
          on(two, "POST", "/Users", { userName }),
        ]),
      ),
    );
    expect(pairs.map(statusesOf)).toEqual(pairs.map(() => [201, 409]));

    const ids = pairs
      .flat()
      .filter(({ status }) => status === 201)
      .map(({ body }) => body.id as string);
    const additions = await Promise.all(
      ids.map((value, index) =>
        on(
          nodes[index % 2] ?? one,
          "PATCH",
          `/Groups/${crew.body.id}`,
          patchOp({ op: "add", path: "members", value: [{ value }] }),
        ),
      ),
    );
    expect(statusesOf(additions)).toEqual(repeated(60, 204));

    const books = await readBooks(one.app, organisation.organisation.id);
    expectBalanced(books);
    expect([books.seats.length, books.waiting.length]).toEqual([30, 30]);
    expect(books.groups[0]?.memberCount).toBe(60);
    await Promise.all(nodes.map((node) => node.close()));
  });
});
