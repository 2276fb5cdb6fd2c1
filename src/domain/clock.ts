import { OVERDUE, overdueHolders } from "./emergency/breakGlass.js";
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

/** Before everybody else, so that the clock is the cause; the large change that the brake may be counting is another matter. */
function endGlasses(world: World, ctx: Context): number {
  const userIds = overdueHolders(world);
  if (userIds.length === 0) return 0;
  const turn = world.brakeTurn;
  world.brakeTurn = "request";
  evaluate(world, { ...ctx, cause: OVERDUE }, userIds);
  world.brakeTurn = turn;
  return userIds.length;
}

/** One portion of what time and large changes leave to do. What was loaded is what is due; nothing else is looked at. */
export function onTheClock(world: World, ctx: Context): Portion {
  catchUp(world);
  const userIds = [...world.stale];
  world.takeStale(userIds);
  lowerContracted(world, ctx);
  const ended = reapExpired(world, ctx);
  const looked = contract(world, ctx) + reviewIdle(world, ctx);
  const overdue = endGlasses(world, ctx);
  evaluate(world, ctx, userIds);
  drain(world, ctx, undefined, new Set(userIds));
  return { evaluated: Math.max(userIds.length, looked, overdue), ended };
}
