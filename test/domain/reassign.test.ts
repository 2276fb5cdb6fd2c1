import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { checkPolicy } from "../../src/actions/checkPolicy.js";
import { barOf } from "../../src/domain/pools/bar.js";
import { isPlace } from "../../src/domain/keeping/bound.js";
import { reapExpired } from "../../src/domain/seats/deadlines.js";
import type { Pool, Seat } from "../../src/domain/directory.js";
import { drain } from "../../src/domain/waiting/drain.js";
import { eraseUser } from "../../src/domain/people/removal.js";
import { defaultPolicy, type PoolPolicy } from "../../src/domain/pools/policy.js";
import { answerReclaim, undoReclaim } from "../../src/domain/reclaim/answer.js";
import { contract } from "../../src/domain/reclaim/contraction.js";
import { holdingsIn, seatViews } from "../../src/domain/answers/standing.js";
import { occupies, stateOf } from "../../src/domain/seats/states.js";
import { faultIn } from "./books.js";
import { Scene, support } from "./scene.js";

/** X9: a licence that may change hands only once in an hour. */
const HOUR = 3_600;
const MINUTES = 60;

let scene: Scene;
let pools: Pool[];

beforeEach(() => {
  scene = new Scene([support({ everyone: false })]);
  pools = [];
});

function locked(name: string, more: Partial<Pool> = {}, policy: Partial<PoolPolicy> = {}): Pool {
  const pool = scene.pool(name, {
    capacity: 1,
    ...more,
    policy: { minReassignSeconds: HOUR, ...policy },
  });
  pools.push(pool);
  return pool;
}

function needs(userName: string, tier = "standard"): void {
  scene.give(userName, { kind: "tierFloor", name: "support", value: tier });
}

function needsNothing(userName: string): void {
  scene.take(userName, { kind: "tierFloor", name: "support" });
}

function rowsOf(userName: string): Seat[] {
  return [...scene.org.seats.values()].filter(({ userId }) => scene.nameOf(userId) === userName);
}

function seatOf(userName: string): Seat {
  const [seat] = rowsOf(userName).filter((one) => !isPlace(one));
  if (seat === undefined) throw new Error(`${userName} has no seat`);
  return seat;
}

function viewOf(userName: string) {
  const { org } = scene;
  return org.decide((world) => {
    const user = world.users.get(org.idOf(userName))!;
    return seatViews(org.catalogue, user, holdingsIn(world, user.id), new Map())[0];
  });
}

function tick(): void {
  scene.org.decide(
    (world, ctx) => {
      reapExpired(world, ctx);
      drain(world, ctx);
      return { ok: null };
    },
    { type: "timer" },
  );
  if (scene.org.stale.size > 0) scene.evaluateAll();
}

/** What must hold whatever happens: the bar adds up, no pool is above its capacity, and the books prove it. */
function expectSound(): void {
  for (const { id } of pools) {
    const pool = scene.org.pools.get(id)!;
    const own = [...scene.org.seats.values()].filter((seat) => seat.poolId === id);
    const taken = own.filter(occupies).map((seat) => ({ state: stateOf(seat), seats: 1 }));
    const bar = barOf(pool, { taken });
    expect(taken.length).toBeLessThanOrEqual(pool.capacity + bar.excess);
    expect(bar.bought + bar.overage + bar.excess).toBe(
      bar.active + bar.pending + bar.grace + bar.unassigned + bar.unused,
    );
  }
  expect(faultIn(scene.org, pools)).toBeNull();
}

