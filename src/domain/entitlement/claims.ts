import type { Product } from "../catalogue.js";
import type { Fact } from "../directory.js";
import type { Given } from "./given.js";

/** A demand is a claim to a seat; "at most this tier" is none. */
export function hasDemand(given: readonly Given[]): boolean {
  return given.some(({ fact }) => fact?.kind !== "tierCeiling");
}

/**
 * Whether anything else gives a claim to a seat of the product.
 * @param pools the product of each pool, by name
 */
export function hasOtherClaim(
  product: Product,
  facts: readonly Fact[],
  pools: ReadonlyMap<string, string>,
): boolean {
  if (product.everyone && !facts.some((fact) => isExempt(product, fact))) return true;
  return facts.some(
    ({ kind, name }) =>
      ((kind === "claim" || kind === "breakGlass") && name === product.id) ||
      (kind === "pool" && pools.get(name) === product.id),
  );
}

function isExempt({ exemptRoles }: Product, { kind, name }: Fact): boolean {
  return kind === "role" && exemptRoles.includes(name);
}
