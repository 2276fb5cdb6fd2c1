import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { adjustmentsOf } from "../../../src/domain/billing/adjustments.js";
import { dayOf, startOfDay } from "../../../src/domain/billing/days.js";
import { asEffective } from "../../../src/domain/billing/effective.js";
import { invoiceFor, streamsBy } from "../../../src/domain/billing/invoice.js";
import { decimalText, minorDigits, rounded, split } from "../../../src/domain/billing/rounding.js";
import { PriceBook } from "../../../src/domain/billing/settings.js";
import type { Entry } from "../../../src/domain/history.js";
import { defaultPolicy, type PoolPolicy } from "../../../src/domain/pools/policy.js";
import { oracleTotal } from "./oracle.js";
import { numbersFrom, scenarioFrom } from "./scenario.js";

/** I21 on random books. SEATKEEPER_INVOICES=100000 is the long size. */
const INVOICES = Number(process.env["SEATKEEPER_INVOICES"] ?? 600);
const FIRST = Date.UTC(2026, 0, 1) / 86_400_000;

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

function whenOf({ at, details }: Entry): number {
  return Number(details["expiredAt"] ?? at);
}

function windowsFrom(seed: number): [number, number, number] {
  const next = numbersFrom(seed ^ 0x5bd1e995);
  const from = FIRST + next(60);
  const middle = from + next(35);
  return [from, middle, middle + next(35)];
}

describe("I21: an invoice", () => {
  it("equals the exact sum that a separate, slow reckoning by single days comes to", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const books = scenarioFrom(seed);
        const [from, , to] = windowsFrom(seed);
        const { lines, total } = invoiceFor(books, { from, to });
        expect(total).toBe(oracleTotal(books, from, to));
        expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(total);
      }),
      { numRuns: INVOICES },
    );
  });

  it("adds up: what two windows that follow one another cost is what both cost together", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const books = scenarioFrom(seed);
        const [from, middle, to] = windowsFrom(seed);
        const cost = (a: number, b: number): bigint => invoiceFor(books, { from: a, to: b }).total;
        expect(cost(from, middle) + cost(middle, to)).toBe(cost(from, to));
      }),
      { numRuns: Math.floor(Math.min(INVOICES, 20_000) / 3) },
    );
  });

  it("does not change when events move within their day, and never looks at what comes after it", () => {
    fc.assert(
      fc.property(seeds, fc.nat(1_000), (seed, share) => {
        const books = scenarioFrom(seed);
        const { timeZone } = books.settings;
        // Only the peak looks at moments: what happened one after the other stays so.
        const instants = [...new Set(books.entries.map(whenOf))];
        // As if the end of each lease had been noticed on its day.
        const moved = books.entries.map((entry) => {
          const day = dayOf(timeZone, whenOf(entry));
          const [start, end] = [startOfDay(timeZone, day), startOfDay(timeZone, day + 1)];
          const rank = books.basis === "peak" ? instants.indexOf(whenOf(entry)) : 0;
          const room = end - start - instants.length;
          const at = start + Math.floor((room * share) / 1_000) + rank;
          return { ...entry, at, details: { ...entry.details, expiredAt: at } };
        });
        const [from, , to] = windowsFrom(seed);
        const window = { from, to };
        const plain = invoiceFor(books, window);
        const amounts = ({ lines }: typeof plain) =>
          lines.map(({ amount, days }) => [amount, days]);
        expect(amounts(invoiceFor({ ...books, entries: moved }, window))).toEqual(amounts(plain));
        const end = startOfDay(timeZone, to);
        const known = books.written.filter((entry) => entry.userId === null || whenOf(entry) < end);
        const entries = asEffective(known);
        expect(invoiceFor({ ...books, entries }, window)).toEqual(plain);
      }),
      { numRuns: Math.floor(Math.min(INVOICES, 20_000) / 3) },
    );
  });

  it("comes out of its events: charges and credits add up to it, and no credit is above the charge", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const books = scenarioFrom(seed);
        const { rounding } = books.settings;
        const book = new PriceBook(books.catalogue, books.settings);
        const [first] = streamsBy(books, book, { from: FIRST + 40, to: FIRST + 41 });
        const window = first?.period ?? { from: 0, to: 0 };
        const all = streamsBy(books, book, window);
        const adjustments = all.flatMap((one) => adjustmentsOf(one, rounding));
        const sum = adjustments.reduce((total, { amount }) => total + amount, 0n);
        expect(sum).toBe(invoiceFor(books, window).total);
        const running = new Map<string, bigint>();
        for (const { userId, poolId, addOn, amount } of adjustments) {
          const key =
            books.basis === "peak" ? "peak" : `${String(userId ?? poolId)} ${String(addOn)}`;
          running.set(key, (running.get(key) ?? 0n) + amount);
          expect(running.get(key)).toBeGreaterThanOrEqual(0n);
        }
      }),
      { numRuns: Math.floor(Math.min(INVOICES, 20_000) / 3) },
    );
  });
});