describe("X9: a seat that is lost before its licence may change hands", () => {
  const WAYS: readonly (readonly [string, Partial<PoolPolicy>, () => void])[] = [
    ["its claim ends", {}, () => needsNothing("ann")],
    ["an exclusion", {}, () => scene.give("ann", { kind: "exclusion", name: "support" })],
    ["the account is deactivated", {}, () => scene.deactivate("ann")],
    [
      "it is unassigned by hand",
      { acquireOn: "manual" },
      () => scene.take("ann", { kind: "pool", name: "P" }),
    ],
    [
      "its holder gives it up",
      { idleDays: 30 },
      () => {
        const held = { userId: scene.org.idOf("ann"), product: "support" };
        scene.org.decide((world, ctx) => answerReclaim(world, ctx, held, "giveUp"));
      },
    ],
  ];

  it.each(WAYS)("stays taken, and goes to who waits after the interval: %s", (_, policy, lose) => {
    const pool = locked("P", {}, policy);
    scene.create("ann", "ben");
    for (const name of ["ann", "ben"]) {
      if (policy.acquireOn === "manual") scene.give(name, { kind: "pool", name: "P" });
      needs(name);
      scene.wait(1);
    }
    const { id, grantedAt } = seatOf("ann");
    expect(scene.holders(pool)).toEqual(["ann"]);

    lose();

    expect(scene.holders(pool)).toEqual([]);
    expect(scene.listed()).toEqual(["ben"]);
    expect(seatOf("ann")).toMatchObject({
      id,
      grantedAt,
      kept: { consumes: true, boundUntil: grantedAt + HOUR * 1_000 },
    });
    expectSound();
    scene.wait(57);
    tick();
    expect(scene.listed()).toEqual(["ben"]);
    scene.wait(2);
    tick();
    expect(scene.holders(pool)).toEqual(["ben"]);
    expect(scene.listed()).toEqual([]);
    expectSound();
  });

  it("comes back as the same seat with its old date, so the interval does not begin anew", () => {
    const pool = locked("P");
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    const before = seatOf("ann");
    for (let round = 0; round < 3; round += 1) {
      scene.wait(10);
      needsNothing("ann");
      scene.wait(5);
      needs("ann");
      expect(seatOf("ann")).toMatchObject({ id: before.id, grantedAt: before.grantedAt });
      expect(seatOf("ann").kept).toBeUndefined();
    }
    scene.wait(15);

    needsNothing("ann");

    expect(scene.holders(pool)).toEqual(["ben"]);
    expectSound();
  });

  it("says of who is excluded that the person is excluded, not that the seat is parked", () => {
    locked("desk");
    scene.create("ann");
    needs("ann");
    scene.give("ann", { kind: "exclusion", name: "support" });

    expect(stateOf(seatOf("ann"))).toBe("parked");
    expect(viewOf("ann")).toMatchObject({ product: "support", state: "excluded" });
  });

  it("I13: is free at once when the account is deleted, because the person has left for good", () => {
    const pool = locked("P");
    scene.create("ann", "ben", "cem");
    needs("ann");
    needs("ben");
    needs("cem");

    scene.delete("ann");
    expect(scene.holders(pool)).toEqual(["ben"]);

    needsNothing("ben");
    const ben = { id: scene.org.idOf("ben"), userName: "ben" };
    scene.org.decide((world, ctx) => eraseUser(world, ctx, ben));
    expect(scene.holders(pool)).toEqual(["cem"]);
    expectSound();
  });

  it.each([
    { suspendedConsumes: true, after: { state: "suspended", consumes: true } },
    { resume: "sameIfFree" as const, after: { state: "suspended", consumes: false } },
    { after: null },
  ])("Q20: of a deactivated account becomes what the policy says afterwards: %j", (one) => {
    const { after, ...policy } = one;
    const pool = locked("P", {}, policy);
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");

    scene.deactivate("ann");
    expect(seatOf("ann").kept).toMatchObject({ state: "suspended", consumes: true });
    scene.wait(61);
    tick();

    if (after === null) expect(rowsOf("ann")).toEqual([]);
    else expect(seatOf("ann").kept).toMatchObject(after);
    expect(scene.holders(pool)).toEqual(after?.consumes === true ? [] : ["ben"]);
    expectSound();
  });

  it("Q20: is the same when the person is activated within the interval, with a claim and without one", () => {
    const pool = locked("P");
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    const { id, grantedAt } = seatOf("ann");
    scene.deactivate("ann");
    scene.wait(5);
    scene.activate("ann");
    expect(seatOf("ann")).toMatchObject({ id, grantedAt });
    expect(scene.holders(pool)).toEqual(["ann"]);

    scene.deactivate("ann");
    needsNothing("ann");
    scene.activate("ann");
    expect(seatOf("ann").kept).toMatchObject({ state: "parked", consumes: true });
    scene.deactivate("ann");
    expect(seatOf("ann").kept).toMatchObject({ state: "suspended", consumes: true });
    expect(scene.listed()).toEqual(["ben"]);
    scene.wait(60);
    tick();
    expect(scene.holders(pool)).toEqual(["ben"]);
    expectSound();
  });

  it("is remembered afterwards as long as the policy says, and takes no place by that", () => {
    const pool = locked("P", {}, { parkedSeconds: 2 * HOUR });
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    needsNothing("ann");
    scene.wait(61);
    tick();

    expect(seatOf("ann").kept).toMatchObject({ state: "parked", consumes: false });
    expect(seatOf("ann").kept?.boundUntil).toBeUndefined();
    expect(scene.holders(pool)).toEqual(["ben"]);
    scene.wait(60);
    tick();
    expect(rowsOf("ann")).toEqual([]);
    expectSound();
  });

  it("stays taken when the policy would let go of a parked seat earlier", () => {
    const pool = locked("P", {}, { parkedConsumes: true, parkedSeconds: 600 });
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    needsNothing("ann");
    scene.wait(11);
    tick();
    expect(scene.holders(pool)).toEqual([]);
    expect(seatOf("ann").kept).toMatchObject({ consumes: true });
    scene.wait(50);
    tick();
    expect(scene.holders(pool)).toEqual(["ben"]);
    expectSound();
  });

  it("I18: undo of what was taken back gives the place that stayed bound, though no other is free", () => {
    locked("P", {}, { idleDays: 30, undo: "ifFree" });
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    const held = { userId: scene.org.idOf("ann"), product: "support" };
    scene.org.decide((world, ctx) => answerReclaim(world, ctx, held, "giveUp"));
    const seat = seatOf("ann");
    const undo = { until: scene.org.now + HOUR * 1_000 };
    scene.org.seats.set(seat.id, { ...seat, kept: { ...seat.kept!, undo } });

    expect(scene.org.decide((world, ctx) => undoReclaim(world, ctx, held))).toHaveProperty("ok");

    expect(seatOf("ann").kept).toBeUndefined();
    expect(seatOf("ann").grantedAt).toBe(seat.grantedAt);
    expectSound();
  });

  it("Q11: an invitation is nobody's licence yet; the interval begins when it is accepted", () => {
    const pool = locked("P", {}, { acquireOn: "invite" });
    scene.create("ann", "ben");
    needs("ann");
    expect(seatOf("ann").kept?.state).toBe("pending");
    needs("ben");
    needsNothing("ann");
    expect(seatOf("ben").kept?.state).toBe("pending");
    scene.wait(30);
    scene.signIn("ben");
    scene.wait(40);

    needsNothing("ben");

    expect(seatOf("ben").kept).toMatchObject({ state: "parked", consumes: true });
    needs("ann");
    expect(scene.holders(pool)).toEqual([]);
    expectSound();
  });
});

