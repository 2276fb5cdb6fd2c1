import type { Pool, PoolKind } from "../domain/directory.js";
import { isForUnits, leastLeaseSeconds } from "../domain/leasePolicy.js";
import { endsList, type OnFull, type PoolPolicy } from "../domain/policy.js";
import { checkReclaim } from "./checkReclaim.js";
import { invalid } from "./invalid.js";

/** Whether the parts of a pool's policy go together. What would never come into play is refused, not ignored. */

/** @throws SeatkeeperError InvalidValue naming the field */
export function checkPolicy({ kind, capacity, policy }: Shape): void {
  checkOnFull(kind, policy);
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
  const groups = reservations.map(({ group }) => group.toLowerCase());
  const [twice] = groups.filter((group, index) => groups.indexOf(group) !== index);
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

function checkLease(kind: PoolKind, policy: PoolPolicy): void {
  const { heartbeatSeconds, lingerSeconds, leaseSeconds } = policy;
  checkLeaseUnit(kind, policy);
  if (kind !== "concurrent" && heartbeatSeconds > 0) {
    throw invalid("policy.heartbeatSeconds", "Only a lease of a concurrent pool is renewed.");
  }
  if (kind !== "concurrent" && lingerSeconds > 0) {
    throw invalid("policy.lingerSeconds", "Only a lease of a concurrent pool lingers.");
  }
  const least = leastLeaseSeconds(policy);
  if (leaseSeconds < least) {
    throw invalid(
      "policy.leaseSeconds",
      `A lease must outlive one renewal that is lost: twice heartbeatSeconds and driftSeconds, ${String(least)} seconds at least.`,
    );
  }
}

function checkLeaseUnit(kind: PoolKind, policy: PoolPolicy): void {
  if (!isForUnits(policy)) return;
  const { leaseUnit, onFull } = policy;
  if (kind !== "concurrent") {
    throw invalid("policy.leaseUnit", "Only a concurrent pool has leases.");
  }
  const listed = onFull.find((step) => NOT_FOR_UNITS.includes(step));
  if (listed !== undefined) {
    throw invalid(
      "policy.leaseUnit",
      `A ${leaseUnit} has no place on a waiting list; ${listed} is for people (leaseUnit: user).`,
    );
  }
}
const NOT_FOR_UNITS: readonly OnFull[] = ["wait", "restricted", "fallbackTier"];

function checkOnFull(kind: PoolKind, { onFull, overage, autoscaleMax }: PoolPolicy): void {
  const refuse = (sentence: string): Error => invalid("policy.onFull", sentence);
  const [twice] = onFull.filter((step, index) => onFull.indexOf(step) !== index);
  if (twice !== undefined) throw refuse(`Each step is tried once; ${twice} is named twice.`);
  const end = onFull.findIndex(endsList);
  const [never] = end < 0 ? [] : onFull.slice(end + 1);
  if (never !== undefined) {
    throw refuse(
      `After ${String(onFull[end])} nothing else is tried, so ${never} cannot follow it.`,
    );
  }
  if (kind !== "shared" && onFull.includes("evictLru")) {
    throw refuse(
      `Only a shared pool takes a seat from its holder; a ${kind} pool can wait or reject.`,
    );
  }
  if (onFull.includes("overage") && overage.type === "none") {
    throw refuse(
      "The step overage needs policy.overage: how many seats may be held above the capacity.",
    );
  }
  if (onFull.includes("autoscale") && autoscaleMax === 0) {
    throw refuse(
      "The step autoscale needs policy.autoscaleMax: up to how many seats may be bought.",
    );
  }
}
