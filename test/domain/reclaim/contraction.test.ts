import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { barOf } from "../../../src/domain/bar.js";
import type { Pool } from "../../../src/domain/directory.js";
import type { PoolPolicy } from "../../../src/domain/policy.js";
import { occupies, stateOf } from "../../../src/domain/states.js";
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
});
