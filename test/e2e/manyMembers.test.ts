import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { INLINE_MEMBERS_MAX } from "../../src/domain/people/groups.js";
import { patchOp } from "../support/patchOp.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";
import { expectBalanced, readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";

/** Changes of a mapped group whose seats follow in the background, while the group goes on changing. */

const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

onEachDatabase("a mapped group of many members", (freshDatabaseUrl) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });
  afterAll(() => server.close());

  it("gives everybody in it the right seat in the end, and nobody else, however its changes meet", async () => {
    const organisation = await server.organisation("acorn");
    const idp = await organisation.connection("entra");
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 300 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    const users = Array.from({ length: 235 }, (_, index) => ({
      method: "POST",
      path: "/Users",
      bulkId: `u${String(index)}`,
      data: { userName: `user${String(index)}@acorn.example` },
    }));
    const made = await idp.scim("POST", "/Bulk", { schemas: [BULK], Operations: users });
    const ids: string[] = made.body.Operations.map(({ location }: { location: string }) =>
      location.split("/").at(-1),
    );
    const some = (from: number, to: number) => ids.slice(from, to).map((value) => ({ value }));
    const many = some(0, INLINE_MEMBERS_MAX + 5);
    const group = await idp.scim("POST", "/Groups", {
      displayName: "Leads",
      members: [...many, ...some(205, 215)],
    });
    const patch = (op: string, value: unknown, path = "members"): Promise<Answer> =>
      idp.scim("PATCH", `/Groups/${group.body.id}`, patchOp({ op, path, value }));
    const each = (op: string, from: number, to: number) =>
      some(from, to).map((member) => patch(op, [member]));
    const renamed = async () => [
      await patch("replace", "Former", "displayName"),
      await patch("replace", "Leads", "displayName"),
    ];
    const answers = await Promise.all([
      patch("remove", many),
      ...each("add", 215, 225),
      ...each("remove", 205, 208),
      server.app.actions.reconcileAll(),
      renamed(),
    ]);
    const more = await Promise.all([
      patch("add", many),
      ...each("add", 225, 235),
      server.app.actions.reconcileAll(),
      ...each("remove", 208, 210),
    ]);
    const statuses = [...answers, ...more].flatMap((answer) => answer ?? []);
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([204]));

    await server.app.actions.reconcileAll();

    const members = [...ids.slice(0, 205), ...ids.slice(210)].sort();
    const books = await readBooks(server.app, organisation.organisation.id);
    expectBalanced(books);
    expect(books.members.map(([, ...userIds]) => userIds.sort())).toEqual([members]);
    const holding = (tier: string) =>
      books.seats.flatMap((seat) => (seat.tier === tier ? [seat.userId] : [])).sort();
    expect(holding("professional")).toEqual(members);
    expect(holding("standard")).toEqual(ids.slice(205, 210).sort());
    expect(books.waiting).toEqual([]);
  });
});
