import { onceIn } from "../keeping/boundWords.js";
import type { Product } from "../catalogue.js";
import type { Pool, Seat } from "../directory.js";
import { covers, rankOf } from "../entitlement.js";
import { isForUnits } from "../pools/leasePolicy.js";
import { keepsList } from "../seats/full.js";
import { ownListOf, type PersonsGroups } from "./fullWords.js";
import { minuteWords } from "./moments.js";
import { tierTitle } from "./words.js";

/** Why somebody who waits for nothing holds another tier than the one that is needed. */

type KnownPool = Pick<Pool, "id" | "name" | "product" | "tiers" | "policy">;

interface Holder {
  readonly seat: Pick<Seat, "poolId" | "tier"> & Partial<Pick<Seat, "movesAt">>;
  /** The tier. */
  readonly needed: string;
  readonly name: string;
}

interface Around {
  readonly product: Product;
  readonly pools: readonly KnownPool[];
  readonly named?: readonly string[];
}

interface Words extends PersonsGroups {
  readonly timeZone: string;
}

/** With a space before it; empty for who holds what is needed. */
export function keepsSentence(
  around: Around,
  { seat, needed, name }: Holder,
  words: Words,
): string {
  const { product } = around;
  if (seat.tier === needed) return "";
  const held = tierTitle(product, seat.tier);
  if (!covers(product, seat.tier, needed)) {
    return ` ${name} keeps ${held} meanwhile, because ${missingWords(around, name, needed)}.`;
  }
  return ` ${name} keeps ${held}${highWords(around, { seat, needed, name }, words)}.`;
}

/** In the order in which the decision looks at it (candidates.ts, stay.ts). */
function highWords(around: Around, { seat, needed, name }: Holder, words: Words): string {
  const { product, pools, named = [] } = around;
  const own = pools.find(({ id }) => id === seat.poolId);
  const lower = poolsFor(around).filter(
    (pool) => pool.id !== seat.poolId && offersLess(product, pool, { seat, needed }),
  );
  if (lower.length === 0) {
    return own !== undefined && named.includes(own.name)
      ? `, because ${name} is to have a seat of the pool "${own.name}", which offers no lower tier that is enough`
      : ", because no pool offers a lower tier that is enough";
  }
  const title = titlesOf(product, lower, needed);
  const open = lower.filter(({ name: pool, policy }) =>
    policy.acquireOn === "manual" ? named.includes(pool) : !isForUnits(policy),
  );
  if (open.length === 0) return `, because seats of ${title} are only given by hand`;
  if (seat.movesAt !== undefined) {
    return ` until ${minuteWords(seat.movesAt, words.timeZone)} at least, because ${onceIn(own)}`;
  }
  const forGood = open.filter(({ policy }) => policy.acquireOn !== "signIn");
  if (forGood.length === 0) return ` until a seat of ${title} is free at a sign-in`;
  return forGood.some(({ policy }) => keepsList((ownListOf(policy, words) ?? policy).onFull))
    ? ` until a seat of ${title} is free`
    : ` until a seat of ${title} is free at a sign-in or when something else about ${name} changes: no list is kept of who waits for it`;
}

/** Whoever is to have a seat of certain pools gets one of no other. */
function poolsFor(around: Omit<Around, "product">): KnownPool[] {
  const given = poolsGiven(around);
  return given.length > 0 ? given : [...around.pools];
}

function poolsGiven({ pools, named = [] }: Omit<Around, "product">): KnownPool[] {
  return pools.filter(({ name }) => named.includes(name));
}

/** Those that could give this person what is needed, were there room. */
export function poolsServing(around: Around, needed: string): KnownPool[] {
  return poolsFor(around).filter((pool) => serves(around.product, pool, needed));
}

function serves(product: Product, pool: KnownPool, needed: string): boolean {
  return pool.tiers.some((offered) => covers(product, offered, needed));
}

function offersLess(
  product: Product,
  pool: KnownPool,
  { seat, needed }: Pick<Holder, "seat" | "needed">,
): boolean {
  const lowest = lowestIn(product, pool, needed);
  return lowest !== undefined && rankOf(product, lowest) < rankOf(product, seat.tier);
}

function lowestIn(product: Product, pool: KnownPool, needed: string): string | undefined {
  return product.tiers.find(({ id }) => pool.tiers.includes(id) && covers(product, id, needed))?.id;
}

function titlesOf(product: Product, pools: readonly KnownPool[], needed: string): string {
  const lowest = pools
    .flatMap((pool) => lowestIn(product, pool, needed) ?? [])
    .sort((a, b) => rankOf(product, a) - rankOf(product, b));
  return tierTitle(product, lowest[0] ?? needed);
}

/** Why there is no seat of the tier that is needed, and nobody waits for one. */
export function missingWords(around: Around, name: string, needed: string): string {
  const serving = poolsServing(around, needed);
  if (serving.length === 0) return noneOffersWords(around, name, needed);
  if (serving.some(({ policy }) => policy.acquireOn === "signIn")) {
    return "the seat is given at the next sign-in";
  }
  if (serving.every(({ policy }) => policy.acquireOn === "manual")) {
    return "the seats are only given by hand";
  }
  return serving.some(({ policy }) => policy.reservations.length > 0)
    ? "all seats are taken, or reserved for others, and nobody waits for them"
    : "all seats are taken, and nobody waits for them";
}

/** There may be pools that offer it, for others than this person. */
function noneOffersWords(around: Around, name: string, needed: string): string {
  const { product, pools } = around;
  const tier = tierTitle(product, needed);
  const given = poolsGiven(around).map((pool) => `"${pool.name}"`);
  if (given.length === 0 || !pools.some((pool) => serves(product, pool, needed))) {
    return `no pool of this organisation offers ${tier} or more`;
  }
  const offers = given.length === 1 ? "which does not offer" : "none of which offers";
  return `${name} is to have a seat of the pool ${given.join(" or ")}, ${offers} ${tier} or more`;
}
