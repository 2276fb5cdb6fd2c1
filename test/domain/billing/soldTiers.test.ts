import { describe, expect, it } from "@jest/globals";
import { invoiceFor } from "../../../src/domain/billing/invoice.js";
import type { ProductBilling } from "../../../src/domain/billing/settings.js";
import type { Entry } from "../../../src/domain/history.js";
import type { JsonObject } from "../../../src/plugin.js";
import { scenarioFrom } from "./scenario.js";

const FIRST = Date.UTC(2026, 0, 1) / 86_400_000;

function entry(day: number, kind: Entry["kind"], details: JsonObject): Entry {
  return {
    ...{ id: `e${String(day)}`, organisationId: "org", at: (FIRST + day - 1) * 86_400_000, kind },
    ...{ userId: null, product: "support", poolId: "pool", seatId: null, tier: null, delta: 0 },
    ...{ reason: "test", details },
    cause: { type: "admin", action: "test", actor: "ann", requestId: null },
  };
}

const created = (day: number, ...tiers: string[]): Entry =>
  entry(day, "pool.created", { capacity: 10, tiers });
const tiers = (day: number, from: string[], to: string[]): Entry =>
  entry(day, "pool.changed", { from: { tiers: from }, to: { tiers: to } });

/** January, of ten seats. What nobody agreed on has no price here. */
function told(
  entries: readonly Entry[],
  now: readonly string[],
  agreed: Readonly<Record<string, number>> = { cheap: 3_100, middle: 3_100, dear: 6_200 },
) {
  const scenario = scenarioFrom(1);
  const pool = { ...scenario.pool, capacity: 10, tiers: now };
  const prices = Object.entries(agreed).map(([id, pricePerMonth]) => [id, { pricePerMonth }]);
  const settings = {
    ...scenario.settings,
    ...{ currency: "EUR", timeZone: "UTC", anchor: null },
    products: {
      support: {
        basis: "purchased" as const,
        tiers: Object.fromEntries(prices) as ProductBilling["tiers"],
      },
    },
  };
  const books = { ...scenario, settings, entries, pools: [pool], modes: [], usedDays: [] };
  const { lines, missingPrices } = invoiceFor(books, { from: FIRST, to: FIRST + 31 });
  return [
    ...lines.map(
      ({ days, unitPrice, amount, cause }) =>
        `${String(days)} ${String(unitPrice)} ${String(amount)} ${cause.id}`,
    ),
    ...missingPrices,
  ];
}

describe("seats bought cost what the tiers of their pool cost at the time", () => {
  it("from the day of a change on, which is the cause of the line", () => {
    const entries = [created(1, "cheap"), tiers(21, ["cheap"], ["cheap", "dear"])];
    expect(told(entries, ["cheap", "dear"])).toEqual(["20 3100 20000 e1", "11 6200 22000 e21"]);
  });

  it("and a month that is over stays what it was, whatever changes later", () => {
    const entries = [created(1, "cheap"), tiers(40, ["cheap"], ["cheap", "dear"])];
    expect(told(entries, ["cheap", "dear"])).toEqual(["31 3100 31000 e1"]);
  });

  it("and who changes them back within the day has changed nothing", () => {
    const entries = [
      created(1, "cheap"),
      tiers(21, ["cheap"], ["dear"]),
      { ...tiers(21, ["dear"], ["cheap"]), id: "back" },
    ];
    expect(told(entries, ["cheap"])).toEqual(["31 3100 31000 e1"]);
  });

  it("where a change of them or of something else makes no seat dearer, it is the cause of nothing", () => {
    const entries = [
      created(1, "cheap"),
      tiers(11, ["cheap"], ["cheap", "middle"]),
      entry(12, "pool.changed", { from: { name: "A" }, to: { name: "B" } }),
    ];
    expect(told(entries, ["cheap", "middle"])).toEqual(["31 3100 31000 e1"]);
  });

  it("and of a day with both the cause is the later: the tiers, or how many were bought", () => {
    const changed = tiers(21, ["cheap"], ["dear"]);
    const bought = entry(21, "pool.capacityChanged", { from: 5, to: 10 });
    const later = { ...bought, id: "bought", at: bought.at + 1 };
    const start = created(1, "cheap");
    expect(told([start, bought, { ...changed, id: "tiers" }], ["dear"])).toEqual([
      ...["20 3100 10000 e1", "11 6200 22000 tiers"],
    ]);
    expect(told([start, changed, later], ["dear"])).toEqual([
      ...["20 3100 10000 e1", "11 6200 22000 bought"],
    ]);
  });

  it("in a pool that is older than the ledger, what the first change came from, and without one what they are now", () => {
    const adopted = entry(1, "pool.created", { capacity: 10 });
    const change = tiers(21, ["cheap"], ["dear"]);
    expect(told([adopted, change], ["dear"])).toEqual(["20 3100 20000 e1", "11 6200 22000 e21"]);
    expect(told([adopted], ["dear"])).toEqual(["31 6200 62000 e1"]);
    expect(told([], ["dear"])).toEqual(["31 6200 62000 pool"]);
  });

  it("and a price that is missing is missed only in a month that needs it", () => {
    const [before, later] = [tiers(-20, ["dear"], ["cheap"]), tiers(40, ["cheap"], ["dear"])];
    const agreed = { cheap: 3_100 };
    expect(told([created(-30, "dear"), before, later], ["dear"], agreed)).toEqual([
      "31 3100 31000 e-20",
    ]);
    const within = tiers(21, ["cheap"], ["cheap", "dear"]);
    expect(told([created(1, "cheap"), within], ["cheap", "dear"], agreed)).toContain(
      "support/dear",
    );
  });
});
