import { reapExpired } from "./deadlines.js";
import { drain } from "./drain.js";
import { evaluate } from "./plan.js";
import { contract } from "./reclaim/contraction.js";
import { reviewIdle } from "./reclaim/review.js";
import type { Context, World } from "./world.js";

/**
 * One portion of what time and large changes leave to do. What was loaded is what is due; nothing else is looked at.
 * @returns how many users or seats were looked at
 */
export function onTheClock(world: World, ctx: Context): number {
  const userIds = [...world.stale];
  world.takeStale(userIds);
  reapExpired(world, ctx);
  const looked = contract(world, ctx) + reviewIdle(world, ctx);
  evaluate(world, ctx, userIds);
  drain(world, ctx);
  return Math.max(userIds.length, looked);
}
