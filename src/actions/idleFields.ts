import type { PoolKind } from "../domain/directory.js";
import { defaultPolicy, tries, type PoolPolicy } from "../domain/pools/policy.js";
import { invalid } from "./invalid.js";

/** Fields of a policy that mean nothing beside the others. */

interface Condition {
  readonly fields: readonly (keyof PoolPolicy)[];
  readonly holds: (policy: PoolPolicy, kind: PoolKind) => boolean;
  /** "Nobody loses a seat to others unless ..." */
  readonly sentence: string;
}

const CONDITIONS: readonly Condition[] = [
  {
    fields: [
      "minHoldSeconds",
      "minIdleSeconds",
      "evictionOrder",
      "maxEvictionsPerDay",
      "coolDownSeconds",
      "protectRunningSession",
    ],
    holds: (policy) => tries(policy, "evictLru"),
    sentence:
      "Nobody loses a seat to somebody who signs in unless the pool is shared and onFull has evictLru, for everybody or for a group.",
  },
  {
    fields: ["leaseSeconds", "driftSeconds"],
    holds: (_policy, kind) => kind === "concurrent",
    sentence: "Only a concurrent pool has leases.",
  },
  {
    fields: ["overage"],
    holds: (policy) => tries(policy, "overage"),
    sentence:
      "No seat is held above the capacity unless onFull has overage, for everybody or for a group.",
  },
  {
    fields: ["autoscaleMax"],
    holds: (policy) => tries(policy, "autoscale"),
    sentence:
      "No seat is bought by itself unless onFull has autoscale, for everybody or for a group.",
  },
  {
    fields: ["onFullByGroup"],
    // Before others, the same list may still be an exception from theirs.
    holds: ({ onFull, onFullByGroup }) => String(onFullByGroup.at(-1)?.onFull) !== String(onFull),
    sentence: "The last list is the same as onFull, which its group has without it.",
  },
  {
    fields: ["pendingReserves", "pendingSeconds"],
    holds: ({ acquireOn }) => acquireOn === "invite",
    sentence: "There are no invitations to a seat unless acquireOn is invite.",
  },
  {
    fields: ["neverUsedDays", "idleAction", "remindDays", "answerDays", "askAgainDays"],
    holds: ({ idleDays }) => idleDays > 0,
    sentence: "No seat is idle unless idleDays says after how many days.",
  },
];

/**
 * Refuses what is said anew and would never come into play, so that nobody relies on it. What is stored already, and what
 * is only read and sent back, may stay: it does no harm, and may be meant for later.
 *
 * @throws SeatkeeperError InvalidValue naming the field
 */
export function refuseIdleFields(kind: PoolKind, before: PoolPolicy, after: PoolPolicy): void {
  const usual = defaultPolicy(kind);
  for (const { fields, holds, sentence } of CONDITIONS) {
    if (holds(after, kind)) continue;
    const idle = fields.find(
      (field) => isOther(before[field], after[field]) && isOther(usual[field], after[field]),
    );
    if (idle !== undefined) throw invalid(`policy.${idle}`, sentence);
  }
}

function isOther(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}
