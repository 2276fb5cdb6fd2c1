import type { AddOn, Product, Tier } from "../catalogue.js";
import {
  addBit,
  type Bits,
  copyBits,
  emptyBits,
  isSubset,
  listBits,
  removeBit,
  wordsFor,
} from "./bits.js";
import { Memo } from "./memo.js";
import { byPrice, inOrderOf, type Option } from "./objective.js";
import { covers } from "./order.js";

/**
 * One product, prepared for many questions. Everything that can be asked of it is one bit: a capability, a limit that is
 * high enough, a tier at least, at most or exactly. Everything that can be sold (a tier with a set of add-ons) is the set
 * of bits that it offers. The answer is the first of these, in the order of the objective, that offers all that is asked;
 * so it depends on neither the order nor the repetition of what is asked, and asking more never gives less (I5).
 */

export type Ask =
  | { readonly type: "capability"; readonly capability: string }
  | { readonly type: "limit"; readonly limit: string; readonly atLeast: number }
  /** At least, at most, exactly this tier. */
  | { readonly type: "floor" | "ceiling" | "exactly"; readonly tier: string };

export interface Answer {
  /** Null: nothing that is sold offers all of it. */
  readonly option: Option | null;
  /** Bits that alone force the answer, none of which can be left out (I6); or that alone rule everything out. */
  readonly forcing: readonly number[];
}

export interface Lattice {
  readonly product: Product;
  readonly words: number;
  /** In the order of the objective: the first that will do is the one. */
  readonly options: readonly Option[];
  /** The same by price, to see whether something else would be cheaper (Q7). */
  readonly byPrice: readonly Option[];
  /**
   * By the place of an option, how many are lower: of a lower tier, or under an objective of price cheaper ones. One more at the
   * end for "nothing will do": then all are.
   */
  readonly lower: readonly number[];
  readonly bitOf: (ask: Ask) => number;
  /** The number from which a limit asks for this bit; null where the bit is no limit. */
  readonly leastFor: (bit: number) => number | null;
  /** Answers by what was asked. People who are set up alike ask the same, so a few serve a whole company. */
  readonly memo: Memo<Answer>;
  /** To be filled and read at once; saves making one for each question. */
  readonly scratch: Bits;
}

const lattices = new WeakMap<Product, Lattice>();

export function latticeOf(product: Product): Lattice {
  const known = lattices.get(product);
  if (known !== undefined) return known;
  const lattice = compile(product);
  lattices.set(product, lattice);
  return lattice;
}

function compile(product: Product): Lattice {
  const numbering = numberingOf(product);
  const options = inOrderOf(
    product.objective ?? "rank",
    product.tiers.flatMap((tier) =>
      addOnSets(product, tier).map((addOns) => {
        const price = addOns.reduce((sum, addOn) => sum + addOn.pricePerMonth, tier.pricePerMonth);
        const addOnIds = addOns.map(({ id }) => id);
        return {
          tier,
          addOns,
          addOnIds,
          pricePerMonth: price,
          offers: offersOf(numbering, tier, addOns),
        };
      }),
    ),
  );
  return {
    product,
    words: numbering.words,
    options: options.map(({ option }) => option),
    byPrice: byPrice(options.map(({ option }) => option)),
    lower: lowerThan(options.map(({ level }) => level)),
    bitOf: numbering.bitOf,
    leastFor: numbering.leastFor,
    memo: new Memo(numbering.words),
    scratch: emptyBits(numbering.words),
  };
}

function lowerThan(levels: readonly number[]): number[] {
  return [...levels.map((level) => levels.indexOf(level)), levels.length];
}

interface Numbering {
  readonly product: Product;
  readonly words: number;
  /** By limit: the numbers from which it begins to matter, one more than each tier allows, in ascending order. */
  readonly thresholds: ReadonlyMap<string, readonly number[]>;
  readonly bitOf: (ask: Ask) => number;
  readonly leastFor: (bit: number) => number | null;
}

/** What nothing offers: an unknown tier or capability. The catalogue may have lost what a rule still names. */
const NOT_OFFERED = 0;
/** What everything offers: a number below every limit. */
const ALWAYS_OFFERED = 1;

function numberingOf(product: Product): Numbering {
  const thresholds = thresholdsOf(product);
  const asks: Ask[] = [
    ...[...product.tiers, ...product.addOns].flatMap(({ capabilities }) =>
      capabilities.map((capability) => ({ type: "capability" as const, capability })),
    ),
    ...[...thresholds].flatMap(([limit, values]) =>
      values.map((atLeast) => ({ type: "limit" as const, limit, atLeast })),
    ),
    ...(["floor", "ceiling", "exactly"] as const).flatMap((type) =>
      product.tiers.map(({ id }) => ({ type, tier: id })),
    ),
  ];
  const bits = new Map([...new Set(asks.map(keyOf))].map((key, index) => [key, index + 2]));
  const least = new Map(
    asks.flatMap((ask) => (ask.type === "limit" ? [[bits.get(keyOf(ask)), ask.atLeast]] : [])),
  );
  return {
    product,
    words: wordsFor(bits.size + 2),
    thresholds,
    leastFor: (bit) => least.get(bit) ?? null,
    bitOf: (ask) => {
      if (ask.type !== "limit") return bits.get(keyOf(ask)) ?? NOT_OFFERED;
      const { limit } = ask;
      const atLeast = thresholds.get(limit)?.findLast((value) => value <= ask.atLeast);
      if (atLeast === undefined) return ALWAYS_OFFERED;
      return bits.get(keyOf({ ...ask, atLeast })) ?? NOT_OFFERED;
    },
  };
}

