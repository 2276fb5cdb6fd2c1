import type { Catalogue } from "../domain/catalogue.js";
import type { Id } from "../domain/directory.js";
import type { SetUpChange } from "../domain/plans/change.js";
import type { Snapshot } from "../domain/snapshot.js";
import { ERRORS, SeatkeeperError, type ErrorCode } from "../errors.js";
import type { Store, WriteTransaction } from "../ports.js";
import type { Plan } from "../ports/plans.js";
import { checkGives, checkPoolShape } from "./checkNames.js";
import { invalid } from "./invalid.js";

/** Whether what a plan would write can still be written: up to some days lie between its making and its applying. */

/**
 * What is checked when a change is put together, again: the catalogue may be another by now, and people may have gone.
 * @throws SeatkeeperError InvalidValue
 */
export async function refuseMisfits(
  tx: Pick<WriteTransaction, "load">,
  catalogue: Catalogue,
  { pools }: Pick<Snapshot, "pools">,
  change: SetUpChange,
): Promise<void> {
  if (change.type === "ruleRemoved") return;
  if (change.type === "rule") {
    checkGives(catalogue, [...pools.values()], change.rule.gives);
    return;
  }
  const pool = pools.get(change.poolId);
  if (pool === undefined) return;
  checkPoolShape(catalogue, { ...pool, ...change.patch });
  const heir = change.patch.policy?.transferTo ?? "";
  if (heir !== "" && heir !== pool.policy.transferTo) await refuseAbsent(tx, heir);
}

async function refuseAbsent(tx: Pick<WriteTransaction, "load">, userId: Id): Promise<void> {
  const { users } = await tx.load({ users: [userId] });
  if (users.get(userId)?.user.active === true) return;
  throw invalid("policy.transferTo", "Whoever should take over resources is not there any more.");
}

/** What the change itself is refused for; whatever else goes wrong says nothing about the plan. */
const REFUSALS = new Set<ErrorCode>([
  ...(["NotFound", "Conflict", "Uniqueness", "InvalidValue", "TierIsDerived"] as const),
]);

/** What was to be changed is gone or another, so the change cannot be made as it was shown. */
export function staleWhenRefused(error: unknown): never {
  if (!(error instanceof SeatkeeperError) || !REFUSALS.has(error.code)) throw error;
  if (error.code === "NotFound") throw new SeatkeeperError("Stale");
  throw new SeatkeeperError("Stale", { sentence: `${error.message} ${ERRORS.Stale.sentence}` });
}

/** Whoever applies a plan while somebody else does, or throws it away, is told of that and not of what follows from it. */
export async function orDone(
  store: Pick<Store, "plans">,
  { organisationId, id }: Plan,
  error: unknown,
): Promise<never> {
  const isOvertaken =
    error instanceof SeatkeeperError && ["Stale", "VersionMismatch"].includes(error.code);
  if (!isOvertaken) throw error;
  const plan = await store.plans.find(organisationId, id);
  if (plan === null) throw new SeatkeeperError("NotFound");
  if (plan.appliedAt !== null) throw alreadyApplied();
  throw error;
}

export function alreadyApplied(): SeatkeeperError {
  return new SeatkeeperError("Conflict", { sentence: "The plan has been applied already." });
}
