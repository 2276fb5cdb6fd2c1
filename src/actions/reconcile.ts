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
/** What one load gives of what has ended (Snapshot.expired). */
const ENDED_MAX = 1_000;

interface Portion {
  readonly evaluated: number;
  /** There may be more of the same. */
  readonly isFull: boolean;
}

export function createReconciliation(runner: Runner, store: Store): Reconciliation {
  return {
    reconcile: async (organisationId) => (await portion(organisationId)).evaluated,
    reconcileAll,
  };

  function portion(organisationId: Id): Promise<Portion> {
    const cause: Cause = { type: "timer", action: "reevaluated", actor: "system", requestId: null };
    return runner.run(organisationId, {
      cause,
      needs: { stale: PORTION, candidates: PORTION },
      decide: (world, ctx) => {
        const userIds = [...world.stale];
        world.takeStale(userIds);
        const ended = reapExpired(world, ctx);
        evaluate(world, ctx, userIds);
        drain(world, ctx);
        const isFull = userIds.length === PORTION || ended >= ENDED_MAX;
        return { ok: { evaluated: userIds.length, isFull } };
      },
    });
  }

  async function reconcileAll(): Promise<void> {
    for (const organisationId of await store.organisationsWithWork(store.clock.now())) {
      while ((await portion(organisationId)).isFull);
    }
  }
}
