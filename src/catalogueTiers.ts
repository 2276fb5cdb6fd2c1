import type { ProductFile } from "./config/catalogueSchema.js";
import type { Report } from "./catalogueExtensions.js";
import { suggestion } from "./suggest.js";

/** What the tiers and add-ons of one product say about each other. */

export function checkTiers(path: string, product: ProductFile, report: Report): void {
  const byRank = new Map<number, string>();
  for (const [id, tier] of Object.entries(product.tiers)) {
    const at = `${path}.tiers.${id}`;
    const other = byRank.get(tier.rank);
    // Tiers beside each other may well be worth the same.
    if (other !== undefined && product.order === "rank") {
      report(
        `${at}.rank`,
        `The tier "${other}" already has rank ${String(tier.rank)}. Each tier needs its own.`,
      );
    }
    byRank.set(tier.rank, id);
    known("capability", tier.capabilities, product.capabilities, `${at}.capabilities`, report);
    known("limit", Object.keys(tier.limits), product.limits, `${at}.limits`, report);
    known("tier", tier.includes, product.tiers, `${at}.includes`, report);
    for (const included of tier.includes) checkIncluded(product, { at, id, included }, report);
  }
}

function checkIncluded(
  { tiers, order }: ProductFile,
  { at, id, included }: { readonly at: string; readonly id: string; readonly included: string },
  report: Report,
): void {
  const tier = tiers[id];
  const below = tiers[included];
  if (tier === undefined || below === undefined) return;
  // Only lower tiers may be included, which also makes a circle impossible.
  if (below.rank >= tier.rank) {
    report(`${at}.includes`, `"${included}" does not rank lower, so it cannot be included.`);
  }
  if (order !== "includes") return;
  for (const [limit, most] of Object.entries(tier.limits)) {
    if (most < (below.limits[limit] ?? Infinity)) {
      report(
        `${at}.limits.${limit}`,
        `The tier "${included}" allows more, so this one cannot stand above it.`,
      );
    }
  }
}

export function checkAddOns(path: string, product: ProductFile, report: Report): void {
  for (const [id, addOn] of Object.entries(product.addOns)) {
    const at = `${path}.addOns.${id}`;
    known("capability", addOn.capabilities, product.capabilities, `${at}.capabilities`, report);
    known("tier", addOn.availableOn, product.tiers, `${at}.availableOn`, report);
    known("add-on", addOn.requires, product.addOns, `${at}.requires`, report);
    known("add-on", addOn.excludes, product.addOns, `${at}.excludes`, report);
    for (const tier of addOn.availableOn) {
      if (product.tiers[tier]?.pricePerDay !== undefined && addOn.pricePerDay === undefined) {
        report(at, `It needs a pricePerDay, because the tier "${tier}" is offered by the day.`);
      }
      if (contains(product, tier, addOn.capabilities)) {
        report(
          `${at}.availableOn`,
          `The tier "${tier}" already contains everything that this add-on offers. Leave it out.`,
        );
      }
    }
    for (const base of addOn.requires) checkBase(product, { at, id, base }, report);
  }
}

/** An add-on whose base cannot be had would never be sold; better to hear of it here. */
function checkBase(
  product: ProductFile,
  { at, id, base }: { readonly at: string; readonly id: string; readonly base: string },
  report: Report,
): void {
  const addOn = product.addOns[id];
  const needed = product.addOns[base];
  if (addOn === undefined || needed === undefined) return;
  if (base === id || addOn.excludes.includes(base) || needed.excludes.includes(id)) {
    report(`${at}.requires`, `"${base}" cannot be sold together with it.`);
  }
  for (const tier of addOn.availableOn) {
    if (!needed.availableOn.includes(tier) && !contains(product, tier, needed.capabilities)) {
      report(
        `${at}.availableOn`,
        `On the tier "${tier}" the add-on "${base}", which it requires, cannot be had.`,
      );
    }
  }
}

function contains(product: ProductFile, tier: string, capabilities: readonly string[]): boolean {
  const inTier = capabilitiesOf(product, tier);
  return capabilities.every((capability) => inTier.has(capability));
}

/** Of the tier and of the lower tiers that it includes. Unknown tiers have none; they are reported elsewhere. */
export function capabilitiesOf(product: ProductFile, tierId: string): Set<string> {
  const tier = product.tiers[tierId];
  if (tier === undefined) return new Set();
  // Circles are refused by their ranks, but this also runs before that check has spoken.
  const below = tier.includes.filter((id) => (product.tiers[id]?.rank ?? Infinity) < tier.rank);
  const included = below.flatMap((id) => [...capabilitiesOf(product, id)]);
  return new Set([...included, ...tier.capabilities]);
}

export function known(
  kind: string,
  names: readonly string[],
  among: Readonly<Record<string, unknown>>,
  path: string,
  report: Report,
): void {
  for (const name of names) {
    if (!Object.hasOwn(among, name)) {
      report(path, `There is no ${kind} "${name}". ${suggestion(name, Object.keys(among))}`);
    }
  }
}