function allowing(seats: number): PoolPolicy {
  if (seats === 0) return defaultPolicy("locked");
  const overage = { type: "absolute", seats } as const;
  return { ...defaultPolicy("locked"), onFull: ["overage", "wait"], overage };
}

describe("a seat above what was bought", () => {
  const grant = (index: number, userId: string, details: Entry["details"] = {}): Entry => ({
    ...{ id: `e${String(index)}`, organisationId: "org", at: Date.UTC(2026, 0, index, 9) },
    ...{ kind: "seat.granted", userId, product: "support", poolId: "pool", seatId: `s-${userId}` },
    ...{ tier: "cheap", delta: 1, reason: "claimed", details },
    cause: { type: "scim", action: "test", actor: "idp", requestId: null },
  });
  const books = (basis: "purchased" | "assigned" | "peak", more: readonly Entry[] = []) => {
    const scenario = scenarioFrom(1);
    const entries = [grant(1, "ann"), grant(2, "bob"), grant(11, "cid", { overage: 1 }), ...more];
    const tiers = { cheap: { pricePerMonth: 3_100, overagePerMonth: 6_200 } };
    const pool = { ...scenario.pool, capacity: 2, tiers: ["cheap"], policy: allowing(5) };
    return {
      ...scenario,
      ...{ entries, pools: [pool], modes: [], usedDays: [] },
      settings: {
        ...scenario.settings,
        ...{ timeZone: "UTC", anchor: null, products: { support: { basis, tiers } } },
      },
    };
  };
  const told = (given: ReturnType<typeof books>) =>
    invoiceFor(given, { from: FIRST, to: FIRST + 31 }).lines.map(
      ({ kind, userId, days, amount }) =>
        `${kind} ${String(userId)} ${String(days)} ${String(amount)}`,
    );

  it("is a line of its own, at its own price, with the grant that caused it", () => {
    expect(told(books("purchased"))).toEqual(["bought null 31 6200", "overage cid 21 4200"]);
    expect(told(books("assigned"))).toEqual([
      ...["overage cid 21 4200", "seat ann 31 3100", "seat bob 30 3000"],
    ]);
    const { lines } = invoiceFor(books("purchased"), { from: FIRST, to: FIRST + 31 });
    expect(lines[1]?.cause.id).toBe("e11");
  });

  it("becomes an ordinary one on the day on which somebody else gives back theirs", () => {
    const left: Entry = { ...grant(21, "ann"), kind: "seat.released", delta: -1 };
    expect(told(books("purchased", [left]))).toEqual([
      "bought null 31 6200",
      "overage cid 10 2000",
    ]);
    expect(told(books("assigned", [left]))).toEqual([
      ...["overage cid 10 2000", "seat ann 20 2000", "seat bob 30 3000", "seat cid 11 1100"],
    ]);
  });

  it("is the one that was given last: another tier makes no seat younger", () => {
    const scenario = books("purchased", [grant(12, "dan", { overage: 2 })]);
    const entries: Entry[] = [
      ...scenario.entries,
      { ...grant(13, "cid"), kind: "seat.tierChanged", tier: "cheap", delta: 0 },
      { ...grant(14, "cid"), kind: "seat.tierChanged", tier: "middle", delta: 0 },
      { ...grant(21, "ann"), kind: "seat.released", delta: -1 },
    ];
    const lines = told({ ...scenario, entries });
    expect(lines.filter((line) => line.startsWith("overage dan"))).toEqual(["overage dan 20 4000"]);
    expect(lines.filter((line) => line.startsWith("overage cid"))).toEqual([
      ...["overage cid 3 600", "overage cid 7 565"],
    ]);
  });

  const poolEntry = (index: number, kind: Entry["kind"], from: object, to: object): Entry => ({
    ...{ ...grant(index, ""), kind, userId: null, seatId: null, delta: 0, tier: null },
    details: { from, to } as Entry["details"],
  });
  const lowered = (index: number, from: number, to: number): Entry => ({
    ...poolEntry(index, "pool.capacityChanged", {}, {}),
    details: { from, to },
  });
  const allowed = (index: number, from: number, to: number): Entry => {
    const [before, after] = [allowing(from), allowing(to)].map((policy) => ({ policy }));
    return poolEntry(index, "pool.changed", before ?? {}, after ?? {});
  };

  it("is none because a capacity was lowered below what is held", () => {
    const given = books("purchased", [lowered(5, 2, 1)]);
    const entries = given.entries.filter(({ userId }) => userId !== "cid");
    const pools = given.pools.map((pool) => ({ ...pool, policy: defaultPolicy("locked") }));
    expect(told({ ...given, entries, pools })).toEqual([
      "bought null 4 800",
      "bought null 27 2700",
    ]);
  });

  it("is none for good once somebody else has given back theirs, even if fewer are bought afterwards", () => {
    const left: Entry = { ...grant(12, "ann"), kind: "seat.released", delta: -1 };
    const later = [left, allowed(13, 5, 0), lowered(14, 2, 1)];
    expect(told(books("assigned", later))).toEqual([
      ...["overage cid 1 200", "seat ann 11 1100", "seat bob 30 3000", "seat cid 20 2000"],
    ]);
    expect(told(books("purchased", later))).toEqual([
      ...["bought null 13 2600", "bought null 18 1800", "overage cid 1 200"],
    ]);
  });

  it("is held by as many as the policy allowed on that day, whoever has come with what was bought before (I4)", () => {
    const later = [allowed(13, 5, 1), lowered(14, 2, 0), allowed(16, 1, 2), allowed(18, 2, 0)];
    const lines = told(books("purchased", later)).filter((line) => line.startsWith("overage"));
    // cid from the 11th on, bob beside him on the 16th and 17th, nobody from the 18th on.
    expect(lines).toEqual(["overage bob 2 400", "overage cid 7 1400"]);
  });

  it("under the peak makes no moment dearer by being left behind", () => {
    const left: Entry = { ...grant(12, "ann"), kind: "seat.released", delta: -1 };
    const later = [left, allowed(13, 5, 0), lowered(14, 2, 1)];
    const february = { from: FIRST + 31, to: FIRST + 59 };
    const again = [...later, { ...grant(40, "bob"), id: "f1", delta: 0 as const }];
    expect(invoiceFor(books("peak", again), february).total).toBe(6_200n);
    expect(invoiceFor(books("peak", later), february).total).toBe(6_200n);
  });
});

