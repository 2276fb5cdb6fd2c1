import { inOneCurrency } from "../billing/agreedPrices.js";
import { PriceBook, type BillingSettings } from "../billing/settings.js";
import type { Catalogue } from "../catalogue.js";
import type { Seat } from "../directory.js";
import type { Explanation, Priced } from "../entitlement/explain.js";

/** What a person costs who holds a seat: as the bill counts it, whatever is needed. */
export interface HeldPrice extends Priced {
  /** By which the price of what is needed may be set beside it: both are in one currency. */
  readonly settings: BillingSettings;
}

/** The seat in the price of its pool, and those of the needed add-ons that the tier does not contain (rule 43). */
export function heldPrice(
  catalogue: Catalogue,
  given: BillingSettings,
  needed: Explanation,
  { tier, poolId }: Pick<Seat, "tier" | "poolId">,
): HeldPrice {
  const { product } = needed;
  const oneCurrency = inOneCurrency(catalogue, given, [needed, { ...needed, tier }]);
  const isAgreed = oneCurrency === given;
  const settings = isAgreed ? given : { ...oneCurrency, pools: {} };
  const book = new PriceBook(catalogue, settings);
  const needs = needed.addOns.map(({ id }) => id);
  const beside = book.addOnsBeside(product, tier, needs);
  const pricePerMonth = beside.reduce(
    (sum, { perMonth }) => sum + perMonth,
    book.seatPerMonth(product, tier, poolId),
  );
  return { tier, addOns: beside.map(({ addOn }) => addOn), pricePerMonth, settings };
}
