import type { Pool, Seat, Timestamp } from "../directory.js";
import type { KeptState, PoolPolicy } from "../pools/policy.js";
import { consumesSeat, occupies } from "../seats/states.js";

/**
 * Licences that may change hands only so often (`minReassignSeconds`, docs/pools.md): the place of a seat that is lost too
 * soon after the grant stays taken for the same person. It is either what is kept of the seat itself, or, where the person has a
 * seat of another pool of the product meanwhile, a row of its own (boundPlaces.ts).
 */

export interface Moment {
  readonly now: Timestamp;
  readonly pools: { get(id: string): Pool | undefined };
  room(pool: Pool): number;
}

/**
 * Until when nobody else may have the place of this seat, in milliseconds since the epoch; null: anybody may. Where more
 * is taken than may be held, because fewer were bought, what is given back goes to nobody anyway: it is bound no longer.
 */
export function boundUntil(moment: Moment, seat: Seat): Timestamp | null {
  const pool = moment.pools.get(seat.poolId);
  if (pool === undefined || pool.policy.minReassignSeconds === 0) return null;
  if (!isAssigned(seat) || moment.room(pool) < 0) return null;
  const until = boundFrom(seat) + pool.policy.minReassignSeconds * 1_000;
  return until > moment.now ? until : null;
}

/** Since when the person has this licence: a seat that came from another pool is older than that. */
export function boundFrom({ boundSince, grantedAt }: Seat): Timestamp {
  return boundSince ?? grantedAt;
}

/** An invitation is nobody's licence yet, and what takes no place has none to lose. */
function isAssigned(seat: Seat): boolean {
  const state = seat.kept?.state;
  return occupies(seat) && state !== "pending" && state !== "closed";
}

/** Where a new licence of the pool becomes the person's although the seat is older. */
export function boundAnew(
  { minReassignSeconds }: Pick<PoolPolicy, "minReassignSeconds">,
  since: Timestamp,
): Pick<Seat, "boundSince"> {
  return minReassignSeconds === 0 ? {} : { boundSince: since };
}

/** The person is gone for good, or so is the licence: these free the place at once. */
const FREES_AT_ONCE: ReadonlySet<string> = new Set(["deleted", "erased", "contracted"]);

/**
 * What stays of a live seat that is lost.
 *
 * @param kept what the rest of the policy keeps of it; null: nothing
 */
export function boundSeat(
  moment: Moment,
  seat: Seat,
  kept: Seat | null,
  reason: string,
): Seat | null {
  if (FREES_AT_ONCE.has(reason) || (kept !== null && occupies(kept))) return kept;
  const until = boundUntil(moment, seat);
  if (until === null) return kept;
  const state: KeptState = reason === "deactivated" ? "suspended" : "parked";
  const why = kept?.kept ?? { state, since: moment.now, reason };
  const consumes = consumesSeat(policyOf(moment, seat), why.state, true);
  return {
    ...(kept ?? withoutUse(seat)),
    expiresAt: until,
    kept: { ...why, consumes, boundUntil: until },
  };
}

function policyOf({ pools }: Moment, { poolId }: Seat): PoolPolicy {
  const pool = pools.get(poolId);
  if (pool === undefined) throw new Error(`seat of a pool that is not there: ${poolId}`);
  return pool.policy;
}

/** What a seat only has as long as it is in use. */
export function withoutUse(seat: Seat): Seat {
  const { grace: _, protectedUntil: __, idle: ___, heldBy: ____, movesAt: _____, ...rest } = seat;
  const { borrowedUntil: ______, ...plain } = rest;
  return plain;
}

/** The row of its own of somebody who has left the pool for another one; the seat of the product is elsewhere. */
export function placeUnit(poolId: string): string {
  return `bound ${poolId}`;
}

export function isPlace({ unit, poolId }: Pick<Seat, "unit" | "poolId">): boolean {
  return unit === placeUnit(poolId);
}
