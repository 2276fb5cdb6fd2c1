import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { patchOp } from "../support/patchOp.js";
import {
  startTestServer,
  temporaryFolder,
  type TestConnection,
  type TestOrganisation,
  type TestServer,
} from "../support/server.js";
import { readBooks } from "./books.js";
import { onEachDatabase } from "./databases.js";
import { productionConfig, sameConfig } from "./program.js";
import { runCommand } from "../support/command.js";

/** A recorded sync, sent again to a copy: over the API and the command line, beside a running server. */

onEachDatabase("a replay", (freshDatabaseUrl) => {
  const folder = temporaryFolder();
  let server: TestServer;
  let config: string;
  let slug: string;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let organisations = 0;

  beforeAll(async () => {
    const url = await freshDatabaseUrl();
    server = await startTestServer(sameConfig(url));
    config = productionConfig(folder.path, url);
  });
  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  beforeEach(async () => {
    slug = `acorn-${(organisations += 1)}`;
    organisation = await server.organisation(slug);
    idp = await organisation.connection("entra");
    await organisation.pool({ name: "desk", tiers: ["standard", "professional"], capacity: 3 });
    await organisation.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
  });

  async function create(userName: string, more: object = {}): Promise<string> {
    const { body } = await idp.scim("POST", "/Users", { userName, active: true, ...more });
    return body.id as string;
  }

  /** Creations, refusals, a repair, seats given, raised, taken back, waited for; 13 requests. */
  async function sync(): Promise<string[]> {
    const ids = [];
    for (const name of ["ann", "ben", "cat", "dan"]) {
      ids.push(await create(`${name}@acorn.example`));
    }
    const [ann, ben, cat, dan] = ids as [string, string, string, string];
    await create("ann@acorn.example");
    const group = await idp.scim("POST", "/Groups", {
      displayName: "Leads",
      members: [{ value: ann }, { value: cat }],
    });
    const leads = `/Groups/${group.body.id}`;
    await idp.scim(
      "PATCH",
      `/Users/${ben}`,
      patchOp({ op: "Replace", path: "active", value: "False" }),
    );
    await idp.scim(
      "PATCH",
      `/Users/${ben}`,
      patchOp({ op: "replace", path: "active", value: false }),
    );
    await idp.scim("PATCH", leads, patchOp({ op: "remove", path: `members[value eq "${cat}"]` }));
    await idp.scim(
      "PATCH",
      leads,
      patchOp({ op: "add", path: "members", value: [{ value: dan }] }),
    );
    await idp.scim("PATCH", leads, patchOp({ op: "nonsense" }));
    await idp.scim(
      "PUT",
      `/Users/${ann}`,
      { userName: "anna@acorn.example" },
      { "if-match": 'W/"1"' },
    );
    await idp.scim("DELETE", `/Users/${cat}`);
    return ids;
  }

  async function delivered(): Promise<void> {
    while ((await server.app.store.outbox.backlog()) > 0) await sleep(20);
  }

  async function replay(body: object = {}): Promise<any> {
    const path = `/connections/${idp.connection.id}/log/replay`;
    const answer = await organisation.api("POST", path, body);
    expect(answer.status).toBe(200);
    return answer.body;
  }

  async function cli(...args: string[]): Promise<string> {
    const { code, out, err } = await runCommand(folder.path, [...args, "--config", config]);
    expect([code, err]).toEqual([0, ""]);
    return out;
  }

  it("gives every request the same verdict and the same seats, and touches nothing that is live", async () => {
    await sync();
    await delivered();
    const before = await readBooks(server.app, organisation.organisation.id);
    const events = server.events.length;

    const report = await replay();

    expect(report).toMatchObject({ requests: 13, same: 13, different: 0, notReplayed: 0 });
    expect(report.differences).toEqual([]);
    expect(report.seats.replayed).toEqual({ "support professional": 2 });
    expect(report.seats.recorded).toEqual(report.seats.replayed);
    expect(report.pricePerMonth.recorded).toBeGreaterThan(0);
    expect(await readBooks(server.app, organisation.organisation.id)).toEqual(before);
    expect(server.events.length).toBe(events);
    expect(await replay({ onEmpty: true })).toMatchObject({ requests: 13, same: 13 });
  });

  it("repeats changes of single memberships, and their refusals", async () => {
    const ann = await create("ann@acorn.example");
    const leads = (await idp.scim("POST", "/Groups", { displayName: "Leads" })).body.id as string;
    const join_ = { group: { value: leads }, member: { value: ann } };
    const { body: membership } = await idp.scim("POST", "/GroupMemberships", join_);
    expect((await idp.scim("POST", "/GroupMemberships", join_)).status).toBe(409);
    const path = `/GroupMemberships/${membership.id}`;
    const stale = await idp.scim("DELETE", path, undefined, { "if-match": 'W/"2"' });
    expect(stale.status).toBe(412);
    expect((await idp.scim("DELETE", path)).status).toBe(204);
    expect((await idp.scim("DELETE", path)).status).toBe(404);

    const report = await replay({ onEmpty: true });

    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ requests: 7, same: 7 });
    const log = `/connections/${idp.connection.id}/log`;
    const { items } = (await organisation.api("GET", log)).body;
    expect(items.filter(({ resource }: any) => resource === "GroupMemberships")).toHaveLength(5);
    expect(items[0]).toMatchObject({ resourceId: leads, userId: ann });
  });

  it("shows what another rule would have done with the same requests", async () => {
    const [ann] = await sync();
    const rules = (await organisation.api("GET", "/rules")).body.items;
    await organisation.api("DELETE", `/rules/${rules[0].id}`);
    await server.app.actions.reconcileAll();

    const report = await replay();

    expect(report).toMatchObject({ requests: 13, notReplayed: 0, different: 3 });
    expect(report.seats).toEqual({
      recorded: { "support professional": 2 },
      replayed: { "support standard": 2 },
    });
    expect(report.pricePerMonth.replayed).toBeLessThan(report.pricePerMonth.recorded);
    const [group] = report.differences;
    expect(group).toMatchObject({ method: "POST", resource: "Groups", isVerdictSame: true });
    expect(group.seats.onlyRecorded).toContainEqual(
      expect.objectContaining({ kind: "seat.tierChanged", userId: ann, tier: "professional" }),
    );
    expect(group.seats.onlyReplayed).toEqual([]);
  });

  it("of a part begins with those who were there before", async () => {
    const old = await create("old@acorn.example");
    const { items } = (await organisation.api("GET", `/connections/${idp.connection.id}/log`)).body;
    await idp.scim(
      "PATCH",
      `/Users/${old}`,
      patchOp({ op: "replace", path: "title", value: "Boss" }),
    );
    const fresh = await create("new@acorn.example");
    await idp.scim(
      "PATCH",
      `/Users/${fresh}`,
      patchOp({ op: "replace", path: "title", value: "x" }),
    );
    await idp.scim("DELETE", `/Users/${old}`);

    const from = new Date(Date.parse(items[0].at) + 1).toISOString();
    const report = await replay({ from });

    expect(report).toMatchObject({ requests: 4, notReplayed: 2, different: 0, same: 2 });
    expect(report.differences.map(({ notReplayed }: any) => notReplayed)).toEqual([
      "goneSince",
      "goneSince",
    ]);
  });

  it("works from the command line, and from an exported log in another organisation", async () => {
    await sync();
    const api = (await organisation.api("GET", `/connections/${idp.connection.id}/log`)).body;

    const listed = JSON.parse(await cli("log", "list", slug, "--json"));
    expect(listed.items).toEqual(api.items);
    const refused = await cli("log", "list", slug, "--verdict", "Uniqueness");
    expect(refused).toMatch(/POST \/Users +ann@acorn\.example +409 Uniqueness/);
    const [{ id }] = api.items;
    const shown = JSON.parse(await cli("log", "show", slug, id, "--json"));
    expect(shown).toEqual(
      (await organisation.api("GET", `/connections/${idp.connection.id}/log/${id}`)).body,
    );
    expect(await cli("log", "show", slug, id)).toContain("DELETE");
    expect(JSON.parse(await cli("log", "replay", slug, "--json"))).toMatchObject({
      requests: 13,
      same: 13,
    });
    const replayed = await cli("log", "replay", slug);
    expect(replayed).toMatch(/requests: +13\nsame: +13\n/);
    expect(replayed).toMatch(
      /^price recorded: +(\d+\.\d\d)\nprice replayed: +\1\ncurrency: +USD$/m,
    );

    const exported = await cli("log", "export", slug);
    expect(exported.split("\n")).toHaveLength(13);
    const file = join(folder.path, `${slug}.jsonl`);
    writeFileSync(file, `${exported}\n`);
    const lab = await server.organisation(`lab-${slug}`);
    await lab.connection("entra");
    await lab.pool({ name: "small", tiers: ["standard", "professional"], capacity: 3 });
    await lab.rule({
      match: { type: "groupName", name: "Leads" },
      gives: { roles: ["team-leader"] },
    });
    const inLab = ["log", "replay", `lab-${slug}`, "--on-empty", "--file", file, "--json"];
    expect(JSON.parse(await cli(...inLab))).toMatchObject({ requests: 13, same: 13, different: 0 });
    const books = await readBooks(server.app, lab.organisation.id);
    expect([books.users, books.seats]).toEqual([[], []]);
  });

  it("of another organisation's log does not exist", async () => {
    await sync();
    const other = await server.organisation(`other-${slug}`);
    const path = `/connections/${idp.connection.id}/log/replay`;
    expect((await other.api("POST", path, {})).status).toBe(404);
    expect((await organisation.api("POST", path, { form: 1 })).status).toBe(400);
  });
});
