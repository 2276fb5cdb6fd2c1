import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { createActions, type Actions } from "../../../src/actions/index.js";
import type { Catalogue } from "../../../src/domain/catalogue.js";
import type { Pool, Seat, User } from "../../../src/domain/directory.js";
import type { Cause } from "../../../src/domain/history.js";
import { defaultPolicy, type PoolPolicy } from "../../../src/domain/pools/policy.js";
import { renewLeases } from "../../../src/domain/leases/renewals.js";
import type { Store } from "../../../src/ports.js";
import { systemIds } from "../../../src/store/index.js";
import { product } from "../../domain/organisation.js";
import { quiet, type Subject } from "../support/open.js";
import { AT, createTenant, type Tenant } from "../support/tenant.js";
import { verified } from "../support/verified.js";

/** Leases that are borrowed, and leases that come back after they ran out. */

const SECOND = 1_000;
const CAUSE: Cause = { type: "app", action: "test", actor: "test", requestId: null };
const CATALOGUE: Catalogue = {
  products: new Map([["lines", product("lines", [["line", "call"]])]]),
  permissions: new Map(),
  roles: new Map(),
  settings: new Map(),
};

interface Scene {
  readonly tenant: Tenant;
  readonly pool: Pool;
  readonly users: readonly User[];
  /** Two that know nothing of each other, as on two servers. */
  readonly nodes: readonly [Actions, Actions];
  used(): Promise<number>;
  held(): Promise<Seat[]>;
}

async function scene(
  store: Store,
  people: number,
  capacity: number,
  policy: Partial<PoolPolicy>,
): Promise<Scene> {
  const tenant = await createTenant(store);
  const { organisationId } = tenant;
  const pool = {
    ...tenant.pool({ kind: "concurrent", product: "lines", tiers: ["line"] }),
    ...{ capacity, policy: { ...defaultPolicy("concurrent"), leaseSeconds: 60, ...policy } },
  };
  const anyone: Pool = { ...pool, policy: { ...pool.policy, eligibility: "anyone" } };
  await store.administration.createPool(anyone);
  const users = Array.from({ length: people }, () => tenant.user());
  await tenant.save({ usersInserted: users });
  const node = () => createActions({ store, catalogue: CATALOGUE, ids: systemIds, logger: quiet });
  return {
    ...{ tenant, pool: anyone, users, nodes: [node(), node()] },
    used: async () => (await store.administration.findPool(organisationId, pool.id))?.used ?? -1,
    held: () =>
      store.insights.seatsOf(
        organisationId,
        users.map(({ id }) => id),
      ),
  };
}

async function acquired(on: Actions, { tenant }: Scene, user: User, borrowSeconds?: number) {
  const asked = borrowSeconds === undefined ? {} : { borrowSeconds };
  const { organisationId } = tenant;
  const outcome = await on.acquireSeat(organisationId, user.id, "lines", CAUSE, asked);
  return outcome.type === "held" ? outcome.seat : null;
}

function renewed(on: Actions, { tenant }: Scene, { id, generation }: Seat): Promise<Seat | null> {
  return on.renewSeat(tenant.organisationId, id, generation, CAUSE).catch((error: unknown) => {
    const { code } = error as { code?: string };
    if (code === "LeaseLost" || code === "NotFound") return null;
    throw error;
  });
}

