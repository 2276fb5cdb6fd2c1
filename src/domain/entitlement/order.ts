import { compareText } from "../compareText.js";
import type { Product, Tier } from "../catalogue.js";

/**
 * Which tier stands above which. With `order: rank` the tiers are a chain. With `order: includes` a tier is above
 * another only if it includes it, by itself or through others; two tiers may then be beside each other.
 */

/** An unknown tier cannot be satisfied: it ranks above all. The catalogue may have lost a tier that a rule still names. */
export function rankOf(product: Product, tier: string): number {
  return tierOf(product, tier)?.rank ?? Infinity;
}

/** Whether a seat of the one tier is enough for who needs the other. */
export function covers(product: Product, tier: string, needed: string): boolean {
  if (product.order !== "includes") return rankOf(product, tier) >= rankOf(product, needed);
  return tier === needed || includesTier(product, tier, needed);
}

function includesTier(product: Product, tier: string, other: string): boolean {
  const from = tierOf(product, tier);
  if (from === undefined) return false;
  return (from.includes ?? []).some(
    (below) =>
      // Ranks fall at every step, so that no circle can be followed for ever.
      rankOf(product, below) < from.rank &&
      (below === other || includesTier(product, below, other)),
  );
}

function tierOf(product: Product, tier: string): Tier | undefined {
  return product.tiers.find(({ id }) => id === tier);
}

/** The one order among tiers that never depends on how the catalogue is written: rank, then price, then id. */
export function compareTiers(a: Tier, b: Tier): number {
  return a.rank - b.rank || a.pricePerMonth - b.pricePerMonth || compareText(a.id, b.id);
}
