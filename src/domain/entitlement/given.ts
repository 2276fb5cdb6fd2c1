import type { Fact, Reason } from "../directory.js";
import { type Asked, askedBy, type Asks, giftOf, type Part, type SettingAsks } from "./asks.js";
import { addBit, hasBit } from "./bits.js";

/** Which facts of a user count for one product, and what each of them asks. */

export interface Given {
  readonly asked: Asked;
  /** Null: the default of a setting to which nobody gave a value. */
  readonly fact: Fact | null;
  /** The setting whose default it is. */
  readonly setting?: string;
  /** The chain that leads to it: from what matched to what it gave. */
  chain(): readonly string[];
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
    const { kind, value } = this.fact;
    // Somebody may have given a role or a permission with a value that means nothing, and is told so.
    const isUsual = kind === "setting" || typeof value === "boolean";
    return chainOf(this.fact, isUsual ? this.asked.gift : null);
  }
}

/** A few names: looking through them is quicker than making a set of them. */
interface ByHand {
  readonly settings: string[];
  readonly withheld: string[];
  /** Products of which a tier was chosen. */
  readonly choices: string[];
}

/** Null for the most: nothing that a hand gave overrides anything. */
function byHandIn(facts: readonly Fact[]): ByHand | null {
  let found: ByHand | null = null;
  for (const fact of facts) {
    if (!isOverride(fact)) continue;
    found ??= { settings: [], withheld: [], choices: [] };
    const { settings, withheld, choices } = found;
    const names =
      fact.kind === "setting" ? settings : fact.kind === "permission" ? withheld : choices;
    names.push(fact.name);
  }
  return found;
}

function isOverride({ source, kind, value }: Fact): boolean {
  const canOverride =
    kind === "setting" || kind === "tierChoice" || (kind === "permission" && value === false);
  return canOverride && source.type === "hand";
}

function askedDespite(asks: Asks, fact: Fact, { settings, withheld }: ByHand): Asked | null {
  const asked = askedBy(asks, fact);
  if (asked === null) return null;
  const { kind, name, source } = fact;
  if (kind === "setting") return source.type !== "hand" && settings.includes(name) ? null : asked;
  if (kind === "permission") return withheld.includes(name) ? null : asked;
  if (kind !== "role" || asked.isFirm || withheld.length === 0) return asked;
  return withParts(
    asks,
    asked,
    asked.parts.filter(({ via }) => via === null || !withheld.includes(via)),
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
  if (!isByHand && byHand?.choices.includes(product.id) === true) return null;
  return asks.tier(mode === "chosen" && isByHand ? "exactly" : "floor", fact.value);
}

/** And what the defaults ask where nothing was given (rule 30). They shape the tier of who has a claim, but are no claim. */
export function withDefaults(
  asks: Asks,
  facts: readonly Fact[],
  given: readonly Given[],
): readonly Given[] {
  let all: Given[] | null = null;
  for (const setting of asks.defaults) {
    if (isSet(facts, setting.id)) continue;
    all ??= given.slice();
    all.push(new GivenByDefault(setting));
  }
  return all ?? given;
}

function isSet(facts: readonly Fact[], setting: string): boolean {
  for (const { kind, name } of facts) if (kind === "setting" && name === setting) return true;
  return false;
}

class GivenByDefault implements Given {
  readonly asked: Asked;
  readonly fact = null;
  readonly setting: string;
  readonly #text: string;

  constructor({ id, byDefault, defaultText }: SettingAsks) {
    this.asked = byDefault;
    this.setting = id;
    this.#text = defaultText;
  }

  chain(): readonly string[] {
    return ["default", `setting:${this.setting}=${this.#text}`];
  }
}

/** ["group:<id>", "role:team-leader"]: from what matched to what it gave. */
export function chainOf(fact: Fact, gift: string | null = null): string[] {
  const { source } = fact;
  const first = source.type === "hand" ? `hand:${source.by}` : source.via;
  return [first, gift ?? giftOf(fact)];
}

/** One demand with the fact that makes it. */
export interface Source {
  readonly given: Given;
  readonly part: Part;
}

export function reasonsFor(bits: readonly number[], given: readonly Given[]): Reason[] {
  const reasons: Reason[] = [];
  for (const bit of bits) {
    const source = sourceOf(bit, given);
    if (source !== null) reasons.push(reasonOf(source));
  }
  return reasons;
}

/** What is behind some bits, one source for each. */
export function sourcesOf(bits: readonly number[], given: readonly Given[]): Source[] {
  const found: Source[] = [];
  for (const bit of bits) {
    const best = sourceOf(bit, given);
    if (best !== null) found.push(best);
  }
  return found;
}

/**
 * Of several that ask the same a fact before a default, and then the first by name, so that the order of the facts does not
 * matter. Written as loops: it runs for everybody who is above the lowest tier.
 */
function sourceOf(bit: number, given: readonly Given[]): Source | null {
  let best: Source | null = null;
  for (const one of given) {
    if (!hasBit(one.asked.bits, bit)) continue;
    for (const part of one.asked.parts) {
      if (part.bit !== bit) continue;
      const source: Source = { given: one, part };
      if (best === null || isBefore(source, best)) best = source;
    }
  }
  return best;
}

/** A fact before a default; otherwise as the reasons would be in order if each were written as JSON. */
function isBefore(source: Source, other: Source): boolean {
  const isDefault = source.given.fact === null;
  if (isDefault !== (other.given.fact === null)) return !isDefault;
  const [mine, theirs] = [reasonOf(source), reasonOf(other)];
  if (mine.requires !== theirs.requires) return isTextBefore(mine.requires, theirs.requires);
  for (let place = 0; place < mine.because.length; place += 1) {
    const [own, foreign] = [mine.because[place] ?? "", theirs.because[place]];
    // A comma is before the bracket that ends the list.
    if (foreign === undefined) return true;
    if (own !== foreign) return isTextBefore(own, foreign);
  }
  return false;
}

function isTextBefore(a: string, b: string): boolean {
  return JSON.stringify(a) < JSON.stringify(b);
}

export function reasonOf({ given, part: { requires, via } }: Source): Reason {
  const chain = given.chain();
  return { requires, because: via === null ? chain : [...chain, `permission:${via}`] };
}
