import { type PoolKind, type PoolPolicy, tries } from "./policy.js";

/**
 * What frees a seat of a pool (docs/pools.md), in one list. It is not stored: each word follows from a field that says more
 * than yes or no, or from the kind of the pool, so there is nothing that could contradict them (docs/adr/0042).
 *
 * evict: somebody else's sign-in. unassign: the last claim ends, or the hand that gave the seat takes it. delete: the account
 * is deleted. leaseEnd: a lease ends. deactivate: the account is deactivated. inactivity: nobody has used it for long, and
 * silence is an answer.
 */
export const RELEASE_ON = [
  "evict",
  "unassign",
  "delete",
  "leaseEnd",
  "deactivate",
  "inactivity",
] as const;
export type ReleaseOn = (typeof RELEASE_ON)[number];

type Deciding = Pick<
  PoolPolicy,
  "onFull" | "onFullByGroup" | "parkedConsumes" | "suspendedConsumes" | "idleDays" | "idleAction"
>;

/** In the order of RELEASE_ON. */
export function releaseOnOf(kind: PoolKind, policy: Deciding): ReleaseOn[] {
  const frees: Record<ReleaseOn, boolean> = {
    evict: tries(policy, "evictLru"),
    unassign: !policy.parkedConsumes,
    delete: true,
    leaseEnd: kind === "concurrent",
    deactivate: !policy.suspendedConsumes,
    // Who is only asked frees the seat by the answer, not by saying nothing.
    inactivity: policy.idleDays > 0 && policy.idleAction !== "ask",
  };
  return RELEASE_ON.filter((word) => frees[word]);
}

/** The fields that say nothing else. */
export function fieldsOf(
  releaseOn: readonly ReleaseOn[],
): Pick<PoolPolicy, "parkedConsumes" | "suspendedConsumes"> {
  return {
    parkedConsumes: !releaseOn.includes("unassign"),
    suspendedConsumes: !releaseOn.includes("deactivate"),
  };
}
