import { expect, it } from "@jest/globals";
import { createActions } from "../../../src/actions/index.js";
import { createPlanActions } from "../../../src/actions/plans.js";
import { waitingPage } from "../../../src/admin/waiting.js";
import { waitingFor, who } from "../../../src/admin/who.js";
import type { Catalogue } from "../../../src/domain/catalogue.js";
import type { Pool, User, WaitingEntry } from "../../../src/domain/directory.js";
import type { Cause } from "../../../src/domain/history.js";
import { defaultPolicy } from "../../../src/domain/pools/policy.js";
import { systemIds } from "../../../src/store/index.js";
import { product } from "../../domain/organisation.js";
import { quiet, type Subject } from "../support/open.js";
import { AT, createTenant } from "../support/tenant.js";

/** Who waits for one of several pools by name stands in the lists of all of them (docs/adr/0050). */

const CATALOGUE: Catalogue = {
  products: new Map([["desk", product("desk", [["basic", "chat"]])]]),
  permissions: new Map([["chat", { id: "chat", title: "Chat", requires: { desk: ["chat"] } }]]),
  roles: new Map(),
  settings: new Map(),
};
const CAUSE: Cause = { type: "scim", action: "test", actor: "idp", requestId: null };

export function severalPoolsContract({ store, opened }: Subject): void {
  it("I10: the list of each pool has them in order, each once, also behind a limit and behind those of a group", async () => {
    const tenant = await createTenant(store());
    const reservations = [{ group: "Sales", seats: 1 }];
    const [a, b, c] = [
      tenant.pool({ tiers: ["basic"] }),
      tenant.pool({ tiers: ["basic"] }, { reservations }),
      tenant.pool({ tiers: ["basic", "pro"] }),
    ];
    for (const pool of [a, b, c]) await store().administration.createPool(pool);
    const users = Array.from({ length: 8 }, () => tenant.user());
    const inPools = (...pools: Pool[]) => {
      const [poolId = null, ...alsoPools] = pools.map(({ id }) => id);
      return { poolId, ...(alsoPools.length === 0 ? {} : { alsoPools }) };
    };
    const kinds: Partial<WaitingEntry>[] = [
      inPools(a, b),
      inPools(a),
      inPools(c, a, b),
      { poolId: null },
      { ...inPools(a, b), reason: "HoldsMore" },
      { ...inPools(a, b), reservedIn: ["Sales"] },
      inPools(c, b),
      { ...inPools(a, c), turn: AT - 1, priority: 1 },
    ];
    const entries = kinds.map((kind, index) =>
      tenant.waiting(users[index]!, { since: AT + index, ...kind }),
    );
    await tenant.save({ usersInserted: users, waitingInserted: entries });
    const pick = (...indexes: number[]) => indexes.map((index) => entries[index]);
    const listsOf = async (candidates: number) => {
      const { waiting, cut } = await tenant.load({ candidates });
      return [a, b, c].map(({ id }) => [waiting.get(id), cut?.has(id) ?? false]);
    };

    expect(await listsOf(10)).toEqual([
      [pick(7, 0, 1, 2, 3, 4, 5), false],
      [pick(0, 2, 3, 4, 5, 6), false],
      [pick(7, 2, 3, 6), false],
    ]);
    expect((await listsOf(1)).map(([list]) => (list as WaitingEntry[]).slice(0, 2))).toEqual([
      pick(7, 0),
      pick(0, 2),
      pick(7, 2),
    ]);
    // The first member of the group, behind everybody else of the list that is cut.
    expect((await tenant.load({ candidates: 1 })).waiting.get(b.id)).toContainEqual(entries[5]);

    // Before the seventh, who waits in B and C, are all but who waits in A alone, each once; and last is who could do without.
    const positions = [2, 3, 4, 5, 8, 6, 6, 1];
    const ofAll = entries.map((entry) =>
      store().insights.waitingPosition(tenant.organisationId, entry),
    );
    expect(await Promise.all(ofAll)).toEqual(positions);
    const deps = { store: store(), catalogue: CATALOGUE };
    const asked = { product: "desk", after: undefined, limit: 20 };
    const page = await waitingPage(deps, tenant.organisationId, asked);
    expect(page.items.map(({ id, position }) => [id, position])).toEqual(
      [7, 0, 1, 2, 3, 5, 6, 4].map((index) => [entries[index]!.id, positions[index]]),
    );
    const late = { ...asked, limit: 4 };
    const head = await waitingPage(deps, tenant.organisationId, late);
    const rest = await waitingPage(deps, tenant.organisationId, {
      ...late,
      after: head.next ?? undefined,
    });
    expect([...head.items, ...rest.items]).toEqual(page.items);
  });

  it("I10: the rows of further pools follow the entry: changed, with fewer pools, gone, and gone with the person", async () => {
    const tenant = await createTenant(store());
    const [a, b] = [tenant.pool(), tenant.pool()];
    for (const pool of [a, b]) await store().administration.createPool(pool);
    const user = tenant.user();
    const entry = tenant.waiting(user, { poolId: a.id, alsoPools: [b.id] });
    await tenant.save({ usersInserted: [user], waitingInserted: [entry] });
    const heads = async () => {
      const { waiting } = await tenant.load({ candidates: 5 });
      return [a, b].map(({ id }) => waiting.get(id) ?? []);
    };
    const change = async (before: WaitingEntry, after: WaitingEntry) => {
      const waitingNamedSeveral = before.alsoPools === undefined ? [] : [before];
      await tenant.save({ waitingUpdated: [after], waitingNamedSeveral });
      expect(await heads()).toEqual(
        [a, b].map(({ id }) =>
          [after.poolId, ...(after.alsoPools ?? [])].includes(id) ? [after] : [],
        ),
      );
    };
    const { alsoPools: _, ...one } = entry;
    await change(entry, { ...entry, turn: AT - 7, priority: 1 });
    await change(entry, one);
    await change(one, { ...one, poolId: b.id, alsoPools: [a.id] });
    const last = { ...one, poolId: b.id, alsoPools: [a.id] };
    await tenant.save({ waitingDeleted: [last], waitingNamedSeveral: [last] });
    expect(await heads()).toEqual([[], []]);
    await tenant.save({ waitingInserted: [last] });
    await tenant.save({ usersDeleted: [user.id] });
    expect(await heads()).toEqual([[], []]);
    const raw = await opened().raw?.();
    if (raw === undefined) return;
    const rows = "SELECT entryId FROM waiting_also WHERE organisationId = ?";
    expect(await raw.all(rows, [tenant.organisationId])).toEqual([]);
    await raw.close();
  });

  it("I10, I26, I17: a seat that comes free in either pool is theirs in the same commit, nobody passes them, and all answers agree", async () => {
    const tenant = await createTenant(store());
    const { organisationId, scope } = tenant;
    const deps = { store: store(), catalogue: CATALOGUE };
    const parts = { ...deps, ids: systemIds, logger: quiet };
    const actions = createActions(parts);
    const plans = createPlanActions({ ...parts, committed: () => undefined, planHours: 1 });
    const pools = ["A", "B"].map((name) =>
      tenant.pool(
        { name, product: "desk", tiers: ["basic"], kind: "locked", capacity: 1 },
        { ...defaultPolicy("locked"), onFull: ["wait"] },
      ),
    );
    for (const pool of pools) {
      await store().administration.createPool(pool);
      await store().administration.saveRule({
        ...{ id: systemIds.next(), organisationId, name: pool.name, connectionId: null },
        match: { type: "attribute", attribute: pool.name, equals: "yes" },
        gives: { permissions: ["chat"], pools: [pool.name] },
        createdAt: AT,
      });
    }
    const create = async (userName: string, ...names: string[]): Promise<User> => {
      const document = { userName, ...Object.fromEntries(names.map((name) => [name, "yes"])) };
      const draft = { userName, externalId: null, displayName: null, active: true, document };
      return (await actions.createUser(scope, draft, CAUSE)).user;
    };
    const told = ({ id }: User) => who(deps, organisationId, id);
    const poolsOf = async (user: User) => (await told(user)).seats.map(({ pool }) => pool);
    const counts = async () => {
      const line = await store().insights.waiting(organisationId, "desk", 100);
      return pools.map((pool) => waitingFor(pool, line));
    };

    const ann = await create("ann", "A");
    const bob = await create("bob", "B");
    const una = await create("una", "A", "B");
    const cyd = await create("cyd", "B");
    const dov = await create("dov", "A");
    const entry = { poolId: pools[0]!.id, alsoPools: [pools[1]!.id], position: 1 };
    expect(await told(una)).toMatchObject({ waiting: [entry] });
    expect(await told(cyd)).toMatchObject({ waiting: [{ poolId: pools[1]!.id, position: 2 }] });
    expect(await counts()).toEqual([2, 2]);

    // A plan that takes the claim to B from everybody who has it by the rule counts as the API does, before and after.
    const [ofA, ofB] = await store().administration.listRules(organisationId);
    const ruleB = [ofA, ofB].find((rule) => rule?.name === "B")!;
    const organisation = (await store().administration.findOrganisation(organisationId))!;
    const without = { type: "ruleRemoved", ruleId: ruleB.id, before: ruleB } as const;
    const { report } = await plans.makePlan(organisation, without, "ann");
    const inOrderOf = <T extends { readonly poolId: string }>(items: readonly T[]) =>
      pools.map(({ id }) => items.find(({ poolId }) => poolId === id));
    expect(inOrderOf(report.pools)).toMatchObject([
      { waiting: { before: 2, after: 2 } },
      { waiting: { before: 2, after: 0 } },
    ]);

    await actions.changeUser(scope, { id: bob.id }, (user) => ({ ...user, active: false }), CAUSE);
    expect([await poolsOf(una), await poolsOf(cyd), await counts()]).toEqual([["B"], [], [1, 1]]);
    await actions.deleteUser(scope, { id: ann.id }, CAUSE);
    expect([await poolsOf(dov), await counts()]).toEqual([["A"], [0, 1]]);
    expect((await told(cyd)).waiting).toMatchObject([{ position: 1 }]);
  });
}