describe("a peak", () => {
  const at = Date.UTC(2026, 1, 5, 9);
  const seat = (id: string, userId: string, tier: string, when: number): Entry => ({
    ...{ id, organisationId: "org", at: when, kind: "seat.granted", userId, product: "support" },
    ...{ poolId: "pool", seatId: `s-${userId}`, tier, delta: 1, reason: "claimed", details: {} },
    cause: { type: "scim", action: "test", actor: "idp", requestId: null },
  });
  const retier = (id: string, userId: string, tier: string, when: number): Entry => ({
    ...seat(id, userId, tier, when),
    ...{ kind: "seat.tierChanged", delta: 0 },
  });
  const holders: readonly Entry[] = [
    ...[seat("e1", "ann", "cheap", at - 9), seat("e2", "bob", "cheap", at - 8)],
    ...[seat("e3", "cid", "dear", at - 7), seat("e4", "dan", "dear", at - 6)],
  ];
  const peakOf = (entries: readonly Entry[]) => {
    const scenario = scenarioFrom(1);
    const products = { support: { basis: "peak" as const } };
    const settings = { ...scenario.settings, timeZone: "UTC", anchor: null, products };
    const pools = [{ ...scenario.pool, capacity: 9 }];
    const given = { ...scenario, settings, entries, pools, modes: [], usedDays: [] };
    return invoiceFor(given, { from: FIRST + 31, to: FIRST + 59 });
  };

  it("is no moment between the entries of one transaction, which nobody has ever seen", () => {
    const swap = [
      ...[retier("e5", "ann", "dear", at), retier("e6", "bob", "dear", at)],
      ...[retier("e7", "cid", "cheap", at), retier("e8", "dan", "cheap", at)],
    ];
    const before = peakOf(holders);
    expect(before.total).toBe(2n * 997n + 2n * 7_001n);
    expect(peakOf([...holders, ...swap])).toEqual(before);
    const left: Entry = { ...seat("e9", "ann", "dear", at), kind: "seat.released", delta: -1 };
    const oneForOther = [
      ...holders,
      ...swap.slice(0, 1),
      ...swap.slice(2, 3),
      seat("f1", "eve", "dear", at),
      left,
    ];
    expect(peakOf(oneForOther).total).toBe(before.total);
  });

  it("is every instant that was one, however short: what happens a millisecond later has not happened yet", () => {
    const entries = [
      ...holders,
      retier("e5", "ann", "dear", at),
      retier("e6", "cid", "cheap", at + 1),
    ];
    const { total, lines } = peakOf(entries);
    expect(total).toBe(997n + 3n * 7_001n);
    expect(lines.find(({ cause }) => cause.id === "e5")).toMatchObject({
      ...{ userId: "ann", tier: "dear", amount: 7_001n - 997n },
    });
  });
});

