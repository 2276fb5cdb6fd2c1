import type { Product } from "../catalogue.js";
import type { Pool, PoolKind, Seat } from "../directory.js";
import { covers, rankOf, type Wish } from "../entitlement.js";
import { isAwaited } from "../invitations/invitation.js";
import { isForUnits } from "../pools/leasePolicy.js";
import { reservedRank } from "../pools/reservations.js";
import type { World } from "../world.js";

/** Which pools may serve a wish, and which of them would be better than what is held. */

/**
 * provision: something about the user changed. signIn: the user stands at the door, of ours or of the application. accept: the
 * user has accepted an invitation, which is no sign-in. unit: the application asks for one session or device of the user.
 */
export type Occasion = "provision" | "signIn" | "accept" | "unit";

export interface Candidate {
  readonly pool: Pool;
  readonly tier: string;
}

const KIND_ORDER: Record<PoolKind, number> = { locked: 0, shared: 1, concurrent: 2 };

/**
 * The pools that may serve the wish, best first: exactly the tier needed before a higher one (a higher one only where
 * no pool offers the tier at all), a reservation that has a place left before everything else, locked before shared before
 * concurrent, then priority, then id (docs/pools.md).
 */
export function candidatesFor(
  world: World,
  wish: Wish,
  occasion: Occasion,
  needed: string | null,
): Candidate[] {
  const { product, directPools } = wish;
  const direct = (pool: Pool) => directPools.includes(pool.name);
  const pools = world.allPools().filter((pool) => pool.product === product.id);
  const named = pools.some(direct) ? pools.filter(direct) : pools;
  const found: (Candidate & { rank: number; reserved: number })[] = [];
  for (const pool of named) {
    if (pool.policy.acquireOn === "manual" && !direct(pool)) continue;
    // Whoever has not come yet gets nothing but invitations.
    if (pool.policy.acquireOn !== "invite" && isAwaited(wish.user)) continue;
    const tier = lowestTierFrom(product, pool, needed);
    if (tier === null) continue;
    const reserved = reservedRank(world, pool, wish.user.id);
    found.push({ pool, tier, rank: rankOf(product, tier), reserved });
  }
  // Before the occasion is looked at: who will get a Standard seat at sign-in has no use for an Enterprise seat now.
  const lowest = Math.min(...found.map(({ rank }) => rank));
  return found
    .filter(({ rank, pool }) => rank === lowest && opensOn(pool, occasion, needed))
    .filter(({ pool }) => lendsFor(pool, wish.borrowSeconds))
    .sort(
      (a, b) =>
        compareRanks(a.reserved, b.reserved) ||
        KIND_ORDER[a.pool.kind] - KIND_ORDER[b.pool.kind] ||
        a.pool.priority - b.pool.priority ||
        (a.pool.id < b.pool.id ? -1 : 1),
    );
}

/** Two that are infinite are equal. */
function compareRanks(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/**
 * Pools with a lower tier than the one that is needed, the highest first, then in the order of `candidatesFor`. Where
 * tiers stand beside each other, lower is only what the needed one contains: what is merely cheaper gives something
 * else, not less.
 */
export function fallbacksFor(world: World, wish: Wish, occasion: Occasion): Candidate[] {
  const { product, requirement } = wish;
  const needed = requirement?.tier ?? null;
  const lower = product.tiers
    .filter(({ id }) => needed !== null && id !== needed && covers(product, needed, id))
    .sort((a, b) => b.rank - a.rank);
  return lower.flatMap(({ id }) =>
    candidatesFor(world, { ...wish, directPools: [] }, occasion, id).filter(
      ({ tier }) => tier === id,
    ),
  );
}

/** Whether the pool gives seats on this occasion. Who stands at the door may also get what provisioning would give. */
function opensOn({ policy }: Pool, occasion: Occasion, needed: string | null): boolean {
  if (isForUnits(policy) !== (occasion === "unit")) return false;
  const isAtTheDoor = occasion === "signIn" || occasion === "unit";
  if (needed === null) return policy.eligibility === "anyone" && isAtTheDoor;
  return policy.acquireOn !== "signIn" || isAtTheDoor;
}

/** What is no lease needs not be lent. */
function lendsFor({ kind, policy }: Pool, borrowSeconds = 0): boolean {
  return kind !== "concurrent" || borrowSeconds <= policy.maxBorrowSeconds;
}

/** The lowest tier of the pool that is enough; null when none is. */
export function lowestTierFrom(product: Product, pool: Pool, needed: string | null): string | null {
  const tier = product.tiers.find(
    ({ id }) => pool.tiers.includes(id) && (needed === null || covers(product, id, needed)),
  );
  return tier?.id ?? null;
}

export interface Better {
  readonly targets: readonly Candidate[];
  /** Whether what is held is not enough, or not for good. */
  readonly worthWaiting: boolean;
  /** What is held is more than is needed: less is taken when there is room, after everybody who has nothing. */
  readonly isLower: boolean;
  /** What the seat would be where it is; null when its pool does not offer what is needed. */
  readonly tierHere: string | null;
}

interface Held {
  readonly wish: Wish;
  readonly seat: Seat;
  readonly candidates: readonly Candidate[];
}

/** Where the holder would be better off: with the tier needed, in the pool named, or with a seat for good. */
export function betterThan(world: World, { wish, seat, candidates }: Held): Better {
  const { product, directPools } = wish;
  const pool = world.pools.get(seat.poolId);
  const elsewhere = candidates.filter((candidate) => candidate.pool.id !== seat.poolId);
  const needed = wish.requirement?.tier ?? null;
  const named = directPools.some((name) => poolNamed(world, product.id, name));
  const rightPool = pool !== undefined && (!named || directPools.includes(pool.name));
  const tierHere = rightPool ? lowestTierFrom(product, pool, needed) : null;
  if (!rightPool || tierHere === null) {
    const worthWaiting = named || !isEnough(product, seat, needed);
    return { targets: elsewhere, worthWaiting, isLower: false, tierHere: null };
  }
  return { ...betterThanHere(product, pool, tierHere, elsewhere), tierHere };
}

/** The pool can serve: still better is exactly the tier needed where it gives more, or a seat for good. */
function betterThanHere(
  product: Product,
  pool: Pool,
  tierHere: string,
  elsewhere: readonly Candidate[],
): Omit<Better, "tierHere"> {
  const rankHere = rankOf(product, tierHere);
  const lower = elsewhere.filter(({ tier }) => rankOf(product, tier) < rankHere);
  if (lower.length > 0) return { targets: lower, worthWaiting: false, isLower: true };
  const isLower = false;
  if (pool.policy.acquireOn !== "signIn") return { targets: [], worthWaiting: false, isLower };
  const same = elsewhere.filter(({ tier }) => rankOf(product, tier) === rankHere);
  return { targets: same.filter(isForGood), worthWaiting: true, isLower };
}

function isEnough(product: Product, seat: Seat, needed: string | null): boolean {
  return needed === null || covers(product, seat.tier, needed);
}

/** A seat that is not given only for the time of a sign-in. */
export function isForGood({ pool }: Pick<Candidate, "pool">): boolean {
  return pool.policy.acquireOn !== "signIn";
}

function poolNamed(world: World, product: string, name: string): boolean {
  return world.allPools().some((pool) => pool.name === name && pool.product === product);
}
