import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { issueToken } from "../../src/actions/administer.js";
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

/** Plans over sockets, on every database: what others do meanwhile, and what the brake would hold (I17, I22). */

const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** More are worked through in portions. */
const MANY = 210;

onEachDatabase("a plan", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let count = 0;

  beforeAll(async () => {
    server = await startTestServer({ database: { url: await freshDatabaseUrl() } });
  });
  afterAll(() => server.close());

  beforeEach(async () => {
    organisation = await server.organisation(`o${String((count += 1))}`);
    idp = await organisation.connection("generic");
  });

  async function plan(body: object): Promise<string> {
    const made = await organisation.api("POST", "/plans", body);
    expect([made.status, made.body.error]).toEqual([201, undefined]);
    return made.body.id as string;
  }
  const apply = (id: string): Promise<Answer> => organisation.api("POST", `/plans/${id}/apply`);
  const brief = ({ status, body }: Answer) => [status, body.error?.code ?? body.state];
  const rule = (name: string, roles: readonly string[]) => ({
    ...{ name, match: { type: "groupName", name: "Leads" }, gives: { roles, teams: ["North"] } },
  });

  describe("I17: undoes nothing that others have done since", () => {
    const rules = async () =>
      (
        (await organisation.api("GET", "/rules")).body.items as {
          id: string;
          name: string;
          gives: object;
        }[]
      ).map(({ id, name, gives }) => ({ id, name, gives }));

    it("to a pool's policy: it is stale, also for who may not change what was bought meanwhile", async () => {
      const pool = await organisation.pool({ name: "Main", kind: "shared", capacity: 5 });
      const id = await plan({ type: "pool", pool: "Main", change: { policy: { idleDays: 90 } } });
      const meanwhile = { minHoldSeconds: 3_600, protectRunningSession: true };
      const changed = { policy: { ...meanwhile, reservations: [{ group: "Sales", seats: 2 }] } };
      expect((await organisation.api("PATCH", "/pools/Main", changed)).status).toBe(200);
      const { token } = await issueToken(server.app.administer, {
        ...{ kind: "api", organisationId: null, connectionId: null, label: "operator" },
      });
      const address = `${server.url}/api/v1/organisations/${pool.organisationId}/pools/Main`;
      const bought = { onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } };
      expect((await send(address, "PATCH", token, { policy: bought })).status).toBe(200);

      expect(brief(await apply(id))).toEqual([409, "Stale"]);
      const { policy } = (await organisation.api("GET", "/pools/Main")).body;
      expect(policy).toMatchObject({ ...changed.policy, ...bought, idleDays: 0 });
    });

    it("to a rule: of two that take the same name one is stale, as is one about a rule that was edited or removed", async () => {
      const [first, second] = [
        await plan({ type: "rule", rule: rule("leads", ["team-leader"]) }),
        await plan({ type: "rule", rule: rule("leads", []) }),
      ];
      expect(brief(await apply(first))).toEqual([200, "applied"]);
      expect(brief(await apply(second))).toEqual([409, "Stale"]);
      const [stored] = await rules();
      expect([await rules(), stored?.name]).toEqual([[stored], "leads"]);
      const at = `/rules/${String(stored?.id)}`;

      const replacing = () =>
        plan({ type: "rule", rule: rule("others", ["team-leader"]), replaces: stored?.id });
      const overtaken = [await replacing(), await plan({ type: "ruleRemoved", rule: "leads" })];
      expect((await organisation.api("PUT", at, rule("leads", []))).status).toBe(200);
      for (const id of overtaken) expect(brief(await apply(id))).toEqual([409, "Stale"]);
      expect(await rules()).toMatchObject([
        { id: stored?.id, name: "leads", gives: { roles: [] } },
      ]);

      const gone = await replacing();
      expect((await organisation.api("DELETE", at)).status).toBe(204);
      expect(brief(await apply(gone))).toEqual([409, "Stale"]);
      expect(await rules()).toEqual([]);
    });
  });

  describe("I17: is applied once", () => {
    const both = async (id: string) =>
      (await Promise.all([apply(id), apply(id)])).map(brief).sort();

    it("by two at the same moment: the other is told that it is done", async () => {
      await organisation.pool({ name: "Main" });
      const ids = [
        // Made again it would say the same; a rule of that name would be there.
        await plan({ type: "pool", pool: "Main", change: { priority: 3 } }),
        await plan({ type: "rule", rule: rule("leads", ["team-leader"]) }),
      ];
      for (const id of ids) {
        expect(await both(id)).toEqual([
          [200, "applied"],
          [409, "Conflict"],
        ]);
      }
      expect(brief(await organisation.api("GET", `/plans/${String(ids[0])}`))).toEqual([
        200,
        "applied",
      ]);
    });

    it("and not at all after it was thrown away", async () => {
      await organisation.pool({ name: "Main" });
      const id = await plan({ type: "pool", pool: "Main", change: { priority: 3 } });
      expect((await organisation.api("DELETE", `/plans/${id}`)).status).toBe(204);
      expect(brief(await apply(id))).toEqual([404, "NotFound"]);
    });
  });

  describe("I22: of a synchronisation shows whom the brake would keep, and takes the seats when it is applied", () => {
    const LIMIT = { seats: 2, percent: 5 };
    let group: string;
    let names: string[];

    async function fill(size: number): Promise<void> {
      names = Array.from({ length: size }, (_, index) => `p${String(index)}`);
      const members: { value: string }[] = [];
      await organisation.pool({
        ...{ name: "Reports", product: "analytics", tiers: ["viewer"], capacity: size },
      });
      await organisation.rule({
        match: { type: "groupName", name: "Readers" },
        gives: { pools: ["Reports"] },
      });
      for (let at = 0; at < size; at += 100) {
        const part = names.slice(at, at + 100);
        const Operations = part.map((userName) => ({
          ...{ method: "POST", path: "/Users", bulkId: userName, data: { userName } },
        }));
        const answer = await idp.scim("POST", "/Bulk", { schemas: [BULK_REQUEST], Operations });
        const made = answer.body.Operations as { location: string }[];
        members.push(...made.map(({ location }) => ({ value: location.split("/").at(-1) ?? "" })));
      }
      const made = await idp.scim("POST", "/Groups", { displayName: "Readers", members });
      group = made.body.id as string;
      await server.app.actions.reconcileAll();
    }

    const emptied = () => ({ schemas: [GROUP], displayName: "Readers", members: [] });
    const bulk = () => ({
      schemas: [BULK_REQUEST],
      Operations: [{ method: "PUT", path: `/Groups/${group}`, data: emptied() }],
    });
    const sync = () => ({ type: "sync", connection: idp.connection.name, bulk: bulk() });
    const losses = async () => (await organisation.api("GET", "/brake")).body.losses as object[];
    const books = () => readBooks(server.app, organisation.organisation.id);

    async function expectTakenBy(id: string, size: number): Promise<void> {
      const { body } = await organisation.api("GET", `/plans/${id}`);
      expect(body.counts).toMatchObject({ lost: size, changed: 0 });
      expect(body.pools).toMatchObject([{ used: { before: size, after: 0 } }]);
      expect(body.money.totalPerMonth.after).toBe(0);
      expect((await books()).seats).toHaveLength(size);
      expect(brief(await apply(id))).toEqual([200, "applied"]);
      await server.app.actions.reconcileAll();
      expect([await losses(), (await books()).seats]).toEqual([[], []]);
      expectBalanced(await books());
    }

    it.each([6, MANY])(
      "of a bulk request about %s people",
      async (size) => {
        await fill(size);
        await organisation.api("PATCH", "/brake", LIMIT);
        await expectTakenBy(await plan(sync()), size);
      },
      120_000,
    );

    it("of a recorded log, as a plan of the mapping does", async () => {
      await fill(6);
      const members = (await idp.scim("GET", `/Groups/${group}`)).body.members as object[];
      const from = new Date(server.app.store.clock.now()).toISOString();
      await idp.scim("PUT", `/Groups/${group}`, emptied());
      const to = new Date(server.app.store.clock.now()).toISOString();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await idp.scim("PUT", `/Groups/${group}`, { ...emptied(), members });
      await server.app.actions.reconcileAll();
      await organisation.api("PATCH", "/brake", LIMIT);
      const id = await plan({ type: "log", connection: idp.connection.name, from, to });
      const removal = await plan({
        ...{
          type: "ruleRemoved",
          rule: `rule ${JSON.stringify({ type: "groupName", name: "Readers" })}`,
        },
      });
      const told = await organisation.api("GET", `/plans/${removal}`);
      const same = (await organisation.api("GET", `/plans/${id}`)).body;
      expect([same.counts, same.money]).toEqual([told.body.counts, told.body.money]);
      await expectTakenBy(id, 6);
    });

    it("is held back as ever when it comes from the provider itself", async () => {
      await fill(6);
      await organisation.api("PATCH", "/brake", LIMIT);
      const id = await plan(sync());
      expect((await idp.scim("POST", "/Bulk", bulk())).status).toBe(200);
      expect(await losses()).toMatchObject([{ state: "NeedsApproval", seats: 6 }]);
      // What waits for a person's decision is not decided by a plan that says something else.
      expect(brief(await apply(id))).toEqual([409, "Stale"]);
      expect((await books()).seats).toHaveLength(6);
    });

    it("leaves in the ledger who applied it, with the request that the log of the connection has", async () => {
      await fill(6);
      const before = (await books()).entries.length;
      const id = await plan(sync());
      const { body } = await apply(id);
      const made = (await books()).entries.slice(before);
      const actor = body.appliedBy as string;
      expect(made[0]).toMatchObject({
        ...{ kind: "setup.changed", reason: "plan.applied", userId: null },
        ...{
          cause: { type: "admin", actor },
          details: { planId: id, connectionId: idp.connection.id },
        },
      });
      const released = made.filter(({ kind }) => kind === "seat.released");
      expect(released).toHaveLength(6);
      for (const { cause, reason } of released) {
        expect([reason, cause]).toMatchObject([
          "claimLost",
          { type: "admin", action: "plan.applied", actor },
        ]);
      }
      const log = await organisation.api("GET", `/connections/${idp.connection.id}/log?method=PUT`);
      const [record] = log.body.items as { requestId: string }[];
      expect(released[0]?.cause.requestId).toBe(record?.requestId);
    });
  });
});
