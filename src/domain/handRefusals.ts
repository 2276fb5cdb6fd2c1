import type { JsonObject } from "../plugin.js";
import type { Catalogue, Product } from "./catalogue.js";
import type { Fact } from "./directory.js";
import { asksOf } from "./entitlement/asks.js";
import { firstOffering } from "./entitlement/lattice.js";
import { neededBits, solve } from "./entitlement/solve.js";
import { attributeValues } from "./mapping.js";
import { refuse, type Refusal } from "./verdict.js";

/** What a person is told at once instead of finding it out later. Rules and syncs are never refused for these. */

/** Rule 29: some attributes come before the settings. */
export function refusalOfSettings(catalogue: Catalogue, document: JsonObject): Refusal | null {
  const missing = (catalogue.requiredBeforeSettings ?? []).filter((attribute) =>
    attributeValues(document, attribute).every((value) => value.trim() === ""),
  );
  const [first] = missing;
  if (first === undefined) return null;
  return refuse("ProfileIncomplete", {
    field: first,
    sentence: `Settings come after ${missing.join(" and ")}, which this person does not have yet.`,
  });
}

/**
 * A tier that is chosen by hand below what is needed. A choice by a rule, or a need that arises later, is no refusal but
 * a shortfall that is shown.
 * @param facts as they would be with the choice
 */
export function refusalOfChoice(
  catalogue: Catalogue,
  productId: string,
  facts: readonly Fact[],
): Refusal | null {
  const product = catalogue.products.get(productId);
  if (product?.tierMode !== "chosen") return null;
  const asks = asksOf(catalogue, product);
  const { option, witness, shortfall, given } = solve(asks, facts);
  if (option === null) {
    const reasons = witness.map(({ requires }) => requires).join(" and ");
    return refuse("TierConflict", {
      sentence: `No tier of ${product.title} is at once ${reasons}.`,
    });
  }
  if (shortfall.length === 0) return null;
  const enough = firstOffering(asks.lattice.options, neededBits(asks, given))?.tier.id ?? null;
  const missing = shortfall.map(({ requires }) => `"${requires}"`).join(", ");
  const instead = enough === null ? "" : ` ${titleOf(product, enough)} does.`;
  return refuse("TierTooLow", {
    sentence: `${titleOf(product, option.tier.id)} of ${product.title} does not contain ${missing}.${instead}`,
  });
}

function titleOf({ tiers }: Product, tier: string): string {
  return tiers.find(({ id }) => id === tier)?.title ?? tier;
}
