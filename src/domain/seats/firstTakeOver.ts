import { candidatesFor } from "./candidates.js";
import type { Id, Pool, Seat, Timestamp, User } from "../directory.js";
import { tries } from "../pools/policy.js";
import type { Product } from "../catalogue.js";
import { stepsFor } from "../pools/ownTerms.js";
import { evaluate } from "../evaluate.js";
import { keptOf } from "../waiting/queue.js";
import { mayTakeOver } from "../pools/reservations.js";
import type { Snapshot } from "../snapshot.js";
import { coolsUntil, unprotectedFrom } from "./takeOver.js";
import { wishFor } from "./wish.js";
import { World, type Context } from "../world.js";

/**
 * When somebody who waits could take over a seat by signing in, if all else stays as it is (docs/pools.md: "wait, with the time
 * when the first holder becomes evictable"). Who is signed in counts as staying so where that protects, and a reservation as
 * staying filled: by that nobody's turn comes.
 */

/** Whether the time matters anywhere for people who want the product. */
export function displaces({ kind, policy }: Pick<Pool, "kind" | "policy">): boolean {
  return kind === "shared" && tries(policy, "evictLru");
}

interface Way {
  readonly seat: Seat;
  readonly at: Timestamp;
}

/**
 * @param snapshot with the person, and in `evictable` the seats of each pool that come first by each of the orders
 * @returns `snapshot.now` where it can be done already. Null where no time can be said, or nothing would come of it.
 */
export function firstTakeOver(
  snapshot: Snapshot,
  ctx: Context,
  userId: Id,
  productId: string,
): Timestamp | null {
  const alone = onlyAbout(snapshot, userId);
  const world = new World(alone);
  const user = world.users.get(userId);
  const product = ctx.catalogue.products.get(productId);
  if (user === undefined || product === undefined) return null;
  const pools = poolsToTakeFrom(world, user, product);
  const coolAt = (pool: Pool) => coolsUntil(pool.policy, keptOf(world, userId, productId));
  // Of seats that were not read it is only known that their turn comes no earlier.
  const sure = pools.map((pool) =>
    Math.max(snapshot.unreadFrom?.get(pool.id) ?? Infinity, coolAt(pool)),
  );
  const ways = pools.flatMap((pool) => waysIn(world, pool, userId, coolAt(pool)));
  for (const way of ways.sort((a, b) => a.at - b.at)) {
    const at = Math.max(way.at, snapshot.now);
    if (at > snapshot.now && at > Math.min(...sure)) return null;
    if (wouldTakeOver({ ...alone, now: at }, ctx, user, way.seat)) return at;
  }
  return null;
}

function onlyAbout(snapshot: Snapshot, userId: Id): Snapshot {
  const state = snapshot.users.get(userId);
  return {
    ...snapshot,
    users: new Map(state === undefined ? [] : [[userId, state]]),
    waiting: new Map(),
    expired: new Map(),
    seats: new Map(),
  };
}

function poolsToTakeFrom(world: World, user: User, product: Product): Pool[] {
  const wish = wishFor(world, user, product);
  return candidatesFor(world, wish, "signIn", wish.requirement?.tier ?? null)
    .map(({ pool }) => pool)
    .filter((pool) => pool.kind === "shared")
    .filter((pool) => stepsFor(world, pool, { userId: user.id }).includes("evictLru"));
}

/** The first seat of the pool that this person may take over; none where no time makes a difference. */
function waysIn(world: World, pool: Pool, userId: Id, coolAt: Timestamp): Way[] {
  const ways = world
    .evictableIn(pool.id)
    .filter((seat) => seat.userId !== userId && mayTakeOver(world, pool, seat, userId))
    .flatMap((seat): Way[] => {
      const at = unprotectedFrom(pool.policy, seat);
      return at === null ? [] : [{ seat, at: Math.max(at, coolAt) }];
    });
  const first = Math.min(...ways.map(({ at }) => at));
  return ways.filter(({ at }) => at === first).slice(0, 1);
}

/** The same decision as at every sign-in, at that moment, with this one seat to take: whatever else there is in the way is seen. */
function wouldTakeOver(then: Snapshot, ctx: Context, { id }: User, seat: Seat): boolean {
  const world = new World({ ...then, evictable: new Map([[seat.poolId, [seat]]]) });
  evaluate(world, ctx, [id], "signIn");
  return world.changes().entries.some(({ kind, seatId }) => {
    return kind === "seat.displaced" && seatId === seat.id;
  });
}
