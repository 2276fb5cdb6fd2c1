import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { barOf } from "../../../src/domain/pools/bar.js";
import type { Pool } from "../../../src/domain/directory.js";
import type { PoolPolicy } from "../../../src/domain/pools/policy.js";
import { occupies, stateOf } from "../../../src/domain/seats/states.js";
import { faultIn } from "../books.js";
import { support } from "../scene.js";
import { ReclaimScene } from "./scene.js";

/** Q19, D2: fewer seats from a date on. */

let scene: ReclaimScene;
let pool: Pool;

function begin(policy: Partial<PoolPolicy> = {}, capacity = 4): void {
  scene = new ReclaimScene();
  const chosen = { undo: "guaranteed", graceDays: 5, ...policy } as const;
  pool = scene.pool("desk", { capacity, policy: chosen });
}

beforeEach(() => begin());

function bar() {
  const seats = [...scene.org.seats.values()].filter((seat) => occupies(seat));
  const states = [...new Set(seats.map(stateOf))];
  const taken = states.map((state) => ({
    state,
    seats: seats.filter((seat) => stateOf(seat) === state).length,
  }));
  return barOf(scene.org.pools.get(pool.id)!, { taken });
}

const inGrace = () =>
  [...scene.org.seats.values()]
    .filter(({ grace }) => grace !== undefined)
    .map(({ userId }) => scene.nameOf(userId))
    .sort();

