import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Group, Pool } from "../../src/domain/directory.js";
import type { OnFullOfGroup, PoolPolicy } from "../../src/domain/pools/policy.js";
import { seatViews } from "../../src/domain/answers/standing.js";
import { Scene, support } from "./scene.js";

/** What a pool does when it is full, where that differs by group. */

let scene: Scene;
let leads: Group;
let interns: Group;

beforeEach(() => {
  scene = new Scene();
  leads = scene.group("Leads");
  interns = scene.group("Interns");
});

const LISTS: readonly OnFullOfGroup[] = [
  { group: "leads", onFull: ["overage", "wait"] },
  { group: "Interns", onFull: ["reject"] },
];

function pool(capacity: number, policy: Partial<PoolPolicy> = {}, more: Partial<Pool> = {}): Pool {
  const own = { onFullByGroup: LISTS, overage: { type: "absolute", seats: 1 }, ...policy } as const;
  return scene.pool("desk", { capacity, ...more, policy: own });
}

/** Here before they claim anything, so that they are members when it comes to seats. */
function arrive(group: Group | null, ...names: string[]): void {
  for (const name of names) {
    scene.tryToCreate(name, { active: false });
    if (group !== null) scene.join(group, name);
    scene.activate(name);
  }
}

describe("onFullByGroup", () => {
  it("gives a seat above the capacity to those whose list has it, however long others have waited", () => {
    pool(1);
    arrive(null, "ann", "ben", "cem");
    expect(scene.listed()).toEqual(["ben", "cem"]);

    arrive(leads, "lea", "lou");

    expect(scene.holders()).toEqual(["ann", "lea"]);
    expect(scene.listed()).toEqual(["ben", "cem", "lou"]);
    expect(scene.lastEntry("seat.granted")?.details).toMatchObject({ overage: 1 });
  });

  it("gives what comes back above the capacity to the first of those whose list has it, and what was bought to the first of all", () => {
    pool(1);
    arrive(null, "ann", "ben");
    arrive(leads, "lea", "lou", "liz");
    expect(scene.holders()).toEqual(["ann", "lea"]);

    scene.delete("lea");
    expect(scene.holders()).toEqual(["ann", "lou"]);

    scene.delete("ann");
    expect(scene.holders()).toEqual(["liz", "lou"]);
    scene.delete("lou");
    scene.delete("liz");
    expect(scene.holders()).toEqual(["ben"]);
  });

  it("takes no reserved place by a group's own overage: whoever it is kept for gets it above what was bought (I11)", () => {
    const sales = scene.group("Sales");
    pool(1, { reservations: [{ group: "Sales", seats: 1 }] });
    arrive(leads, "lea");
    expect(scene.holders()).toEqual(["lea"]);

    arrive(sales, "sam", "sue");

    expect(scene.holders()).toEqual(["lea", "sam"]);
    expect(scene.listed()).toEqual(["sue"]);
  });

  it("refuses over SCIM only those whose list says so, and names the group", () => {
    pool(1);
    arrive(null, "ann");
    expect(scene.tryToCreate("ivy", { active: false })).toHaveProperty("ok");
    scene.join(interns, "ivy");

    expect(scene.activate("ivy")).toMatchObject({
      refused: "SeatRefused",
      sentence:
        'All 1 seats of the pool "desk" (support) are taken, and the pool is set to refuse new people of the group "Interns".',
    });
    expect(scene.tryToCreate("ben")).toHaveProperty("ok");
    expect(scene.listed()).toEqual(["ben"]);
  });

  it("counts the first list that fits for who is in several groups, and onFull for who is in none", () => {
    pool(1);
    arrive(null, "ann");
    scene.tryToCreate("max", { active: false });
    scene.join(interns, "max");
    scene.join(leads, "max");

    expect(scene.activate("max")).toHaveProperty("ok");

    expect(scene.holders()).toEqual(["ann", "max"]);
  });

  it("goes by the groups of today: who joins a group while waiting is served by its list, who leaves it is not", () => {
    pool(1);
    arrive(null, "ann", "ben");
    arrive(leads, "lea", "lou");
    expect(scene.listed()).toEqual(["ben", "lou"]);

    scene.leave(leads, "lou");
    scene.delete("lea");
    expect(scene.holders()).toEqual(["ann"]);
    scene.join(leads, "lou");
    expect(scene.holders()).toEqual(["ann", "lou"]);

    scene.join(interns, "ben");
    expect(scene.listed()).toEqual([]);
    scene.leave(interns, "ben");
    expect(scene.listed()).toEqual(["ben"]);
  });

  it("buys seats only for those whose list does", () => {
    const desk = pool(1, {
      onFullByGroup: [{ group: "Leads", onFull: ["autoscale"] }],
      autoscaleMax: 2,
    });
    arrive(null, "ann", "ben");
    expect(scene.capacityOf(desk)).toBe(1);

    arrive(leads, "lea", "lou");

    expect(scene.capacityOf(desk)).toBe(2);
    expect(scene.holders()).toEqual(["ann", "lea"]);
    expect(scene.listed()).toEqual(["ben"]);
  });

  it("lets only those take over seats at a sign-in whose list has it; a sign-in of anybody else waits", () => {
    scene.pool("desk", {
      kind: "shared",
      capacity: 1,
      policy: {
        acquireOn: "signIn",
        onFull: ["wait"],
        onFullByGroup: [{ group: leads.id, onFull: ["evictLru", "wait"] }],
      },
    });
    arrive(null, "ann", "ben");
    arrive(leads, "lea");
    scene.signIn("ann");
    scene.wait(1);

    expect(scene.signIn("ben").type).toBe("waiting");
    expect(scene.signIn("lea").type).toBe("held");
    expect(scene.holders()).toEqual(["lea"]);
  });

  it("says restricted, or nothing at all, by the person's own list", () => {
    pool(1, {
      onFullByGroup: [
        { group: "Leads", onFull: ["restricted"] },
        { group: "Interns", onFull: [] },
      ],
    });
    arrive(null, "ann", "ben");
    arrive(leads, "lea");
    arrive(interns, "ivy");

    const reasons = [...scene.org.waiting.values()].map(
      ({ userId, reason }) => `${scene.nameOf(userId)} ${reason}`,
    );
    expect(reasons.sort()).toEqual(["ben PoolFull", "lea Restricted"]);
  });

  it("falls back to a lower tier only for those whose list does", () => {
    scene.pool("low", { capacity: 9 });
    scene.pool("high", {
      capacity: 1,
      tiers: ["professional"],
      policy: { onFullByGroup: [{ group: "Leads", onFull: ["fallbackTier"] }] },
    });
    scene.org.rule(
      { type: "everyone" },
      { tierFloors: [{ product: "support", tier: "professional" }] },
    );

    arrive(null, "ann", "ben");
    arrive(leads, "lea");

    const tiers = [...scene.org.seats.values()].map(({ userId, tier }) => [
      scene.nameOf(userId),
      tier,
    ]);
    expect(tiers).toEqual([
      ["ann", "professional"],
      ["lea", "standard"],
    ]);
    expect(scene.listed()).toEqual(["ben", "lea"]);
  });

  it("is told in the words: which list a pool went by for this person", () => {
    pool(1);
    arrive(null, "ann", "ben");
    arrive(leads, "lea", "lou");
    const view = (name: string, groups: readonly Group[]) => {
      const user = [...scene.org.users.values()].find(({ userName }) => userName === name)!;
      const entry = [...scene.org.waiting.values()].find(({ userId }) => userId === user.id)!;
      const holdings = {
        requirements: [],
        seats: [],
        kept: [],
        waiting: [{ entry, position: 1 }],
        pools: [...scene.org.pools.values()],
      };
      const names = new Map(groups.map(({ id, displayName }) => [id, displayName]));
      return seatViews(scene.org.catalogue, user, holdings, names)[0]?.reason;
    };

    expect(view("lou", [leads])).toContain(
      'When the pool "desk" is full, it tries for the members of the group "leads": overage, then wait.',
    );
    expect(view("ben", [])).not.toContain("members of the group");
  });

  it("never holds more above the capacity than the lists allow, nor any seat there that was given to who has no such list", () => {
    const steps = fc.array(
      fc.record({
        who: fc.nat({ max: 7 }),
        what: fc.constantFrom("arrive", "delete", "join", "leave"),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const own = new Scene([support()]);
        const group = own.group("Leads");
        const desk = own.pool("desk", {
          capacity: 2,
          policy: {
            overage: { type: "absolute", seats: 2 },
            onFullByGroup: [{ group: "Leads", onFull: ["overage", "wait"] }],
          },
        });
        const here = new Set<string>();
        const members = new Set<string>();
        for (const { who, what } of all) {
          const name = `person${String(who)}`;
          const known = own.org.entries.length;
          if (what === "arrive" && !here.has(name)) {
            own.create(name);
            here.add(name);
          } else if (what === "delete" && here.delete(name)) {
            own.delete(name);
            members.delete(name);
          } else if (what === "join" && here.has(name)) {
            members.add(name);
            own.join(group, name);
          } else if (what === "leave" && here.has(name)) {
            members.delete(name);
            own.leave(group, name);
          }
          const above = own.org.entries
            .slice(known)
            .filter(
              ({ kind, details }) => kind === "seat.granted" && details["overage"] !== undefined,
            );
          expect(above.every(({ userId }) => members.has(own.nameOf(userId)))).toBe(true);
          const held = own.holders(desk);
          expect(held.length).toBeLessThanOrEqual(4);
          // Work conservation: nobody waits for what his list would give.
          if (held.length < 2) expect(own.listed()).toEqual([]);
          if (held.length < 4) expect(own.listed().filter((one) => members.has(one))).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
