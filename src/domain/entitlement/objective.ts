import type { AddOn, Objective, Tier } from "../catalogue.js";
import type { Bits } from "./bits.js";
import { compareText } from "../compareText.js";
import { compareTiers } from "./order.js";

/** Which of several options that would all do is taken. Each order is total, so nothing is ever left to chance. */

/** A tier with add-ons, as it can be sold. */
export interface Option {
  readonly tier: Tier;
  readonly addOns: readonly AddOn[];
  readonly addOnIds: readonly string[];
  /** Tier and add-ons together, in integer minor units. */
  readonly pricePerMonth: number;
  readonly offers: Bits;
}

type Compare = (a: Option, b: Option) => number;

const price: Compare = (a, b) => a.pricePerMonth - b.pricePerMonth;
const tier: Compare = (a, b) => compareTiers(a.tier, b.tier);
const rank: Compare = (a, b) => a.tier.rank - b.tier.rank;
const parts: Compare = (a, b) => a.addOns.length - b.addOns.length;
const names: Compare = (a, b) => compareText(idsOf(a), idsOf(b));

const ORDERS: Readonly<Record<Objective, readonly Compare[]>> = {
  /** The lowest tier; with it the cheapest add-ons. */
  rank: [tier, price, parts, names],
  /** The cheapest; of equally cheap ones that with the fewest add-ons, which has the most in its tier. */
  price: [price, parts, tier, names],
  /** The cheapest; of equally cheap ones the lowest tier. */
  priceThenRank: [price, rank, tier, parts, names],
};

/** Sorted, each with what it is compared by: under `rank` options of one tier are alike, otherwise each is different. */
export function inOrderOf(
  objective: Objective,
  options: readonly Option[],
): { readonly option: Option; readonly level: number }[] {
  const sorted = [...options].sort(by(ORDERS[objective]));
  let level = 0;
  return sorted.map((option, index) => {
    const before = sorted[index - 1];
    if (before !== undefined && (objective !== "rank" || before.tier !== option.tier)) level += 1;
    return { option, level };
  });
}

export function byPrice(options: readonly Option[]): Option[] {
  return [...options].sort(by(ORDERS.priceThenRank));
}

function by(order: readonly Compare[]): Compare {
  return (a, b) => {
    for (const compare of order) {
      const difference = compare(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

function idsOf({ addOnIds }: Option): string {
  return [...addOnIds].sort(compareText).join(" ");
}
