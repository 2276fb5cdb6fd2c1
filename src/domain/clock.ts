import { glassesEnded, OVERDUE, overdueHolders } from "./emergency/breakGlass.js";
import { reapExpired } from "./seats/deadlines.js";
import { drain } from "./waiting/drain.js";
import { evaluate } from "./evaluate.js";
import { contract, lowerContracted } from "./reclaim/contraction.js";
import { reviewIdle } from "./reclaim/review.js";
import { catchUp } from "./seats/settle.js";
import type { Context, World } from "./world.js";

/** What a portion of a large change has for its cause. */
export const REEVALUATED = "reevaluated";

export interface Portion {
  /** Users and seats that were looked at, whichever were more. */
  readonly evaluated: number;
  /** Leases, invitations and the like that have run out. */
  readonly ended: number;
}

/**
 * The break-glass claims that are over, of everybody who is loaded: a step of its own before anything else of the transaction is
 * decided. So the clock is its cause, whoever comes first, and nobody is served for an emergency that has passed.
 */
export function endEmergencies(world: World, ctx: Omit<Context, "cause">): void {
  const userIds = overdueHolders(world);
  if (userIds.length > 0) evaluate(world, { ...ctx, cause: OVERDUE }, userIds);
}

/** One portion of what time and large changes leave to do. What was loaded is what is due; nothing else is looked at. */
export function onTheClock(world: World, ctx: Context): Portion {
  catchUp(world);
  const userIds = [...world.stale];
  world.takeStale(userIds);
  lowerContracted(world, ctx);
  const ended = reapExpired(world, ctx);
  const looked = contract(world, ctx) + reviewIdle(world, ctx);
  evaluate(world, ctx, userIds);
  drain(world, ctx, undefined, new Set(userIds));
  const over = glassesEnded(world).size;
  return { evaluated: Math.max(userIds.length, looked, over), ended };
}
