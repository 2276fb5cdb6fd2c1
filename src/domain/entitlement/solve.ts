import type { Fact, Reason } from "../directory.js";
import type { Asks } from "./asks.js";
import { addAll, addBit, type Bits, clearBits, emptyBits, hasBit, listBits } from "./bits.js";
import { type Given, givenBy, reasonsFor, withDefaults } from "./given.js";
import { answerTo, firstOffering } from "./lattice.js";
import type { Option } from "./objective.js";

/** From what is given to the tier: derived from everything, or chosen and then compared with what is needed. */

export interface Solution {
  /** Null: no tier will do. `witness` then names demands that cannot be met together. */
  readonly option: Option | null;
  /** The smallest set of demands that alone forces the tier; empty for the lowest of all. */
  readonly witness: readonly Reason[];
  /** Chosen tiers only: what is needed and the tier does not offer. */
  readonly shortfall: readonly Reason[];
  /** What the witness is the reason of: the bits of which none can be left out. */
  readonly forcing: readonly number[];
  /** Everything that was asked, with what asked it. */
  readonly given: readonly Given[];
}

export function solve(asks: Asks, facts: readonly Fact[], given = givenBy(asks, facts)): Solution {
  return asks.product.tierMode === "chosen"
    ? chosen(asks, facts, given)
    : derived(asks, facts, given);
}

/** All that is asked, without what was only chosen. */
export function neededBits({ lattice, product }: Asks, given: readonly Given[]): Bits {
  const needed = emptyBits(lattice.words);
  for (const { fact, asked } of given) {
    const isChoice = product.tierMode === "chosen" && fact?.kind === "tierChoice";
    if (!isChoice) addAll(needed, asked.bits);
  }
  return needed;
}

function derived(asks: Asks, facts: readonly Fact[], given: readonly Given[]): Solution {
  const all = withDefaults(asks, facts, given);
  const asked = asks.scratch;
  clearBits(asked);
  for (const one of all) addAll(asked, one.asked.bits);
  const { option, forcing } = answerTo(asks.lattice, asked);
  return { option, witness: reasonsFor(forcing, all), shortfall: [], forcing, given: all };
}

/**
 * Only what is said about the tier itself decides: the choice, floors and ceilings; without a choice the lowest that they
 * allow. Add-ons then close what they can, in a stable order, and the rest is the shortfall.
 */
function chosen(asks: Asks, facts: readonly Fact[], given: readonly Given[]): Solution {
  const { lattice } = asks;
  const asked = emptyBits(lattice.words);
  const about = emptyBits(lattice.words);
  const all = withDefaults(asks, facts, given);
  for (const { asked: some } of all) {
    addAll(asked, some.bits);
    if (some.about === "tier") addAll(about, some.bits);
  }
  const { option, forcing } = answerTo(lattice, about);
  // The lowest tier of all needs no force, but who chose it is still the reason.
  const choices = given.filter(({ fact }) => fact?.kind === "tierChoice");
  const reasons = forcing.length > 0 ? forcing : listBits(about);
  const witness = reasonsFor(reasons, forcing.length > 0 ? all : choices);
  if (option === null) return { option, witness, shortfall: [], forcing, given: all };

  const served = about.slice();
  addBit(served, lattice.bitOf({ type: "exactly", tier: option.tier.id }));
  let best = option;
  const missing: number[] = [];
  for (const bit of listBits(asked)) {
    if (hasBit(about, bit)) continue;
    const tried = served.slice();
    addBit(tried, bit);
    const found = firstOffering(lattice.options, tried);
    if (found === null) missing.push(bit);
    else {
      best = found;
      addBit(served, bit);
    }
  }
  return { option: best, witness, shortfall: reasonsFor(missing, all), forcing, given: all };
}
