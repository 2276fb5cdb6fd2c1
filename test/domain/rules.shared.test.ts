import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { releaseByApp, renewSeat } from "../../src/domain/byHand.js";
import { capabilitiesOf } from "../../src/domain/answers/capabilities.js";
import type { Pool, Seat } from "../../src/domain/directory.js";
import { defaultPolicy } from "../../src/domain/pools/policy.js";
import { Scene, support } from "./scene.js";

/** The rules of locked and shared licences, by their numbers. Each title is the rule. */

const DAY = 24 * 60;
let scene: Scene;
let shared: Pool;
let locked: Pool;

beforeEach(() => {
  scene = new Scene([support({ everyone: false })]);
  shared = scene.pool("shared", {
    kind: "shared",
    policy: { eligibility: "anyone", evictionOrder: "lastSignIn" },
  });
  locked = scene.pool("locked", { policy: { acquireOn: "manual" } });
});

const lock = (name: string) => scene.give(name, { kind: "pool", name: "locked" });
const unlock = (name: string) => scene.take(name, { kind: "pool", name: "locked" });

function seatOf(name: string): Seat {
  const id = scene.org.idOf(name);
  const seat = [...scene.org.seats.values()].find(({ userId }) => userId === id);
  if (seat === undefined) throw new Error(`${name} has no seat`);
  return seat;
}

function revoke(name: string): void {
  scene.org.decide((world, ctx) => releaseByApp(world, ctx, seatOf(name).id), { type: "admin" });
}

