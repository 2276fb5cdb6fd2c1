import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { onTheClock } from "../domain/clock.js";
import { holdersDue } from "../domain/reclaim/review.js";
import type { Store } from "../ports.js";
import type { Runner } from "./run.js";

/**
 * What time and large changes leave to do: users whose rules or large groups have changed, leases that ran out, seats that
 * nobody uses, and pools that become smaller.
 * In portions, each taken off the list and evaluated in one transaction, so that it can stop anywhere and go on.
 */
export interface Reconciliation {
  /** One portion; resolves to how many users or seats were looked at. */
  reconcile(organisationId: Id): Promise<number>;
  /** Everything that is due now, in every organisation. */
  reconcileAll(): Promise<void>;
}

const PORTION = 200;

export function createReconciliation(runner: Runner, store: Store): Reconciliation {
  return { reconcile, reconcileAll };

  function reconcile(organisationId: Id): Promise<number> {
    const cause: Cause = { type: "timer", action: "reevaluated", actor: "system", requestId: null };
    return runner.run(organisationId, {
      cause,
      needs: { stale: PORTION, candidates: PORTION, upkeep: PORTION },
      more: (world) => {
        const users = holdersDue(world);
        return users.length === 0 ? null : { users };
      },
      decide: (world, ctx) => ({ ok: onTheClock(world, ctx) }),
    });
  }

  async function reconcileAll(): Promise<void> {
    for (const organisationId of await store.organisationsWithWork(store.clock.now())) {
      while ((await reconcile(organisationId)) >= PORTION);
    }
  }
}
