import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { adviceFor, type AdviceQuestion } from "../../../src/domain/advisor/advice.js";
import { breakEven } from "../../../src/domain/advisor/breakEven.js";
import { engsetRefusal, seatsFor } from "../../../src/domain/advisor/engset.js";
import { cheapestMix } from "../../../src/domain/advisor/mix.js";
import type { MixQuestion } from "../../../src/domain/advisor/question.js";
import { backTest, mergedUses, peakOf, sumOf, type Use } from "../../../src/domain/advisor/uses.js";

const HOUR = 3_600_000;
/** One calendar month; times are hours of its first day. */
const MONTH = { from: 0, to: 31 };

function use(userId: string, from: number, to: number): Use {
  return { userId, from: from * HOUR, to: to * HOUR };
}

function ask(uses: readonly Use[], more: Partial<AdviceQuestion> = {}) {
  return adviceFor({
    uses,
    from: 0,
    to: 31 * 24 * HOUR,
    months: [MONTH],
    timeZone: "UTC",
    prices: () => ({ named: 500, perDay: null }),
    usedDays: new Map(),
    floating: [{ kind: "concurrent", perMonth: 1_750 }],
    refusalsMax: 0,
    seats: null,
    ...more,
  });
}

function people(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${String(index).padStart(3, "0")}`);
}

const parallel = people(10).map((id) => use(id, 8, 16));
/** Thirty people in six shifts of four hours, five at a time. */
const shifts = people(30).map((id, index) => {
  const shift = Math.floor(index / 5);
  return use(id, shift * 4, shift * 4 + 4);
});

describe("the examples of the reference system", () => {
  it("rule 98: thirty people in shifts, five at a time, need five concurrent seats", () => {
    const { staff, peak, mix } = ask(shifts);
    expect([staff, peak]).toEqual([30, 5]);
    expect(mix).toMatchObject({ named: [], daily: [], floating: { kind: "concurrent", seats: 5 } });
    expect(mix.refused.size).toBe(0);
  });

  it("rule 101: ten people always in parallel: named 5,000, concurrent 17,500, difference 12,500", () => {
    const { mix, breakEven: compared } = ask(parallel);
    expect(compared).toMatchObject({ named: 5_000, concurrent: 17_500, difference: 12_500 });
    expect(mix).toMatchObject({ cost: 5_000, lowerBound: 5_000, isOptimal: true, floating: null });
    expect(mix.named).toHaveLength(10);
  });

  it("rule 102: concurrent is cheaper above 3.5 people for each seat: 8,750 against 15,000 in shifts", () => {
    const { mix, breakEven: compared, allNamed } = ask(shifts);
    expect(compared).toEqual({
      ...{ ratio: 3.5, staff: 30, peak: 5, named: 15_000, concurrent: 8_750 },
      ...{ difference: 6_250, isConcurrentCheaper: true },
    });
    expect(mix).toMatchObject({ cost: 8_750, lowerBound: 8_750, isOptimal: true });
    expect(allNamed).toBe(15_000);
    const prices = { named: 500, concurrent: 1_750 };
    const cheaper = [6, 7, 8].map((staff) => breakEven(staff, 2, prices).isConcurrentCheaper);
    expect(cheaper).toEqual([false, false, true]);
  });

  it("rule 104: the sixth at once on five seats is refused", () => {
    const { tested } = ask([...shifts, use("late", 1, 2)], { seats: 5 });
    expect([...tested.refused]).toEqual([["late", 1]]);
  });
});

describe("a back-test", () => {
  it("says who would have been refused how often", () => {
    const uses = mergedUses(
      [
        use("ann", 8, 12),
        use("bob", 9, 10),
        use("bob", 11, 13),
        use("cid", 12, 13),
        use("cid", 9, 10),
      ],
      0,
      31 * 24 * HOUR,
    );
    expect([...backTest(uses, 1)]).toEqual([
      ["bob", 2],
      ["cid", 1],
    ]);
    expect(backTest(uses, 3).size).toBe(0);
    expect(sumOf(backTest(uses, 0))).toBe(5);
  });

  it("counts for shared seats who is interrupted: whoever has been there longest", () => {
    const uses = [use("ann", 8, 12), use("bob", 9, 12), use("cid", 10, 12)];
    expect([...backTest(uses, 1, "shared")]).toEqual([
      ["ann", 1],
      ["bob", 1],
    ]);
  });

  it("takes two uses of one person at a time for one, and one that ends when another begins for none at once", () => {
    const uses = mergedUses(
      [use("ann", 8, 12), use("ann", 9, 13), use("bob", 13, 14)],
      0,
      24 * HOUR,
    );
    expect(uses).toEqual([use("ann", 8, 13), use("bob", 13, 14)]);
    expect(peakOf(uses)).toBe(1);
  });
});

describe("the mix", () => {
  it("puts who is there for a day or two on daily billing, and never charges more than the month", () => {
    const { mix } = ask([use("ann", 8, 9), use("bob", 8, 9)], {
      prices: () => ({ named: 500, perDay: 100 }),
      usedDays: new Map([
        ["ann", [3, 9]],
        ["bob", [1, 2, 3, 4, 5, 6, 40]],
      ]),
    });
    expect(mix).toMatchObject({ daily: ["ann"], named: ["bob"], floating: null, cost: 700 });
  });

  it("gives whoever came on days without hours a seat of their own, and claims no optimum (a back-test of nothing)", () => {
    const usedDays = new Map([
      ["ann", [0]],
      ["bob", [1, 2, 3, 4, 5]],
      ["cid", [8, 40]],
    ]);
    const prices = () => ({ named: 500, perDay: 110 });
    const cheap = [{ kind: "concurrent", perMonth: 100 }] as const;
    const { mix, ...advice } = ask([use("ann", 8, 9)], { usedDays, prices, floating: cheap });
    expect(mix).toMatchObject({ named: ["bob"], daily: ["cid"], floating: { people: ["ann"] } });
    expect(mix).toMatchObject({ cost: 710, lowerBound: 100, isOptimal: false });
    expect(advice).toMatchObject({ staff: 3, peak: 1, allNamed: 1_500 });
    // Day 40 is outside of the window.
    expect([...advice.withoutHours]).toEqual([
      ["bob", 5],
      ["cid", 1],
    ]);
  });

  it("claims no optimum where some of somebody's days have no hours, and stays above its bound", () => {
    const usedDays = new Map([["p001", [0, 1]]]);
    const { mix, withoutHours } = ask(shifts, { usedDays });
    expect(mix).toMatchObject({ cost: 8_750, lowerBound: 8_750, isOptimal: false });
    expect([...withoutHours]).toEqual([["p001", 1]]);
    const whole = ask(shifts, { usedDays: new Map([["p001", [0]]]) });
    expect([whole.mix.isOptimal, whole.withoutHours.size]).toEqual([true, 0]);
  });

  it("takes a day as known that a use touches, in the calendar of the customer", () => {
    const night = [use("ann", 20, 26)];
    const known = (timeZone: string, days: number[]) =>
      ask(night, { timeZone, usedDays: new Map([["ann", days]]) }).withoutHours.get("ann") ?? 0;
    expect(known("UTC", [0, 1])).toBe(0);
    expect(known("UTC", [0, 1, 2])).toBe(1);
    // In Tokyo it is the morning of the next day already.
    expect(known("Asia/Tokyo", [0, 1])).toBe(1);
    expect(ask([use("ann", 20, 24)], { usedDays: new Map([["ann", [1]]]) }).withoutHours.size).toBe(
      1,
    );
  });

  it("is the cheapest there is for a few people, and within its bound for many", () => {
    fc.assert(
      fc.property(questions(), (question) => {
        const best = bruteForce(question);
        const exact = cheapestMix(question);
        expect([exact.cost, exact.isOptimal]).toEqual([best, true]);
        const good = cheapestMix(question, 0);
        expect(good.lowerBound).toBeLessThanOrEqual(best);
        expect(good.cost).toBeGreaterThanOrEqual(best);
        for (const mix of [exact, good]) {
          expect(sumOf(mix.refused)).toBeLessThanOrEqual(question.refusalsMax);
          expect(mix.isOptimal).toBe(mix.cost === mix.lowerBound);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("comes in time for hundreds of people, refuses nobody, and says how near it is", () => {
    const uses = people(300).flatMap((id, index) =>
      Array.from({ length: 20 }, (_, day) => {
        const from = day * 24 + 7 + ((index * 7 + day * 3) % 10);
        return use(id, from, from + 1 + (index % 3));
      }),
    );
    const { mix } = ask(uses, { months: [MONTH, MONTH, MONTH] });
    expect(sumOf(mix.refused)).toBe(0);
    expect(mix.cost).toBeLessThan(300 * 500 * 3);
    expect(mix.lowerBound).toBeGreaterThan(0);
  });
});

function questions(): fc.Arbitrary<MixQuestion> {
  const ids = ["a", "b", "c", "d", "e"];
  const some = fc.record({
    userId: fc.constantFrom(...ids),
    from: fc.nat(12),
    length: fc.integer({ min: 1, max: 6 }),
  });
  return fc
    .record({
      uses: fc.array(some, { minLength: 1, maxLength: 10 }),
      own: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 5, maxLength: 5 }),
      concurrent: fc.integer({ min: 1, max: 30 }),
      shared: fc.integer({ min: 1, max: 30 }),
      refusalsMax: fc.nat(3),
    })
    .map(({ uses, own, concurrent, shared, refusalsMax }) => ({
      uses: mergedUses(
        uses.map(({ userId, from, length }) => use(userId, from, from + length)),
        0,
        24 * HOUR,
      ),
      own: new Map(
        ids.map((id, index) => [id, { kind: "named", price: own[index] ?? 1 } as const]),
      ),
      floating: [
        { kind: "concurrent", price: concurrent },
        { kind: "shared", price: shared },
      ],
      refusalsMax,
    }));
}

/** Everything there is: each set of people who share, each number of seats; refusals counted hour by hour. */
function bruteForce({ uses, own, floating, refusalsMax }: MixQuestion): number {
  const ids = [...new Set(uses.map(({ userId }) => userId))];
  let best = Infinity;
  for (let bits = 0; bits < 2 ** ids.length; bits += 1) {
    const isSharing = (id: string): boolean => Math.floor(bits / 2 ** ids.indexOf(id)) % 2 === 1;
    const alone = ids.filter((id) => !isSharing(id));
    const price = alone.reduce((sum, id) => sum + (own.get(id)?.price ?? 0), 0);
    if (bits === 0) best = Math.min(best, price);
    for (const offer of floating) {
      for (let seats = 0; seats <= ids.length; seats += 1) {
        const shared = uses.filter(({ userId }) => isSharing(userId));
        const harm =
          offer.kind === "shared" ? interruptions(shared, seats) : refusals(shared, seats);
        if (harm <= refusalsMax) best = Math.min(best, price + seats * offer.price);
      }
    }
  }
  return best;
}

function refusals(uses: readonly Use[], seats: number): number {
  const served: Use[] = [];
  for (const one of uses) {
    const there = served.filter(({ from, to }) => from <= one.from && one.from < to);
    if (there.length < seats) served.push(one);
  }
  return uses.length - served.length;
}

function interruptions(uses: readonly Use[], seats: number): number {
  let there: Use[] = [];
  let count = 0;
  for (const one of uses) {
    there = [...there.filter(({ to }) => to > one.from), one];
    if (there.length > seats) {
      there.shift();
      count += 1;
    }
  }
  return count;
}

describe("the Engset estimate", () => {
  /** Call congestion from the definition: how often those who come find all seats taken by the others. */
  function fromDefinition(people: number, busyShare: number, seats: number): number {
    const load = busyShare / (1 - busyShare);
    const weight = (taken: number): number => choose(people - 1, taken) * load ** taken;
    const all = Array.from({ length: seats + 1 }, (_, taken) => weight(taken));
    return weight(seats) / all.reduce((sum, one) => sum + one, 0);
  }
  function choose(n: number, k: number): number {
    let result = 1;
    for (let i = 1; i <= k; i += 1) result = (result * (n - k + i)) / i;
    return result;
  }

  it("agrees with its definition, never refuses with a seat for everybody, and less the more seats there are", () => {
    for (const staff of [1, 2, 5, 12, 30]) {
      for (const busyShare of [0.05, 0.3, 0.8]) {
        for (let seats = 0; seats < staff; seats += 1) {
          const refusal = engsetRefusal({ people: staff, busyShare }, seats);
          expect(refusal).toBeCloseTo(fromDefinition(staff, busyShare, seats), 10);
          expect(engsetRefusal({ people: staff, busyShare }, seats + 1)).toBeLessThan(refusal);
        }
        expect(engsetRefusal({ people: staff, busyShare }, staff)).toBe(0);
      }
    }
  });

  it("finds the smallest number of seats", () => {
    const staff = { people: 30, busyShare: 5 / 30 };
    const seats = seatsFor(staff, 0.01);
    expect(engsetRefusal(staff, seats)).toBeLessThanOrEqual(0.01);
    expect(engsetRefusal(staff, seats - 1)).toBeGreaterThan(0.01);
    expect(seatsFor({ people: 7, busyShare: 0 }, 0)).toBe(0);
  });
});
