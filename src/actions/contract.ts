import type { Id, Pool, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { overageSeats } from "../domain/policy.js";
import type { Contraction, Exemption, Placed } from "../domain/reclaim/rows.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";
import { checkPolicy } from "./checkPolicy.js";
import { invalid } from "./invalid.js";
import { setupChange } from "./setupChange.js";

/** Smaller pools to come, and whose seat is not taken back: agreed by people, carried out by the clock. */

interface Deps {
  readonly store: Pick<Store, "reclaims" | "clock">;
  readonly ids: Ids;
}

export interface ContractionInput {
  readonly capacity: number;
  readonly at: Timestamp;
}

/** @throws SeatkeeperError InvalidValue; Conflict while nobody has chosen what an undo is */
export async function planContraction(
  { store, ids }: Deps,
  pool: Pool,
  { capacity, at }: ContractionInput,
  cause: Cause,
): Promise<Contraction> {
  const now = store.clock.now();
  if (capacity >= pool.capacity) {
    throw invalid(
      "capacity",
      `Fewer than the ${String(pool.capacity)} seats of today are expected.`,
    );
  }
  checkPolicy({ ...pool, capacity });
  if (at < now) throw invalid("at", "A date that is to come is expected.");
  const { undo, graceDays } = pool.policy;
  if (pool.kind !== "concurrent" && undo === "undecided" && graceDays > 0) {
    throw new SeatkeeperError("Conflict", {
      field: "policy.undo",
      sentence:
        "First choose the pool's policy undo: guaranteed keeps seats that are too many until the window is over, ifFree frees them at once.",
    });
  }
  const contraction: Contraction = {
    ...{ id: ids.next(), organisationId: pool.organisationId, poolId: pool.id },
    ...{ capacity, at, state: "planned", createdBy: cause.actor, createdAt: now },
  };
  const { id, poolId } = contraction;
  const change = setupChange({ store }, cause, { contractionId: id, poolId, capacity, at });
  await store.reclaims.addContraction(contraction, change);
  return contraction;
}

/** More names are not read at once by anybody. */
const SHOWN_MAX = 500;

export interface ContractionPlan {
  /** Seats that would be too many if the reduction came now. */
  readonly excess: number;
  /** Whose, the first to go first; at most 500. */
  readonly first: readonly Placed[];
}

/** As it would be if the date were now; who comes, goes or uses a seat until then changes it. */
export async function contractionPlan(
  { store }: Pick<Deps, "store">,
  pool: Pool,
  capacity: number,
): Promise<ContractionPlan> {
  const excess = excessAt(pool, Math.min(capacity, pool.capacity));
  if (excess === 0 || pool.kind === "concurrent") return { excess, first: [] };
  const limit = Math.min(excess, SHOWN_MAX);
  return { excess, first: await store.reclaims.firstToGo(pool, store.clock.now(), limit) };
}

function excessAt(pool: Pool, capacity: number): number {
  return Math.max(0, pool.used - capacity - overageSeats({ ...pool, capacity }));
}

export interface ExemptionInput {
  readonly userId?: Id | undefined;
  readonly groupId?: Id | undefined;
  readonly until: Timestamp | null;
  readonly reason: string;
}

/** @throws SeatkeeperError InvalidValue */
export async function exempt(
  { store, ids }: Deps,
  organisationId: Id,
  { userId, groupId, until, reason }: ExemptionInput,
  cause: Cause,
): Promise<Exemption> {
  const now = store.clock.now();
  if (until !== null && until <= now) throw invalid("until", "A date that is to come is expected.");
  const exemption: Exemption = {
    ...{ id: ids.next(), organisationId, userId: userId ?? null, groupId: groupId ?? null },
    ...{ until, reason, createdBy: cause.actor, createdAt: now },
  };
  const { id } = exemption;
  const about = { userId: exemption.userId, groupId: exemption.groupId };
  const change = setupChange({ store }, cause, { exemptionId: id, ...about, until });
  await store.reclaims.addExemption(exemption, change);
  return exemption;
}
