import type { Product } from "./catalogue.js";
import type { Fact, User } from "./directory.js";
import type { Wish } from "./entitlement.js";
import type { World } from "./world.js";

/** What somebody should have of one product, as it was worked out before. */
export function wishFor(world: World, user: User, product: Product): Wish {
  return {
    user,
    product,
    requirement: world.requirements.get(`${user.id} ${product.id}`) ?? null,
    directPools: poolsNamedBy(world.facts.group(user.id)),
  };
}

export function poolsNamedBy(facts: readonly Fact[]): string[] {
  return facts.filter(({ kind }) => kind === "pool").map(({ name }) => name);
}
