import type { Pool, PoolKind } from "../domain/directory.js";
import { isForUnits, leastLeaseSeconds } from "../domain/pools/leasePolicy.js";
import { endsList, listsOf, type OnFull, type PoolPolicy } from "../domain/pools/policy.js";
import { checkReclaim } from "./checkReclaim.js";
import { invalid } from "./invalid.js";

/** Whether the parts of a pool's policy go together. What would never come into play is refused, not ignored. */

/** @throws SeatkeeperError InvalidValue naming the field */
export function checkPolicy({ kind, capacity, policy }: Shape): void {
  checkOnFull(kind, policy, "policy.onFull", policy.onFull);
  checkByGroup(kind, policy);
  checkReservations(capacity, policy);
  checkLease(kind, policy);
  checkReclaim(kind, policy);
  checkReassign(kind, policy);
  if (kind === "concurrent" && ["provision", "invite"].includes(policy.acquireOn)) {
    throw invalid(
      "policy.acquireOn",
      "A lease begins when somebody signs in: a concurrent pool cannot give it before.",
    );
  }
}

type Shape = Pick<Pool, "kind" | "capacity" | "policy">;

function checkReservations(capacity: number, { reservations }: PoolPolicy): void {
  const refuse = (sentence: string): Error => invalid("policy.reservations", sentence);
  const twice = namedTwice(reservations);
  if (twice !== undefined) throw refuse(`The group ${twice} is named twice.`);
  const sum = reservations.reduce((all, { seats }) => all + seats, 0);
  if (sum > capacity) {
    throw refuse(
      `${String(sum)} seats are reserved, but there are only ${String(capacity)}. Reserve fewer first.`,
    );
  }
}

/** Q2 has its own protection where seats are meant to change hands. */
function checkReassign(kind: PoolKind, { minReassignSeconds }: PoolPolicy): void {
  if (kind === "locked" || minReassignSeconds === 0) return;
  throw invalid(
    "policy.minReassignSeconds",
    kind === "shared"
      ? "The seats of a shared pool change hands at sign-ins; minHoldSeconds says how long a holder is safe. Make the pool locked to bind its licences to people."
      : "A lease is nobody's licence: it is free when it ends, and lingerSeconds keeps it for a moment. Make the pool locked to bind its licences to people.",
  );
}

/** Letter case ignored, as the names of groups are compared. */
function namedTwice(list: readonly { readonly group: string }[]): string | undefined {
  const groups = list.map(({ group }) => group.toLowerCase());
  return groups.find((group, index) => groups.indexOf(group) !== index);
}

function checkLease(kind: PoolKind, policy: PoolPolicy): void {
  checkLeaseUnit(kind, policy);
  const ofOthers = FOR_LEASES.find(([field]) => kind !== "concurrent" && policy[field] > 0);
  if (ofOthers !== undefined) {
    const [field, verb] = ofOthers;
    throw invalid(`policy.${field}`, `Only a lease of a concurrent pool ${verb}.`);
  }
  checkRevival(policy);
  const { leaseSeconds } = policy;
  const least = leastLeaseSeconds(policy);
  if (leaseSeconds < least) {
    throw invalid(
      "policy.leaseSeconds",
      `A lease must outlive one renewal that is lost: twice heartbeatSeconds and driftSeconds, ${String(least)} seconds at least.`,
    );
  }
}

const FOR_LEASES = [
  ["heartbeatSeconds", "is renewed"],
  ["lingerSeconds", "lingers"],
  ["reviveSeconds", "is revived"],
  ["maxBorrowSeconds", "is borrowed"],
] as const;

function checkRevival({
  reviveSeconds,
  parkedConsumes,
  maxBorrowSeconds,
  leaseSeconds,
}: PoolPolicy): void {
  if (reviveSeconds > 0 && parkedConsumes) {
    throw invalid(
      "policy.reviveSeconds",
      "A lease that has run out is remembered as parked and takes no seat, but with parkedConsumes what is parked takes one.",
    );
  }
  if (maxBorrowSeconds > 0 && maxBorrowSeconds <= leaseSeconds) {
    throw invalid(
      "policy.maxBorrowSeconds",
      `A lease lives ${String(leaseSeconds)} seconds without renewal anyway (leaseSeconds); borrowing must be for longer, or 0.`,
    );
  }
}

function checkLeaseUnit(kind: PoolKind, policy: PoolPolicy): void {
  if (!isForUnits(policy)) return;
  const { leaseUnit } = policy;
  if (kind !== "concurrent") {
    throw invalid("policy.leaseUnit", "Only a concurrent pool has leases.");
  }
  const listed = listsOf(policy)
    .flat()
    .find((step) => NOT_FOR_UNITS.includes(step));
  if (listed !== undefined) {
    throw invalid(
      "policy.leaseUnit",
      `A ${leaseUnit} has no place on a waiting list; ${listed} is for people (leaseUnit: user).`,
    );
  }
}
const NOT_FOR_UNITS: readonly OnFull[] = ["wait", "restricted", "fallbackTier"];

function checkByGroup(kind: PoolKind, policy: PoolPolicy): void {
  const field = "policy.onFullByGroup";
  const twice = namedTwice(policy.onFullByGroup);
  if (twice !== undefined) throw invalid(field, `The group ${twice} is named twice.`);
  for (const { group, onFull } of policy.onFullByGroup) {
    checkOnFull(kind, policy, field, onFull, `The list of ${group}: `);
  }
}

/** @param about what the sentences begin with */
function checkOnFull(
  kind: PoolKind,
  { overage, autoscaleMax }: PoolPolicy,
  field: string,
  onFull: readonly OnFull[],
  about = "",
): void {
  const refuse = (sentence: string): Error => invalid(field, about + sentence);
  const [twice] = onFull.filter((step, index) => onFull.indexOf(step) !== index);
  if (twice !== undefined) throw refuse(`Each step is tried once; ${twice} is named twice.`);
  const end = onFull.findIndex(endsList);
  const [never] = end < 0 ? [] : onFull.slice(end + 1);
  if (never !== undefined) {
    throw refuse(
      `After ${String(onFull[end])} nothing else is tried, so ${never} cannot follow it.`,
    );
  }
  const unmet = unmetBy(kind, { overage, autoscaleMax }, onFull);
  if (unmet !== null) throw refuse(unmet);
}

/** What a step needs beside it. */
function unmetBy(
  kind: PoolKind,
  { overage, autoscaleMax }: Pick<PoolPolicy, "overage" | "autoscaleMax">,
  onFull: readonly OnFull[],
): string | null {
  if (kind !== "shared" && onFull.includes("evictLru")) {
    return `Only a shared pool takes a seat from its holder; a ${kind} pool can wait or reject.`;
  }
  if (onFull.includes("overage") && overage.type === "none") {
    return "The step overage needs policy.overage: how many seats may be held above the capacity.";
  }
  if (onFull.includes("autoscale") && autoscaleMax === 0) {
    return "The step autoscale needs policy.autoscaleMax: up to how many seats may be bought.";
  }
  return null;
}
