import { candidatesFor } from "../seats/candidates.js";
import type { Product } from "../catalogue.js";
import type { Fact, Pool, Seat, User } from "../directory.js";
import { isOver } from "../entitlement/breakGlass.js";
import { requirementFor, type Wish } from "../entitlement.js";
import { whenFull } from "../seats/full.js";
import { mayClaim } from "../invitations/invitation.js";
import { factKey } from "../mapping.js";
import { isIn, listOf } from "../pools/ownTerms.js";
import { derivedFacts, productsByPool } from "../evaluate.js";
import { tries } from "../pools/policy.js";
import { keptOf, roomFor, seatOf, waitingOf } from "../waiting/queue.js";
import { needsNoRoom } from "../keeping/returning.js";
import { catchUp } from "../seats/settle.js";
import { refuse, type Refusal } from "../verdict.js";
import { poolsNamedBy } from "../seats/wish.js";
import type { Context, World } from "../world.js";

/**
 * `onFull: reject` over SCIM (docs/pools.md): a request about one account is refused before anything has changed, when the
 * same decision that gives seats would end in a refusal. At a sign-in, and for the members of a group, nobody is refused:
 * there the outcome alone says that there is no seat.
 *
 * @param user as the request would make it
 */
export function refusedSeat(world: World, ctx: Context, user: User): Refusal | null {
  if (ctx.cause.type !== "scim" || !user.active) return null;
  if (!world.allPools().some(({ policy }) => tries(policy, "reject"))) return null;
  return refusalOfFacts(world, ctx, user, []);
}

/** The same for an invitation: with facts that the user does not have yet. */
export function refusalOfFacts(
  world: World,
  ctx: Context,
  user: User,
  more: readonly Fact[],
): Refusal | null {
  catchUp(world);
  const byHand = world.facts
    .group(user.id)
    .filter((fact) => fact.source.type === "hand" && !isOver(fact, world.now));
  const facts = [...byHand, ...derivedFacts(world, ctx, user).values(), ...more];
  for (const product of ctx.catalogue.products.values()) {
    const pool = refusingPool(world, ctx, { user, product, facts });
    if (pool !== null) {
      return refuse("SeatRefused", {
        sentence: `All ${String(pool.capacity)} seats of the pool "${pool.name}" (${product.title}) are ${takenWords(world, pool)}, and the pool is set to refuse ${refusedWords(world, pool, user)}.`,
      });
    }
  }
  return null;
}

function takenWords(world: World, pool: Pool): string {
  return world.free(pool) > 0 ? "taken or reserved for others" : "taken";
}

/** Whose list it is that refuses. */
function refusedWords(world: World, pool: Pool, { id: userId }: User): string {
  const own = listOf(pool.policy, isIn(world, { userId }, pool.product));
  return own === undefined ? "new people" : `new people of the group "${own.group}"`;
}

interface Case {
  readonly user: User;
  readonly product: Product;
  readonly facts: readonly Fact[];
}

/** Null also for who needs no room: it is theirs already. */
function refusingPool(world: World, ctx: Context, { user, product, facts }: Case): Pool | null {
  if (seatOf(world, user.id, product.id) !== undefined) return null;
  const pools = productsByPool(world);
  if (!mayClaim(user, product.id, facts, pools)) return null;
  const needed = requirementFor(ctx.catalogue, product, facts, pools);
  if (needed?.tier == null) return null;
  const wish: Wish = {
    user,
    product,
    requirement: { userId: user.id, ...needed },
    directPools: poolsNamedBy(facts),
  };
  const candidates = candidatesFor(world, wish, "provision", needed.tier);
  const kept = keptOf(world, user.id, product.id);
  if (kept !== undefined) {
    const isNewClaim = facts.some((fact) => isNewerThan(world, kept, fact));
    if (needsNoRoom({ kept, candidates, isNewClaim })) return null;
  }
  const entry = waitingOf(world, user.id, product.id);
  if (candidates.some(({ pool }) => roomFor(world, user.id, entry, pool))) return null;
  const full = whenFull(world, { wish, entry, candidates, occasion: "provision" });
  return full.type === "reject" ? full.candidate.pool : null;
}

/** Facts that are derived anew keep the time since which they are true. */
function isNewerThan(world: World, kept: Seat, fact: Fact): boolean {
  const since = world.facts.get(factKey(fact))?.since ?? world.now;
  return since > (kept.kept?.since ?? 0);
}
