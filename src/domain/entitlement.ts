import type { Catalogue, Product } from "./catalogue.js";
import type { Fact, Reason, Requirement, User } from "./directory.js";
import { asksOf } from "./entitlement/asks.js";
import { glassFor, inRequirement } from "./entitlement/breakGlass.js";
import { hasDemand, hasOtherClaim } from "./entitlement/claims.js";
import { chainOf, givenBy } from "./entitlement/given.js";
import { solve } from "./entitlement/solve.js";

export { covers, rankOf } from "./entitlement/order.js";

/**
 * Entitlement: from what is true of a user to the first tier, in the order of the product's objective, that contains
 * everything required. Tiers are described by what they contain, never by triggers, so the result depends
 * on the final state only. The steps, in order: entitlement/asks, given, lattice, solve; explanations in explain.
 */

/** What the user should have of one product, as worked out before. */
export interface Wish {
  readonly user: User;
  readonly product: Product;
  readonly requirement: Requirement | null;
  /** Pools named by a direct pool rule or by hand; they alone are considered when there are any. */
  readonly directPools: readonly string[];
  /** Given only together with other products (bundles.ts), one of which cannot be had now. */
  readonly isBundled?: boolean;
  /** Given only together with other products, one of which the person waits for at the door. */
  readonly isAtTheDoor?: boolean;
  /** Of a lease: for how long it is to live without renewal; pools that lend for less time cannot serve. */
  readonly borrowSeconds?: number;
  /** Excluded without a claim: what would be open to anyone is not open to this person. */
  readonly isShutOut?: boolean;
}

/**
 * What a user needs of one product. Null: nothing gives a claim to a seat of it.
 * @param facts without break-glass claims that are over
 */
export function requirementFor(
  catalogue: Catalogue,
  product: Product,
  facts: readonly Fact[],
  pools: ReadonlyMap<string, string>,
): Omit<Requirement, "userId"> | null {
  const asks = asksOf(catalogue, product);
  const given = givenBy(asks, facts);
  if (!hasDemand(given) && !hasOtherClaim(product, facts, pools)) return null;

  const base = { product: product.id, tier: null, addOns: [] };
  const exclusions = exclusionsFrom(product, facts);
  const glass = glassFor(facts, product.id);
  const [first] = exclusions;
  if (first !== undefined && glass === undefined) {
    const reason: Reason = { requires: "exclusion", because: first };
    return { ...base, blocked: "Excluded", witness: [reason] };
  }
  const broken = glass === undefined ? {} : { breakGlass: inRequirement(glass, exclusions) };
  const { option, witness } = solve(asks, facts, given);
  if (option === null) return { ...base, blocked: "TierConflict", witness, ...broken };
  return {
    product: product.id,
    tier: option.tier.id,
    addOns: option.addOnIds,
    blocked: null,
    witness,
    ...broken,
  };
}

/** Mostly there are none, and this runs for everybody. */
function exclusionsFrom(product: Product, facts: readonly Fact[]): string[][] {
  const found: string[][] = [];
  for (const fact of facts) {
    if (fact.kind === "exclusion" && fact.name === product.id) found.push(chainOf(fact));
  }
  return found;
}
