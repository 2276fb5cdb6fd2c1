import { asAgreed } from "../domain/billing/agreedPrices.js";
import type { BillingSettings } from "../domain/billing/settings.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Reason } from "../domain/directory.js";
import type { BreakGlass } from "../domain/glass.js";
import type { Explanation } from "../domain/entitlement/explain.js";
import {
  cheaperSentence,
  lowerSentence,
  shortfallSentence,
  tierSentence,
} from "../domain/tierWords.js";
import { time } from "./present.js";
import { glassSentence, reasonWords, type Vocabulary } from "../domain/words.js";

/** How a needed tier looks in answers: as data, and in words. Prices are whole numbers of the smallest unit of `currency`. */
export function presentExplanation(
  catalogue: Catalogue,
  settings: BillingSettings,
  listed: Explanation,
  words: Vocabulary,
) {
  const { explanation, currency } = asAgreed(catalogue, settings, listed);
  const { product: id, tier, addOns, pricePerMonth, blocked, witness, shortfall } = explanation;
  const product = catalogue.products.get(id);
  const inWords = (reasons: readonly Reason[]) =>
    reasons.map((reason) => ({ ...reason, words: reasonWords(reason, words) }));
  return {
    product: id,
    tier,
    addOns: addOns.map(({ because, ...addOn }) => ({ ...addOn, because: inWords(because) })),
    currency,
    pricePerMonth,
    blocked,
    because: inWords(witness),
    shortfall: inWords(shortfall),
    breakGlass: listed.breakGlass === null ? null : presentBroken(listed.breakGlass),
    cheaper: explanation.cheaper,
    lower: explanation.lower,
    sentences:
      product === undefined
        ? []
        : [
            tierSentence(explanation, product, currency),
            shortfallSentence(explanation, product, words),
            cheaperSentence(explanation, product, currency),
            lowerSentence(explanation, product, words, currency),
            listed.breakGlass === null ? null : glassSentence(listed.breakGlass, words),
          ].filter((sentence) => sentence !== null),
  };
}

function presentBroken({ until, by, reason, despite }: BreakGlass) {
  return { until: time(until), by, reason, despite };
}
