import type { AddOn, Catalogue, Product } from "../catalogue.js";
import type { Fact, Reason, Requirement } from "../directory.js";
import { requirementFor } from "../entitlement.js";
import { type Asks, asksOf } from "./asks.js";
import { hasBit } from "./bits.js";
import type { BreakGlass } from "../emergency/glass.js";
import { type Counterfactual, counterfactualOf } from "./counterfactual.js";
import { type Given, reasonsFor } from "./given.js";
import { firstOffering } from "./lattice.js";
import type { Option } from "./objective.js";
import { neededBits, solve } from "./solve.js";

/** What a user needs of one product, with its price, its reasons, and what would have to change for less. */
export interface Explanation {
  readonly product: string;
  /** Null when nothing fits (`blocked` says why). */
  readonly tier: string | null;
  readonly addOns: readonly NeededAddOn[];
  /** Tier and add-ons, in integer minor units; 0 without a tier. */
  readonly pricePerMonth: number;
  readonly blocked: Requirement["blocked"];
  readonly witness: readonly Reason[];
  /** A claim by hand that no exclusion outweighs; null: there is none. */
  readonly breakGlass: BreakGlass | null;
  /** Where the tier was chosen: what is needed and it does not offer. */
  readonly shortfall: readonly Reason[];
  /** Something else that would do for less: rank and price differ (Q7), or more was chosen than is needed. */
  readonly cheaper: (Priced & { readonly saving: number }) | null;
  readonly lower:
    (Priced & { readonly saving: number; readonly switches: Counterfactual["switches"] }) | null;
}

export interface Priced {
  readonly tier: string;
  readonly addOns: readonly string[];
  readonly pricePerMonth: number;
}

export interface NeededAddOn {
  readonly id: string;
  readonly title: string;
  readonly pricePerMonth: number;
  readonly because: readonly Reason[];
}

/** @param pools the product of each pool, by name. Null: nothing gives a claim to a seat of the product. */
export function explain(
  catalogue: Catalogue,
  product: Product,
  facts: readonly Fact[],
  pools: ReadonlyMap<string, string>,
): Explanation | null {
  const requirement = requirementFor(catalogue, product, facts, pools);
  if (requirement === null) return null;
  const { tier, blocked, witness, breakGlass = null } = requirement;
  const head = { product: product.id, tier, blocked, witness, breakGlass };
  const asks = asksOf(catalogue, product);
  const { option, shortfall, given } = solve(asks, facts);
  if (blocked !== null || option === null) {
    return { ...head, addOns: [], pricePerMonth: 0, shortfall: [], cheaper: null, lower: null };
  }
  const lower = counterfactualOf(asks, facts, pools);
  return {
    ...head,
    addOns: option.addOns.map((addOn) => neededAddOn(asks, option, addOn, given)),
    pricePerMonth: option.pricePerMonth,
    shortfall,
    cheaper: cheaperThan(option, cheapestFor(asks, given)),
    lower:
      lower === null
        ? null
        : { ...priced(lower.option), saving: lower.saving, switches: lower.switches },
  };
}

function priced({ tier, addOnIds, pricePerMonth }: Option): Priced {
  return { tier: tier.id, addOns: addOnIds, pricePerMonth };
}

function cheaperThan(option: Option, cheapest: Option | null): Explanation["cheaper"] {
  if (cheapest === null || cheapest.pricePerMonth >= option.pricePerMonth) return null;
  return { ...priced(cheapest), saving: option.pricePerMonth - cheapest.pricePerMonth };
}

/** The cheapest that offers all that is needed, whatever was chosen. */
function cheapestFor(asks: Asks, given: readonly Given[]): Option | null {
  return firstOffering(asks.lattice.byPrice, neededBits(asks, given));
}

function neededAddOn(
  { lattice }: Asks,
  { tier }: Option,
  addOn: AddOn,
  given: readonly Given[],
): NeededAddOn {
  const { id, title, pricePerMonth, capabilities } = addOn;
  const added = capabilities
    .filter((capability) => !tier.capabilities.includes(capability))
    .map((capability) => lattice.bitOf({ type: "capability", capability }))
    .filter((bit) => given.some(({ asked }) => hasBit(asked.bits, bit)));
  return { id, title, pricePerMonth, because: reasonsFor(added, given) };
}