function keyOf(ask: Ask): string {
  if (ask.type === "capability") return `capability ${ask.capability}`;
  return ask.type === "limit"
    ? `limit ${ask.limit} ${String(ask.atLeast)}`
    : `${ask.type} ${ask.tier}`;
}

function thresholdsOf({ tiers }: Product): Map<string, number[]> {
  const limits = new Set(tiers.flatMap((tier) => Object.keys(tier.limits)));
  return new Map(
    [...limits].map((limit) => {
      const values = tiers.flatMap((tier) => tier.limits[limit] ?? []);
      return [limit, [...new Set(values.map((value) => value + 1))].sort((a, b) => a - b)];
    }),
  );
}

function offersOf(numbering: Numbering, tier: Tier, addOns: readonly AddOn[]): Bits {
  const { product, thresholds, bitOf } = numbering;
  const offers = emptyBits(numbering.words);
  const add = (ask: Ask) => addBit(offers, bitOf(ask));
  addBit(offers, ALWAYS_OFFERED);
  for (const { capabilities } of [tier, ...addOns]) {
    for (const capability of capabilities) add({ type: "capability", capability });
  }
  for (const [limit, values] of thresholds) {
    for (const atLeast of values) {
      if ((tier.limits[limit] ?? Infinity) >= atLeast) add({ type: "limit", limit, atLeast });
    }
  }
  for (const { id } of product.tiers) {
    if (covers(product, tier.id, id)) add({ type: "floor", tier: id });
    if (covers(product, id, tier.id)) add({ type: "ceiling", tier: id });
  }
  add({ type: "exactly", tier: tier.id });
  return offers;
}

/** Every set of add-ons that may be sold together on the tier, the empty one included. */
function addOnSets(product: Product, tier: Tier): AddOn[][] {
  const offered = product.addOns.filter(({ availableOn }) => availableOn.includes(tier.id));
  const sets: AddOn[][] = [];
  for (let mask = 0; mask < 2 ** offered.length; mask += 1) {
    const set = offered.filter((_, index) => (mask & (1 << index)) !== 0);
    if (set.every((addOn) => fits(product, tier, set, addOn))) sets.push(set);
  }
  return sets;
}

/** Its base is there, as an add-on or because the tier contains the same; and nothing that it excludes. */
function fits(product: Product, tier: Tier, set: readonly AddOn[], addOn: AddOn): boolean {
  const ids = set.map(({ id }) => id);
  const bases = (addOn.requires ?? []).every(
    (base) => ids.includes(base) || isIncluded(product, tier, base),
  );
  return bases && !(addOn.excludes ?? []).some((other) => ids.includes(other));
}

function isIncluded(product: Product, tier: Tier, addOn: string): boolean {
  const base = product.addOns.find(({ id }) => id === addOn);
  return base?.capabilities.every((capability) => tier.capabilities.includes(capability)) === true;
}

// ---------------------------------------------------------------------------------------------------------------
// Questions

export function answerTo(lattice: Lattice, asked: Bits): Answer {
  const known = lattice.memo.get(asked);
  if (known !== undefined) return known;
  const answer = answerOf(lattice, asked);
  lattice.memo.set(asked, answer);
  return answer;
}

function answerOf(lattice: Lattice, asked: Bits): Answer {
  const { options, lower } = lattice;
  let place = 0;
  for (const { offers } of options) {
    if (isSubset(asked, offers)) break;
    place += 1;
  }
  const forcing = forcingIn(lattice, lower[place] ?? 0, asked);
  return { option: options[place] ?? null, forcing };
}

export function firstOffering(options: readonly Option[], asked: Bits): Option | null {
  for (const option of options) if (isSubset(asked, option.offers)) return option;
  return null;
}

/**
 * Leaves out what can be left out without making a lower option enough. Asking more never gives a lower answer, so one
 * pass will do.
 */
function forcingIn({ options, scratch: kept }: Lattice, lower: number, asked: Bits): number[] {
  if (lower === 0) return [];
  copyBits(kept, asked);
  const forcing: number[] = [];
  for (const bit of listBits(asked)) {
    removeBit(kept, bit);
    if (!isOfferedByFirst(options, lower, kept)) continue;
    addBit(kept, bit);
    forcing.push(bit);
  }
  return forcing;
}

function isOfferedByFirst(options: readonly Option[], count: number, asked: Bits): boolean {
  for (let place = 0; place < count; place += 1) {
    const option = options[place];
    if (option !== undefined && isSubset(asked, option.offers)) return true;
  }
  return false;
}