export function leaseReturnContract({ open }: Subject): void {
  it("what is borrowed is stored, is not cut short by a renewal beside others, and ends at its last instant", async () => {
    let now = AT;
    const { store } = await open({ clock: { now: () => now } });
    const here = await scene(store, 3, 3, { maxBorrowSeconds: 600 });
    const { tenant, users, nodes } = here;
    const { organisationId } = tenant;
    const [lent, plain] = [
      await acquired(nodes[0], here, users[0]!, 300),
      await acquired(nodes[0], here, users[1]!),
    ];
    const until = AT + 300 * SECOND;
    const refs = [lent, plain].map((seat) => ({
      ...{ seatId: seat?.id ?? "", generation: seat?.generation ?? 0 },
    }));
    const renew = async () => {
      const ids = refs.map(({ seatId }) => seatId);
      const { renewed: seats } = await store.leases.renew(organisationId, ids, (held) =>
        renewLeases(held, refs),
      );
      return seats.map(({ expiresAt, borrowedUntil }) => ({ expiresAt, borrowedUntil }));
    };
    const ends = async () =>
      (await here.held())
        .map(({ expiresAt, borrowedUntil, lastUsedAt }) => [expiresAt, borrowedUntil, lastUsedAt])
        .sort(([a], [b]) => (b ?? 0) - (a ?? 0));

    for (; now < until - 61 * SECOND; now += 20 * SECOND) {
      const usual = now + 60 * SECOND;
      expect(await renew()).toEqual([
        { expiresAt: until, borrowedUntil: until },
        { expiresAt: usual, borrowedUntil: undefined },
      ]);
      expect(await ends()).toEqual([
        [until, until, now],
        [usual, undefined, now],
      ]);
    }
    now = until - 1;
    const expired = async () =>
      (await tenant.load({ upkeep: 1 })).expired.get(here.pool.id)?.map(({ id }) => id) ?? [];
    expect(await expired()).toEqual([plain?.id]);
    expect(await acquired(nodes[1], here, users[2]!)).not.toBeNull();
    now = until;
    expect(await expired()).toEqual([lent?.id]);
    expect((await verified(store, organisationId)).fault).toBeNull();
    await store.close();
  });

  it("what is borrowed goes on beyond its end by a renewal, like any other lease", async () => {
    let now = AT;
    const { store } = await open({ clock: { now: () => now } });
    const here = await scene(store, 1, 1, { maxBorrowSeconds: 600 });
    const lent = await acquired(here.nodes[0], here, here.users[0]!, 100);
    now = AT + 99 * SECOND;
    const later = now + 60 * SECOND;
    expect(await renewed(here.nodes[0], here, lent!)).toMatchObject({ expiresAt: later });
    now = AT + 120 * SECOND;
    expect(await renewed(here.nodes[0], here, lent!)).toMatchObject({
      expiresAt: now + 60 * SECOND,
    });
    expect(await here.held()).toMatchObject([{ expiresAt: now + 60 * SECOND }]);
    await store.close();
  });

  it("what is remembered of a lease that ran out takes no seat, is stored whole, and is gone after its window", async () => {
    let now = AT;
    const { store } = await open({ clock: { now: () => now } });
    const here = await scene(store, 1, 1, { reviveSeconds: 30 });
    const { tenant, nodes, users } = here;
    const lease = await acquired(nodes[0], here, users[0]!);
    now = AT + 60 * SECOND;
    await nodes[0].reconcile(tenant.organisationId);
    expect([await here.used(), await here.held()]).toEqual([0, []]);
    const kept = await store.insights.keptSeatsOf(tenant.organisationId, [users[0]!.id]);
    expect(kept).toMatchObject([
      {
        ...{ id: lease?.id, generation: 1, expiresAt: AT + 90 * SECOND },
        kept: { state: "parked", consumes: false, since: now, reason: "lapsed" },
      },
    ]);
    now = AT + 90 * SECOND;
    expect(await store.organisationsWithWork(now)).toContain(tenant.organisationId);
    await nodes[0].reconcile(tenant.organisationId);
    expect(await store.insights.keptSeatsOf(tenant.organisationId, [users[0]!.id])).toEqual([]);
    expect((await verified(store, tenant.organisationId)).fault).toBeNull();
    await store.close();
  });

  it("I1: of a late renewal and another's request for the last seat exactly one wins, whichever comes first", async () => {
    let now = AT;
    const { store } = await open({ clock: { now: () => now } });
    const here = await scene(store, 2, 1, { reviveSeconds: 30 });
    const { tenant, users, nodes } = here;
    const [ann, ben] = users as [User, User];
    const wins = { late: 0, other: 0 };
    // Both at once at first; then the late renewal, which looks for a short way first, has a start.
    const leads = [0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 40, 80, 160];
    for (const [round, lead] of leads.entries()) {
      const lease = await acquired(nodes[0], here, ann);
      now += 61 * SECOND;
      // Also when the end was noticed before.
      if (round % 4 > 1) await nodes[0].reconcile(tenant.organisationId);
      const late = () => renewed(nodes[0], here, lease!);
      const other = async () => {
        if (lead > 0) await sleep(lead);
        return acquired(nodes[round % 2 === 0 ? 1 : 0], here, ben);
      };
      const [revived, given] = await Promise.all([late(), other()]);
      expect([revived, given].filter((seat) => seat !== null)).toHaveLength(1);
      expect((await here.held()).map(({ userId }) => userId)).toEqual([
        revived === null ? ben.id : ann.id,
      ]);
      expect(await here.used()).toBe(1);
      wins[revived === null ? "other" : "late"] += 1;
      const { id, generation } = (revived ?? given)!;
      await nodes[0].releaseSeat(tenant.organisationId, { seatId: id, generation }, CAUSE);
    }
    // Otherwise the test would have shown half of it.
    expect(Math.min(wins.late, wins.other)).toBeGreaterThan(0);
    expect((await verified(store, tenant.organisationId)).fault).toBeNull();
    await store.close();
  });

  it("I1: of many leases that ran out together as many come back as there are seats, each once, however often it is asked for", async () => {
    let now = AT;
    const { store } = await open({ clock: { now: () => now } });
    const here = await scene(store, 12, 12, { reviveSeconds: 30 });
    const { tenant, users, nodes, pool } = here;
    const { organisationId } = tenant;
    const leases = await Promise.all(users.map((user) => acquired(nodes[0], here, user)));
    await nodes[0].changePool(organisationId, pool.id, { capacity: 5 }, CAUSE);
    now += 61 * SECOND;
    const asked = [...leases, ...leases, ...leases];
    const answers = await Promise.all(
      asked.map((lease, index) => renewed(nodes[index % 2]!, here, lease!)),
    );
    const back = new Set(answers.flatMap((seat) => (seat === null ? [] : [seat.id])));
    expect([back.size, await here.used()]).toEqual([5, 5]);
    // Whoever has it was told so each time, and whoever has it not was never told so.
    expect(answers.filter((seat) => seat !== null)).toHaveLength(15);
    const entries = await store.insights.entries(organisationId, { limit: 200 });
    expect(entries.filter(({ reason }) => reason === "revived")).toHaveLength(5);
    expect((await verified(store, organisationId)).fault).toBeNull();
    await store.close();
  });

  // What a request reads of a list is a few entries more than it could need, and more may have come free.
  it.each([1, 2, 10])(
    "I10, I26: more wait than is read of the list, and %d late renewals pass over none of them",
    async (count) => {
      let now = AT;
      const { store } = await open({ clock: { now: () => now } });
      const here = await scene(store, 40, 10, { reviveSeconds: 300, onFull: ["wait"] });
      const { tenant, users, nodes } = here;
      const { organisationId } = tenant;
      const leases: (Seat | null)[] = [];
      for (const user of users) leases.push(await acquired(nodes[0], here, user));
      now += 61 * SECOND;
      const late = leases.slice(0, count).map((lease) => renewed(nodes[0], here, lease!));
      expect(await Promise.all(late)).toEqual(Array(count).fill(null));
      await nodes[0].reconcile(organisationId);
      const held = (await here.held()).map(({ userId }) => userId).sort();
      expect(held).toEqual(
        users
          .slice(10, 20)
          .map(({ id }) => id)
          .sort(),
      );
      await store.close();
    },
  );
}
