import { reapExpired } from "./deadlines.js";
import { drain } from "./drain.js";
import { evaluate } from "./plan.js";
import { contract } from "./reclaim/contraction.js";
import { reviewIdle } from "./reclaim/review.js";
import { catchUp } from "./settle.js";
import type { Context, World } from "./world.js";

export interface Portion {
  /** Users and seats that were looked at, whichever were more. */
  readonly evaluated: number;
  /** Leases, invitations and the like that have run out. */
  readonly ended: number;
}

/** One portion of what time and large changes leave to do. What was loaded is what is due; nothing else is looked at. */
export function onTheClock(world: World, ctx: Context): Portion {
  catchUp(world);
  const userIds = [...world.stale];
  world.takeStale(userIds);
  const ended = reapExpired(world, ctx);
  const looked = contract(world, ctx) + reviewIdle(world, ctx);
  evaluate(world, ctx, userIds);
  drain(world, ctx);
  return { evaluated: Math.max(userIds.length, looked), ended };
}
