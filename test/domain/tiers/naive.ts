import type { AddOn, Catalogue, Demands, Product, Tier } from "../../../src/domain/catalogue.js";
import type { Fact } from "../../../src/domain/directory.js";

/**
 * A second implementation, written for its plainness: every demand is looked at one by one, every tier is tried with
 * every set of add-ons. It shares nothing with the first.
 */

export interface Demand {
  readonly requires: string;
  readonly because: readonly string[];
  readonly isMet: (tier: Tier, addOns: readonly AddOn[]) => boolean;
  /** Of the tier itself: a floor, a ceiling, a choice. */
  readonly isAboutTier: boolean;
}

export interface Sold {
  readonly tier: Tier;
  readonly addOns: readonly AddOn[];
  readonly price: number;
}

/** Everything that can be sold. */
export function everythingSold(product: Product): Sold[] {
  const all: Sold[] = [];
  for (const tier of product.tiers) {
    for (let mask = 0; mask < 2 ** product.addOns.length; mask += 1) {
      const addOns = product.addOns.filter((_, i) => (mask & (1 << i)) !== 0);
      const ids = new Set(addOns.map(({ id }) => id));
      const contains = (id: string) =>
        product.addOns
          .find((addOn) => addOn.id === id)
          ?.capabilities.every((capability) => tier.capabilities.includes(capability)) ?? false;
      const isPossible = addOns.every(
        ({ availableOn, requires = [], excludes = [] }) =>
          availableOn.includes(tier.id) &&
          requires.every((base) => ids.has(base) || contains(base)) &&
          excludes.every((other) => !ids.has(other)),
      );
      if (isPossible) {
        const price = addOns.reduce((sum, addOn) => sum + addOn.pricePerMonth, tier.pricePerMonth);
        all.push({ tier, addOns, price });
      }
    }
  }
  return all;
}

export function isAbove(product: Product, tier: string, other: string): boolean {
  const find = (id: string) => product.tiers.find((candidate) => candidate.id === id);
  if (product.order !== "includes") {
    return (find(tier)?.rank ?? Infinity) >= (find(other)?.rank ?? Infinity);
  }
  return (
    tier === other || (find(tier)?.includes ?? []).some((each) => isAbove(product, each, other))
  );
}

export function demandsOf(
  catalogue: Catalogue,
  product: Product,
  facts: readonly Fact[],
): Demand[] {
  const demands: Demand[] = [];
  const add = (requires: string, because: string[], isMet: Demand["isMet"], isAboutTier = false) =>
    demands.push({ requires, because, isMet, isAboutTier });
  const addAll = (by: Demands, because: string[]) => {
    for (const capability of by[product.id] ?? []) {
      if (product.freeCapabilities.includes(capability)) continue;
      add(capability, because, (tier, addOns) =>
        [tier, ...addOns].some(({ capabilities }) => capabilities.includes(capability)),
      );
    }
  };
  const byHand = facts.filter(({ source }) => source.type === "hand");
  const withheld = byHand
    .filter(({ kind, value }) => kind === "permission" && value === false)
    .map(({ name }) => name);
  for (const fact of facts) {
    const { kind, name, value, source } = fact;
    const via = source.type === "hand" ? `hand:${source.by}` : source.via;
    if (kind === "permission" && value !== false && !withheld.includes(name)) {
      addAll(catalogue.permissions.get(name)?.requires ?? {}, [via, `permission:${name}`]);
    }
    if (kind === "role" && !product.exemptRoles.includes(name)) {
      const role = catalogue.roles.get(name);
      addAll(role?.requires ?? {}, [via, `role:${name}`]);
      for (const permission of role?.permissions ?? []) {
        if (withheld.includes(permission) && role?.roleIsRequirement !== true) continue;
        const requires = catalogue.permissions.get(permission)?.requires ?? {};
        addAll(requires, [via, `role:${name}`, `permission:${permission}`]);
      }
    }
    if (name !== product.id || typeof value !== "string") continue;
    const chain = [via, `${kind}:${name}=${value}`];
    const floor = (tier: Tier) =>
      product.tiers.some(({ id }) => id === value) && isAbove(product, tier.id, value);
    if (kind === "tierFloor") add(`tier>=${value}`, chain, floor, true);
    if (kind === "tierCeiling") {
      const known = product.tiers.some(({ id }) => id === value);
      add(`tier<=${value}`, chain, (tier) => known && isAbove(product, value, tier.id), true);
    }
    if (kind === "tierChoice" && (product.tierMode ?? "derived") !== "derived") {
      const overridden = byHand.some((other) => other.kind === kind && other.name === name);
      if (source.type !== "hand" && overridden) continue;
      if (source.type === "hand" && product.tierMode === "chosen") {
        add(`tier=${value}`, chain, (tier) => tier.id === value, true);
      } else add(`tier>=${value}`, chain, floor, true);
    }
  }
  for (const setting of catalogue.settings.values()) {
    const given = facts.filter(({ kind, name }) => kind === "setting" && name === setting.id);
    const hand = given.filter(({ source }) => source.type === "hand");
    const counted =
      given.length === 0
        ? [
            {
              value: setting.default,
              chain: ["default", `setting:${setting.id}=${text(setting.default)}`],
            },
          ]
        : (hand.length > 0 ? hand : given).map(({ value, source }) => ({
            value,
            chain: [
              source.type === "hand" ? `hand:${source.by}` : source.via,
              `setting:${setting.id}${typeof value === "boolean" ? "" : `=${text(value)}`}`,
            ],
          }));
    for (const { value, chain } of counted) {
      if (setting.type === "boolean" && value === true) addAll(setting.requires, chain);
      if (setting.type === "choice") addAll(setting.choices[text(value)] ?? {}, chain);
      const limit = setting.limits[product.id];
      if (setting.type === "number" && limit !== undefined && Number(value) > 0) {
        add(
          `${limit}=${text(value)}`,
          chain,
          (tier) => Number(value) <= (tier.limits[limit] ?? Infinity),
        );
      }
    }
  }
  return demands;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Negative: the first is to be preferred. */
export function better({ objective }: Product, a: Sold, b: Sold): number {
  const names = ({ addOns }: Sold) =>
    addOns
      .map(({ id }) => id)
      .sort()
      .join(" ");
  const price = a.price - b.price;
  const rank = a.tier.rank - b.tier.rank;
  const own = a.tier.pricePerMonth - b.tier.pricePerMonth;
  const id = Number(a.tier.id > b.tier.id) - Number(a.tier.id < b.tier.id);
  const parts = a.addOns.length - b.addOns.length;
  const name = Number(names(a) > names(b)) - Number(names(a) < names(b));
  const tier = rank || own || id;
  if (objective === "price") return price || parts || tier || name;
  if (objective === "priceThenRank") return price || tier || parts || name;
  return tier || price || parts || name;
}

export function best(product: Product, demands: readonly Demand[]): Sold | null {
  const enough = everythingSold(product).filter(({ tier, addOns }) =>
    demands.every(({ isMet }) => isMet(tier, addOns)),
  );
  return enough.sort((a, b) => better(product, a, b))[0] ?? null;
}
