import { isForGood } from "../seats/candidates.js";
import type { Pool, WaitingEntry } from "../directory.js";
import { canWaitFor } from "../seats/full.js";
import { leaveList } from "./waitingList.js";
import { servesEntry, type Context, type World } from "../world.js";

/** Who gets a seat for the time of a sign-in keeps the place in the queue for one for good. */
export function leaveOrStayListed(
  world: World,
  ctx: Context,
  entry: WaitingEntry,
  got: Pool,
): void {
  const inside = { ...entry, atTheDoor: false };
  // A pool that was named serves whatever the occasion, and one for sign-ins gives nothing for good.
  const isWorthIt = (pool: Pool) =>
    isForGood({ pool }) &&
    servesEntry(pool, inside) &&
    canWaitFor(world, { userId: entry.userId, entry })({ pool });
  if (isForGood({ pool: got }) || !world.allPools().some(isWorthIt)) {
    leaveList(world, ctx, entry, "granted");
  } else world.list(inside);
}