describe("several leases of one person", () => {
  const at = (day: number) => Date.UTC(2026, 0, day, 9);
  const lease = (day: number, device: string, kind: Entry["kind"] = "seat.granted"): Entry => ({
    ...{ id: `${device}-${kind}`, organisationId: "org", at: at(day), kind, userId: "ann" },
    ...{ product: "support", poolId: "pool", seatId: device, tier: "middle" },
    ...{ delta: kind === "seat.granted" ? 1 : -1, reason: "claimed", details: {} },
    cause: { type: "app", action: "test", actor: "app", requestId: null },
  });
  const needs: Entry = {
    ...{ ...lease(1, "needs"), kind: "addOns.changed", seatId: null, poolId: null, tier: null },
    ...{ delta: 0, details: { addOns: ["recording"] } },
  };
  const told = (basis: "assigned" | "activeDays" | "fairUse", more: readonly Entry[]) => {
    const scenario = scenarioFrom(1);
    const products = {
      support: {
        ...{ basis, fairUseDays: 5, addOns: { recording: { pricePerMonth: 310 } } },
        tiers: { middle: { pricePerMonth: 3_100, pricePerDay: 150 } },
      },
    };
    const settings = { ...scenario.settings, timeZone: "UTC", anchor: null, products };
    const usedDays = [3, 4].map((day) => ({
      ...{ userId: "ann", product: "support", day: FIRST + day - 1 },
    }));
    const pools = [{ ...scenario.pool, capacity: 9 }];
    const given = { ...scenario, settings, entries: more, pools, modes: [], usedDays };
    return invoiceFor(given, { from: FIRST, to: FIRST + 31 }).lines.map(
      ({ kind, days, amount, from }) =>
        `${kind} ${String(from - FIRST + 1)}+${String(days)} ${String(amount)}`,
    );
  };
  const three = [needs, lease(1, "d1"), lease(3, "d2"), lease(3, "d3")];

  it("are as many seats as the pool counts, each by the day, with the add-ons of the person once (I4)", () => {
    expect(told("assigned", three)).toEqual([
      ...["addOn 1+31 310", "seat 1+31 3100", "seat 3+29 2900", "seat 3+29 2900"],
    ]);
  });

  it("are charged as one seat where one follows the other, also with both on the same day", () => {
    const changed = [lease(1, "d1"), lease(11, "d2"), lease(11, "d1", "lease.expired")];
    expect(told("assigned", changed)).toEqual(["seat 1+31 3100"]);
    const other = [lease(1, "d1"), lease(11, "d1", "lease.expired"), lease(11, "d2")];
    expect(told("assigned", other)).toEqual(["seat 1+31 3100"]);
  });

  it("are each charged as long as the person's use counts under fair use", () => {
    // Used on the 3rd and 4th, which reaches to the 8th; d2 and d3 are there from the 3rd on.
    expect(told("fairUse", three)).toEqual([
      ...["addOn 3+6 60", "seat 3+6 600", "seat 3+6 600", "seat 3+6 600"],
    ]);
  });

  it("cost a day of use what the seat that is left does, whichever was given back last", () => {
    const dear = { ...lease(2, "d9"), tier: "dear" };
    const back = { ...lease(3, "d9", "lease.expired"), tier: "dear" };
    expect(told("activeDays", [lease(1, "d1"), dear, back])).toEqual(["seat 3+2 300"]);
  });

  it("cost a day of use once, on however many devices somebody came (I21)", () => {
    expect(told("activeDays", three)).toEqual(["addOn 3+2 118", "seat 3+2 300"]);
  });
});

