import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { adjustmentsOf } from "../../../src/domain/billing/adjustments.js";
import { dayOf, startOfDay } from "../../../src/domain/billing/days.js";
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
        const instants = [...new Set(books.entries.map(({ at }) => at))];
        const moved = books.entries.map((entry) => {
          const day = dayOf(timeZone, entry.at);
          const [start, end] = [startOfDay(timeZone, day), startOfDay(timeZone, day + 1)];
          const rank = books.basis === "peak" ? instants.indexOf(entry.at) : 0;
          const room = end - start - instants.length;
          return { ...entry, at: start + Math.floor((room * share) / 1_000) + rank };
        });
        const [from, , to] = windowsFrom(seed);
        const window = { from, to };
        const plain = invoiceFor(books, window);
        const amounts = ({ lines }: typeof plain) =>
          lines.map(({ amount, days }) => [amount, days]);
        expect(amounts(invoiceFor({ ...books, entries: moved }, window))).toEqual(amounts(plain));
        const end = startOfDay(timeZone, to);
        const known = books.entries.filter(({ at, userId }) => userId === null || at < end);
        expect(invoiceFor({ ...books, entries: known }, window)).toEqual(plain);
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
  const books = (basis: "purchased" | "assigned", more: readonly Entry[] = []) => {
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

  it("is none because a capacity was lowered below what is held", () => {
    const lowered: Entry = {
      ...{ ...grant(5, ""), kind: "pool.capacityChanged", userId: null, seatId: null, delta: 0 },
      ...{ tier: null, details: { from: 2, to: 1 } },
    };
    const given = books("purchased", [lowered]);
    const plain = { ...given, entries: given.entries.filter(({ userId }) => userId !== "cid") };
    expect(told({ ...plain, pools: given.pools })).toEqual([
      "bought null 4 800",
      "bought null 27 2700",
    ]);
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