describe("X9: who goes to another pool of the product", () => {
  function twoPools(): { low: Pool; high: Pool } {
    const low = locked("Low", { tiers: ["standard"] });
    const high = locked("High", { tiers: ["professional"] });
    return { low, high };
  }

  it("gets the better seat at once; the place that is left stays bound to the same person", () => {
    const { low, high } = twoPools();
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    const { grantedAt } = seatOf("ann");
    scene.wait(10);

    needs("ann", "professional");

    expect(scene.holders(high)).toEqual(["ann"]);
    expect(scene.holders(low)).toEqual([]);
    expect(scene.listed()).toEqual(["ben"]);
    expectSound();
    scene.wait(49);
    tick();
    expect(scene.listed()).toEqual(["ben"]);
    scene.wait(1);
    tick();
    expect(scene.holders(low)).toEqual(["ben"]);
    expect(seatOf("ann")).toMatchObject({ poolId: high.id, grantedAt });
    expect(rowsOf("ann")).toHaveLength(1);
    expectSound();
  });

  it("stays with the higher one that is bound, and moves down by itself when the interval is over", () => {
    const { low, high } = twoPools();
    scene.create("ann", "ben");
    needs("ann", "professional");
    needs("ben", "professional");
    scene.wait(10);

    needs("ann");

    expect(scene.holders(high)).toEqual(["ann"]);
    expect(scene.holders(low)).toEqual([]);
    tick();
    expect(scene.holders(high)).toEqual(["ann"]);
    scene.wait(50);
    tick();
    expect(scene.holders(low)).toEqual(["ann"]);
    expect(scene.holders(high)).toEqual(["ben"]);
    expectSound();
  });

  it("counts the interval of the second pool from the move, not from the first grant", () => {
    const { high } = twoPools();
    scene.create("ann", "ben");
    needs("ann");
    scene.wait(50);
    needs("ann", "professional");
    needs("ben", "professional");
    scene.wait(50);

    needsNothing("ann");

    expect(scene.holders(high)).toEqual([]);
    expect(seatOf("ann").kept).toMatchObject({ consumes: true });
    expectSound();
  });

  it("comes back to the own place with its old date, although no other seat is free there", () => {
    const { low, high } = twoPools();
    scene.create("ann", "ben");
    needs("ann");
    needs("ben");
    const { grantedAt } = seatOf("ann");
    scene.wait(5);
    needs("ann", "professional");
    needsNothing("ann");
    needs("ann");

    expect(scene.holders(low)).toEqual(["ann"]);
    expect(seatOf("ann").boundSince ?? seatOf("ann").grantedAt).toBe(grantedAt);
    // And now the place in the other pool is the one that stays.
    expect(rowsOf("ann").filter(isPlace)).toMatchObject([{ poolId: high.id }]);
    expectSound();
    scene.delete("ann");
    expect(rowsOf("ann")).toEqual([]);
    expect(scene.holders(low)).toEqual(["ben"]);
    expectSound();
  });

  it("I9: does not change places with somebody while one of both licences is bound, and does afterwards", () => {
    const { low, high } = twoPools();
    scene.create("ann", "ben");
    needs("ann");
    scene.wait(30);
    needs("ben", "professional");

    needs("ann", "professional");
    needs("ben");

    expect(scene.holders(low)).toEqual(["ann"]);
    expect(scene.holders(high)).toEqual(["ben"]);
    scene.wait(31);
    tick();
    expect(scene.holders(low)).toEqual(["ann"]);
    scene.wait(30);
    tick();
    expect(scene.holders(low)).toEqual(["ben"]);
    expect(scene.holders(high)).toEqual(["ann"]);
    expectSound();
  });

  it("is invited to no second seat in a pool where the own place is bound", () => {
    const low = locked("Low", { tiers: ["standard"] }, { acquireOn: "invite" });
    const high = locked("High", { tiers: ["professional"] });
    scene.create("ann");
    needs("ann");
    scene.signIn("ann");
    needs("ann", "professional");
    expect(scene.holders(high)).toEqual(["ann"]);
    scene.wait(61);
    scene.deactivate("ann");
    scene.activate("ann");
    expectSound();
    needs("ann");

    expect(scene.holders()).toEqual(["ann"]);
    expect(scene.org.seats.size).toBe(1);
    expect(low.capacity).toBe(1);
    expectSound();
  });
});

