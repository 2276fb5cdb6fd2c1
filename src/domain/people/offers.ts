import type { Catalogue, Product, Role, Tier } from "../catalogue.js";
import type { Pool } from "../directory.js";
import { covers } from "../entitlement.js";

/** What an identity provider may find and assign: the roles of the catalogue, and the tiers of its products. */

export interface Offer {
  /** What a user's `roles` or `entitlements` name; unique among its kind. */
  readonly value: string;
  readonly title: string;
  readonly type: "role" | "tier" | "addOn";
  readonly description: string;
  /** Whether assigning it gives anything in this organisation. */
  readonly supported: boolean;
  /** Values of the offers whose rights this one contains, lowest first; and of those that contain this one. */
  readonly contains: readonly string[];
  readonly containedBy: readonly string[];
  /** Seats; null where the number of people is not limited. */
  readonly seats: { readonly permitted: number; readonly used: number } | null;
}

export function tierValue(product: string, tier: string): string {
  return `${product}:${tier}`;
}

export function rolesOffered({ roles }: Pick<Catalogue, "roles">): Offer[] {
  const all = [...roles.values()];
  return all.map((role) => ({
    value: role.id,
    title: role.title,
    type: "role",
    description: role.title,
    supported: true,
    contains: all.filter((other) => containsRole(role, other)).map(({ id }) => id),
    containedBy: all.filter((other) => containsRole(other, role)).map(({ id }) => id),
    seats: null,
  }));
}

/** More than the other, and everything that the other has. A role without permissions is part of none. */
function containsRole(role: Role, other: Role): boolean {
  const rights = rightsOf(role);
  const others = rightsOf(other);
  return (
    others.size > 0 && rights.size > others.size && [...others].every((each) => rights.has(each))
  );
}

function rightsOf({ permissions, requires }: Role): Set<string> {
  const demanded = Object.entries(requires).flatMap(([product, capabilities]) =>
    capabilities.map((capability) => `${product} ${capability}`),
  );
  return new Set([...permissions, ...demanded]);
}

/**
 * Add-ons are shown but not supported: they follow from what a user is set up to do, and cannot be assigned.
 * @param pools of the one organisation
 */
export function entitlementsOffered(
  { products }: Pick<Catalogue, "products">,
  pools: readonly Pool[],
): Offer[] {
  return [...products.values()].flatMap((product) => [
    ...product.tiers.map((tier) => tierOffer(product, tier, pools)),
    ...product.addOns.map((addOn): Offer => ({
      value: tierValue(product.id, `add-on:${addOn.id}`),
      title: `${product.title}: ${addOn.title}`,
      type: "addOn",
      description: "Comes with what a user is set up to do; it is not assigned.",
      supported: false,
      contains: [],
      containedBy: [],
      seats: null,
    })),
  ]);
}

/** The seats of every pool that can serve the tier, with it or with a higher one: the counters that the pools keep. */
function tierOffer(product: Product, tier: Tier, pools: readonly Pool[]): Offer {
  const enough = product.tiers.map(({ id }) => id).filter((id) => covers(product, id, tier.id));
  const serving = pools.filter(
    (pool) => pool.product === product.id && pool.tiers.some((id) => enough.includes(id)),
  );
  const valuesOf = (tiers: readonly Tier[]) => tiers.map(({ id }) => tierValue(product.id, id));
  return {
    value: tierValue(product.id, tier.id),
    title: `${product.title}: ${tier.title}`,
    type: "tier",
    description: `At least ${tier.title} of ${product.title}.`,
    supported: serving.length > 0,
    contains: valuesOf(product.tiers.filter((other) => containsTier(product, tier, other))),
    containedBy: valuesOf(product.tiers.filter((other) => containsTier(product, other, tier))),
    seats: {
      permitted: serving.reduce((sum, { capacity }) => sum + capacity, 0),
      used: serving.reduce((sum, { used }) => sum + used, 0),
    },
  };
}

/** Higher in the order of tiers, and really more: a higher tier may lack what a lower one offers. */
function containsTier(product: Product, tier: Tier, other: Tier): boolean {
  const limitOf = (limit: string) => tier.limits[limit] ?? Infinity;
  return (
    tier.id !== other.id &&
    covers(product, tier.id, other.id) &&
    other.capabilities.every((capability) => tier.capabilities.includes(capability)) &&
    Object.keys(tier.limits).every((limit) => limitOf(limit) >= (other.limits[limit] ?? Infinity))
  );
}
