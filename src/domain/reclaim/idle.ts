import type { Pool, Seat, Timestamp } from "../directory.js";
import type { World } from "../world.js";
import { DAY_MS } from "../durations.js";

/** When a seat is idle, and when it has to be looked at next. */

/** Only a use after the grant shows that there was one; who got the seat at a sign-in has used it. */
export function isNeverUsed({ lastUsedAt, grantedAt, lastSignInAt }: Seat): boolean {
  return lastUsedAt <= grantedAt && lastSignInAt === null;
}

/** Null where the pool takes nothing back. A lease ends by itself. */
export function idleFrom({ kind, policy }: Pool, seat: Seat): Timestamp | null {
  if (policy.idleDays === 0 || kind === "concurrent") return null;
  return isNeverUsed(seat)
    ? seat.grantedAt + policy.neverUsedDays * DAY_MS
    : seat.lastUsedAt + policy.idleDays * DAY_MS;
}

/** Who was asked and has used the seat since has answered by that. */
export function isAsked({ idle, lastUsedAt }: Seat): boolean {
  return idle?.askedAt !== undefined && lastUsedAt <= idle.askedAt;
}

function nextLook(pool: Pool, seat: Seat): Timestamp | null {
  const from = idleFrom(pool, seat);
  if (from === null) return null;
  const { askedAt, remindedAt, quietUntil = 0 } = seat.idle ?? {};
  if (askedAt === undefined || !isAsked(seat)) return Math.max(from, quietUntil);
  const { remindDays, answerDays } = pool.policy;
  const reminds = remindDays > 0 && remindDays < answerDays && remindedAt === undefined;
  return askedAt + (reminds ? remindDays : answerDays) * DAY_MS;
}

/** The seat with the moment of its next look; without one where there is none. */
export function watched(pool: Pool, seat: Seat): Seat {
  const reviewAt = nextLook(pool, seat);
  const { idle, ...rest } = seat;
  return reviewAt === null ? rest : { ...rest, idle: { ...idle, reviewAt } };
}

/**
 * After another policy: the look may be due earlier, or for the first time. A use moves nothing: the look that comes too early
 * finds out and sets the next one, so that each seat costs one look in all that time and not one write a use.
 */
export function rewatched(pool: Pool, seat: Seat): Seat {
  if (seat.grace !== undefined) return seat;
  const wanted = nextLook(pool, seat);
  const present = seat.idle?.reviewAt ?? null;
  const isEarlyEnough = present !== null && wanted !== null && present <= wanted;
  return isEarlyEnough || (wanted === null && present === null) ? seat : watched(pool, seat);
}

/** Whether the seat stays low until somebody uses it or has a new reason for more. */
export function isHeldDown(world: World, seat: Seat, isUse: boolean): boolean {
  const since = seat.idle?.downgradedAt;
  if (since === undefined || isUse) return false;
  return !world.facts.group(seat.userId).some((fact) => fact.since > since);
}
