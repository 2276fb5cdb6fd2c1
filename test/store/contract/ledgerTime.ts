import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { builtInPlugins } from "../../../plugins/index.js";
import { createActions, type Actions } from "../../../src/actions/index.js";
import { createPlanActions, type Plans } from "../../../src/actions/plans.js";
import { loadCatalogue } from "../../../src/catalogueFile.js";
import type { MappingRule, Organisation, Pool, Seat } from "../../../src/domain/directory.js";
import type { Cause } from "../../../src/domain/history.js";
import { SeatkeeperError } from "../../../src/errors.js";
import type { Store } from "../../../src/ports.js";
import type { PlannedChange } from "../../../src/ports/plans.js";
import { rehearse } from "../../../src/scim/rehearse.js";
import { schemasFor } from "../../../src/scim/schema.js";
import { systemIds } from "../../../src/store/index.js";
import { quiet, type Open, type Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";
import { verified } from "../support/verified.js";

/** Time in the ledger: it never falls along the numbers, and says when something was really done. */

const catalogue = loadCatalogue("config/catalogue.yaml");
const cause: Cause = { type: "admin", action: "plan.applied", actor: "ann", requestId: null };
const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const LEASE_SECONDS = 300;
const REHEARSAL_MS = 1_100;

interface Site {
  readonly store: Store;
  readonly clock: { at: number };
  readonly tenant: Tenant;
  readonly actions: Actions;
  readonly plans: Plans;
  readonly organisation: Organisation;
  readonly pools: readonly Pool[];
  close(): Promise<void>;
}

/** A clock that goes on with each look, and over a second while requests are played on a copy. */
async function openSite(open: Open): Promise<Site> {
  const clock = { at: AT };
  const own = await open({ clock: { now: () => (clock.at += 1) } });
  const store: Store = {
    ...own.store,
    copyOf: async (...asked) => {
      const copy = await own.store.copyOf(...asked);
      clock.at += REHEARSAL_MS;
      return copy;
    },
  };
  const tenant = await createTenant(store);
  const pools = [
    tenant.pool(
      { name: "Main", product: "support", tiers: ["standard"], capacity: 2 },
      { acquireOn: "invite", pendingSeconds: 600, ageingSeconds: 60 },
    ),
    tenant.pool(
      { name: "Lease", product: "analytics", tiers: ["viewer"], kind: "concurrent", capacity: 2 },
      { acquireOn: "signIn", onFull: [], leaseSeconds: LEASE_SECONDS, eligibility: "anyone" },
    ),
  ];
  for (const pool of pools) await store.administration.createPool({ ...pool, createdAt: clock.at });
  const parts = { store, catalogue, ids: systemIds, logger: quiet, committed: () => undefined };
  const scim = {
    ...{ ...parts, plugins: new Map(Object.entries(builtInPlugins)), baseUrl: "https://example" },
    schemas: schemasFor(catalogue),
    limits: {
      ...{ scimBodyBytes: 100_000, scimLargeBodyBytes: 100_000 },
      ...{ scimBulkOperations: 100, scimPageSize: 100 },
    },
  };
  const { organisationId } = tenant;
  return {
    ...{ store, clock, tenant, pools },
    actions: createActions(parts),
    plans: createPlanActions({
      ...{ ...parts, planHours: 24 },
      rehearse: (id, change) => rehearse(scim, id, change),
    }),
    organisation: { id: organisationId, slug: "acme", name: "Acme", createdAt: AT },
    close: () => store.close(),
  };
}

const linesOf = ({ store, organisation }: Site) =>
  store.ledger.lines(organisation.id, { after: 0, limit: 10_000 });

async function expectRisingTime(site: Site): Promise<void> {
  const times = (await linesOf(site)).map(({ at }) => at);
  expect(times).toEqual([...times].sort((left, right) => left - right));
}

async function planAndApply({ plans, organisation }: Site, change: PlannedChange): Promise<void> {
  const plan = await plans.makePlan(organisation, change, "ann");
  await plans.applyPlan(organisation, plan.id, cause);
}

function syncOf({ tenant }: Site, userNames: readonly string[], active = true): PlannedChange {
  const Operations = userNames.map((userName) => ({
    ...{ method: "POST", path: "/Users", bulkId: userName, data: { userName, active } },
  }));
  const bulk = { schemas: [BULK_REQUEST], Operations };
  return { type: "sync", connectionId: tenant.connectionId, bulk };
}

function create({ actions, tenant }: Site, userName: string) {
  const document = { userName, active: true };
  const about = { userName, externalId: null, displayName: null, active: true, document };
  return actions.createUser(tenant.scope, about, { ...cause, type: "scim" });
}

async function leaseOf({ actions, organisation }: Site, userId: string): Promise<Seat> {
  const outcome = await actions.acquireSeat(organisation.id, userId, "analytics", cause);
  if (outcome.type !== "held") throw new SeatkeeperError("PoolFull");
  return outcome.seat;
}

function ruleOf({ tenant }: Site, fields: Partial<MappingRule> = {}): MappingRule {
  return {
    ...{ id: systemIds.next(), organisationId: tenant.organisationId, connectionId: null },
    ...{ name: "readers", match: { type: "groupName", name: "Readers" }, createdAt: AT },
    gives: { roles: ["team-leader"] },
    ...fields,
  };
}

const step = fc.record({
  do: fc.constantFrom(
    ...(["batch", "batch", "lease", "renew", "rule", "mode", "pool", "planned"] as const),
    ...(["sync", "sync", "capacity", "look", "back", "back", "farBack", "on"] as const),
  ),
  size: fc.integer({ min: 1, max: 5 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export function ledgerTimeContract({ open, cases }: Subject): void {
  it("I16: never falls along the numbers, whatever is set up, planned, decided together or done by a clock that is put back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 20 }), async (steps) => {
        const site = await openSite(open);
        try {
          for (const [index, one] of steps.entries()) await take(site, one, index);
          await expectRisingTime(site);
          const report = await verified(site.store, site.organisation.id, 10);
          expect(report).toMatchObject({ fault: null });
        } finally {
          await site.close();
        }
      }),
      { numRuns: cases(8) },
    );
  }, 300_000);

  it("I17: a planned synchronisation bears the moment at which it is done, not that of its trial, with all that counts from there", async () => {
    const site = await openSite(open);
    const { store, organisation, clock } = site;
    const names = ["a", "b", "c"];
    const plan = await site.plans.makePlan(organisation, syncOf(site, names), "ann");
    const before = (await linesOf(site)).length;
    const begun = clock.at;
    await site.plans.applyPlan(organisation, plan.id, cause);
    const written = (await linesOf(site)).slice(before);
    const [{ at } = { at: 0 }] = written;
    expect(written.map(({ kind }) => kind)).toContain("seat.stateChanged");
    expect(new Set(written.map((line) => line.at))).toEqual(new Set([at]));
    expect(at).toBeGreaterThan(begun + REHEARSAL_MS);
    await expectRisingTime(site);

    const found = await Promise.all(
      names.map((name) => store.insights.userByName(organisation.id, name)),
    );
    const users = found.flatMap((user) => user ?? []);
    const ids = users.map(({ id }) => id);
    expect(users.map(({ createdAt, updatedAt }) => [createdAt, updatedAt])).toEqual(
      names.map(() => [at, at]),
    );
    const invited = await store.insights.keptSeatsOf(organisation.id, ids);
    expect(invited.map((seat) => [seat.grantedAt, seat.kept?.since, seat.expiresAt])).toEqual([
      [at, at, at + 600_000],
      [at, at, at + 600_000],
    ]);
    const waiting = await store.insights.waitingOf(organisation.id, ids);
    expect(waiting.map(({ since }) => since)).toEqual([at]);
    const log = await store.provisioningLog.list(site.tenant.scope, { limit: 10 });
    expect(log.map((record) => record.at)).toEqual(names.map(() => at));
    const applied = await store.plans.find(organisation.id, plan.id);
    expect(applied?.appliedAt).toBe(at);
    const events = await store.outbox.claim(clock.at, 100, clock.at);
    const told = events.filter(({ organisationId }) => organisationId === organisation.id);
    expect(new Set(told.map((event) => event.at))).toEqual(new Set([at]));
    await site.close();
  });

  it("a decision by a clock that is a little behind is of the time of the entry before it, in what is stored, too", async () => {
    const site = await openSite(open);
    const { store, organisation, clock, actions } = site;
    const { user } = await create(site, "a");
    const head = (await store.ledger.head(organisation.id))!;
    clock.at -= 20_000;
    const seat = await leaseOf(site, user.id);
    expect(seat).toMatchObject({ grantedAt: head.at, expiresAt: head.at + LEASE_SECONDS * 1_000 });
    const renewed = await actions.renewSeat(organisation.id, seat.id, seat.generation, cause);
    expect(renewed.expiresAt).toBe(head.at + LEASE_SECONDS * 1_000);
    const line = (await linesOf(site)).at(-1);
    expect([line?.seatId, line?.at]).toEqual([seat.id, head.at]);
    await site.close();
  });

  it("by a clock that is far behind is of that clock, so that what ends goes on to end, and only the entry keeps the order", async () => {
    const site = await openSite(open);
    const { store, organisation, clock, actions } = site;
    const { user } = await create(site, "a");
    const head = (await store.ledger.head(organisation.id))!;
    clock.at -= 7_200_000;
    const seat = await leaseOf(site, user.id);
    expect(seat.grantedAt).toBe(clock.at);
    clock.at += (LEASE_SECONDS + 1) * 1_000;
    await actions.reconcile(organisation.id);
    const lines = (await linesOf(site)).filter(({ seatId }) => seatId === seat.id);
    expect(lines.map(({ kind, at }) => [kind, at])).toEqual([
      ["seat.granted", head.at],
      ["lease.expired", head.at],
    ]);
    await site.close();
  });
}

/** A refusal is one more thing that may happen. */
async function take(site: Site, { do: what, size }: Step, index: number): Promise<void> {
  const { store, actions, clock, tenant, organisation } = site;
  const names = Array.from({ length: size }, (_, number) => `u${index}-${number}`);
  const early = { cause, at: clock.at, details: {} };
  const people = await store.insights.users(organisation.id, { limit: 5 });
  const someone = people[size % Math.max(people.length, 1)];
  const lease = async () => {
    if (someone === undefined) return;
    const seat = await leaseOf(site, someone.id);
    clock.at += 1_000;
    await actions.renewSeat(organisation.id, seat.id, seat.generation, cause);
  };
  const [main] = site.pools;
  const works: Readonly<Record<Step["do"], () => unknown>> = {
    batch: () => Promise.all(names.map((name) => create(site, name))),
    lease,
    renew: lease,
    // Whoever sets something up takes the time before the lock; meanwhile others have been there.
    rule: async () => {
      await create(site, `r${index}`);
      await store.administration.saveRule(ruleOf(site), early);
    },
    mode: async () => {
      const userId = (await create(site, `m${index}`)).user.id;
      const mode = { product: "support", mode: "daily", actor: "ann" } as const;
      const added = { id: systemIds.next(), userId, at: early.at, ...mode };
      await store.billing.addMode(organisation.id, added, early);
    },
    pool: async () => {
      await create(site, `p${index}`);
      const own = { product: "support", tiers: ["standard"], createdAt: early.at };
      await store.administration.createPool(tenant.pool(own), cause);
    },
    planned: () =>
      planAndApply(site, { type: "rule", rule: ruleOf(site, { name: `r${index}` }), before: null }),
    sync: () => planAndApply(site, syncOf(site, names, size % 2 === 0)),
    capacity: () => actions.changePool(organisation.id, main!.id, { capacity: size }, cause),
    look: () => actions.reconcile(organisation.id),
    back: () => (clock.at -= size * 300),
    farBack: () => (clock.at -= size * 3_600_000),
    on: () => (clock.at += size * 200_000),
  };
  try {
    await works[what]();
  } catch (error) {
    expect(error).toMatchObject({ name: "SeatkeeperError" });
    expect(error).not.toMatchObject({ code: "Internal" });
  }
}
