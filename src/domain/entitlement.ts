import type { JsonValue } from "../plugin.js";
import type { AddOn, Catalogue, Demands, Product, Setting, Tier } from "./catalogue.js";
import type { Fact, Reason, Requirement, User } from "./directory.js";

/**
 * Entitlement: from what is true of a user to the lowest tier that contains everything required (SEATS.md B4).
 * Tiers are described by what they contain, never by triggers, so the result depends on the final state only.
 */

/** One thing that a product must offer this user, with the chain of facts that leads to it. */
export type Demand = { readonly because: readonly string[] } & (
  | { readonly type: "capability"; readonly capability: string }
  | { readonly type: "limit"; readonly limit: string; readonly atLeast: number }
  | { readonly type: "floor"; readonly tier: string }
);

export type Resolution =
  | { readonly tier: Tier; readonly addOns: readonly AddOn[]; readonly witness: readonly Demand[] }
  | { readonly conflict: readonly Demand[] };

/** What the user should have of one product, as worked out before. */
export interface Wish {
  readonly user: User;
  readonly product: Product;
  readonly requirement: Requirement | null;
  /** Pools named by a direct pool rule or by hand; they alone are considered when there are any. */
  readonly directPools: readonly string[];
}

/** What a user needs of one product. Null: nothing gives a claim to a seat of it. */
export function requirementFor(
  catalogue: Catalogue,
  product: Product,
  facts: readonly Fact[],
  pools: ReadonlyMap<string, string>,
): Omit<Requirement, "userId"> | null {
  const exempt = facts.some(
    ({ kind, name }) => kind === "role" && product.exemptRoles.includes(name),
  );
  const demands = demandsOn(catalogue, product, facts);
  const claimed =
    demands.length > 0 ||
    facts.some(
      ({ kind, name }) =>
        (kind === "claim" && name === product.id) ||
        (kind === "pool" && pools.get(name) === product.id),
    ) ||
    (product.everyone && !exempt);
  if (!claimed) return null;

  const base = { product: product.id, tier: null, addOns: [] };
  const exclusion = facts.find(({ kind, name }) => kind === "exclusion" && name === product.id);
  if (exclusion !== undefined) {
    const reason: Reason = { requires: "exclusion", because: chainOf(exclusion) };
    return { ...base, blocked: "Excluded", witness: [reason] };
  }
  const resolution = resolve(product, [...demands, ...defaultDemands(catalogue, product, facts)]);
  if ("conflict" in resolution) {
    return { ...base, blocked: "TierConflict", witness: resolution.conflict.map(toReason) };
  }
  return {
    product: product.id,
    tier: resolution.tier.id,
    addOns: resolution.addOns.map(({ id }) => id),
    blocked: null,
    witness: resolution.witness.map(toReason),
  };
}

/**
 * The lowest tier by rank that satisfies every demand, with the cheapest add-ons that it needs for that, and a
 * minimal witness: demands that alone force the tier, none of which can be left out (I6). For the lowest tier of all
 * the witness is empty.
 */
export function resolve(product: Product, demands: readonly Demand[]): Resolution {
  const found = lowestTier(product, demands);
  if (found === null) {
    return { conflict: shrink(demands, (some) => lowestTier(product, some) === null) };
  }
  const { tier, addOns } = found;
  const forces = (some: readonly Demand[]): boolean => {
    const alone = lowestTier(product, some);
    return alone !== null && alone.tier.rank === tier.rank;
  };
  return { tier, addOns, witness: shrink(demands, forces) };
}

/** Leaves out what can be left out while `holds` stays true. More demands never undo `holds`, so one pass is enough. */
function shrink(
  demands: readonly Demand[],
  holds: (some: readonly Demand[]) => boolean,
): readonly Demand[] {
  let kept = demands;
  for (const demand of demands) {
    const without = kept.filter((other) => other !== demand);
    if (holds(without)) kept = without;
  }
  return kept;
}

function lowestTier(
  product: Product,
  demands: readonly Demand[],
): { tier: Tier; addOns: AddOn[] } | null {
  for (const tier of product.tiers) {
    const addOns = addOnsNeeded(product, tier, demands);
    if (addOns !== null) return { tier, addOns };
  }
  return null;
}

/** The add-ons that close the gap between the tier and the demands; null when nothing does. */
function addOnsNeeded(product: Product, tier: Tier, demands: readonly Demand[]): AddOn[] | null {
  const missing = new Set<string>();
  for (const demand of demands) {
    if (demand.type === "floor" && rankOf(product, demand.tier) > tier.rank) return null;
    if (demand.type === "limit" && (tier.limits[demand.limit] ?? Infinity) < demand.atLeast) {
      return null;
    }
    if (demand.type === "capability" && !tier.capabilities.includes(demand.capability)) {
      missing.add(demand.capability);
    }
  }
  return missing.size === 0 ? [] : cheapestCover(product, tier, missing);
}

/** Tries every set of offered add-ons: catalogues have a handful, and a greedy choice can be dearer than needed. */
function cheapestCover(product: Product, tier: Tier, missing: ReadonlySet<string>): AddOn[] | null {
  const offered = product.addOns.filter(
    ({ availableOn, capabilities }) =>
      availableOn.includes(tier.id) && capabilities.some((capability) => missing.has(capability)),
  );
  let best: AddOn[] | null = null;
  for (let mask = 1; mask < 2 ** offered.length; mask += 1) {
    const chosen = offered.filter((_, index) => (mask & (1 << index)) !== 0);
    const offers = new Set(chosen.flatMap(({ capabilities }) => capabilities));
    if ([...missing].every((capability) => offers.has(capability)) && cheaper(chosen, best)) {
      best = chosen;
    }
  }
  return best;
}