describe("X9: fewer seats, another interval", () => {
  it("Q19: fewer seats take the places of who has gone first, and those at once", () => {
    const pool = locked("P", { capacity: 2 }, { undo: "ifFree" });
    scene.create("ann", "ben", "cem");
    needs("ann");
    needs("ben");
    needs("cem");
    needsNothing("ann");
    scene.org.contractions.set("k", {
      ...{ id: "k", organisationId: "org", poolId: pool.id, capacity: 1, at: scene.org.now },
      ...{ state: "planned", createdBy: "ann", createdAt: scene.org.now },
    });

    scene.org.decide((world, ctx) => ({ ok: contract(world, ctx) }));

    expect(scene.holders(pool)).toEqual(["ben"]);
    expect(rowsOf("ann")).toEqual([]);
    expect(scene.listed()).toEqual(["cem"]);
    expectSound();
  });

  it("I1: a capacity that was lowered below what is taken gives back the bound places, and nobody gets them", () => {
    const pool = locked("P", { capacity: 3 });
    scene.create("ann", "ben", "cem", "dan");
    for (const name of ["ann", "ben", "cem", "dan"]) needs(name);
    needsNothing("ann");
    needsNothing("ben");

    scene.change(pool, { capacity: 2 });
    scene.evaluateAll();

    expect(scene.holders(pool)).toEqual(["cem"]);
    expect([...scene.org.seats.values()].filter(occupies)).toHaveLength(2);
    expect(scene.listed()).toEqual(["dan"]);
    expectSound();
  });

  it("a shorter interval frees what is over by it, and none at all frees everything", () => {
    const pool = locked("P", { capacity: 2 });
    scene.create("ann", "ben", "cem", "dan");
    needs("ann");
    scene.wait(20);
    for (const name of ["ben", "cem", "dan"]) {
      needs(name);
      scene.wait(1);
    }
    needsNothing("ann");
    needsNothing("ben");

    scene.change(pool, { policy: { minReassignSeconds: 15 * MINUTES } });
    scene.evaluateAll();
    expect(scene.holders(pool)).toEqual(["cem"]);
    expect(seatOf("ben").kept?.boundUntil).toBe(seatOf("ben").grantedAt + 15 * MINUTES * 1_000);

    scene.change(pool, { policy: { minReassignSeconds: 0 } });
    scene.evaluateAll();
    expect(scene.holders(pool)).toEqual(["cem", "dan"]);
    expectSound();
  });

  it.each(["shared", "concurrent"] as const)("is refused for a %s pool", (kind) => {
    const policy = { ...defaultPolicy(kind), minReassignSeconds: 60 };

    expect(() => checkPolicy({ kind, capacity: 1, policy })).toThrow(/Make the pool locked/);
  });
});

