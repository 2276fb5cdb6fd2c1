import type { PoolKind } from "../domain/directory.js";
import { endsList, type PoolPolicy } from "../domain/policy.js";
import { checkReclaim } from "./checkReclaim.js";
import { invalid } from "./invalid.js";

/** Whether the parts of a pool's policy go together. What would never come into play is refused, not ignored. */

/** @throws SeatkeeperError InvalidValue naming the field */
export function checkPolicy(kind: PoolKind, policy: PoolPolicy): void {
  checkOnFull(kind, policy);
  checkReclaim(kind, policy);
  if (kind === "concurrent" && ["provision", "invite"].includes(policy.acquireOn)) {
    throw invalid(
      "policy.acquireOn",
      "A lease begins when somebody signs in: a concurrent pool cannot give it before.",
    );
  }
}

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
