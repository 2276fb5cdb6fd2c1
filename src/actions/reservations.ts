import type { Id, Pool } from "../domain/directory.js";
import { reservationsOf, type PoolUse } from "../domain/pools/bar.js";
import type { Store } from "../ports.js";

/**
 * Seats may be reserved before the group is pushed, so nobody is refused that; but a group that never comes, because its name is
 * misspelt, holds them back for nobody, and that is said wherever somebody looks.
 */

type Reads = Pick<Store, "insights">;
type Reserving = Pick<Pool, "organisationId" | "policy">;

/** How the pool stands by each of its reservations, and whether the group is there. */
export async function reservationsNow(
  store: Reads,
  pool: Reserving,
  use: Pick<PoolUse, "reserved">,
) {
  const missing = await missingIn(store, pool.organisationId, [pool]);
  return reservationsOf(pool, use).map((one) => ({
    ...one,
    groupExists: !missing.has(one.group),
  }));
}

/** Reservations of these pools for groups that are not there. */
export async function reservedForNobody<P extends Reserving>(
  store: Reads,
  organisationId: Id,
  pools: readonly P[],
) {
  const missing = await missingIn(store, organisationId, pools);
  return pools.flatMap((pool) =>
    pool.policy.reservations.flatMap((one) => (missing.has(one.group) ? [{ pool, ...one }] : [])),
  );
}

async function missingIn(
  { insights }: Reads,
  organisationId: Id,
  pools: readonly Reserving[],
): Promise<ReadonlySet<string>> {
  const named = pools.flatMap(({ policy }) => policy.reservations.map(({ group }) => group));
  if (named.length === 0) return new Set();
  return new Set(await insights.missingGroups(organisationId, named));
}
