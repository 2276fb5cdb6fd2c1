import { describe, expect, it } from "@jest/globals";
import { movesOf } from "../../src/practice/page/sentences.js";
import type { LedgerLine } from "../../src/practice/page/sentences.js";

const NAMES = {
  person: (id: string) => ({ u1: "Zoë Müller", u2: "Bảo Nguyễn" })[id] ?? "somebody",
  pool: (id: string) => ({ p1: "Professionals", p2: "Shared standard" })[id] ?? "another pool",
};

function line(kind: string, reason: string, details: Record<string, unknown> = {}): LedgerLine {
  return {
    position: 1,
    kind,
    reason,
    userId: "u1",
    product: "support",
    poolId: "p1",
    tier: "standard",
    details,
  };
}

// prettier-ignore
const SENTENCES = [
  ["seat.granted", "claimed", {}, "gained", "Zoë Müller got a Standard seat of the pool “Professionals”, because one was free."],
  ["seat.granted", "tookOver", { displacedUserId: "u2" }, "gained", "Zoë Müller took over the Standard seat of the pool “Professionals” from Bảo Nguyễn."],
  ["seat.granted", "listDrained", {}, "gained", "Zoë Müller was first on the waiting list and got the free Standard seat of the pool “Professionals”."],
  ["seat.granted", "moved", { fromPoolId: "p2" }, "gained", "Zoë Müller moved from “Shared standard” to a Standard seat of the pool “Professionals”, without a moment without a seat."],
  ["seat.released", "deactivated", {}, "lost", "Zoë Müller gave back a Standard seat of the pool “Professionals”, because the account was switched off."],
  ["seat.released", "deleted", {}, "lost", "Zoë Müller gave back a Standard seat of the pool “Professionals”, because the account was deleted."],
  ["seat.released", "claimLost", {}, "lost", "Zoë Müller gave back a Standard seat of the pool “Professionals”, because nothing asks for it any longer."],
  ["seat.displaced", "displaced", { displacedBy: "u2" }, "lost", "Zoë Müller lost a Standard seat of the pool “Professionals”: it was used longest ago, and Bảo Nguyễn signed in."],
  ["lease.expired", "expired", {}, "lost", "The lease of Zoë Müller on a Standard seat of the pool “Professionals” ended by itself."],
  ["seat.tierChanged", "requirementChanged", {}, "other", "The seat of Zoë Müller became Standard."],
  ["waiting.added", "PoolFull", {}, "other", "Zoë Müller waits for a Standard seat: all are taken."],
  ["waiting.added", "ReservationHeld", {}, "other", "Zoë Müller waits for a Standard seat: those that are free are reserved for others."],
  ["seat.stateChanged", "lingered", {}, "other", "The Standard seat of the pool “Professionals” of Zoë Müller is no longer kept."],
  ["waiting.removed", "deactivated", {}, "other", "Zoë Müller left the waiting list, because the account was switched off."],
  ["seat.frozen", "cold", {}, "other", "Zoë Müller: seat.frozen (cold), Standard seat of the pool “Professionals”."],
] as const;

describe("a ledger line", () => {
  it.each(SENTENCES)("%s (%s) is told as a sentence", (kind, reason, details, effect, sentence) => {
    expect(movesOf([line(kind, reason, details)], NAMES)).toEqual([{ sentence, effect }]);
  });

  it("that only repeats another of the same change is left out", () => {
    const lines = [line("seat.released", "moved"), line("waiting.removed", "granted")];

    expect(movesOf(lines, NAMES)).toEqual([]);
  });

  it("about somebody who is gone still makes a sentence", () => {
    const [move] = movesOf([{ ...line("seat.released", "deleted"), userId: null }], NAMES);

    expect(move!.sentence).toMatch(/^Somebody gave back/);
  });
});