describe("locked and shared licences", () => {
  it("rule 1: a product offers locked and shared licences at the same time", () => {
    scene.create("lisa", "jason");
    lock("lisa");
    scene.signIn("jason");

    expect([scene.holders(locked), scene.holders(shared)]).toEqual([["lisa"], ["jason"]]);
  });

  it("rule 2: a locked licence belongs to exactly one named user", () => {
    scene.create("lisa", "omar");
    lock("lisa");
    lock("omar");

    expect(scene.holders(locked)).toEqual(["lisa"]);
  });

  it("rule 3: who has a locked licence gets in at every moment", () => {
    scene.create("lisa", "jason", "ciara");
    lock("lisa");
    for (let day = 0; day < 5; day += 1) {
      scene.signIn("jason");
      scene.signIn("ciara");
      expect(scene.signIn("lisa")).toMatchObject({ type: "held", seat: { poolId: locked.id } });
      scene.wait(DAY);
    }
  });

  it("I1: nobody takes a seat over while more are held than a lowered capacity allows", () => {
    scene.create("a", "b", "c", "d");
    scene.change(shared, { capacity: 3 });
    for (const name of ["a", "b", "c"]) scene.signIn(name);
    scene.change(shared, { capacity: 1 });

    expect(scene.signIn("d")).toMatchObject({ type: "waiting" });
    expect(scene.holders(shared)).toEqual(["a", "b", "c"]);
  });

  it("rule 4, I7: no sign-in by anybody else changes a locked licence", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 30 }), (order) => {
        scene = new Scene([support({ everyone: false })]);
        shared = scene.pool("shared", { kind: "shared", policy: { eligibility: "anyone" } });
        locked = scene.pool("locked", { policy: { acquireOn: "manual" } });
        scene.create("lisa", "u0", "u1", "u2", "u3", "u4", "u5");
        lock("lisa");
        const before = seatOf("lisa");
        for (const n of order) {
          scene.signIn(`u${String(n)}`);
          scene.wait(1);
        }
        expect(seatOf("lisa")).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  it("rule 7: any user who is not on a locked licence may use a shared one", () => {
    scene.create("lisa", "jason", "ciara");
    lock("lisa");
    for (const name of ["jason", "ciara"]) {
      expect(scene.signIn(name)).toMatchObject({ type: "held", seat: { poolId: shared.id } });
    }
  });

  it("rule 8: a user never holds a locked and a shared licence together", () => {
    scene.create("lisa");
    scene.signIn("lisa");
    expect(scene.holders(shared)).toEqual(["lisa"]);
    lock("lisa");

    expect([scene.holders(locked), scene.holders(shared)]).toEqual([["lisa"], []]);
  });

  it("rule 9: an administrator moves a licence between users by hand", () => {
    scene.create("lisa", "omar");
    lock("lisa");
    unlock("lisa");
    lock("omar");

    expect(scene.holders(locked)).toEqual(["omar"]);
  });

  it("rule 10: automatic or manual handling is a switch of the pool", () => {
    scene.change(shared, { policy: { acquireOn: "manual", onFull: ["wait"] } });
    scene.create("jason");

    expect(scene.signIn("jason")).toMatchObject({ type: "none" });
    scene.give("jason", { kind: "pool", name: "shared" });
    expect(scene.holders(shared)).toEqual(["jason"]);
  });

  it("rule 11: automatic allocation happens at sign-in, not at provisioning", () => {
    scene.create("jason");
    expect(scene.holders(shared)).toEqual([]);
    scene.signIn("jason");
    expect(scene.holders(shared)).toEqual(["jason"]);
  });

  it("rule 12: while a shared licence is free nobody loses anything", () => {
    scene.change(shared, { capacity: 2 });
    scene.create("jason", "ciara");
    scene.signIn("jason");
    scene.signIn("ciara");

    expect(scene.holders(shared)).toEqual(["ciara", "jason"]);
  });

  it("rule 13, I9: if none is free the newcomer gets one and a holder loses his, in one step", () => {
    scene.create("jason", "ciara");
    scene.signIn("jason");
    const before = scene.org.entries.length;
    scene.signIn("ciara");

    const step = scene.org.entries.slice(before);
    expect(step.map(({ kind, userId }) => [kind, scene.nameOf(userId)])).toEqual([
      ["seat.displaced", "jason"],
      ["seat.granted", "ciara"],
    ]);
    expect(new Set(step.map(({ at }) => at)).size).toBe(1);
  });

  it("rule 14: Jason, two days later Ciara, the next day Pat, and so on for ever", () => {
    scene.create("jason", "ciara", "pat");
    const held = [
      ["jason", 2],
      ["ciara", 1],
      ["pat", 1],
      ["jason", 2],
      ["ciara", 1],
    ] as const;
    for (const [name, days] of held) {
      scene.signIn(name);
      expect(scene.holders(shared)).toEqual([name]);
      scene.wait(days * DAY);
    }
  });

  it("rule 15: at no instant do more users hold shared licences than there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(fc.nat(6)), (capacity, order) => {
        scene = new Scene();
        shared = scene.pool("shared", { kind: "shared", capacity });
        scene.create("u0", "u1", "u2", "u3", "u4", "u5", "u6");
        // MemoryOrganisation checks the count after every step; here, line by line within each.
        for (const n of order) scene.signIn(`u${String(n)}`);
        let sum = 0;
        for (const { delta } of scene.org.entries) {
          sum += delta;
          expect(sum).toBeLessThanOrEqual(capacity);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("rule 16: a shared licence can be revoked at any time", () => {
    scene.create("jason");
    scene.signIn("jason");
    revoke("jason");

    expect(scene.holders(shared)).toEqual([]);
  });

  it("rule 17: after a revocation nobody is next; whoever signs in first gets it", () => {
    scene.create("jason", "ciara", "pat");
    scene.signIn("jason");
    scene.signIn("ciara");
    revoke("ciara");
    expect(scene.listed()).toEqual([]);
    scene.signIn("pat");

    expect(scene.holders(shared)).toEqual(["pat"]);
  });

  it("rule 18: who lost a shared licence may win it back at a later sign-in", () => {
    scene.create("jason", "ciara");
    for (const name of ["jason", "ciara", "jason"]) scene.signIn(name);

    expect(scene.holders(shared)).toEqual(["jason"]);
  });

  it("rule 21: the number of registered users is not limited by the number of licences", () => {
    const names = Array.from({ length: 50 }, (_, n) => `u${String(n)}`);
    scene.create(...names);

    expect(scene.org.users.size).toBe(50);
  });

  it("rule 22: users without a licence stay on the books with what is known of them", () => {
    scene.create("jason", "ciara");
    scene.signIn("jason");
    const before = scene.org.users.get(scene.org.idOf("jason"));
    scene.signIn("ciara");

    expect(scene.org.users.get(scene.org.idOf("jason"))).toEqual(before);
  });

  it("rule 23: somebody who is active for a day costs nothing extra", () => {
    scene.create("jason", "visitor");
    scene.signIn("jason");
    scene.signIn("visitor");
    scene.wait(DAY);

    expect(scene.capacityOf(shared)).toBe(1);
    expect(scene.org.entries.filter(({ kind }) => kind === "pool.capacityChanged")).toEqual([]);
  });

  it("rule 24: the normal run needs no act of an administrator", () => {
    scene.create("jason", "ciara", "pat");
    for (const name of ["jason", "ciara", "pat", "jason"]) scene.signIn(name);

    expect(scene.org.entries.filter(({ cause }) => cause.type === "admin")).toEqual([]);
  });

  it("rule 25: the least recently active loses", () => {
    scene.change(shared, { capacity: 3 });
    scene.create("a", "b", "c", "d");
    for (const name of ["a", "b", "c", "a", "c"]) {
      scene.signIn(name);
      scene.wait(1);
    }
    scene.signIn("d");

    expect(scene.holders(shared)).toEqual(["a", "c", "d"]);
  });
});

describe("what the rules of shared licences leave open", () => {
  it.each([
    ["lastUsed", ["a", "c"]],
    ["lastSignIn", ["b", "c"]],
  ] as const)("Q2: %s: work after the sign-in counts as use, or does not", (order, left) => {
    scene.change(shared, { capacity: 2, policy: { evictionOrder: order } });
    scene.create("a", "b", "c");
    for (const name of ["a", "b"]) {
      scene.signIn(name);
      scene.wait(1);
    }
    const { id, generation } = seatOf("a");
    scene.org.decide((world, ctx) => renewSeat(world, ctx, id, generation), { type: "app" });
    scene.wait(1);
    scene.signIn("c");

    expect(scene.holders(shared)).toEqual(left);
  });

  it("Q2: by default the last use counts, and nothing protects a holder", () => {
    expect(defaultPolicy("shared")).toMatchObject({
      ...{ evictionOrder: "lastUsed", minHoldSeconds: 0, minIdleSeconds: 0 },
      protectRunningSession: false,
    });
  });

  it.each([
    ["nothing by default", []],
    ["what the catalogue calls free", ["chat"]],
  ])("Q4: whose seat was taken over still gets in, and may do %s", (_, free) => {
    scene.create("jason", "ciara");
    scene.signIn("jason");
    scene.signIn("ciara");
    const jason = scene.org.users.get(scene.org.idOf("jason"));
    const doing = { active: jason?.active === true, tier: null, addOns: [], roles: [] };

    expect(jason).toMatchObject({ active: true });
    expect(capabilitiesOf(scene.org.catalogue, support({ freeCapabilities: free }), doing)).toEqual(
      free,
    );
  });

  it("rule 7: who is excluded gets no seat of a pool that is open to anyone, and loses the one that was there", () => {
    scene.create("jason");
    scene.signIn("jason");
    expect(scene.holders(shared)).toEqual(["jason"]);

    scene.give("jason", { kind: "exclusion", name: "support" });
    expect(scene.holders(shared)).toEqual([]);
    expect(scene.signIn("jason")).toMatchObject({ type: "none", reason: "Excluded" });

    scene.take("jason", { kind: "exclusion", name: "support" });
    expect(scene.signIn("jason")).toMatchObject({ type: "held" });
  });

  it("Q5: of two who sign in at one instant the last decided has the seat, and both decisions are in the books", () => {
    scene.create("jason", "ciara");
    const before = scene.org.entries.length;
    for (const name of ["jason", "ciara"]) scene.signIn(name);

    expect(scene.holders(shared)).toEqual(["ciara"]);
    const step = scene.org.entries.slice(before);
    expect(step.map(({ kind, userId }) => [kind, scene.nameOf(userId)])).toEqual([
      ["seat.granted", "jason"],
      ["seat.displaced", "jason"],
      ["seat.granted", "ciara"],
    ]);
    expect(new Set(step.map(({ at }) => at)).size).toBe(1);
    expect(step[1]?.details).toMatchObject({ displacedBy: scene.org.idOf("ciara") });
  });
});

describe("who is protected from losing a shared seat (I8, Q2)", () => {
  it.each([
    ["minHoldSeconds", { minHoldSeconds: 600 }],
    ["minIdleSeconds", { minIdleSeconds: 600 }],
  ])("%s: nobody takes it before, and the newcomer waits", (_, policy) => {
    scene.change(shared, { policy });
    scene.create("jason", "ciara");
    scene.signIn("jason");
    scene.wait(9);
    expect(scene.signIn("ciara").type).toBe("waiting");
    scene.wait(2);

    expect(scene.signIn("ciara").type).toBe("held");
    expect(scene.holders(shared)).toEqual(["ciara"]);
  });

  it("Q1: least recently used, then the oldest grant, then the id", () => {
    scene.change(shared, { capacity: 3, policy: { evictionOrder: "lastUsed" } });
    scene.create("a", "b", "c", "d");
    for (const name of ["c", "a", "b"]) scene.signIn(name);
    const ids = scene.holders(shared).map((name) => [seatOf(name).id, name] as const);
    const [first] = [...ids].sort(([x], [y]) => (x < y ? -1 : 1));
    scene.signIn("d");

    expect(scene.holders(shared)).not.toContain(first?.[1]);
  });

  it("maxEvictionsPerDay: who has lost a seat so often today keeps the next one", () => {
    scene.change(shared, { policy: { maxEvictionsPerDay: 1 } });
    scene.create("jason", "ciara");
    scene.signIn("jason");
    scene.signIn("ciara");
    scene.signIn("jason");
    expect(scene.holders(shared)).toEqual(["jason"]);

    scene.wait(60);
    expect(scene.signIn("ciara").type).toBe("waiting");
    scene.wait(DAY);
    expect(scene.signIn("ciara").type).toBe("held");
  });

  it("coolDownSeconds: who lost a seat does not take one from others at once, but a free one is given", () => {
    scene.change(shared, { policy: { coolDownSeconds: 3_600 } });
    scene.create("jason", "ciara");
    scene.signIn("jason");
    scene.signIn("ciara");
    scene.wait(10);
    expect(scene.signIn("jason").type).toBe("waiting");
    scene.wait(60);
    expect(scene.signIn("jason").type).toBe("held");
    scene.wait(1);
    revoke("jason");
    expect(scene.signIn("ciara").type).toBe("held");
  });

  it("the same seat is the same assignment when its holder wins it back", () => {
    scene.change(shared, { policy: { parkedSeconds: 86_400 } });
    scene.create("jason", "ciara");
    scene.signIn("jason");
    const { id } = seatOf("jason");
    scene.signIn("ciara");
    expect(seatOf("jason").kept).toMatchObject({ state: "parked", consumes: false });
    scene.signIn("jason");

    expect(seatOf("jason").id).toBe(id);
    expect(scene.holders(shared)).toEqual(["jason"]);
  });
});
