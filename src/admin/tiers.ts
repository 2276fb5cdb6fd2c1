import { asAgreed } from "../domain/billing/agreedPrices.js";
import { type BillingSettings, PriceBook } from "../domain/billing/settings.js";
import type { Catalogue } from "../domain/catalogue.js";
import type { Reason, Seat } from "../domain/directory.js";
import type { BreakGlass } from "../domain/emergency/glass.js";
import type { Explanation } from "../domain/entitlement/explain.js";
import { heldPrice } from "../domain/answers/heldPrice.js";
import {
  boughtSentence,
  cheaperSentence,
  heldSentence,
  lowerSentence,
  shortfallSentence,
  tierSentence,
} from "../domain/answers/tierWords.js";
import { time } from "./present.js";
import { glassSentence, reasonWords, type Vocabulary } from "../domain/answers/words.js";

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
            boughtSentence(explanation, product, new PriceBook(catalogue, settings).basisOf(id)),
            shortfallSentence(explanation, product, words),
            cheaperSentence(explanation, product, currency),
            lowerSentence(explanation, product, words, currency),
            listed.breakGlass === null ? null : glassSentence(listed.breakGlass, words),
          ].filter((sentence) => sentence !== null),
  };
}

interface Held {
  /** Of what is needed. */
  readonly explanation: Explanation;
  readonly seat: Pick<Seat, "tier" | "poolId"> | undefined;
}

/** For who may hold another tier than the one that is needed: what is paid is what is held. */
export function presentCost(
  catalogue: Catalogue,
  settings: BillingSettings,
  { explanation, seat }: Held,
  words: Vocabulary,
) {
  const paid = seat === undefined ? null : heldPrice(catalogue, settings, explanation, seat);
  const listed = paid?.settings ?? settings;
  const needed = presentExplanation(catalogue, listed, explanation, words);
  const { currency, shortfall, cheaper, lower, pricePerMonth: neededPerMonth } = needed;
  const product = catalogue.products.get(explanation.product);
  const [, ...others] = needed.sentences;
  const sentences =
    paid === null || product === undefined || explanation.tier === null
      ? needed.sentences
      : [heldSentence({ ...needed, neededPerMonth }, paid, product, currency), ...others];
  const pricePerMonth = paid?.pricePerMonth ?? neededPerMonth;
  return { currency, pricePerMonth, neededPerMonth, shortfall, cheaper, lower, sentences };
}

function presentBroken({ until, by, reason, despite }: BreakGlass) {
  return { until: time(until), by, reason, despite };
}
