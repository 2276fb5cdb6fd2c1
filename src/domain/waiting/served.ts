import { isForGood } from "../seats/candidates.js";
import type { Id, Pool, WaitingEntry } from "../directory.js";
import { canWaitFor } from "../seats/full.js";
import { leaveList } from "./waitingList.js";
import { namedIn, naming, servesEntry } from "./serves.js";
import type { Context, World } from "../world.js";

/** Who gets a seat for the time of a sign-in keeps the place in the queue for one for good. */
export function leaveOrStayListed(
  world: World,
  ctx: Context,
  entry: WaitingEntry,
  got: Pool,
): void {
  const { alsoPools: _, ...one } = entry;
  const inside = { ...one, ...naming(namedForGood(world, entry)), atTheDoor: false };
  const isWorthIt = (pool: Pool) =>
    servesEntry(pool, inside) && canWaitFor(world, { userId: entry.userId, entry })({ pool });
  const isLeft = entry.poolId === null || inside.poolId !== null;
  if (isForGood({ pool: got }) || !isLeft || !world.allPools().some(isWorthIt)) {
    leaveList(world, ctx, entry, "granted");
  } else world.list(inside);
}

/** From inside nobody waits for another seat for the time of a sign-in. */
function namedForGood(world: World, entry: WaitingEntry): Id[] {
  return namedIn(entry).filter((id) => {
    const pool = world.pools.get(id);
    return pool !== undefined && isForGood({ pool });
  });
}