describe("a dated reduction (Q19)", () => {
  it("takes nobody's seat before its date, announces it then, and takes it when the window is over", () => {
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 2, 3);
    scene.days(2);
    expect(scene.capacityOf(pool)).toBe(4);
    expect(inGrace()).toEqual([]);
    scene.days(1);
    expect(scene.capacityOf(pool)).toBe(2);
    expect(inGrace()).toEqual(["ann", "bob"]);
    expect(bar()).toMatchObject({ bought: 2, active: 2, grace: 2, overage: 0, excess: 2 });
    scene.days(5);
    expect(scene.holders()).toEqual(["cid", "dan"]);
    expect([scene.stateOf("ann"), scene.stateOf("bob")]).toEqual(["parked", "parked"]);
    expect(bar()).toMatchObject({ bought: 2, active: 2, excess: 0 });
  });

  it("lets go those never used first, then the least recently used, and those who are pinned last", () => {
    scene.create("never", "old", "new", "pinned");
    for (const name of ["pinned", "old", "new"]) {
      scene.wait(1);
      scene.signIn(name);
    }
    scene.exempt({ user: "pinned" });
    const order: string[][] = [];
    for (const capacity of [3, 2, 1, 0]) {
      scene.contract(pool, capacity);
      scene.tick();
      order.push(inGrace());
    }
    expect(order).toEqual([
      ["never"],
      ["never", "old"],
      ["never", "new", "old"],
      ["never", "new", "old", "pinned"],
    ]);
  });

  it("lets go the lowest priority first, whoever used the seat last, and those who are pinned after all of them", () => {
    scene.create("high", "low", "new", "old", "pinned");
    scene.change(pool, { capacity: 5 });
    for (const name of ["pinned", "high", "low", "old", "new"]) {
      scene.wait(1);
      scene.signIn(name);
    }
    scene.give("high", { kind: "priority", name: "support", value: 9 });
    scene.give("low", { kind: "priority", name: "support", value: 2 });
    scene.give("old", { kind: "priority", name: "another", value: 9 });
    scene.exempt({ user: "pinned" });
    const gone: string[] = [];
    for (const capacity of [4, 3, 2, 1, 0]) {
      scene.contract(pool, capacity);
      scene.tick();
      gone.push(...inGrace().filter((name) => !gone.includes(name)));
    }
    expect(gone).toEqual(["old", "new", "low", "high", "pinned"]);
  });

  it("lets go first what gives no access: invitations, and seats of people without a claim", () => {
    begin({ acquireOn: "invite", parkedConsumes: true }, 3);
    scene.create("ann", "bob", "invited");
    scene.signIn("ann");
    scene.signIn("bob");
    scene.contract(pool, 2);
    scene.tick();
    expect(scene.holders()).toEqual(["ann", "bob"]);
    expect(scene.stateOf("invited")).toBe("none");
    expect(inGrace()).toEqual([]);
  });

  it("whoever has to go waits like everybody for a seat that comes free", () => {
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 3);
    scene.days(6);
    expect(scene.listed()).toEqual(["ann"]);
    scene.delete("bob");
    expect(scene.holders()).toEqual(["ann", "cid", "dan"]);
  });

  it("lets stay who was to go when others have gone meanwhile", () => {
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 3);
    scene.tick();
    expect(inGrace()).toEqual(["ann"]);
    scene.delete("dan");
    scene.days(6);
    expect(scene.holders()).toEqual(["ann", "bob", "cid"]);
    expect(scene.told("seat.reclaimUndone").at(-1)?.data).toMatchObject({ reason: "capacityBack" });
  });

  it("I18: cannot be undone while there are too many, and can when there is room again", () => {
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 3);
    scene.tick();
    expect(scene.undo("ann")).toMatchObject({ refused: "PoolFull" });
    scene.change(pool, { capacity: 4 });
    expect(scene.undo("ann")).toHaveProperty("ok");
  });

  it("with ifFree frees the seats on the day itself", () => {
    begin({ undo: "ifFree" });
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 3);
    scene.tick();
    expect(scene.holders()).toEqual(["bob", "cid", "dan"]);
    expect(bar()).toMatchObject({ excess: 0, active: 3 });
  });

  it("allows what the policy allows above the capacity: only the rest has to go", () => {
    begin({ onFull: ["overage", "wait"], overage: { type: "absolute", seats: 1 } });
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 2);
    scene.tick();
    expect(inGrace()).toEqual(["ann"]);
    expect(bar()).toMatchObject({ overage: 1, excess: 1 });
  });

  it.each(["guaranteed", "ifFree"] as const)(
    "rule 71: is not bought back by the pool itself, neither for who had to go nor for who comes later (%s)",
    (undo) => {
      begin({ undo, onFull: ["autoscale", "wait"], autoscaleMax: 5 }, 3);
      scene.create("ann", "bob", "cid");
      scene.contract(pool, 1);
      scene.days(20);
      scene.create("dan");
      scene.days(1);
      expect(scene.capacityOf(pool)).toBe(1);
      expect(scene.holders()).toEqual(["cid"]);
      expect(scene.listed()).toEqual(["ann", "bob", "dan"]);
      expect(scene.org.pools.get(pool.id)?.policy.autoscaleMax).toBe(1);
      const policy = { ...scene.org.pools.get(pool.id)!.policy, autoscaleMax: 2 };
      scene.change(pool, { policy });
      expect(scene.holders()).toEqual(["ann", "cid"]);
    },
  );

  it("of a pool that is smaller already limits what it buys by itself, and leaves alone what it has bought by then", () => {
    begin({ onFull: ["autoscale", "wait"], autoscaleMax: 5 }, 1);
    scene.create("ann");
    scene.contract(pool, 3, 1);
    scene.days(1);
    expect(scene.capacityOf(pool)).toBe(1);
    scene.create("bob", "cid", "dan");
    expect(scene.capacityOf(pool)).toBe(3);
    expect(scene.listed()).toEqual(["dan"]);
  });

  it("D2: takes enough when the windows of an earlier reduction end on its date, and those whose windows end go", () => {
    begin({ graceDays: 7 });
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 3, 1);
    scene.contract(pool, 2, 8);
    scene.days(8);
    expect(inGrace()).toEqual(["bob"]);
    expect(scene.holders()).toEqual(["bob", "cid", "dan"]);
    scene.days(7);
    expect(scene.holders()).toEqual(["cid", "dan"]);
  });

  it("D2: lets nobody go more than once where two reductions come together", () => {
    scene.create("ann", "bob", "cid", "dan");
    scene.contract(pool, 3);
    scene.contract(pool, 2);
    scene.tick();
    expect(inGrace()).toEqual(["ann", "bob"]);
  });

  it("D2: counts on nobody who may still use the seat: who goes for want of use goes for this from then on, on the same day", () => {
    begin({ idleDays: 30, idleAction: "reclaim", remindDays: 0, answerDays: 0 }, 2);
    scene.create("ann", "bob");
    scene.wait(1);
    scene.signIn("ann");
    scene.signIn("bob");
    scene.days(29);
    scene.signIn("bob");
    scene.days(2);
    expect(scene.seatOf("ann")?.grace).toMatchObject({ reason: "idle" });
    const until = scene.seatOf("ann")?.expiresAt;
    scene.contract(pool, 1);
    scene.tick();
    expect(scene.seatOf("ann")).toMatchObject({
      expiresAt: until,
      grace: { reason: "contracted" },
    });
    scene.signIn("ann");
    scene.days(10);
    expect(scene.holders()).toEqual(["bob"]);
  });

  it("Q20: frees at once the place of who has to go and is deactivated meanwhile", () => {
    begin({ suspendedConsumes: true }, 2);
    scene.create("ann", "bob");
    scene.contract(pool, 1);
    scene.tick();
    expect(inGrace()).toEqual(["ann"]);
    scene.deactivate("ann");
    expect(bar()).toMatchObject({ active: 1, unassigned: 0, excess: 0 });
    scene.activate("ann");
    scene.days(10);
    expect(scene.holders()).toEqual(["bob"]);
    expect(scene.listed()).toEqual(["ann"]);
  });

  it("Q13: frees at once the place of who has to go and loses every claim meanwhile", () => {
    scene = new ReclaimScene([support({ everyone: false })]);
    pool = scene.pool("desk", {
      capacity: 2,
      policy: { undo: "guaranteed", graceDays: 5, parkedConsumes: true },
    });
    const claim = { kind: "claim", name: "support" } as const;
    scene.create("ann", "bob");
    scene.give("ann", claim);
    scene.give("bob", claim);
    scene.contract(pool, 1);
    scene.tick();
    expect(inGrace()).toEqual(["ann"]);
    scene.take("ann", claim);
    expect(bar()).toMatchObject({ active: 1, unassigned: 0, excess: 0 });
    scene.give("ann", claim);
    scene.days(10);
    expect(scene.holders()).toEqual(["bob"]);
    expect(scene.listed()).toEqual(["ann"]);
  });

  it("D2: does not count a place that comes free at the same moment as one of those that go", () => {
    const days9 = 9 * 24 * 3600;
    begin({ undo: "ifFree", resume: "headOfList", minReassignSeconds: days9 }, 3);
    scene.create("ann", "bob", "cid");
    scene.deactivate("ann");
    scene.contract(pool, 1, 9);
    scene.days(9);
    expect(scene.holders()).toEqual(["cid"]);
    expect(bar()).toMatchObject({ active: 1, unassigned: 0, excess: 0 });
  });

  it("Q20: keeps the place of who is deactivated where there is room for it by then", () => {
    begin({ suspendedConsumes: true }, 2);
    scene.create("ann", "bob");
    scene.contract(pool, 1);
    scene.tick();
    scene.change(pool, { capacity: 2 });
    scene.deactivate("ann");
    expect(scene.stateOf("ann")).toBe("suspended");
    scene.activate("ann");
    expect(scene.stateOf("ann")).toBe("active");
  });

  it("I18: gives one of two the seat back when one place has come back, whoever asks first", () => {
    begin({}, 3);
    scene.create("ann", "bob", "cid");
    scene.contract(pool, 1);
    scene.tick();
    expect(inGrace()).toEqual(["ann", "bob"]);
    expect(scene.undo("bob")).toMatchObject({ refused: "PoolFull" });
    scene.deactivate("cid");
    expect(scene.undo("bob")).toHaveProperty("ok");
    expect(scene.undo("ann")).toMatchObject({ refused: "PoolFull" });
    scene.days(6);
    expect(scene.holders()).toEqual(["bob"]);
  });

  it("of a concurrent pool takes no lease away; they end by themselves", () => {
    const leases = scene.pool("leases", { kind: "concurrent", capacity: 2, priority: -1 });
    scene.change(pool, { capacity: 0 });
    scene.create("ann", "bob");
    scene.signIn("ann");
    scene.signIn("bob");
    const id = scene.contract(leases, 1);
    scene.tick();
    expect(inGrace()).toEqual([]);
    expect(scene.org.contractions.get(id)?.state).toBe("done");
    expect(scene.capacityOf(leases)).toBe(1);
  });

  it("I1 and I3: nothing is given while there are too many, and the bar adds up at every moment", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("guaranteed" as const, "ifFree" as const),
        fc.array(
          fc.record({
            do: fc.constantFrom("create", "delete", "in", "contract", "day", "days", "grow"),
            who: fc.nat(6),
            capacity: fc.nat(5),
          }),
          { maxLength: 40 },
        ),
        (undo, acts) => {
          begin({ undo, acquireOn: "invite" });
          const there = new Set<string>();
          for (const { do: what, who, capacity } of acts) {
            const name = `u${String(who)}`;
            const before = bar();
            const held = new Set(scene.holders());
            if (what === "create" && !there.has(name)) {
              scene.create(name);
              there.add(name);
            } else if (what === "delete" && there.delete(name)) scene.delete(name);
            else if (what === "in" && there.has(name)) scene.signIn(name);
            else if (what === "contract") scene.contract(pool, capacity);
            else if (what === "grow") {
              scene.change(pool, { capacity: Math.max(capacity, scene.capacityOf(pool)) });
            } else if (what === "day") scene.days(1);
            else if (what === "days") scene.days(6);
            scene.tick();
            const now = bar();
            const { bought, overage, excess, active, pending, grace, unassigned, unused } = now;
            expect(bought + overage + excess).toBe(active + pending + grace + unassigned + unused);
            if (before.excess > 0 && what === "in") {
              const given = scene.holders().filter((one) => !held.has(one));
              // Only an invitation that took a seat all the time may become one.
              expect(given.length).toBeLessThanOrEqual(before.pending);
            }
          }
          scene.days(7);
          expect(bar().excess).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("I3, I18: whatever people do meanwhile, when all windows are over nobody is too many, and nobody is on the way out for ever", () => {
    fc.assert(
      fc.property(
        fc.record({
          undo: fc.constantFrom("guaranteed" as const, "ifFree" as const),
          suspendedConsumes: fc.boolean(),
          parkedConsumes: fc.boolean(),
          resume: fc.constantFrom("tail" as const, "sameIfFree" as const, "headOfList" as const),
          minReassignSeconds: fc.constantFrom(0, 9 * 24 * 3600),
          idleDays: fc.constantFrom(0, 8),
          onFull: fc.constantFrom(
            ["wait"] as const,
            ["autoscale", "wait"] as const,
            ["overage", "wait"] as const,
            ["autoscale", "overage", "reject"] as const,
          ),
        }),
        fc.array(
          fc.record({
            what: fc.constantFrom(
              ...(["create", "leave", "off", "on", "in", "undo", "claim"] as const),
              ...(["contract", "contract", "day", "day", "day", "days"] as const),
            ),
            who: fc.nat(5),
            capacity: fc.integer({ min: 1, max: 5 }),
            inDays: fc.nat(6),
          }),
          { minLength: 4, maxLength: 40 },
        ),
        (policy, acts) => {
          scene = new ReclaimScene([support({ everyone: false })]);
          const overage = { type: "absolute", seats: 1 } as const;
          const idle = { idleAction: "reclaim", answerDays: 0, remindDays: 0 } as const;
          pool = scene.pool("desk", {
            capacity: 6,
            policy: { ...policy, ...idle, autoscaleMax: 8, overage, graceDays: 4 },
          });
          const before = structuredClone(pool);
          const there = new Set<string>();
          const claim = { kind: "claim", name: "support" } as const;
          let least = Infinity;
          const names = Array.from({ length: 6 }, (_, index) => `u${String(index)}`);
          const run = (name: string, { what, capacity, inDays }: (typeof acts)[number]): void => {
            if (what === "contract") {
              scene.contract(pool, capacity, inDays);
              least = Math.min(least, capacity);
            } else if (what === "day") scene.days(1);
            else if (what === "days") scene.days(5);
            else if (what === "create" && !there.has(name)) {
              scene.create(name);
              scene.give(name, claim);
              there.add(name);
            }
            if (!there.has(name)) return;
            if (what === "leave") {
              scene.delete(name);
              there.delete(name);
            } else if (what === "off") scene.deactivate(name);
            else if (what === "on") scene.activate(name);
            else if (what === "in") scene.signInIfActive(name);
            else if (what === "undo") scene.undo(name);
            else if (what === "claim") {
              if (scene.seatOf(name)?.kept === undefined) scene.take(name, claim);
              else scene.give(name, claim);
            }
          };
          for (const name of names) run(name, { what: "create", who: 0, capacity: 1, inDays: 0 });
          for (const act of acts) {
            run(names[act.who]!, act);
            scene.tick();
          }
          scene.days(7 + 5);
          expect(bar()).toMatchObject({ excess: 0 });
          const held = [...scene.org.seats.values()].filter((seat) => occupies(seat)).length;
          const capacity = scene.capacityOf(pool);
          expect(capacity).toBeLessThanOrEqual(least);
          expect(held).toBeLessThanOrEqual(
            capacity + (policy.onFull.some((step) => step === "overage") ? 1 : 0),
          );
          const contracted = [...scene.org.seats.values()].filter(
            ({ grace }) => grace?.reason === "contracted",
          );
          expect(contracted).toEqual([]);
          expect([...scene.org.contractions.values()].every(({ state }) => state === "done")).toBe(
            true,
          );
          expect(faultIn(scene.org, [before])).toBeNull();
        },
      ),
      { numRuns: 60 },
    );
  });
});
