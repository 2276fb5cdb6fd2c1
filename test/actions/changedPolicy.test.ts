import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { changedPolicy, type PolicyInput } from "../../src/actions/changedPolicy.js";
import { policyForm } from "../../src/admin/policyForm.js";
import { defaultPolicy, type PoolKind } from "../../src/domain/pools/policy.js";
import { type ReleaseOn, releaseOnOf } from "../../src/domain/pools/releaseOn.js";

/** X1: what frees a seat, in one list that is asked for and read, and follows from other fields. */

function change(kind: PoolKind, asked: PolicyInput, before: PolicyInput = {}) {
  const stored = changedPolicy(kind, before, defaultPolicy(kind));
  const policy = changedPolicy(kind, asked, stored);
  return { policy, releaseOn: releaseOnOf(kind, policy) };
}

const EVICT = { onFull: ["evictLru", "wait"] } as const;
const RECLAIM = { idleDays: 30, idleAction: "reclaim", undo: "ifFree" } as const;

describe("releaseOn", () => {
  it.each<readonly [PoolKind, PolicyInput, readonly ReleaseOn[]]>([
    ["locked", {}, ["unassign", "delete", "deactivate"]],
    ["shared", {}, ["evict", "unassign", "delete", "deactivate"]],
    ["shared", { onFull: ["wait"] }, ["unassign", "delete", "deactivate"]],
    // Where the members of one group displace others, seats are freed by that.
    [
      "shared",
      { onFull: ["wait"], onFullByGroup: [{ group: "Leads", onFull: ["evictLru"] }] },
      ["evict", "unassign", "delete", "deactivate"],
    ],
    ["concurrent", {}, ["unassign", "delete", "leaseEnd", "deactivate"]],
    ["locked", { parkedConsumes: true }, ["delete", "deactivate"]],
    ["locked", { parkedConsumes: true, suspendedConsumes: true }, ["delete"]],
    ["locked", RECLAIM, ["unassign", "delete", "deactivate", "inactivity"]],
    [
      "locked",
      { idleDays: 30, idleAction: "downgrade" },
      ["unassign", "delete", "deactivate", "inactivity"],
    ],
    // Who is asked frees the seat by an answer; silence frees nothing.
    ["locked", { idleDays: 30, idleAction: "ask" }, ["unassign", "delete", "deactivate"]],
    ["locked", { idleAction: "reclaim" }, ["unassign", "delete", "deactivate"]],
  ])("says of a %s pool with %j what frees its seats", (kind, fields, expected) => {
    expect(change(kind, fields).releaseOn).toEqual(expected);
  });

  it.each<readonly [PoolKind, readonly ReleaseOn[], object, PolicyInput]>([
    ["locked", ["delete"], { parkedConsumes: true, suspendedConsumes: true }, {}],
    ["locked", ["delete", "unassign"], { parkedConsumes: false, suspendedConsumes: true }, {}],
    ["locked", ["deactivate", "delete"], { parkedConsumes: true, suspendedConsumes: false }, {}],
    ["shared", ["delete", "evict"], { parkedConsumes: true, suspendedConsumes: true }, {}],
    ["locked", ["delete", "inactivity"], { parkedConsumes: true }, RECLAIM],
    // What was stored before is what is to change.
    [
      "locked",
      ["delete", "unassign", "deactivate"],
      { parkedConsumes: false, suspendedConsumes: false },
      { parkedConsumes: true, suspendedConsumes: true },
    ],
  ])(
    "%s pools: %j is stored as the fields from which it follows",
    (kind, releaseOn, fields, before) => {
      const changed = change(kind, { releaseOn }, before);

      expect(changed.policy).toMatchObject(fields);
      expect([...changed.releaseOn].sort()).toEqual([...releaseOn].sort());
      expect(changed.policy).not.toHaveProperty("releaseOn");
    },
  );

  it.each<readonly [PoolKind, PolicyInput, RegExp]>([
    ["locked", { releaseOn: [] }, /add delete/],
    ["locked", { releaseOn: ["unassign", "deactivate"] }, /add delete/],
    ["locked", { releaseOn: ["delete", "delete"] }, /named twice/],
    ["locked", { releaseOn: ["delete", "evict"] }, /evict is for shared pools.*a locked pool/],
    ["concurrent", { releaseOn: ["delete", "leaseEnd", "evict"] }, /evict is for shared pools/],
    [
      "shared",
      { releaseOn: ["delete", "evict"], onFull: ["wait"] },
      /evict needs the step evictLru in policy.onFull/,
    ],
    [
      "shared",
      { releaseOn: ["delete"], ...EVICT },
      /policy.onFull or a list of .* has evictLru: add evict/,
    ],
    ["locked", { releaseOn: ["delete", "leaseEnd"] }, /leaseEnd is for concurrent pools/],
    ["concurrent", { releaseOn: ["delete"] }, /add leaseEnd/],
    ["locked", { releaseOn: ["delete", "inactivity"] }, /needs policy.idleDays/],
    [
      "locked",
      { releaseOn: ["delete", "inactivity"], idleDays: 9 },
      /policy.idleAction reclaim or downgrade/,
    ],
    [
      "locked",
      { releaseOn: ["delete"], ...RECLAIM },
      /add inactivity, or set policy.idleAction to ask/,
    ],
    [
      "locked",
      { releaseOn: ["delete"], parkedConsumes: false },
      /policy.parkedConsumes is false, but policy.releaseOn leaves out unassign/,
    ],
    [
      "locked",
      { releaseOn: ["delete", "unassign"], parkedConsumes: true },
      /policy.parkedConsumes is true, but policy.releaseOn has unassign/,
    ],
    [
      "locked",
      { releaseOn: ["delete"], suspendedConsumes: false },
      /policy.suspendedConsumes is false, but policy.releaseOn leaves out deactivate/,
    ],
  ])("refuses for a %s pool what cannot be, and says what to set: %j", (kind, asked, sentence) => {
    expect(() => change(kind, asked)).toThrow(sentence);
    expect(() => change(kind, asked)).toThrow(
      expect.objectContaining({ code: "InvalidValue", field: "policy.releaseOn" }),
    );
  });

  it("a whole policy is taken back as it was read, whatever it is", () => {
    const policies = fc.record({
      kind: fc.constantFrom<PoolKind>("locked", "shared", "concurrent"),
      evicts: fc.boolean(),
      parkedConsumes: fc.boolean(),
      suspendedConsumes: fc.boolean(),
      idleDays: fc.constantFrom(0, 30),
      idleAction: fc.constantFrom("ask" as const, "downgrade" as const, "reclaim" as const),
    });
    fc.assert(
      fc.property(policies, ({ kind, evicts, ...fields }) => {
        const onFull = evicts && kind === "shared" ? EVICT : {};
        const { policy, releaseOn } = change(kind, { ...onFull, ...fields });
        const read = policyForm.parse(JSON.parse(JSON.stringify({ ...policy, releaseOn })));

        expect(changedPolicy(kind, read, policy)).toEqual(policy);
        // Also by the command line's words, for another pool of the kind with the same other fields.
        const words = policyForm.parse({ releaseOn: releaseOn.join(", ") });
        const other = { ...policy, parkedConsumes: false, suspendedConsumes: false };
        expect(changedPolicy(kind, words, other)).toEqual(policy);
      }),
    );
  });
});
