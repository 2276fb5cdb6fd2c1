import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Pool } from "../../src/domain/directory.js";
import { PRIORITY_MAX } from "../../src/domain/pools/sharing.js";
import { Scene, support } from "./scene.js";

/** The order of the waiting list: classes, ageing, and what they cannot do (I10). */

const HOUR = 60;
let scene: Scene;
let pool: Pool;

beforeEach(() => {
  scene = new Scene();
  pool = scene.pool("desk", { capacity: 1, policy: { ageingSeconds: 3_600 } });
  scene.create("holder");
});

function arrive(userName: string, priority = 0): void {
  scene.tryToCreate(userName, { active: false });
  if (priority > 0) scene.give(userName, { kind: "priority", name: "support", value: priority });
  scene.activate(userName);
}

/** Who gets the seat, one after another. */
function served(): string[] {
  const names: string[] = [];
  for (let holder = "holder"; ;) {
    scene.delete(holder);
    const [next] = scene.holders(pool);
    if (next === undefined) return names;
    names.push(next);
    holder = next;
  }
}

describe("the waiting list", () => {
  it("I10: without priorities is first come, first served", () => {
    for (const name of ["cem", "ann", "ben"]) {
      arrive(name);
      scene.wait(1);
    }

    expect(served()).toEqual(["cem", "ann", "ben"]);
  });

  it("serves a higher class first, and within a class whoever came first", () => {
    for (const [name, priority] of [
      ["ann", 0],
      ["ben", 2],
      ["cem", 0],
      ["dan", 2],
      ["eva", 9],
    ] as const) {
      arrive(name, priority);
      scene.wait(1);
    }

    expect(served()).toEqual(["eva", "ben", "dan", "ann", "cem"]);
  });

  it("raises who waits by one class after each ageingSeconds: nobody is overtaken for ever", () => {
    arrive("ann");
    scene.wait(2 * HOUR - 1);
    arrive("early", 2);
    scene.wait(2);
    arrive("late", 2);
    scene.wait(1);

    expect(served()).toEqual(["early", "ann", "late"]);
  });

  it("counts for nothing where ageingSeconds is 0", () => {
    scene.change(pool, { policy: { ageingSeconds: 0 } });
    arrive("ann");
    scene.wait(1);
    arrive("ben", 9);

    expect(served()).toEqual(["ann", "ben"]);
  });

  it("takes the highest class that the rules and hands give, and follows when it changes", () => {
    const vip = scene.group("Vip");
    const match = (name: string) => ({ type: "groupName", name }) as const;
    scene.org.rule(match("Vip"), { priorities: [{ product: "support", class: 3 }] });
    scene.org.rule({ type: "everyone" }, { priorities: [{ product: "support", class: 1 }] });
    for (const name of ["ann", "ben", "cem"]) {
      arrive(name);
      scene.wait(1);
    }
    scene.join(vip, "cem");
    const classes = () =>
      [...scene.org.waiting.values()]
        .map(({ userId, priority }) => `${scene.nameOf(userId)} ${String(priority)}`)
        .sort();

    expect(classes()).toEqual(["ann 1", "ben 1", "cem 3"]);
    scene.give("ben", { kind: "priority", name: "support", value: 2 });
    expect(classes()).toEqual(["ann 1", "ben 2", "cem 3"]);
    scene.leave(vip, "cem");
    expect(classes()).toEqual(["ann 1", "ben 2", "cem 1"]);
    expect(served()).toEqual(["ben", "ann", "cem"]);
  });

  it("of another product knows nothing of the class", () => {
    arrive("ann");
    scene.wait(1);
    scene.tryToCreate("ben", { active: false });
    scene.give("ben", { kind: "priority", name: "analytics", value: 9 });
    scene.activate("ben");

    expect(served()).toEqual(["ann", "ben"]);
  });

  it("keeps the place and the head start of who was deactivated, where the policy brings them back to the head", () => {
    scene.change(pool, { policy: { resume: "headOfList" } });
    arrive("ann", 1);
    scene.deactivate("holder");
    expect(scene.holders()).toEqual(["ann"]);
    scene.wait(1);
    arrive("ben");
    scene.activate("holder");

    expect(scene.listed()).toHaveLength(2);
    scene.delete("ann");
    expect(scene.holders()).toEqual(["holder"]);
  });
});

describe("bounded overtaking in random arrivals", () => {
  const arrival = fc.record({ minutes: fc.nat(90), priority: fc.nat(PRIORITY_MAX) });

  it("I10: nobody is behind who came more than the missing classes' time later, nor behind an equal who came later", () => {
    fc.assert(
      fc.property(
        fc.array(arrival, { minLength: 2, maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        (arrivals, ageingMinutes) => {
          scene = new Scene([support()]);
          pool = scene.pool("desk", { policy: { ageingSeconds: ageingMinutes * 60 } });
          scene.create("holder");
          const came = new Map<string, { at: number; priority: number }>();
          arrivals.forEach(({ minutes, priority }, index) => {
            scene.wait(minutes);
            const name = `u${String(index)}`;
            came.set(name, { at: scene.org.now, priority });
            arrive(name, priority);
          });

          const order = served();
          expect(order).toHaveLength(arrivals.length);
          order.forEach((name, place) => {
            const own = came.get(name) ?? { at: 0, priority: 0 };
            const bound = own.at + (PRIORITY_MAX - own.priority) * ageingMinutes * 60_000;
            for (const before of order.slice(0, place)) {
              const other = came.get(before) ?? { at: 0, priority: 0 };
              expect(other.at).toBeLessThanOrEqual(bound);
              if (other.priority === own.priority) expect(other.at).toBeLessThanOrEqual(own.at);
              // And nobody of a lower class who came later.
              if (other.priority < own.priority) expect(other.at).toBeLessThanOrEqual(own.at);
            }
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
