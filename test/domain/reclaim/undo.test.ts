import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { checkPolicy } from "../../../src/actions/checkPolicy.js";
import type { Seat } from "../../../src/domain/directory.js";
import { defaultPolicy, type PoolKind, type PoolPolicy } from "../../../src/domain/pools/policy.js";
import { faultIn } from "../books.js";
import { support } from "../scene.js";
import { ReclaimScene } from "./scene.js";

/** I18: the way back, in one step, and never one seat too many. */

const POLICY = {
  ...{ idleDays: 30, idleAction: "reclaim", remindDays: 0, answerDays: 0, graceDays: 5 },
  undo: "guaranteed",
} as const satisfies Partial<PoolPolicy>;

function begin(policy: Partial<PoolPolicy> = {}, capacity = 1): ReclaimScene {
  const scene = new ReclaimScene();
  scene.pool("desk", { capacity, policy: { ...POLICY, ...policy } });
  scene.create("ann");
  scene.wait(1);
  scene.signIn("ann");
  scene.owns("ann", "page-1");
  return scene;
}

/** All of a seat but when it is looked at next. */
function plain({ idle: _, ...seat }: Seat): Omit<Seat, "idle"> {
  return seat;
}

describe("the choice of an undo", () => {
  const policy: PoolPolicy = { ...defaultPolicy("locked"), ...POLICY };

  function check(kind: PoolKind, checked: PoolPolicy): void {
    checkPolicy({ kind, capacity: 5, policy: checked });
  }

  it("must be made: free at once and given back for sure would sell a seat twice", () => {
    const undecided = { ...policy, undo: "undecided" } as const;
    expect(() => check("locked", undecided)).toThrow("cannot be free at once");
    expect(() => check("locked", { ...undecided, idleAction: "ask" })).not.toThrow();
    expect(() => check("locked", { ...undecided, graceDays: 0 })).not.toThrow();
    for (const undo of ["guaranteed", "ifFree"] as const) {
      expect(() => check("locked", { ...policy, undo })).not.toThrow();
    }
  });

  it("refuses what would never come into play", () => {
    expect(() => check("locked", { ...policy, answerDays: 5, remindDays: 5 })).toThrow("reminder");
    const lease = { ...defaultPolicy("concurrent"), idleDays: 5 };
    expect(() => check("concurrent", lease)).toThrow("lease ends by itself");
    expect(() => check("locked", { ...policy, onUnassign: "transfer" })).toThrow("needs the");
    expect(() => check("locked", { ...policy, transferTo: "x" })).toThrow("Nothing is");
  });
});

