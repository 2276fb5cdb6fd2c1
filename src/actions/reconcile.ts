import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { evaluate } from "../domain/plan.js";
import { drain } from "../domain/drain.js";
import { reapExpired } from "../domain/deadlines.js";
import type { Store } from "../ports.js";
import type { Runner } from "./run.js";

/**
 * What time and large changes leave to do: users whose rules or large groups have changed, and leases that ran out.
 * In portions, each taken off the list and evaluated in one transaction, so that it can stop anywhere and go on.
 */
export interface Reconciliation {
  /** One portion; resolves to the number of users that were evaluated. */
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
      needs: { stale: PORTION, candidates: PORTION },
      decide: (world, ctx) => {
        const userIds = [...world.stale];
        world.takeStale(userIds);
        world.brakeTurn = userIds.length < PORTION ? "last" : "part";
        reapExpired(world, ctx);
        evaluate(world, ctx, userIds);
        drain(world, ctx);
        return { ok: userIds.length };
      },
    });
  }

  async function reconcileAll(): Promise<void> {
    for (const organisationId of await store.organisationsWithWork(store.clock.now())) {
      while ((await reconcile(organisationId)) === PORTION);
    }
  }
}
