import type { Id } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { onTheClock, REEVALUATED } from "../domain/clock.js";
import { holdersDue } from "../domain/reclaim/review.js";
import type { Logger, Store } from "../ports.js";
import { createLook, type Progress } from "./progress.js";
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
  /** Whoever does the work, this process or another one. */
  progress(organisationId: Id): Promise<Progress>;
}

const PORTION = 200;
/** What takes longer says how far it is, in the log. */
const REPORT_MS = 5_000;

/** What one load gives of what has ended (Snapshot.expired). */
const ENDED_MAX = 1_000;

interface Portion {
  readonly evaluated: number;
  /** There may be more of the same. */
  readonly isFull: boolean;
}

export function createReconciliation(runner: Runner, store: Store, logger: Logger): Reconciliation {
  const look = createLook();
  return {
    reconcile: async (organisationId) => (await portion(organisationId)).evaluated,
    reconcileAll,
    progress,
  };

  async function progress(organisationId: Id): Promise<Progress> {
    const stale = await store.insights.staleCount(organisationId);
    const people = (): Promise<number> => store.insights.peopleCount(organisationId);
    return look(organisationId, { stale, people }, store.clock.now());
  }

  function portion(organisationId: Id): Promise<Portion> {
    const cause: Cause = { type: "timer", action: REEVALUATED, actor: "system", requestId: null };
    return runner.run(organisationId, {
      cause,
      needs: { stale: PORTION, candidates: PORTION, upkeep: PORTION },
      more: (world) => {
        const users = holdersDue(world);
        return users.length === 0 ? null : { users };
      },
      decide: (world, ctx) => {
        if (world.brakeTurn !== "plan") {
          world.brakeTurn = world.stale.length < PORTION ? "last" : "part";
        }
        const { ended, evaluated } = onTheClock(world, ctx);
        return { ok: { evaluated, isFull: evaluated >= PORTION || ended >= ENDED_MAX } };
      },
    });
  }

  async function reconcileAll(): Promise<void> {
    for (const organisationId of await store.organisationsWithWork(store.clock.now())) {
      await reconcileOne(organisationId);
    }
  }

  async function reconcileOne(organisationId: Id): Promise<void> {
    let reported = store.clock.now();
    for (let isFirst = true; (await portion(organisationId)).isFull; isFirst = false) {
      const isDue = store.clock.now() - reported >= REPORT_MS;
      // Few are done in a portion or two, and counting them would cost as much.
      if (!isFirst && !isDue) continue;
      const at = await progress(organisationId);
      if (isDue) {
        reported = store.clock.now();
        logger.info({ organisationId, ...at }, "re-evaluation goes on");
      }
    }
  }
}