describe("I18: an undo inside the window", () => {
  it("guaranteed: access goes on, nobody gets the seat, and everything is as it was", () => {
    const scene = begin();
    const before = scene.seatOf("ann")!;
    const page = scene.org.resources.get("page page-1");
    scene.create("bob");
    scene.days(31);

    expect(scene.stateOf("ann")).toBe("grace");
    expect(scene.listed()).toEqual(["bob"]);
    expect(scene.undo("ann")).toHaveProperty("ok");
    expect(plain(scene.seatOf("ann")!)).toEqual(plain(before));
    expect(scene.org.resources.get("page page-1")).toEqual(page);
    scene.days(80);
    expect(scene.holders()).toEqual(["ann"]);
  });

  it("ifFree: the seat is free at once, and comes back as the same one while nobody has it", () => {
    const scene = begin({ undo: "ifFree" });
    const before = scene.seatOf("ann")!;
    scene.days(31);
    expect(scene.stateOf("ann")).toBe("parked");
    expect(scene.resource("page-1")).toBe("ann disabled");

    expect(scene.undo("ann")).toHaveProperty("ok");
    expect(plain(scene.seatOf("ann")!)).toEqual(plain(before));
    expect(scene.resource("page-1")).toBe("ann enabled");
    expect(scene.lastEntry("seat.granted")).toMatchObject({ reason: "undone", delta: 1 });
  });

  it("ifFree: is refused when somebody else has the seat, which is what was chosen", () => {
    const scene = begin({ undo: "ifFree" });
    scene.create("bob");
    scene.days(31);
    expect(scene.holders()).toEqual(["bob"]);
    expect(scene.undo("ann")).toMatchObject({ refused: "PoolFull" });
    scene.deactivate("bob");
    expect(scene.undo("ann")).toHaveProperty("ok");
  });

  it("ifFree: is refused when the pool does not give the tier any more, and the books stay right", () => {
    const scene = new ReclaimScene();
    const policy = { ...POLICY, undo: "ifFree" } as const;
    const pool = scene.pool("desk", { capacity: 1, tiers: ["standard", "professional"], policy });
    const created = structuredClone(pool);
    scene.create("ann");
    scene.give("ann", { kind: "tierFloor", name: "support", value: "professional" });
    scene.wait(1);
    scene.signIn("ann");
    scene.days(31);
    scene.change(pool, { tiers: ["standard"] });
    scene.evaluateAll();
    expect(scene.undo("ann")).toMatchObject({
      refused: "Conflict",
      sentence: expect.stringContaining("tier"),
    });
    expect(scene.holders()).toEqual([]);
    expect(faultIn(scene.org, [created])).toBeNull();

    scene.change(pool, { tiers: ["standard", "professional"] });
    expect(scene.undo("ann")).toHaveProperty("ok");
    expect(faultIn(scene.org, [created])).toBeNull();
  });

  it("ifFree: is refused for a seat by hand that the hand has taken back", () => {
    const scene = new ReclaimScene();
    const policy = { ...POLICY, undo: "ifFree", acquireOn: "manual" } as const;
    scene.pool("desk", { capacity: 1, policy });
    scene.create("ann");
    scene.give("ann", { kind: "pool", name: "desk" });
    scene.wait(1);
    scene.signIn("ann");
    scene.days(31);
    expect(scene.stateOf("ann")).toBe("parked");
    scene.take("ann", { kind: "pool", name: "desk" });
    expect(scene.undo("ann")).toMatchObject({
      refused: "Conflict",
      sentence: expect.stringContaining("by hand"),
    });
    expect(scene.holders()).toEqual([]);
  });

  it.each([
    {
      what: "nothing claims it any more",
      ends: (scene: ReclaimScene) => scene.take("ann", { kind: "claim", name: "support" }),
    },
    {
      what: "the person is excluded",
      ends: (scene: ReclaimScene) => scene.give("ann", { kind: "exclusion", name: "support" }),
    },
    {
      what: "no tier is at once what is needed and what is allowed",
      ends: (scene: ReclaimScene) => {
        scene.give("ann", { kind: "tierFloor", name: "support", value: "professional" });
        scene.give("ann", { kind: "tierCeiling", name: "support", value: "standard" });
      },
    },
  ])("ifFree: is refused when $what", ({ ends }) => {
    const scene = new ReclaimScene([support({ everyone: false })]);
    scene.pool("desk", { capacity: 1, policy: { ...POLICY, undo: "ifFree", idleDays: 30 } });
    scene.create("ann");
    scene.give("ann", { kind: "claim", name: "support" });
    scene.wait(1);
    scene.signIn("ann");
    scene.days(31);
    ends(scene);
    expect(scene.undo("ann")).toMatchObject({ refused: "Conflict" });
    expect(scene.holders()).toEqual([]);
  });

  it("ifFree: what was handed over comes back from who has it", () => {
    const scene = begin({ undo: "ifFree" }, 2);
    scene.create("heir");
    scene.signIn("heir");
    const pool = [...scene.org.pools.values()][0]!;
    scene.change(pool, {
      policy: { onUnassign: "transfer", transferTo: scene.org.idOf("heir") },
    });
    scene.exempt({ user: "heir" });
    scene.days(31);
    expect(scene.resource("page-1")).toBe("heir enabled");
    scene.undo("ann");
    expect(scene.resource("page-1")).toBe("ann enabled");
  });

  it("happens by itself when the person uses the seat after all", () => {
    const scene = begin();
    scene.days(31);
    scene.signIn("ann");
    expect(scene.stateOf("ann")).toBe("active");
    expect(scene.told("seat.reclaimUndone").at(-1)?.data).toMatchObject({ reason: "used" });
  });

  it("is also what keeping means once the seat is on its way out", () => {
    const scene = begin();
    scene.days(31);
    expect(scene.answer("ann", "keep")).toHaveProperty("ok");
    expect(scene.stateOf("ann")).toBe("active");
  });

  it.each(["guaranteed", "ifFree"] as const)("%s: is over when the window is", (undo) => {
    const scene = begin({ undo });
    scene.days(31);
    scene.days(5);
    expect(scene.undo("ann")).toMatchObject({ refused: "Conflict" });
    expect(scene.stateOf("ann")).toBe("parked");
  });

  it("is not for who was deactivated, nor for a seat that nobody took back", () => {
    const scene = begin();
    expect(scene.undo("ann")).toMatchObject({ refused: "Conflict" });
    scene.days(31);
    scene.deactivate("ann");
    expect(scene.undo("ann")).toMatchObject({ refused: "Inactive" });
  });
});

const act = fc.record({
  do: fc.constantFrom("use", "undo", "keep", "giveUp", "off", "on", "day", "days", "evaluate"),
  who: fc.nat(3),
});

describe("I18 and I19, whatever happens", () => {
  it("an undo gives back the same assignment, tier and resources or is refused, and nothing is ever deleted", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("guaranteed" as const, "ifFree" as const),
        fc.nat(10),
        fc.array(act, { maxLength: 40 }),
        (undo, answerDays, acts) => {
          const names = ["ann", "bob", "cid", "dan"];
          const scene = begin({ undo, answerDays, askAgainDays: 20 }, 2);
          scene.create("bob", "cid", "dan");
          names.forEach((name, n) => scene.owns(name, `page-${String(n)}`));
          const lost = new Map<string, { seat: Seat; pages: string[] }>();
          const pages = () => names.map((_, n) => scene.resource(`page-${String(n)}`));
          for (const { do: what, who } of acts) {
            const name = names[who]!;
            const seats = new Map(names.map((one) => [one, scene.seatOf(one)]));
            const owned = pages();
            if (what === "undo") {
              const verdict = scene.undo(name);
              const before = lost.get(name);
              if ("ok" in verdict && before !== undefined) {
                const { id, tier, grantedAt, lastUsedAt } = before.seat;
                expect(scene.seatOf(name)).toMatchObject({ id, tier, grantedAt, lastUsedAt });
                expect(pages()[who]).toBe(before.pages[who]);
              }
            } else if (what === "use") scene.signInIfActive(name);
            else if (what === "keep" || what === "giveUp") scene.answer(name, what);
            else if (what === "off") scene.deactivate(name);
            else if (what === "on") scene.activate(name);
            else if (what === "evaluate") scene.update(name, { displayName: `${name} again` });
            else scene.days(what === "day" ? 1 : 16);
            for (const one of names) {
              const [was, is] = [seats.get(one), scene.seatOf(one)];
              const isLost = was?.kept === undefined && was?.grace === undefined;
              const isTaken = is?.grace !== undefined || is?.kept?.undo !== undefined;
              if (was !== undefined && isLost && isTaken) {
                lost.set(one, { seat: was, pages: owned });
              }
            }
            expect(scene.org.users.size).toBe(4);
            expect(scene.org.resources.size).toBe(4);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
