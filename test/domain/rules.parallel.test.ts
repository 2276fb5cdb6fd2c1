import { beforeEach, describe, expect, it } from "@jest/globals";
import { acquireSeat } from "../../src/domain/byHand.js";
import { adviceFor } from "../../src/domain/advisor/advice.js";
import { breakEven } from "../../src/domain/advisor/breakEven.js";
import type { Use } from "../../src/domain/advisor/uses.js";
import { capabilitiesOf } from "../../src/domain/answers/capabilities.js";
import type { Pool } from "../../src/domain/directory.js";
import { product } from "./organisation.js";
import { Scene, support } from "./scene.js";

/** The rules of named licences beside simultaneous ones, by their numbers (98, 100 and 104 also in leases.test.ts). */

const PRICES = { named: 500, concurrent: 1_750 };
const HOUR = 3_600_000;

let scene: Scene;
let named: Pool;
let concurrent: Pool;

function begin(capacity: { named: number; concurrent: number }): void {
  scene = new Scene([support()]);
  named = scene.pool("named", { capacity: capacity.named, policy: { acquireOn: "manual" } });
  concurrent = scene.pool("concurrent", {
    kind: "concurrent",
    capacity: capacity.concurrent,
    policy: { onFull: ["reject"], leaseSeconds: 600 },
  });
}

beforeEach(() => begin({ named: 1, concurrent: 2 }));

const name = (userName: string) => scene.give(userName, { kind: "pool", name: "named" });
const staff = (count: number) => Array.from({ length: count }, (_, n) => `u${String(n)}`);

/** As an application asks that says on which computer somebody works. */
function signInOn(userName: string, computer: string) {
  return scene.org.decide(
    (world, ctx) =>
      acquireSeat(world, ctx, scene.org.idOf(userName), "support", { unit: computer }),
    { type: "app" },
  );
}

function adviceOn(uses: readonly Use[]) {
  return adviceFor({
    ...{ uses, from: 0, to: 31 * 24 * HOUR, months: [{ from: 0, to: 31 }] },
    prices: () => ({ named: PRICES.named, perDay: null }),
    timeZone: "UTC",
    usedDays: new Map(),
    floating: [{ kind: "concurrent", perMonth: PRICES.concurrent }],
    ...{ refusalsMax: 0, seats: null },
  });
}

const use = (userId: string, from: number, to: number): Use => ({
  ...{ userId, from: from * HOUR, to: to * HOUR },
});

describe("named and simultaneous licences", () => {
  it("rule 95: one product is sold in both ways beside each other, each with its own price", () => {
    scene.create("boss", "o1", "o2");
    name("boss");
    for (const userName of ["boss", "o1", "o2"]) scene.signIn(userName);

    expect([scene.holders(named), scene.holders(concurrent)]).toEqual([["boss"], ["o1", "o2"]]);
    expect(breakEven(3, 2, PRICES)).toMatchObject({ named: 1_500, concurrent: 3_500 });
  });

  it("rule 96: a named licence is the employee's on every computer and at any time, however full the rest is", () => {
    scene.create("boss", "o1", "o2", "o3");
    name("boss");
    const [seat] = [...scene.org.seats.values()];
    for (const userName of ["o1", "o2", "o3"]) scene.signIn(userName);
    expect(scene.holders(concurrent)).toEqual(["o1", "o2"]);

    for (const computer of ["desk", "home", "phone"]) {
      scene.wait(60 * 24);
      expect(signInOn("boss", computer)).toMatchObject({
        ok: { type: "held", seat: { id: seat?.id, poolId: named.id } },
      });
    }
    expect(scene.holders(named)).toEqual(["boss"]);
  });

  it.each([
    { employees: 30, licences: 30, without: 0 },
    { employees: 31, licences: 30, without: 1 },
  ])(
    "rule 97: as many named licences as employees: $employees with $licences leave $without without",
    ({ employees, licences, without }) => {
      begin({ named: licences, concurrent: 0 });
      scene.create(...staff(employees));
      for (const userName of staff(employees)) name(userName);

      expect(scene.holders(named)).toHaveLength(licences);
      expect(employees - scene.holders(named).length).toBe(without);
    },
  );

  it("rule 98: as many simultaneous licences as people who work at one moment: 30 in shifts of 5 need 5", () => {
    begin({ named: 0, concurrent: 5 });
    scene.create(...staff(30));
    for (let shift = 0; shift < 6; shift += 1) {
      const working = staff(30).slice(shift * 5, shift * 5 + 5);
      for (const userName of working) scene.signIn(userName);
      expect(scene.holders(concurrent)).toEqual([...working].sort());
      scene.wait(8 * 60);
    }
  });

  it("rule 99: who works in shifts or now and then is advised simultaneous licences, who all work in parallel named ones", () => {
    const shifts = staff(30).map((id, n) =>
      use(id, Math.floor(n / 5) * 4, Math.floor(n / 5) * 4 + 4),
    );
    const light = staff(12).map((id, n) => use(id, n, n + 1));
    const parallel = staff(10).map((id) => use(id, 8, 16));

    expect(adviceOn(shifts).mix).toMatchObject({ named: [], floating: { seats: 5 } });
    expect(adviceOn(light).mix).toMatchObject({ named: [], floating: { seats: 1 } });
    expect(adviceOn(parallel).mix).toMatchObject({ floating: null });
    expect(adviceOn(parallel).mix.named).toHaveLength(10);
  });

  it("rule 100: a simultaneous licence that changes hands leaves each person's own history and last use behind", () => {
    begin({ named: 0, concurrent: 1 });
    scene.create("ann", "ben");
    scene.signIn("ann");
    const first = scene.org.now;
    scene.wait(11);
    scene.signIn("ben");

    const of = (userName: string) =>
      scene.org.entries.filter(({ userId }) => userId === scene.org.idOf(userName));
    expect(of("ann").map(({ kind }) => kind)).toEqual(["seat.granted", "lease.expired"]);
    expect(of("ben").map(({ kind }) => kind)).toEqual(["seat.granted"]);
    expect(of("ann")[0]?.at).toBe(first);
  });

  it("rule 103: every further employee costs more where licences are named, and nothing where only the others' number at once counts", () => {
    const costs = [10, 11, 12].map((employees) => breakEven(employees, 5, PRICES));

    expect(costs.map((cost) => cost.named)).toEqual([5_000, 5_500, 6_000]);
    expect(costs.map((cost) => cost.concurrent)).toEqual([8_750, 8_750, 8_750]);
  });

  it("rule 103: a licence is also what statistics and security are sold by", () => {
    const desk = product("desk", [["agent", "chat statistics two-factor"]], {
      freeCapabilities: ["profile.edit"],
    });
    const catalogue = { roles: new Map(), permissions: new Map() };
    const may = (tier: string | null) =>
      capabilitiesOf(catalogue, desk, { active: true, tier, addOns: [], roles: [] });

    expect(may(null)).toEqual(["profile.edit"]);
    expect(may("agent")).toEqual(["chat", "profile.edit", "statistics", "two-factor"]);
  });

  it("rule 104: the 6th at once on 5 licences is refused, and served when one of them leaves", () => {
    begin({ named: 0, concurrent: 5 });
    scene.create(...staff(6));
    for (const userName of staff(6)) scene.signIn(userName);
    expect(scene.holders(concurrent)).toEqual(staff(5));
    expect(scene.listed()).toEqual([]);

    scene.deactivate("u2");
    expect(scene.signIn("u5")).toMatchObject({ type: "held" });
  });
});
