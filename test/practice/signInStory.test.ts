import { describe, expect, it } from "@jest/globals";
import { linesOfSignIn } from "../../src/practice/actions.js";
import type { LedgerLine } from "../../src/practice/page/sentences.js";

type Row = readonly [userId: string, type: string, action: string, requestId: string | null];

function lines(rows: readonly Row[]): LedgerLine[] {
  return rows.map(([userId, type, action, requestId], index) => ({
    ...{ position: index + 1, kind: "seat.granted", reason: "claimed", userId },
    cause: { type, action, requestId },
    ...{ product: "support", poolId: "p1", tier: "standard", details: {} },
  }));
}

function told(rows: readonly Row[]): number[] {
  return linesOfSignIn(lines(rows), "ann").map(({ position }) => position);
}

describe("the story of a sign-in", () => {
  it("has every line of its own request: also who was displaced, and whose session it ended", () => {
    const rows: Row[] = [
      ["bob", "saml", "signIn", "r1"],
      ["ann", "saml", "signIn", "r1"],
      ["cem", "saml", "session.replaced", "r1"],
    ];

    expect(told(rows)).toEqual([1, 2, 3]);
  });

  it("has nothing of a sign-in that goes on beside it in another tab", () => {
    const rows: Row[] = [
      ["bob", "saml", "signIn", "r2"],
      ["ann", "saml", "signIn", "r1"],
      ["dee", "saml", "session.replaced", "r2"],
    ];

    expect(told(rows)).toEqual([2]);
  });

  it("has nothing of what was clicked meanwhile, but a lease that ran out", () => {
    const rows: Row[] = [
      ["eli", "scim", "user.deactivated", "r3"],
      ["eli", "admin", "connection.changed", "r4"],
      ["fay", "timer", "lease.expired", null],
    ];

    expect(told(rows)).toEqual([3]);
  });

  it("has the session that it ended where it moved nothing of its own", () => {
    expect(told([["cem", "saml", "session.replaced", "r1"]])).toEqual([1]);
  });
});
