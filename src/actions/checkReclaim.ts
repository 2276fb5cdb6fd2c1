import type { PoolKind } from "../domain/directory.js";
import type { PoolPolicy } from "../domain/pools/policy.js";
import { invalid } from "./invalid.js";

/**
 * Whether a policy can take seats back as it says (docs/reclaim.md).
 * @throws SeatkeeperError InvalidValue naming the field
 */
export function checkReclaim(kind: PoolKind, policy: PoolPolicy): void {
  const { idleDays, idleAction, graceDays, undo, remindDays, answerDays } = policy;
  if (idleDays > 0 && kind === "concurrent") {
    throw invalid("policy.idleDays", "A lease ends by itself; there is nothing to take back.");
  }
  if (idleDays > 0 && idleAction === "reclaim" && graceDays > 0 && undo === "undecided") {
    throw invalid(
      "policy.undo",
      "A seat cannot be free at once and also be kept for an undo. Choose undo: guaranteed keeps it until the window is over, ifFree frees it at once.",
    );
  }
  if (idleDays > 0 && answerDays > 0 && remindDays >= answerDays) {
    throw invalid(
      "policy.remindDays",
      "The reminder would come after the answer is due; 0 means that there is none.",
    );
  }
  checkResources(policy);
}

function checkResources({ onUnassign, transferTo }: PoolPolicy): void {
  if (onUnassign === "transfer" && transferTo === "") {
    throw invalid("policy.transferTo", "To transfer needs the id of the user who gets it.");
  }
  if (onUnassign !== "transfer" && transferTo !== "") {
    throw invalid("policy.transferTo", `Nothing is transferred where onUnassign is ${onUnassign}.`);
  }
}
