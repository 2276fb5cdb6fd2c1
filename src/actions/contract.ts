import type { Id, Pool, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { contracted } from "../domain/pools/capacity.js";
import { autoscaleLimit, overageSeats } from "../domain/pools/policy.js";
import type { Contraction, Exemption, Placed } from "../domain/reclaim/rows.js";
import { minuteWords } from "../domain/answers/moments.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Store } from "../ports.js";
import { checkPolicy } from "./checkPolicy.js";
import { invalid } from "./invalid.js";
import { setupChange } from "./setupChange.js";

/** Smaller pools to come, and whose seat is not taken back: agreed by people, carried out by the clock. */

interface Deps {
  readonly store: Pick<Store, "reclaims" | "clock"> & {
    readonly administration: Pick<Store["administration"], "findPool">;
  };
  readonly ids: Ids;
}

export interface ContractionInput {
  readonly capacity: number;
  readonly at: Timestamp;
}

/** More others who change the pool at the same moment, one after another, are no accident. */
const ROUNDS_MAX = 10;

/**
 * Checked against the pool as it is when the reduction is saved: somebody who reserves seats of it at the same moment comes before, and is
 * looked at, or afterwards, and is told of it (`checkPlanned`).
 *
 * @throws SeatkeeperError InvalidValue; Conflict while nobody has chosen what an undo is, or when others were faster every time
 */
export async function planContraction(
  { store, ids }: Deps,
  pool: Pool,
  input: ContractionInput,
  cause: Cause,
): Promise<Contraction> {
  const now = store.clock.now();
  const { capacity, at } = input;
  const contraction: Contraction = {
    ...{ id: ids.next(), organisationId: pool.organisationId, poolId: pool.id },
    ...{ capacity, at, state: "planned", createdBy: cause.actor, createdAt: now },
  };
  const { id, poolId } = contraction;
  const change = setupChange({ store }, cause, { contractionId: id, poolId, capacity, at });
  let read: Pool | null = pool;
  for (let round = 1; read !== null && round <= ROUNDS_MAX; round++) {
    checkContraction(read, input, now);
    if (await store.reclaims.addContraction(contraction, read.version, change)) return contraction;
    read = await store.administration.findPool(pool.organisationId, poolId);
  }
  throw new SeatkeeperError(read === null ? "NotFound" : "Conflict");
}

function checkContraction(pool: Pool, { capacity, at }: ContractionInput, now: Timestamp): void {
  if (capacity >= pool.capacity) {
    throw invalid(
      "capacity",
      `Fewer than the ${String(pool.capacity)} seats of today are expected.`,
    );
  }
  if (at < now) throw invalid("at", "A date that is to come is expected.");
  if (capacity === 0 && autoscaleLimit(pool) > 0) throw invalid("capacity", NONE_BY_ITSELF);
  checkPolicy(contracted(pool, capacity));
  const { undo, graceDays } = pool.policy;
  if (pool.kind !== "concurrent" && undo === "undecided" && graceDays > 0) {
    throw new SeatkeeperError("Conflict", {
      field: "policy.undo",
      sentence:
        "First choose the pool's policy undo: guaranteed keeps seats that are too many until the window is over, ifFree frees them at once.",
    });
  }
}
const NONE_BY_ITSELF =
  "A pool without seats buys none by itself: take autoscale out of policy.onFull first.";

type PlannedDeps = Pick<Deps["store"], "reclaims">;
type CheckDeps = PlannedDeps & {
  readonly administration: Pick<Store["administration"], "findOrganisation">;
};

/** Those that are to come, the first first. */
export async function plannedOf(
  { reclaims }: PlannedDeps,
  { organisationId, id }: Pick<Pool, "organisationId" | "id">,
): Promise<Contraction[]> {
  const all = await reclaims.contractions(organisationId, id);
  return all.filter(({ state }) => state === "planned");
}

/**
 * What a change asks for must still hold on the date of every reduction that is to come. What was so before is no reason to refuse: it
 * must be possible to change something else.
 *
 * @throws SeatkeeperError InvalidValue
 */
export async function checkPlanned(store: CheckDeps, before: Pool, after: Pool): Promise<void> {
  const reserved = reservedIn(after);
  const reservesMore = reserved > reservedIn(before);
  const beginsToBuy = autoscaleLimit(after) > 0 && autoscaleLimit(before) === 0;
  if (!reservesMore && !beginsToBuy) return;
  const planned = await plannedOf(store, before);
  const [least] = planned.sort((a, b) => a.capacity - b.capacity);
  if (least === undefined) return;
  const { capacity, at } = least;
  const from = `From ${minuteWords(at, await timeZoneOf(store, before))} on there are only ${String(capacity)} seats`;
  if (reservesMore && reserved > capacity) {
    throw invalid(
      "policy.reservations",
      `${from}, and ${String(reserved)} would be reserved. Reserve fewer, or call that reduction off first.`,
    );
  }
  if (beginsToBuy && capacity === 0) {
    throw invalid("policy.onFull", `${from}. ${NONE_BY_ITSELF}`);
  }
}

async function timeZoneOf(store: CheckDeps, { organisationId }: Pool): Promise<string> {
  const organisation = await store.administration.findOrganisation(organisationId);
  return organisation?.timeZone ?? "UTC";
}

function reservedIn({ policy }: Pool): number {
  return policy.reservations.reduce((sum, { seats }) => sum + seats, 0);
}

/** More names are not read at once by anybody. */
const SHOWN_MAX = 500;

export interface ContractionPlan {
  /** Seats of today, all of which but those of the reduction go, whenever they were bought. */
  readonly from: number;
  /** Seats that would be too many if the reduction came now. */
  readonly excess: number;
  /** Whose, the first to go first; at most 500. */
  readonly first: readonly Placed[];
}

/** As it would be if the date were now; who comes, goes or uses a seat until then changes it. */
export async function contractionPlan(
  { store }: { readonly store: Pick<Deps["store"], "reclaims" | "clock"> },
  pool: Pool,
  capacity: number,
): Promise<ContractionPlan> {
  const from = pool.capacity;
  const excess = excessAt(pool, Math.min(capacity, from));
  if (excess === 0 || pool.kind === "concurrent") return { from, excess, first: [] };
  const going = await store.reclaims.going(pool.organisationId, pool.id);
  const known = going.filter(({ grace }) => grace?.reason === "contracted").length;
  const limit = Math.min(Math.max(0, excess - known), SHOWN_MAX);
  return { from, excess, first: await store.reclaims.firstToGo(pool, store.clock.now(), limit) };
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
  { store, ids }: { readonly store: Pick<Deps["store"], "reclaims" | "clock">; readonly ids: Ids },
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
