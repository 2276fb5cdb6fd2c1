import type { Catalogue } from "../catalogue.js";
import type { Explanation, Priced } from "../entitlement/explain.js";
import { currencyOf, PriceBook, type BillingSettings } from "./settings.js";

/** What a needed tier costs this customer, who may have agreed on other prices than those of the catalogue. */

export interface Costed<T extends Explanation = Explanation> {
  readonly explanation: T;
  /** ISO 4217. */
  readonly currency: string;
}

/**
 * The same explanation in the prices that the bill will use. Where one of them is missing, all are the catalogue's, in
 * its currency: two price lists in one sentence would compare what cannot be compared. Which tier is needed never depends
 * on what was agreed, so something else that would do is named only if it is cheaper by these prices, too.
 */
export function asAgreed<T extends Explanation>(
  catalogue: Catalogue,
  settings: BillingSettings,
  explanation: T,
): Costed<T> {
  const book = new PriceBook(catalogue, settings);
  const { product, tier, cheaper, lower } = explanation;
  const priceOf = ({ tier: id, addOns }: Pick<Priced, "tier" | "addOns">): number =>
    book
      .addOnsBeside(product, id, addOns)
      .reduce((sum, { perMonth }) => sum + perMonth, book.seatPerMonth(product, id, null));
  const addOns = explanation.addOns.map((addOn) => ({
    ...addOn,
    pricePerMonth: book.addOnPerMonth(product, addOn.id),
  }));
  const pricePerMonth = tier === null ? 0 : priceOf({ tier, addOns: addOns.map(({ id }) => id) });
  const compared = <P extends Priced>(option: P): P & { readonly saving: number } => {
    const price = priceOf(option);
    return { ...option, pricePerMonth: price, saving: pricePerMonth - price };
  };
  const other = cheaper === null ? null : compared(cheaper);
  const agreed = {
    ...explanation,
    addOns,
    pricePerMonth,
    cheaper: other !== null && other.saving > 0 ? other : null,
    lower: lower === null ? null : compared(lower),
  };
  return book.missing.size > 0
    ? { explanation, currency: currencyOf(catalogue) }
    : { explanation: agreed, currency: settings.currency };
}

/**
 * Settings by which the prices of several products may be added up: those that were agreed, or where one of the products
 * falls back to the catalogue, the catalogue's for all.
 */
export function inOneCurrency(
  catalogue: Catalogue,
  settings: BillingSettings,
  explanations: readonly Explanation[],
): BillingSettings {
  const isAgreed = explanations.every(
    (explanation) => asAgreed(catalogue, settings, explanation).currency === settings.currency,
  );
  return isAgreed ? settings : { ...settings, currency: currencyOf(catalogue), products: {} };
}
