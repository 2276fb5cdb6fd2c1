import type { Catalogue, Product } from "../catalogue.js";

/** What somebody may do of a product now: with a seat, and without one (rules 75 to 93). */

export interface Doing {
  readonly active: boolean;
  /** That may be used; null without a seat. */
  readonly tier: string | null;
  /** Needed beside the tier. */
  readonly addOns: readonly string[];
  readonly roles: readonly string[];
}

/**
 * What is free for everybody; what the tier and its add-ons offer; and what a role needs whose holders need no seat (Q15). In the
 * order of their names.
 */
export function capabilitiesOf(
  catalogue: Pick<Catalogue, "roles" | "permissions">,
  product: Product,
  { active, tier, addOns, roles }: Doing,
): string[] {
  if (!active) return [];
  const exempt = roles.filter((role) => product.exemptRoles.includes(role));
  const all = [
    ...product.freeCapabilities,
    ...(product.tiers.find(({ id }) => id === tier)?.capabilities ?? []),
    ...(tier === null ? [] : addOnCapabilities(product, tier, addOns)),
    ...exempt.flatMap((role) => demandsOf(catalogue, role, product.id)),
  ];
  return [...new Set(all)].sort();
}

function addOnCapabilities(product: Product, tier: string, names: readonly string[]): string[] {
  return product.addOns
    .filter(({ id, availableOn }) => names.includes(id) && availableOn.includes(tier))
    .flatMap(({ capabilities }) => capabilities);
}

function demandsOf(
  { roles, permissions }: Pick<Catalogue, "roles" | "permissions">,
  name: string,
  product: string,
): string[] {
  const role = roles.get(name);
  const ofPermissions = (role?.permissions ?? []).flatMap(
    (permission) => permissions.get(permission)?.requires[product] ?? [],
  );
  return [...(role?.requires[product] ?? []), ...ofPermissions];
}
