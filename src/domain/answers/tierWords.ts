import { decimalText } from "../billing/rounding.js";
import type { Basis } from "../billing/settings.js";
import type { Product } from "../catalogue.js";
import type { Explanation, NeededAddOn, Priced } from "../entitlement/explain.js";
import { covers } from "../entitlement.js";
import type { Switch } from "../entitlement/switches.js";
import { reasonWords, tierTitle, titleOf, type Vocabulary } from "./words.js";

/** Tiers in words: what it costs, what it lacks, and what would make it less. Amounts have the digits of `currency` (ISO 4217). */

/** "Professional of Acorn Desk Support with Call recording (10.00), 55.00 per month." */
export function tierSentence(
  explanation: Explanation,
  product: Product,
  currency: string,
): string | null {
  const { tier, addOns, pricePerMonth } = explanation;
  if (tier === null) return null;
  const extras = addOns.map(
    ({ title, pricePerMonth: price }) => `${title} (${decimalText(price, currency)})`,
  );
  const withExtras = extras.length === 0 ? "" : ` with ${listWords(extras)}`;
  return `${tierTitle(product, tier)} of ${product.title}${withExtras}, ${decimalText(pricePerMonth, currency)} per month.`;
}

/** What a seat costs is no more on the bill where the seats themselves were bought, used or not (`purchased`). */
export function boughtSentence(
  { tier }: Pick<Explanation, "tier">,
  product: Product,
  basis: Basis,
): string | null {
  return tier === null || basis !== "purchased"
    ? null
    : `Seats of ${product.title} are paid for when they are bought: one of those adds nothing to the bill.`;
}

interface Needed extends Pick<Explanation, "tier"> {
  readonly addOns: readonly Pick<NeededAddOn, "id" | "title" | "pricePerMonth">[];
  readonly neededPerMonth: number;
}

/** "Professional of Acorn Desk Support, 45.00 per month; Standard would be enough and costs 25.00." */
export function heldSentence(
  needed: Needed,
  held: Priced,
  product: Product,
  currency: string,
): string {
  const { neededPerMonth } = needed;
  const titles = needed.addOns
    .filter(({ id }) => held.addOns.includes(id))
    .map(({ title, pricePerMonth }) => `${title} (${decimalText(pricePerMonth, currency)})`);
  const extras = titles.length === 0 ? "" : ` with ${listWords(titles)}`;
  const paid = `${tierTitle(product, held.tier)} of ${product.title}${extras}, ${decimalText(held.pricePerMonth, currency)} per month`;
  if (needed.tier === null || needed.tier === held.tier) return `${paid}.`;
  const is = covers(product, held.tier, needed.tier) ? "would be enough" : "is needed";
  return `${paid}; ${tierTitle(product, needed.tier)} ${is} and costs ${decimalText(neededPerMonth, currency)}.`;
}

/** "Switch off \"Keep statistics\" and this is Standard, 20.00 less per month." */
export function lowerSentence(
  { lower }: Pick<Explanation, "lower">,
  product: Product,
  words: Vocabulary,
  currency: string,
): string | null {
  if (lower === null) return null;
  const steps = listWords(lower.switches.map((change) => switchWords(change, product, words)));
  return `${capital(steps)}, and this is ${pricedWords(lower, product)}, ${differenceWords(lower.saving, currency)}.`;
}

/** "Enterprise would do, too, and costs 5.00 less per month." */
export function cheaperSentence(
  { cheaper }: Pick<Explanation, "cheaper">,
  product: Product,
  currency: string,
): string | null {
  return cheaper === null
    ? null
    : `${pricedWords(cheaper, product)} would do, too, and costs ${differenceWords(cheaper.saving, currency)}.`;
}

/** "Standard was chosen and does not contain all that is needed: ..." */
export function shortfallSentence(
  { tier, shortfall }: Pick<Explanation, "tier" | "shortfall">,
  product: Product,
  words: Vocabulary,
): string | null {
  if (tier === null || shortfall.length === 0) return null;
  const reasons = shortfall.map((reason) => reasonWords(reason, words)).join("; and ");
  return `${tierTitle(product, tier)} was chosen and does not contain all that is needed: ${reasons}.`;
}

function switchWords(change: Switch, product: Product, { catalogue }: Vocabulary): string {
  switch (change.type) {
    case "role":
      return `take away the role ${titleOf(catalogue.roles, change.role)}`;
    case "permission":
      return `withhold the permission ${titleOf(catalogue.permissions, change.permission)}`;
    case "setting": {
      const title = `"${titleOf(catalogue.settings, change.setting)}"`;
      if (change.to === false) return `switch off ${title}`;
      return `set ${title} to ${JSON.stringify(change.to)} instead of ${JSON.stringify(change.from)}`;
    }
    case "tier": {
      const tier = tierTitle(product, change.tier);
      if (change.kind === "tierChoice") return `take back the choice of ${tier}`;
      return `no longer give "${change.kind === "tierFloor" ? "at least" : "at most"} ${tier}"`;
    }
  }
}

function pricedWords({ tier, addOns }: Priced, product: Product): string {
  const titles = addOns.map(
    (addOn) => product.addOns.find(({ id }) => id === addOn)?.title ?? addOn,
  );
  const extras = titles.length === 0 ? "" : ` with ${listWords(titles)}`;
  return `${tierTitle(product, tier)}${extras}`;
}

function differenceWords(saving: number, currency: string): string {
  if (saving === 0) return "for the same price";
  return `${decimalText(Math.abs(saving), currency)} ${saving > 0 ? "less" : "more"} per month`;
}

function listWords(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
