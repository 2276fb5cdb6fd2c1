import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { movesOf } from "../../src/practice/page/sentences.js";
import type { LedgerLine } from "../../src/practice/page/sentences.js";

const NAMES = {
  person: (id: string) => ({ u1: "Zoë Müller", u2: "Bảo Nguyễn" })[id] ?? "somebody",
  pool: (id: string) => ({ p1: "Professionals", p2: "Shared standard" })[id] ?? "another pool",
};

function line(
  kind: string,
  reason: string,
  details: Record<string, unknown> = {},
  action = "user.updated",
): LedgerLine {
  return {
    position: 1,
    kind,
    reason,
    cause: { type: "scim", action, requestId: null },
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

  it.each([
    [
      "session.replaced",
      "because somebody else signed in in the same browser, which ended the session",
    ],
    ["signedOut", "by signing out"],
    ["signedOutByProvider", "because the identity provider signed them out"],
    ["session.revoked", "because the session was ended"],
  ])("of a seat that was given back says why, where the cause %s says it", (action, because) => {
    const [move] = movesOf([line("seat.released", "released", {}, action)], NAMES);

    expect(move).toEqual({
      sentence: `Zoë Müller gave back a Standard seat of the pool “Professionals”, ${because}.`,
      effect: "lost",
    });
  });

  it.each([
    ["analyst", "an Analyst seat"],
    ["enterprise", "an Enterprise seat"],
    ["user", "a User seat"],
    ["standard", "a Standard seat"],
  ])("has the article that the tier %s asks for", (tier, words) => {
    const got = movesOf([{ ...line("seat.granted", "claimed"), tier }], NAMES);
    const waits = movesOf([{ ...line("waiting.added", "PoolFull"), tier }], NAMES);

    expect(got[0]!.sentence).toContain(`got ${words} of`);
    expect(waits[0]!.sentence).toContain(`waits for ${words}:`);
  });

  it.each([
    [
      "connection.changed",
      { connectionId: "c1", name: "practice", fields: ["plugin"] },
      "connection “practice” changed (plugin)",
    ],
    [
      "connection.metadataRefreshed",
      { name: "practice" },
      "connection “practice” metadata refreshed",
    ],
    ["token.issued", { label: "practice" }, "token “practice” issued"],
    ["billing.modeChanged", {}, "billing mode changed"],
  ])("of the set-up speaks of no seat: %s", (reason, details, words) => {
    const about = { userId: null, poolId: null, tier: null, product: "" };
    const moves = movesOf([{ ...line("setup.changed", reason, details), ...about }], NAMES);

    expect(moves).toEqual([{ sentence: `The set-up: ${words}.`, effect: "other" }]);
  });

  describe("of each kind that the manual lists", () => {
    const [, kinds = ""] =
      /^\| `kind` \| (.*?)\|$/m.exec(readFileSync("docs/ledger.md", "utf8")) ?? [];
    const listed = [...kinds.matchAll(/`([a-z]\w*\.\w+)`/gi)].map(([, kind = ""]) => kind);

    it("is known", () => {
      expect(listed.length).toBeGreaterThan(25);
    });

    it.each(listed)("%s is told in words", (kind) => {
      const about = { userId: null, poolId: null, tier: null, product: "" };
      const reason = kind === "setup.changed" ? "token.issued" : "anyReason";
      for (const one of [line(kind, reason), { ...line(kind, reason), ...about }]) {
        const [move] = movesOf([one], NAMES);

        expect(move!.sentence).toMatch(/^\p{Lu}[^.]*\.$/u);
        expect(move!.sentence).not.toContain(kind);
        expect(move!.sentence).not.toContain("anyReason");
      }
    });
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
