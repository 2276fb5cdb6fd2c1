import type { Catalogue } from "../domain/catalogue.js";
import type { Reason } from "../domain/directory.js";
import type { Explanation } from "../domain/entitlement/explain.js";
import {
  cheaperSentence,
  lowerSentence,
  shortfallSentence,
  tierSentence,
} from "../domain/tierWords.js";
import { reasonWords, type Vocabulary } from "../domain/words.js";

/** How a needed tier looks in answers: as data, and in words. Prices are whole numbers of the smallest unit. */
export function presentExplanation(
  catalogue: Catalogue,
  explanation: Explanation,
  words: Vocabulary,
) {
  const { product: id, tier, addOns, pricePerMonth, blocked, witness, shortfall } = explanation;
  const product = catalogue.products.get(id);
  const inWords = (reasons: readonly Reason[]) =>
    reasons.map((reason) => ({ ...reason, words: reasonWords(reason, words) }));
  return {
    product: id,
    tier,
    addOns: addOns.map(({ because, ...addOn }) => ({ ...addOn, because: inWords(because) })),
    pricePerMonth,
    blocked,
    because: inWords(witness),
    shortfall: inWords(shortfall),
    cheaper: explanation.cheaper,
    lower: explanation.lower,
    sentences:
      product === undefined
        ? []
        : [
            tierSentence(explanation, product),
            shortfallSentence(explanation, product, words),
            cheaperSentence(explanation, product),
            lowerSentence(explanation, product, words),
          ].filter((sentence) => sentence !== null),
  };
}
