import type { Fact, Reason } from "../directory.js";
import { type Asked, askedBy, type Asks, type Part, textOf } from "./asks.js";
import { addBit, hasBit } from "./bits.js";

/** Which facts of a user count for one product, and what each of them asks. */

export interface Given {
  readonly asked: Asked;
  /** Null: the default of a setting to which nobody gave a value. */
  readonly fact: Fact | null;
  /** The setting whose default it is. */
  readonly setting?: string;
  /** The chain that leads to it: from what matched to what it gave. */
  readonly chain: () => readonly string[];
}

/**
 * Several rules may give one setting: a boolean is on if any says so, a number is the largest, of choices all count.
 * What was set by hand replaces them all. A permission that is withheld by hand is given by nobody, unless a role is a
 * requirement by itself (Q8).
 */
export function givenBy(asks: Asks, facts: readonly Fact[]): Given[] {
  const byHand = byHandIn(facts);
  const given: Given[] = [];
  for (const fact of facts) {
    const asked =
      fact.kind === "tierChoice"
        ? chosenBy(asks, fact, byHand)
        : byHand === null
          ? askedBy(asks, fact)
          : askedDespite(asks, fact, byHand);
    if (asked !== null && asked.parts.length > 0) given.push(new GivenFact(asked, fact));
  }
  return given;
}

class GivenFact implements Given {
  readonly asked: Asked;
  readonly fact: Fact;

  constructor(asked: Asked, fact: Fact) {
    this.asked = asked;
    this.fact = fact;
  }

  chain(): readonly string[] {
    return chainOf(this.fact);
  }
}

interface ByHand {
  readonly settings: ReadonlySet<string>;
  readonly withheld: ReadonlySet<string>;
  /** Products of which a tier was chosen. */
  readonly choices: ReadonlySet<string>;
}

/** Null for the most: nothing that a hand gave overrides anything. */
function byHandIn(facts: readonly Fact[]): ByHand | null {
  if (!facts.some(isOverride)) return null;
  const found = facts.filter(isOverride);
  const named = (wanted: Fact["kind"]) =>
    new Set(found.filter(({ kind }) => kind === wanted).map(({ name }) => name));
  return {
    settings: named("setting"),
    withheld: named("permission"),
    choices: named("tierChoice"),
  };
}

function isOverride({ source, kind, value }: Fact): boolean {
  if (source.type !== "hand") return false;
  return kind === "setting" || kind === "tierChoice" || (kind === "permission" && value === false);
}

function askedDespite(asks: Asks, fact: Fact, { settings, withheld }: ByHand): Asked | null {
  const asked = askedBy(asks, fact);
  if (asked === null) return null;
  const { kind, name, source } = fact;
  if (kind === "setting") return source.type !== "hand" && settings.has(name) ? null : asked;
  if (kind === "permission") return withheld.has(name) ? null : asked;
  if (kind !== "role" || asked.isFirm || withheld.size === 0) return asked;
  return withParts(
    asks,
    asked,
    asked.parts.filter(({ via }) => via === null || !withheld.has(via)),
  );
}

function withParts(asks: Asks, asked: Asked, parts: readonly Part[]): Asked {
  const bits = asks.nothing.bits.slice();
  for (const { bit } of parts) addBit(bits, bit);
  return { ...asked, parts, bits };
}

/** A choice by hand is meant exactly; of several by rules the highest counts, as with floors. */
function chosenBy(asks: Asks, fact: Fact, byHand: ByHand | null): Asked | null {
  const { product } = asks;
  const mode = product.tierMode ?? "derived";
  if (mode === "derived" || fact.name !== product.id || typeof fact.value !== "string") return null;
  const isByHand = fact.source.type === "hand";
  if (!isByHand && byHand?.choices.has(product.id) === true) return null;
  return asks.tier(mode === "chosen" && isByHand ? "exactly" : "floor", fact.value);
}

/** What the defaults ask where nothing was given (rule 30). They shape the tier of who has a claim, but are no claim. */
export function givenByDefault(asks: Asks, facts: readonly Fact[]): Given[] {
  const given: Given[] = [];
  for (const { id, byDefault, defaultText } of asks.settings.values()) {
    if (byDefault.parts.length === 0) continue;
    if (facts.some(({ kind, name }) => kind === "setting" && name === id)) continue;
    const chain = ["default", `setting:${id}=${defaultText}`];
    given.push({ asked: byDefault, fact: null, setting: id, chain: () => chain });
  }
  return given;
}

/** ["group:<id>", "role:team-leader"]: from what matched to what it gave. */
export function chainOf(fact: Fact): string[] {
  const { source } = fact;
  const first = source.type === "hand" ? `hand:${source.by}` : source.via;
  const value = typeof fact.value === "boolean" ? "" : `=${textOf(fact.value)}`;
  return [first, `${fact.kind}:${fact.name}${value}`];
}

/** One demand with the fact that makes it. */
export interface Source {
  readonly given: Given;
  readonly part: Part;
}

export function reasonsFor(bits: readonly number[], given: readonly Given[]): Reason[] {
  return sourcesOf(bits, given).map(reasonOf);
}

/**
 * What is behind some bits, one source for each: of several facts that ask the same, a fact before a default, and then
 * the first by name, so that the order of the facts does not matter.
 */
export function sourcesOf(bits: readonly number[], given: readonly Given[]): Source[] {
  const found: Source[] = [];
  for (const bit of bits) {
    const best = sourceOf(bit, given);
    if (best !== null) found.push(best);
  }
  return found;
}

/** Written as loops: it runs for everybody who is above the lowest tier. */
function sourceOf(bit: number, given: readonly Given[]): Source | null {
  let best: Source | null = null;
  let bestKey: string | null = null;
  for (const one of given) {
    if (!hasBit(one.asked.bits, bit)) continue;
    for (const part of one.asked.parts) {
      if (part.bit !== bit) continue;
      const source: Source = { given: one, part };
      if (best === null) {
        best = source;
        continue;
      }
      bestKey ??= keyOf(best);
      const key = keyOf(source);
      if (key < bestKey) [best, bestKey] = [source, key];
    }
  }
  return best;
}

function keyOf(source: Source): string {
  return `${source.given.fact === null ? "1" : "0"}${JSON.stringify(reasonOf(source))}`;
}

export function reasonOf({ given, part: { requires, via } }: Source): Reason {
  const chain = given.chain();
  return { requires, because: via === null ? chain : [...chain, `permission:${via}`] };
}