describe("amounts", () => {
  it("are rounded half up, or half to even, as the price book says", () => {
    const halves = [1n, 3n, 5n, 7n].map((n) => [
      rounded(n, 2n, "halfUp"),
      rounded(n, 2n, "halfEven"),
    ]);
    expect(halves).toEqual([
      [1n, 0n],
      [2n, 2n],
      [3n, 2n],
      [4n, 4n],
    ]);
    expect([rounded(1n, 3n, "halfUp"), rounded(2n, 3n, "halfEven")]).toEqual([0n, 1n]);
  });

  it("are split so that the parts add up and none is a whole unit from its share", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
        fc.array(fc.bigInt({ min: 0n, max: 1_000n }), { minLength: 1, maxLength: 8 }),
        (amount, weights) => {
          const parts = split(amount, weights);
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
          const total = weights.reduce((sum, weight) => sum + weight, 0n);
          if (total === 0n) return;
          parts.forEach((part, index) => {
            const away = part * total - amount * (weights[index] ?? 0n);
            expect(away < total && -away < total).toBe(true);
          });
        },
      ),
    );
    expect(split(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
    expect(split(1n, [0n, 0n])).toEqual([1n, 0n]);
    expect(split(5n, [])).toEqual([]);
  });

  it("have the digits of ISO 4217, whatever the runtime would show", () => {
    const usuallyShownWithout = ["HUF", "COP", "IDR", "PKR", "RSD", "ALL", "huf"];
    expect(new Set(usuallyShownWithout.map(minorDigits))).toEqual(new Set([2]));
    expect(["ISK", "UGX", "IQD", "TND", "CLF", "UYW"].map(minorDigits)).toEqual([0, 0, 3, 3, 4, 4]);
    expect(decimalText(1_234_500, "HUF")).toBe("12345.00");
    expect(() => minorDigits("EURO")).toThrow(RangeError);
  });

  it("are written with the digits of their currency: none, two, three", () => {
    expect(["JPY", "EUR", "KWD"].map(minorDigits)).toEqual([0, 2, 3]);
    expect(["JPY", "EUR", "KWD"].map((currency) => decimalText(1_250, currency))).toEqual([
      ...["1250", "12.50", "1.250"],
    ]);
    expect([decimalText(5, "EUR"), decimalText(-5, "KWD"), decimalText(0, "JPY")]).toEqual([
      ...["0.05", "-0.005", "0"],
    ]);
  });
});
