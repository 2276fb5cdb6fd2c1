import { describe, expect, it } from "@jest/globals";
import { asEffective } from "../../../src/domain/billing/effective.js";
import { invoiceFor } from "../../../src/domain/billing/invoice.js";
import type { Basis } from "../../../src/domain/billing/settings.js";
import type { Entry } from "../../../src/domain/history.js";
import { PRICES, scenarioFrom } from "./scenario.js";

/** Ends of leases that were noticed when a day or a month had ended, or somebody else had come. */

const FIRST = Date.UTC(2026, 0, 1) / 86_400_000;
const JANUARY = { from: FIRST, to: FIRST + 31 };
const FEBRUARY = { from: FIRST + 31, to: FIRST + 59 };

function at(text: string): number {
  return Date.parse(`2026-${text}:00Z`);
}

let written: Entry[] = [];

function write(when: string, kind: Entry["kind"], userId: string, more: Partial<Entry> = {}): void {
  written.push({
    ...{ id: `e${String(written.length)}`, organisationId: "org", at: at(when), kind, userId },
    ...{ product: "support", poolId: "pool", seatId: `s-${userId}`, tier: "cheap", delta: 0 },
    ...{ reason: "test", details: {}, ...more },
    cause: { type: "app", action: "test", actor: "test", requestId: null },
  });
}

const come = (when: string, userId: string): void => {
  write(when, "seat.granted", userId, { delta: 1 });
};
const end = (when: string, userId: string, expiredAt: string): void => {
  write(when, "lease.expired", userId, { delta: -1, details: { expiredAt: at(expiredAt) } });
};

/** @param until what of the ledger is known: all that was so by then */
function total(basis: Basis, window: { from: number; to: number }, until = window.to): bigint {
  const scenario = scenarioFrom(1);
  const known = written.filter(
    (entry) => Number(entry.details["expiredAt"] ?? entry.at) < until * 86_400_000,
  );
  const settings = {
    ...scenario.settings,
    ...{ timeZone: "UTC", anchor: null, products: { support: { basis } } },
  };
  const books = { ...scenario, settings, modes: [], usedDays: [], entries: asEffective(known) };
  return invoiceFor(books, window).total;
}

describe("I21: a lease whose end was noticed late", () => {
  it("is over in both months, although something else of the person happened before anybody noticed", () => {
    written = [];
    come("01-31T12:00", "ann");
    write("02-02T09:00", "addOns.changed", "ann", {
      ...{ poolId: null, seatId: null, tier: null, details: { addOns: ["recording"] } },
    });
    end("02-03T09:00", "ann", "01-31T12:10");
    const both = { from: JANUARY.from, to: FEBRUARY.to };
    expect([
      total("assigned", JANUARY),
      total("assigned", FEBRUARY),
      total("assigned", both),
    ]).toEqual([0n, 0n, 0n]);
  });

  it("was there at its last midnight, and is charged for it", () => {
    written = [];
    come("01-30T23:55", "ann");
    end("02-01T09:00", "ann", "01-31T00:05");
    expect(total("assigned", JANUARY)).toBe(BigInt(Math.round(PRICES.cheap.month / 31)));
    expect(total("assigned", FEBRUARY)).toBe(0n);
  });

  it("was there at no moment with whoever came between its end and the notice: no peak has both", () => {
    written = [];
    come("02-01T12:00", "ann");
    come("02-01T15:00", "bob");
    end("02-01T16:00", "ann", "02-01T12:10");
    expect(total("peak", FEBRUARY)).toBe(BigInt(PRICES.cheap.month));
  });

  it("is no part of the next month's first moment, although somebody came before anybody noticed", () => {
    written = [];
    come("01-31T12:00", "ann");
    come("02-01T00:10", "bob");
    end("02-01T00:30", "ann", "01-31T23:50");
    expect(total("peak", FEBRUARY)).toBe(BigInt(PRICES.cheap.month));
  });

  it("comes to the same when the ledger is read on from what was read before", () => {
    written = [];
    come("01-31T12:00", "ann");
    come("02-01T00:10", "bob");
    end("02-01T00:30", "ann", "01-31T23:50");
    come("02-01T00:30", "ann");
    end("02-01T03:00", "bob", "02-01T00:20");
    end("02-01T03:00", "ann", "02-01T00:40");
    const ids = asEffective(written).map(({ id }) => id);
    expect(ids).toEqual(["e0", "e2", "e1", "e4", "e3", "e5"]);
    for (let read = 0; read <= written.length; read += 1) {
      const known = asEffective(written.slice(0, read));
      expect(asEffective([...known, ...written.slice(read)]).map(({ id }) => id)).toEqual(ids);
    }
  });

  it("ends no seat before it was given, whatever the clocks of two servers say", () => {
    written = [];
    come("01-31T12:00", "ann");
    end("01-31T12:01", "ann", "01-31T11:59");
    expect(asEffective(written)).toEqual(written);
  });
});
