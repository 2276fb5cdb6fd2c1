import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { issueToken } from "../../src/actions/administer.js";
import { createPlanActions, type Plans } from "../../src/actions/plans.js";
import { libraryConfig } from "../../src/config.js";
import type { SeatkeeperError } from "../../src/errors.js";
import { createLogger } from "../../src/http/logger.js";
import { loadPlugins } from "../../src/pluginLoader.js";
import type { Store } from "../../src/ports.js";
import { rehearse } from "../../src/scim/rehearse.js";
import { schemasFor } from "../../src/scim/schema.js";
import { createStore } from "../../src/store/index.js";
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

/** I17: what happens between the moments in which a plan reads, and what the background has begun and not ended. */

const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** A portion of the background has 200. */
const MANY = 210;

onEachDatabase("a plan, while others write", (freshDatabaseUrl) => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let idp: TestConnection;
  let count = 0;
  /** Done once, after what a plan reads ahead of its transaction has been read. */
  let inBetween: (() => Promise<unknown>) | null = null;
  /** Only portions that the test asks for. */
  let isHeld = false;

  function watched(store: Store): Store {
    const settings: Store["billing"]["settings"] = async (organisationId) => {
      const read = await store.billing.settings(organisationId);
      const work = inBetween;
      inBetween = null;
      await work?.();
      return read;
    };
    return {
      ...store,
      billing: { ...store.billing, settings },
      organisationsWithWork: (now) =>
        isHeld ? Promise.resolve([]) : store.organisationsWithWork(now),
    };
  }

  /** What was bought is an operator's to change. */
  let operator: string;
  let other: TestServer;

  beforeAll(async () => {
    const url = await freshDatabaseUrl();
    const store = await createStore({ url, logger: createLogger({ level: "silent" }) });
    server = await startTestServer({ database: { url } }, { store: watched(store) });
    const second = await createStore({ url, logger: createLogger({ level: "silent" }) });
    other = await startTestServer({ database: { url } }, { store: watched(second) });
    const issued = await issueToken(server.app.administer, {
      ...{ kind: "api", organisationId: null, connectionId: null, label: "operator" },
    });
    operator = issued.token;
  });
  afterAll(() => Promise.all([server.close(), other.close()]));

  beforeEach(async () => {
    isHeld = false;
    organisation = await server.organisation(`o${String((count += 1))}`);
    idp = await organisation.connection("generic");
  });

  function bought(method: string, path: string, body?: object): Promise<Answer> {
    const { slug } = organisation.organisation;
    return send(`${server.url}/api/v1/organisations/${slug}${path}`, method, operator, body);
  }
  async function plan(body: object): Promise<string> {
    const made = await bought("POST", "/plans", body);
    expect([made.status, made.body.error]).toEqual([201, undefined]);
    return made.body.id as string;
  }
  const apply = (id: string): Promise<Answer> => bought("POST", `/plans/${id}/apply`);
  const brief = ({ status, body }: Answer) => [status, body.error?.code ?? body.state];
  const books = () => readBooks(server.app, organisation.organisation.id);

  describe("between the reading of the ledger and the transaction", () => {
    it("is stale when the prices became others: what it says of the money would be wrong", async () => {
      await organisation.pool({ name: "Main", capacity: 5 });
      const id = await plan({ type: "pool", pool: "Main", change: { capacity: 7 } });
      const tiers = { standard: { pricePerMonth: 9_900 } };
      const dearer = { products: { support: { basis: "purchased", tiers } }, version: 0 };
      inBetween = async () =>
        expect((await bought("PUT", "/billing", dearer)).status).toBeLessThan(300);

      expect(brief(await apply(id))).toEqual([409, "Stale"]);
      expect((await books()).pools).toMatchObject([{ capacity: 5 }]);
    });

    it("holds when what was written does not concern it, and nothing of either is lost", async () => {
      await organisation.pool({ name: "Main", capacity: 5 });
      const id = await plan({ type: "pool", pool: "Main", change: { capacity: 7 } });
      const match = { type: "groupName", name: "Nobody" };
      const rule = { name: "nobody", match, gives: { teams: ["North"] } };
      inBetween = async () =>
        expect((await organisation.api("POST", "/rules", rule)).status).toBe(201);

      expect(brief(await apply(id))).toEqual([200, "applied"]);
      expect((await books()).pools).toMatchObject([{ capacity: 7 }]);
      expect((await organisation.api("GET", "/rules")).body.items).toMatchObject([
        { name: "nobody" },
      ]);
      expectBalanced(await books());
    });
  });

  describe("while the brake is counting the losses of something else", () => {
    let group: string;

    async function fill(): Promise<void> {
      await organisation.pool({
        ...{ name: "Reports", product: "analytics", tiers: ["viewer"], capacity: MANY },
      });
      await organisation.rule({
        match: { type: "groupName", name: "Readers" },
        gives: { pools: ["Reports"] },
      });
      const members: { value: string }[] = [];
      for (let at = 0; at < MANY; at += 70) {
        const Operations = Array.from({ length: 70 }, (_, index) => ({
          ...{ method: "POST", path: "/Users", bulkId: `b${String(index)}` },
          data: { userName: `p${String(at + index)}` },
        }));
        const { body } = await idp.scim("POST", "/Bulk", { schemas: [BULK_REQUEST], Operations });
        const made = body.Operations as { location: string }[];
        members.push(...made.map(({ location }) => ({ value: location.split("/").at(-1) ?? "" })));
      }
      const made = await idp.scim("POST", "/Groups", { displayName: "Readers", members });
      group = made.body.id as string;
      await settle();
    }

    /** What the background would do, and it does nothing itself meanwhile. */
    async function settle(): Promise<void> {
      for (let turn = 0; turn < 6; turn += 1) {
        await server.app.actions.reconcile(organisation.organisation.id);
      }
    }
    beforeEach(() => {
      isHeld = true;
    });

    const emptied = () => ({ schemas: [GROUP], displayName: "Readers", members: [] });
    const loss = async () =>
      (
        (await organisation.api("GET", "/brake")).body.losses as { state: string; seats: number }[]
      )[0];

    /** The group loses all, and the background has done one portion of it. */
    async function beginToLose(limit: number): Promise<void> {
      await organisation.api("PATCH", "/brake", { seats: limit, percent: 5 });
      expect((await idp.scim("PUT", `/Groups/${group}`, emptied())).status).toBe(200);
      await server.app.actions.reconcile(organisation.organisation.id);
      expect(await loss()).toMatchObject({ state: "Counting", seats: 200 });
    }

    const PLANS = {
      "more seats": () => ({ type: "pool", pool: "Reports", change: { capacity: MANY + 5 } }),
      "fewer seats": () => ({ type: "pool", pool: "Reports", change: { capacity: 100 } }),
      "a rule less": async () => {
        const rules = (await organisation.api("GET", "/rules")).body.items as { name: string }[];
        return { type: "ruleRemoved", rule: rules[0]?.name };
      },
      "a synchronisation": () => ({
        ...{ type: "sync", connection: idp.connection.name },
        bulk: {
          schemas: [BULK_REQUEST],
          Operations: [
            { method: "POST", path: "/Users", bulkId: "new", data: { userName: "newcomer" } },
          ],
        },
      }),
    };

    /** Applied, it has done what it said; otherwise nothing. @returns which of the two it was */
    async function applied(id: string): Promise<string> {
      const before = await books();
      const answer = await apply(id);
      const after = await books();
      const { body } = await organisation.api("GET", `/plans/${id}`);
      if (answer.status === 200) {
        const [told] = body.pools as { used: { after: number }; capacity: { after: number } }[];
        const lost = before.seats.length - after.seats.length;
        expect([body.counts.lost, told]).toMatchObject([
          lost,
          { used: { after: after.seats.length }, capacity: { after: after.pools[0]?.capacity } },
        ]);
      } else {
        expect(brief(answer)).toEqual([409, "Stale"]);
        expect([after.seats, after.pools]).toEqual([before.seats, before.pools]);
      }
      // A capacity that was lowered beneath what is held is no fault.
      if (after.pools.every(({ capacity }) => capacity >= after.seats.length)) {
        expectBalanced(after);
      }
      return String(brief(answer)[1]);
    }

    /** What the brake says of itself is what is so. */
    async function expectCounted(state: string): Promise<void> {
      const { seats } = await books();
      const held = seats.filter(({ heldBy }) => heldBy !== undefined).length;
      const told = await loss();
      expect([told?.state, state === "passed" ? held : told?.seats]).toEqual([
        state,
        state === "passed" ? 0 : held,
      ]);
    }

    it.each(Object.entries(PLANS))(
      "made and applied meanwhile (%s) it does what it said, and the counting goes on as if there had been none",
      async (_, change) => {
        await fill();
        await beginToLose(2);
        expect(await applied(await plan(await change()))).toBe("applied");
        await settle();
        await expectCounted("NeedsApproval");
      },
      120_000,
    );

    it.each(Object.entries(PLANS))(
      "made before and applied meanwhile (%s) it does what it said or is stale",
      async (_, change) => {
        await fill();
        const id = await plan(await change());
        await beginToLose(2);
        await applied(id);
        await settle();
        await expectCounted("NeedsApproval");
      },
      120_000,
    );

    it.each(Object.entries(PLANS))(
      "made meanwhile and applied when all was counted and little enough (%s) it does what it said or is stale",
      async (_, change) => {
        await fill();
        await beginToLose(10_000);
        const id = await plan(await change());
        await settle();
        expect((await books()).seats).toHaveLength(0);
        await applied(id);
        await settle();
        await expectCounted("passed");
      },
      120_000,
    );
  });

  describe("of a synchronisation, applied by two servers at the same moment", () => {
    const arriving = () => ({
      ...{ type: "sync", connection: idp.connection.name },
      bulk: {
        schemas: [BULK_REQUEST],
        Operations: ["ann", "bob", "cid"].map((userName) => ({
          ...{ method: "POST", path: "/Users", bulkId: userName, data: { userName } },
        })),
      },
    });

    /** As the door has them; one process rehearses one synchronisation at a time, and these are two. */
    async function plansAt({ app, url }: TestServer): Promise<Plans> {
      const config = libraryConfig({ mode: "practice" });
      const scim = {
        ...{ store: app.store, catalogue: app.catalogue, ids: app.ids },
        ...{ logger: app.logger, baseUrl: url },
        plugins: await loadPlugins([], []),
        schemas: schemasFor(app.catalogue),
        limits: config.limits,
      };
      return createPlanActions({
        ...{ store: app.store, catalogue: app.catalogue, ids: app.ids },
        ...{ committed: () => undefined, planHours: 24 },
        rehearse: (id, change) => rehearse(scim, id, change),
      });
    }

    /** The one at the one server, the other at the other. */
    async function applyBoth(one: string, two: string): Promise<string[]> {
      const cause = {
        type: "admin",
        action: "plan.applied",
        actor: "ann",
        requestId: null,
      } as const;
      const whole = organisation.organisation;
      const done = [
        (await plansAt(server)).applyPlan(whole, one, cause),
        (await plansAt(other)).applyPlan(whole, two, cause),
      ].map((work) =>
        work.then(() => "applied").catch((error: unknown) => (error as SeatkeeperError).code),
      );
      return (await Promise.all(done)).sort();
    }

    async function expectDoneOnce(): Promise<void> {
      const all = await books();
      expect(all.users.map(({ userName }) => userName).sort()).toEqual(["ann", "bob", "cid"]);
      expect([all.seats.length, all.waiting.length]).toEqual([2, 1]);
      expect(all.entries.filter(({ reason }) => reason === "plan.applied")).toHaveLength(1);
      expectBalanced(all);
    }

    it("the same plan is done once, and the other is told that it is done", async () => {
      await organisation.pool({ name: "Main", capacity: 2 });
      const id = await plan(arriving());
      expect(await applyBoth(id, id)).toEqual(["Conflict", "applied"]);
      await expectDoneOnce();
    });

    it("of two plans about the same people one is done, and the other is stale", async () => {
      await organisation.pool({ name: "Main", capacity: 2 });
      const [one, two] = [await plan(arriving()), await plan(arriving())];
      expect(await applyBoth(one, two)).toEqual(["Stale", "applied"]);
      await expectDoneOnce();
    });
  });

  describe("about a capacity, when it was checked against what has changed since", () => {
    const CHANGED = {
      "more places are reserved": () =>
        bought("PATCH", "/pools/Main", {
          policy: { reservations: [{ group: "Sales", seats: 4 }] },
        }),
      "fewer places are reserved": () =>
        bought("PATCH", "/pools/Main", { policy: { reservations: [] } }),
      "a reduction is planned": () =>
        bought("POST", "/pools/Main/contractions", {
          ...{ capacity: 3, at: new Date(Date.now() + 30 * 86_400_000).toISOString() },
        }),
    };

    it.each(Object.entries(CHANGED))("is stale: %s", async (_, change) => {
      const reservations = [{ group: "Sales", seats: 2 }];
      await organisation.pool({ name: "Main", capacity: 5 });
      await bought("PATCH", "/pools/Main", { policy: { reservations, undo: "ifFree" } });
      const id = await plan({ type: "pool", pool: "Main", change: { capacity: 3 } });
      const changed = await change();
      expect([changed.status < 300, changed.body]).toEqual([true, changed.body]);

      expect(brief(await apply(id))).toEqual([409, "Stale"]);
      expect((await books()).pools).toMatchObject([{ capacity: 5 }]);
    });
  });
});
