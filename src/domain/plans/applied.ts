import { REEVALUATED } from "../clock.js";
import type { Id, Timestamp } from "../directory.js";
import type { Cause, Entry } from "../history.js";
import { noChanges, type Changes } from "../snapshot.js";

/** What a planned synchronisation leaves in the ledger: who applied it, as with every other plan. */

interface Applied {
  readonly organisationId: Id;
  readonly planId: Id;
  readonly connectionId: Id;
  readonly at: Timestamp;
  readonly cause: Cause;
  readonly nextId: () => Id;
}

/** That it is done, with a line of its own: the requests may move no seat. */
export function planApplied(applied: Applied): Changes {
  const { organisationId, planId, connectionId, at, cause, nextId } = applied;
  const about = { userId: null, product: "", poolId: null, seatId: null, tier: null } as const;
  const entry: Entry = {
    ...{ id: nextId(), organisationId, at, kind: "setup.changed", ...about, delta: 0 },
    ...{ reason: cause.action, cause, details: { planId, connectionId } },
  };
  return {
    ...noChanges(),
    entries: [entry],
    plansApplied: [{ id: planId, at, by: cause.actor }],
  };
}

/**
 * Nothing of it would have happened without the person who applied the plan. The request stays: with it the connection's log
 * tells what the provider had sent. What only time has ended stays the clock's.
 */
export function causedBy(changes: Changes, cause: Cause): Changes {
  const entries = changes.entries.map((entry) => {
    const { type, action, requestId } = entry.cause;
    const isDue = type === "timer" && action !== REEVALUATED;
    return isDue
      ? entry
      : { ...entry, cause: { ...cause, requestId: requestId ?? cause.requestId } };
  });
  return { ...changes, entries };
}