function cheaper(addOns: readonly AddOn[], than: readonly AddOn[] | null): boolean {
  if (than === null) return true;
  const price = (some: readonly AddOn[]) =>
    some.reduce((sum, { pricePerMonth }) => sum + pricePerMonth, 0);
  return (
    price(addOns) < price(than) || (price(addOns) === price(than) && addOns.length < than.length)
  );
}

/** An unknown tier cannot be satisfied: it ranks above all. The catalogue may have lost a tier that a rule still names. */
export function rankOf(product: Product, tier: string): number {
  return product.tiers.find(({ id }) => id === tier)?.rank ?? Infinity;
}

// ---------------------------------------------------------------------------------------------------------------
// From facts to demands

/** Everything that the facts ask of this product, in a stable order. What is free or exempt is not asked. */
export function demandsOn(
  catalogue: Catalogue,
  product: Product,
  facts: readonly Fact[],
): Demand[] {
  const demands: Demand[] = [];
  for (const fact of facts) demands.push(...demandsOfFact(catalogue, product, fact));
  demands.push(...demandsOfSettings(catalogue, product, facts));
  return demands
    .filter((demand) => isCharged(product, demand))
    .sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
}

function demandsOfFact(catalogue: Catalogue, product: Product, fact: Fact): Demand[] {
  const chain = chainOf(fact);
  if (fact.kind === "tierFloor" && fact.name === product.id && typeof fact.value === "string") {
    return [{ type: "floor", tier: fact.value, because: chain }];
  }
  if (fact.kind === "permission") return demandsOfPermission(catalogue, product, fact.name, chain);
  if (fact.kind !== "role" || product.exemptRoles.includes(fact.name)) return [];
  const role = catalogue.roles.get(fact.name);
  if (role === undefined) return [];
  return [
    ...capabilities(role.requires, product, chain),
    ...role.permissions.flatMap((permission) =>
      demandsOfPermission(catalogue, product, permission, chain),
    ),
  ];
}

function demandsOfPermission(
  catalogue: Catalogue,
  product: Product,
  id: string,
  chain: readonly string[],
): Demand[] {
  const permission = catalogue.permissions.get(id);
  if (permission === undefined) return [];
  const step = `permission:${id}`;
  return capabilities(
    permission.requires,
    product,
    chain.at(-1) === step ? chain : [...chain, step],
  );
}

/**
 * Several rules may give one setting: a boolean is on if any says so, a number is the largest, of choices all count.
 * What was set by hand replaces them all.
 */
function demandsOfSettings(
  catalogue: Catalogue,
  product: Product,
  facts: readonly Fact[],
): Demand[] {
  const demands: Demand[] = [];
  for (const setting of catalogue.settings.values()) {
    const given = facts.filter(({ kind, name }) => kind === "setting" && name === setting.id);
    const byHand = given.filter(({ source }) => source.type === "hand");
    for (const fact of byHand.length > 0 ? byHand : given) {
      demands.push(...demandsOfSetting(setting, product, fact, chainOf(fact)));
    }
  }
  return demands;
}

/** What the defaults ask where nothing was given (rule 30). They shape the tier of who has a claim, but are no claim. */
function defaultDemands(catalogue: Catalogue, product: Product, facts: readonly Fact[]): Demand[] {
  const given = new Set(facts.filter(({ kind }) => kind === "setting").map(({ name }) => name));
  const demands: Demand[] = [];
  for (const setting of catalogue.settings.values()) {
    if (given.has(setting.id)) continue;
    const because = ["default", `setting:${setting.id}=${textOf(setting.default)}`];
    demands.push(...demandsOfSetting(setting, product, { value: setting.default }, because));
  }
  return demands.filter((demand) => isCharged(product, demand));
}

function isCharged(product: Product, demand: Demand): boolean {
  return demand.type !== "capability" || !product.freeCapabilities.includes(demand.capability);
}

function demandsOfSetting(
  setting: Setting,
  product: Product,
  fact: Pick<Fact, "value">,
  chain: readonly string[],
): Demand[] {
  if (setting.type === "boolean") {
    return fact.value === true ? capabilities(setting.requires, product, chain) : [];
  }
  if (setting.type === "choice") {
    const demands = setting.choices[textOf(fact.value)];
    return demands === undefined ? [] : capabilities(demands, product, chain);
  }
  const limit = setting.limits[product.id];
  if (limit === undefined || typeof fact.value !== "number" || fact.value <= 0) return [];
  return [{ type: "limit", limit, atLeast: fact.value, because: chain }];
}

function capabilities(demands: Demands, product: Product, because: readonly string[]): Demand[] {
  return (demands[product.id] ?? []).map((capability) => ({
    type: "capability",
    capability,
    because,
  }));
}

/** ["group:<id>", "role:team-leader"]: from what matched to what it gave. */
function chainOf(fact: Fact): string[] {
  const { source } = fact;
  const first = source.type === "hand" ? `hand:${source.by}` : source.via;
  const value = typeof fact.value === "boolean" ? "" : `=${textOf(fact.value)}`;
  return [first, `${fact.kind}:${fact.name}${value}`];
}

function toReason(demand: Demand): Reason {
  if (demand.type === "capability") return { requires: demand.capability, because: demand.because };
  if (demand.type === "limit") {
    return { requires: `${demand.limit}=${String(demand.atLeast)}`, because: demand.because };
  }
  return { requires: `tier>=${demand.tier}`, because: demand.because };
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
