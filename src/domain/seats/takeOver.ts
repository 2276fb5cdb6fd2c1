import type { Seat, Timestamp } from "../directory.js";
import type { PoolPolicy } from "../pools/policy.js";

/** From when on somebody else's sign-in may take a seat over, as far as that depends on the clock. */

/**
 * The end of what protects the seat itself: `minHold`, `minIdle`, and `protectedUntil`, which follows from having lost too
 * many today or from a hand (I8). Null: never, because it is about to be taken back; then it comes free by itself.
 */
export function unprotectedFrom(
  { minHoldSeconds, minIdleSeconds }: Pick<PoolPolicy, "minHoldSeconds" | "minIdleSeconds">,
  { grantedAt, lastUsedAt, protectedUntil = 0, grace }: Seat,
): Timestamp | null {
  if (grace !== undefined) return null;
  return Math.max(
    grantedAt + minHoldSeconds * 1_000,
    lastUsedAt + minIdleSeconds * 1_000,
    protectedUntil,
  );
}

/** Until when who lost a seat a moment ago may not take one from others. */
export function coolsUntil(
  { coolDownSeconds }: Pick<PoolPolicy, "coolDownSeconds">,
  before: Seat | undefined,
): Timestamp {
  const last = before?.evicted?.last;
  return last === undefined ? 0 : last + coolDownSeconds * 1_000;
}
