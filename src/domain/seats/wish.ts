import { isExcluded } from "../brake/braking.js";
import type { Product } from "../catalogue.js";
import type { Fact, User } from "../directory.js";
import type { Wish } from "../entitlement.js";
import type { Context, World } from "../world.js";

/** What somebody should have of one product, as it was worked out before. */
export function wishFor(world: World, user: User, product: Product): Wish {
  const requirement = world.requirements.get(`${user.id} ${product.id}`) ?? null;
  return {
    user,
    product,
    requirement,
    directPools: poolsNamedBy(world.facts.group(user.id)),
    ...(requirement === null && isShutOut(world, user, product) ? { isShutOut: true } : {}),
  };
}

/** Undefined: the product is gone from the catalogue. */
export function wishNamed(
  world: World,
  { catalogue }: Pick<Context, "catalogue">,
  user: User,
  productId: string,
): Wish | undefined {
  const product = catalogue.products.get(productId);
  return product === undefined ? undefined : wishFor(world, user, product);
}

/** Who has a claim is told by the requirement. Where a claim is needed nobody without one gets anything anyway. */
function isShutOut(world: World, { id: userId }: User, { id: product }: Product): boolean {
  // First what hardly anybody is: this runs for everybody without a claim.
  if (!isExcluded(world, { userId, product })) return false;
  return world
    .allPools()
    .some((pool) => pool.product === product && pool.policy.eligibility === "anyone");
}

export function poolsNamedBy(facts: readonly Fact[]): string[] {
  return facts.filter(({ kind }) => kind === "pool").map(({ name }) => name);
}
