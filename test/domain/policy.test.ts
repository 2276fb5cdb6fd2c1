import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import {
  defaultPolicy,
  ON_FULL,
  overageSeats,
  storedPolicy,
} from "../../src/domain/pools/policy.js";

describe("the policy of a pool", () => {
  it("is described in docs/pools.md, field by field and step by step", () => {
    const rows = readFileSync("docs/pools.md", "utf8").matchAll(/^\| `(\w+)` \|/gm);
    const named = [...rows].map(([, name]) => name);

    // Not stored, but written and read like a field.
    expect(named).toEqual([...Object.keys(defaultPolicy("locked")), "releaseOn", ...ON_FULL]);
  });

  it.each([
    ["wait", ["wait"]],
    ["evictLeastRecentlyUsed", ["evictLru", "wait"]],
    ["reject", []],
  ])("of version 1 with onFull %s behaves as it did", (onFull, expected) => {
    const before = {
      acquireOn: "manual",
      onFull,
      eligibility: "anyone",
      minHoldSeconds: 1,
      minIdleSeconds: 2,
      evictionOrder: "lastSignIn",
      leaseSeconds: 30,
    };

    expect(storedPolicy("locked", before)).toEqual({
      ...defaultPolicy("locked"),
      ...before,
      onFull: expected,
    });
  });

  it("of this version is read as it was written", () => {
    const policy = { ...defaultPolicy("shared"), onFull: ["overage" as const], minHoldSeconds: 7 };

    expect(storedPolicy("locked", JSON.parse(JSON.stringify(policy)) as object)).toEqual(policy);
  });

  it("allows an overage only where onFull names it", () => {
    const policy = { ...defaultPolicy("locked"), overage: { type: "absolute", seats: 3 } } as const;

    expect(overageSeats({ capacity: 10, policy })).toBe(0);
    expect(overageSeats({ capacity: 10, policy: { ...policy, onFull: ["overage"] } })).toBe(3);
  });
});
