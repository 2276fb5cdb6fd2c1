import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Plans } from "../../src/actions/plans.js";
import type { PoolPatch } from "../../src/domain/byHand.js";
import type { Group, MappingRule, Pool, RuleGives } from "../../src/domain/directory.js";
import type { Cause } from "../../src/domain/history.js";
import type { SetUpChange } from "../../src/domain/plans/change.js";
import type { PlanReport } from "../../src/domain/plans/report.js";
import { overageSeats, type OnFull, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { isLive, occupies } from "../../src/domain/seats/states.js";
import { servesEntry } from "../../src/domain/waiting/serves.js";
import type { SeatkeeperError } from "../../src/errors.js";
import { Scene } from "../domain/scene.js";
import { memoryPlans, ORGANISATION } from "./memoryPlans.js";

/** I17: applying a plan does exactly what it says, or nothing. */

const CAUSE: Cause = { type: "admin", action: "plan.applied", actor: "ann", requestId: null };

let scene: Scene;
let plans: Plans;
let leads: Group;
let standard: Pool;
let professional: Pool;

beforeEach(begin);

function begin(): void {
  scene = new Scene();
  plans = memoryPlans(scene.org, scene.org.catalogue);
  leads = scene.group("Leads");
  standard = scene.pool("standard", { capacity: 2 });
  professional = scene.pool("professional", { capacity: 1, tiers: ["professional"] });
  scene.create("ann", "bob", "cid");
}

function rule(name: string, gives: RuleGives, match: MappingRule["match"] = LEADS): SetUpChange {
  const id = scene.org.rules.find((one) => one.name === name)?.id ?? `rule-${name}`;
  const owned = { organisationId: "org", connectionId: null, createdAt: 0 };
  const before = scene.org.rules.find((one) => one.id === id) ?? null;
  return { type: "rule", rule: { id, name, match, gives, ...owned }, before };
}

function ruleRemoved(name: string): SetUpChange {
  const { rule: any } = rule(name, {}) as Extract<SetUpChange, { type: "rule" }>;
  const before = scene.org.rules.find(({ id }) => id === any.id) ?? any;
  return { type: "ruleRemoved", ruleId: before.id, before };
}

function poolChanged({ id }: Pick<Pool, "id">, patch: PoolPatch): SetUpChange {
  const madeFor = scene.org.pools.get(id)?.version ?? 1;
  return { type: "pool", poolId: id, patch, madeFor };
}
const LEADS = { type: "groupName", name: "Leads" } as const;

const make = (change: SetUpChange) => plans.makePlan(ORGANISATION, change, "ann");
const apply = (id: string) => plans.applyPlan(ORGANISATION, id, CAUSE);
const errorOf = (work: Promise<unknown>) =>
  work.then(String, (error: unknown) => (error as SeatkeeperError).code);

describe("I17: a plan", () => {
  it("tells who would gain, lose or wait for what, and why, and changes nothing", async () => {
    scene.join(leads, "bob");
    const before = JSON.stringify(scene.org);
    const { report, change } = await make(rule("leads", { permissions: ["reports"] }));
    expect(JSON.stringify(scene.org)).toBe(before);
    expect(change).toMatchObject({ type: "rule" });
    const brief = report.people.map(({ userName, effect, needed, held, waits, reason }) => ({
      ...{ userName, effect, reason },
      needed: [needed.before, needed.after],
      held: [held.before?.tier ?? null, held.after?.tier ?? null],
      waits: [waits.before, waits.after],
    }));
    expect(brief).toEqual([
      {
        ...{ userName: "bob", effect: "raised", reason: "moved" },
        needed: ["standard", "professional"],
        held: ["standard", "professional"],
        waits: [null, null],
      },
      {
        ...{ userName: "cid", effect: "gained", reason: "claimed" },
        needed: ["standard", "standard"],
        held: [null, "standard"],
        waits: ["standard", null],
      },
    ]);
    expect(report.people[0]?.because).toEqual([`group:${leads.id} > permission:reports > reports`]);
    expect(report.counts).toMatchObject({ raised: 1, gained: 1, lost: 0, waiting: 0 });
  });

  it("tells what pools and money would be", async () => {
    scene.join(leads, "bob");
    const { report } = await make(rule("leads", { permissions: ["reports"] }));
    expect(report.pools).toMatchObject([
      { pool: "standard", used: { before: 2, after: 2 }, waiting: { before: 1, after: 0 } },
      { pool: "professional", used: { before: 0, after: 1 }, waiting: { before: 0, after: 0 } },
    ]);
    expect(report.money).toMatchObject({
      currency: "USD",
      lines: [
        { tier: "standard", kind: "held", costPerMonth: { before: 2_000, after: 2_000 } },
        { tier: "professional", kind: "held", costPerMonth: { before: 0, after: 2_000 } },
      ],
      totalPerMonth: { before: 2_000, after: 4_000 },
      differencePerMonth: 2_000,
    });
  });

  it("of a capacity or a policy tells who is served, and what is bought for it", async () => {
    const raised = await make(poolChanged(standard, { capacity: 3 }));
    expect(raised.report.people.map(({ userName, effect }) => [userName, effect])).toEqual([
      ["cid", "gained"],
    ]);
    const policy = {
      ...standard.policy,
      onFull: ["autoscale", "wait"] as OnFull[],
      autoscaleMax: 9,
    };
    const scaled = await make(poolChanged(standard, { policy }));
    expect(scaled.report.pools[0]).toMatchObject({
      capacity: { before: 2, after: 3 },
      used: { before: 2, after: 3 },
    });
    const lowered = await make(poolChanged(standard, { capacity: 0 }));
    expect(lowered.report.people).toEqual([]);
    expect(lowered.report.pools[0]).toMatchObject({ used: { before: 2, after: 2 } });
  });

  it("is done exactly so, once", async () => {
    scene.join(leads, "bob");
    const plan = await make(rule("leads", { permissions: ["reports"] }));
    const applied = await apply(plan.id);
    expect(applied).toMatchObject({ appliedAt: scene.org.now, appliedBy: "ann" });
    expect(scene.holders(professional)).toEqual(["bob"]);
    expect(scene.holders(standard)).toEqual(["ann", "cid"]);
    expect(scene.org.rules).toHaveLength(1);
    expect(scene.lastEntry("seat.granted")?.cause).toMatchObject({ action: "plan.applied" });
    expect(await errorOf(apply(plan.id))).toBe("Conflict");
  });

  it("takes a rule away, with all that it alone gave", async () => {
    scene.join(leads, "bob");
    await apply((await make(rule("leads", { permissions: ["reports"] }))).id);
    const plan = await make(ruleRemoved("leads"));
    await apply(plan.id);
    expect(scene.org.rules).toEqual([]);
    // Standard is full: Bob keeps Professional, and waits behind everybody for less.
    expect(scene.listed()).toEqual(["bob"]);
  });

  it.each([
    ["somebody else was put into the group", () => scene.join(leads, "cid")],
    ["somebody who would be served has gone", () => scene.deactivate("cid")],
    ["the pool is another", () => scene.change(professional, { capacity: 0 })],
    ["somebody has a seat already", () => scene.change(standard, { capacity: 3 })],
  ])("is refused as stale when %s, and then nothing is done", async (_, meanwhile) => {
    scene.join(leads, "bob");
    const plan = await make(rule("leads", { permissions: ["reports"] }));
    meanwhile();
    const before = JSON.stringify([...scene.org.seats, ...scene.org.entries, ...scene.org.rules]);
    expect(await errorOf(apply(plan.id))).toBe("Stale");
    expect(JSON.stringify([...scene.org.seats, ...scene.org.entries, ...scene.org.rules])).toBe(
      before,
    );
  });

  it("still holds after what does not concern it", async () => {
    scene.join(leads, "bob");
    const plan = await make(rule("leads", { permissions: ["reports"] }));
    scene.signIn("ann");
    scene.update("ann", { displayName: "Ann" });
    await apply(plan.id);
    expect(scene.holders(professional)).toEqual(["bob"]);
  });

  it("expires", async () => {
    const plan = await make(rule("leads", { permissions: ["reports"] }));
    scene.wait(24 * 60);
    expect(await errorOf(apply(plan.id))).toBe("Stale");
  });

  it("is stale when the rule that it takes away is gone already; unknown rules and pools are refused at once", async () => {
    await apply((await make(rule("leads", { permissions: ["reports"] }))).id);
    const first = await make(ruleRemoved("leads"));
    const second = await make(ruleRemoved("leads"));
    await apply(first.id);
    expect(await errorOf(apply(second.id))).toBe("Stale");
    expect(await errorOf(make(ruleRemoved("leads")))).toBe("NotFound");
    expect(await errorOf(make(poolChanged({ id: "none" }, {})))).toBe("NotFound");
    expect(await errorOf(apply("none"))).toBe("NotFound");
  });
});

describe("I17: a plan undoes nothing that others have done since", () => {
  const permits = { permissions: ["reports"] };
  const edited = () => {
    const [stored] = scene.org.rules.splice(0, 1);
    if (stored !== undefined) scene.org.rules.push({ ...stored, gives: { teams: ["North"] } });
  };
  const asNew = (name: string): SetUpChange => {
    const change = rule(name, permits) as Extract<SetUpChange, { type: "rule" }>;
    return { ...change, rule: { ...change.rule, id: scene.org.nextId() }, before: null };
  };
  const idle = () => poolChanged(standard, { policy: { ...standard.policy, idleDays: 90 } });
  const heir = () => {
    scene.create("eve");
    scene.give("eve", { kind: "exclusion", name: "support" });
    const transferTo = scene.org.idOf("eve");
    const policy = { ...standard.policy, onUnassign: "transfer" as const, transferTo };
    return poolChanged(standard, { policy });
  };
  const set = (policy: Partial<PoolPolicy>) => () => scene.change(standard, { policy });

  beforeEach(async () => {
    await apply((await make(rule("leads", { teams: ["South"] }))).id);
  });

  it.each<[string, () => SetUpChange, () => unknown]>([
    ["other fields of the policy", idle, set({ undo: "guaranteed", graceDays: 3 })],
    [
      "places reserved out of the capacity",
      () => poolChanged(standard, { capacity: 1 }),
      set({ reservations: [{ group: "Leads", seats: 2 }] }),
    ],
    ["the priority", idle, () => scene.change(standard, { priority: 7 })],
    ["what a rule gives that is replaced", () => rule("leads", permits), edited],
    ["what a rule gives that is removed", () => ruleRemoved("leads"), edited],
    ["that a replaced rule is gone", () => rule("leads", permits), () => scene.org.rules.pop()],
    ["that the name is taken", () => asNew("b"), async () => apply((await make(asNew("b"))).id)],
    ["that the heir has gone, who had no seat", heir, () => scene.deactivate("eve")],
  ])("%s: it is stale", async (_, planned, meanwhile) => {
    const plan = await make(planned());
    await meanwhile();
    const rows = () => JSON.stringify([...scene.org.pools, ...scene.org.rules, ...scene.org.seats]);
    const before = rows();
    expect(await errorOf(apply(plan.id))).toBe("Stale");
    expect(rows()).toBe(before);
  });

  it("says what has been changed", async () => {
    const plan = await make(idle());
    scene.change(standard, { priority: 7 });
    await expect(apply(plan.id)).rejects.toThrow(
      "The pool has been changed meanwhile. The plan no longer tells what would happen. Make it again.",
    );
  });

  it("and is stale when the pool has grown by itself, as it tells of another capacity", async () => {
    const policy = { onFull: ["autoscale"] as OnFull[], autoscaleMax: 9 };
    scene.change(standard, { policy });
    const plan = await make(poolChanged(standard, { priority: 3 }));
    scene.create("dan");
    expect(scene.capacityOf(standard)).toBe(4);
    expect(await errorOf(apply(plan.id))).toBe("Stale");
  });

  it("holds when fields of the rule come back in another order, as a database may give them", async () => {
    const plan = await make(ruleRemoved("leads"));
    const [stored] = scene.org.rules.splice(0, 1);
    const fields = Object.entries(stored ?? {}).reverse();
    scene.org.rules.push(Object.fromEntries(fields) as unknown as MappingRule);
    await apply(plan.id);
    expect(scene.org.rules).toEqual([]);
  });

  it("is stale when an older version made it, which did not keep what it was put together from", async () => {
    for (const made of [idle(), rule("leads", permits), ruleRemoved("leads"), asNew("b")]) {
      const plan = await make(made);
      const { madeFor: _, before: __, ...change } = { ...plan.change } as Record<string, unknown>;
      const old = memoryPlans(scene.org, scene.org.catalogue, { ...plan, change } as never);
      expect(await errorOf(old.applyPlan(ORGANISATION, plan.id, CAUSE))).toBe("Stale");
    }
  });

  it("is stale when it gives what the catalogue no longer has", async () => {
    const plan = await make(rule("leads", permits));
    const without = { ...scene.org.catalogue, permissions: new Map() };
    const later = memoryPlans(scene.org, without, plan);
    expect(await errorOf(later.applyPlan(ORGANISATION, plan.id, CAUSE))).toBe("Stale");
  });
});

/** What there is, read from the rows without the engine's help. */
function picture() {
  const { org } = scene;
  const pools = [...org.pools.values()];
  return {
    access: new Map(
      [...org.seats.values()]
        .filter(isLive)
        .map(({ userId, poolId, tier }) => [scene.nameOf(userId), `${poolId} ${tier}`]),
    ),
    waits: new Map(
      [...org.waiting.values()].map(({ userId, tier }) => [scene.nameOf(userId), tier]),
    ),
    pools: pools.map((pool) => ({
      poolId: pool.id,
      capacity: pool.capacity,
      used: [...org.seats.values()].filter((seat) => seat.poolId === pool.id && occupies(seat))
        .length,
      waiting: [...org.waiting.values()].filter((entry) => servesEntry(pool, entry)).length,
    })),
    cost: [...org.seats.values()]
      .filter(occupies)
      .reduce((sum, { tier }) => sum + (tier === "standard" ? 1_000 : 2_000), 0),
  };
}

/** That the report tells every difference of two pictures, and no other. */
function expectFidelity(
  report: PlanReport,
  before: ReturnType<typeof picture>,
  after: ReturnType<typeof picture>,
): void {
  const names = [...scene.org.users.values()].map(({ userName }) => userName);
  for (const name of names) {
    const told = report.people.find(({ userName }) => userName === name);
    const isOther =
      before.access.get(name) !== after.access.get(name) ||
      before.waits.get(name) !== after.waits.get(name);
    if (told === undefined) {
      expect([name, isOther]).toEqual([name, false]);
      continue;
    }
    const access = (place: typeof told.held.after) =>
      place === null || place.state !== "active" ? undefined : `${place.poolId} ${place.tier}`;
    expect([name, access(told.held.before)]).toEqual([name, before.access.get(name)]);
    expect([name, access(told.held.after)]).toEqual([name, after.access.get(name)]);
    expect([name, told.waits.after ?? undefined]).toEqual([name, after.waits.get(name)]);
  }
  expect(
    report.pools.map(({ poolId, capacity, used, waiting }) => ({
      ...{ poolId, capacity: capacity.after, used: used.after, waiting: waiting.after },
    })),
  ).toEqual([...after.pools].sort((a, b) => (a.poolId < b.poolId ? -1 : 1)));
  expect(report.money.totalPerMonth).toEqual({ before: before.cost, after: after.cost });
}

const people = ["ann", "bob", "cid", "dan", "eve", "fay"];
const gives = fc.constantFrom<RuleGives>(
  { permissions: ["reports"] },
  { exclusions: ["support"] },
  { tierFloors: [{ product: "support", tier: "professional" }] },
  { pools: ["standard"] },
  { teams: ["Leads"] },
);
const change = fc.oneof(
  fc.record({
    do: fc.constant("rule" as const),
    name: fc.constantFrom("a", "b"),
    gives,
    everyone: fc.boolean(),
  }),
  fc.record({ do: fc.constant("ruleRemoved" as const), name: fc.constantFrom("a", "b") }),
  fc.record({ do: fc.constant("capacity" as const), pool: fc.nat(1), capacity: fc.nat(5) }),
  fc.record({
    do: fc.constant("policy" as const),
    pool: fc.nat(1),
    onFull: fc.constantFrom<OnFull[]>(
      ["wait"],
      [],
      ["autoscale", "wait"],
      ["overage", "wait"],
      ["fallbackTier"],
    ),
  }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant("join" as const), who: fc.nat(5) }),
  fc.record({ do: fc.constant("leave" as const), who: fc.nat(5) }),
  fc.record({ do: fc.constant("active" as const), who: fc.nat(5), active: fc.boolean() }),
  fc.record({ do: fc.constant("wait" as const), who: fc.nat(5) }),
  fc.record({ do: fc.constant("signIn" as const), who: fc.nat(5) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function play(one: Step): void {
  scene.wait(1);
  const name = people[one.who] ?? "";
  if (one.do === "join") scene.join(leads, name);
  else if (one.do === "leave") scene.leave(leads, name);
  else if (one.do === "active") scene.update(name, { active: one.active });
  else if (one.do === "signIn" && scene.org.users.get(scene.org.idOf(name))?.active === true) {
    scene.signIn(name);
  }
}

function changeOf(one: Change): SetUpChange {
  if (one.do === "rule") {
    return rule(one.name, one.gives, one.everyone ? { type: "everyone" } : LEADS);
  }
  if (one.do === "ruleRemoved") return ruleRemoved(one.name);
  const pool = scene.org.pools.get((one.pool === 0 ? standard : professional).id) ?? standard;
  if (one.do === "capacity") {
    return poolChanged(pool, { capacity: one.capacity });
  }
  const limits = { autoscaleMax: 4, overage: { type: "absolute", seats: 1 } } as const;
  return poolChanged(pool, { policy: { ...pool.policy, ...limits, onFull: one.onFull } });
}

/** SEATKEEPER_PLANS=1000 is the long run. */
const PLANS = Number(process.env["SEATKEEPER_PLANS"] ?? 100);

it(`I17: random plans, applied, do what they said, or are stale and do nothing (${String(PLANS)} of them)`, async () => {
  let applied = 0;
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.array(step, { maxLength: 3 }), change, fc.array(step, { maxLength: 1 })),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      async (rounds) => {
        begin();
        scene.create("dan", "eve", "fay");
        for (const [before, wanted, meanwhile] of rounds) {
          before.forEach(play);
          const asked = changeOf(wanted);
          const plan = await make(asked).catch(() => null);
          if (plan === null) continue;
          made += 1;
          meanwhile.forEach(play);
          const was = picture();
          const rows = JSON.stringify([
            ...scene.org.seats,
            ...scene.org.waiting,
            ...scene.org.rules,
          ]);
          const outcome = await errorOf(apply(plan.id).then(() => "applied"));
          if (outcome === "applied") {
            applied += 1;
            expectFidelity(plan.report, was, picture());
          } else {
            expect(outcome).toBe("Stale");
            // Without anything in between it must not be refused.
            expect(meanwhile).not.toEqual([]);
            expect(
              JSON.stringify([...scene.org.seats, ...scene.org.waiting, ...scene.org.rules]),
            ).toBe(rows);
          }
          for (const pool of scene.org.pools.values()) {
            if (wanted.do !== "capacity") expect(overageSeats(pool)).toBeLessThanOrEqual(1);
          }
        }
      },
    ),
    { numRuns: Math.ceil(PLANS / 2) },
  );
  // Neither always nor never.
  expect(made).toBeGreaterThan(PLANS / 2);
  expect(applied).toBeGreaterThan(made / 4);
}, 600_000);