const WHO = ["ann", "ben", "cem", "dan"] as const;
const ACTS = [
  "low",
  "high",
  "nothing",
  "off",
  "on",
  "exclude",
  "admit",
  "delete",
  "signIn",
] as const;

/** Whose licence each one is, as somebody would note it who only looks at who has access: nothing of the engine is asked. */
class Notes {
  readonly #since = new Map<string, number>();
  #before = new Set<string>();

  look(pool: Pool, now: number): void {
    const holders = new Set(scene.holders(pool));
    for (const name of holders) {
      const isBound = (this.#since.get(name) ?? -Infinity) + HOUR * 1_000 > now;
      if (!this.#before.has(name) && !isBound) this.#since.set(name, now);
    }
    const gone = [...this.#since.keys()].filter((name) => !isThere(name));
    for (const name of gone) this.#since.delete(name);
    const bound = [...this.#since].filter(([, since]) => since + HOUR * 1_000 > now);
    const taken = new Set([...holders, ...bound.map(([name]) => name)]);
    expect([...taken].length).toBeLessThanOrEqual(pool.capacity);
    this.#before = holders;
  }
}

function isThere(name: string): boolean {
  return [...scene.org.users.values()].some(({ userName }) => userName === name);
}

function play(who: string, act: (typeof ACTS)[number]): void {
  if (!isThere(who)) scene.create(who);
  else if (act === "low") needs(who);
  else if (act === "high") needs(who, "professional");
  else if (act === "nothing") needsNothing(who);
  else if (act === "off") scene.deactivate(who);
  else if (act === "on") scene.activate(who);
  else if (act === "exclude") scene.give(who, { kind: "exclusion", name: "support" });
  else if (act === "admit") scene.take(who, { kind: "exclusion", name: "support" });
  else if (act === "delete") scene.delete(who);
  else if (isActive(who)) scene.signIn(who);
}

function isActive(who: string): boolean {
  return scene.org.users.get(scene.org.idOf(who))?.active === true;
}

describe("X9: random histories", () => {
  it("never give a licence to another person within the interval, and let go of every place afterwards", () => {
    const step = fc.record({
      who: fc.constantFrom(...WHO),
      act: fc.constantFrom(...ACTS),
      minutes: fc.constantFrom(0, 0, 1, 7, 31),
    });
    const policies = fc.constantFrom<Partial<PoolPolicy>>(
      {},
      { parkedSeconds: HOUR },
      { parkedConsumes: true },
      { suspendedConsumes: true },
      { resume: "headOfList" },
      { acquireOn: "invite" },
      { onFull: ["reject"] },
    );
    fc.assert(
      fc.property(policies, policies, fc.array(step, { maxLength: 40 }), (low, high, steps) => {
        scene = new Scene([support({ everyone: false })]);
        pools = [];
        const both = [
          locked("Low", { tiers: ["standard"], capacity: 2 }, low),
          locked("High", { tiers: ["professional"] }, high),
        ].map((pool) => ({ pool, notes: new Notes() }));
        for (const { who, act, minutes } of steps) {
          play(who, act);
          for (const { pool, notes } of both) notes.look(pool, scene.org.now);
          scene.wait(minutes);
          tick();
          for (const { pool, notes } of both) notes.look(pool, scene.org.now);
          expectSound();
        }
        scene.wait(200);
        for (let round = 0; round < 3; round += 1) tick();
        const isBound = ({ kept }: Seat) => kept?.boundUntil !== undefined;
        expect([...scene.org.seats.values()].filter(isBound)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
