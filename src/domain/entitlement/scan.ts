import type { Fact } from "../directory.js";
import { type Asked, askedBy, type Asks } from "./asks.js";
import { addAll, type Bits } from "./bits.js";
import { hasDemand } from "./claims.js";
import { givenBy, givenByDefault } from "./given.js";

/**
 * What a user's facts ask of a product, as bits alone: the short way for the many who have nothing out of the ordinary.
 * given.ts says the same with the reasons; where facts override each other its way is taken here, too.
 */

/** A demand is a claim; "at most this tier" is none. */
const CLAIMED = 1;
/** Something may count for less than it says. */
const OVERRIDES = 2;

/** @returns whether something asked is a claim; `into` then holds everything asked, the defaults included */
export function scan(asks: Asks, facts: readonly Fact[], into: Bits): boolean {
  into.fill(0);
  let flags = 0;
  let settings = 0;
  for (const fact of facts) {
    const asked = askedBy(asks, fact);
    if (fact.kind === "setting") {
      const bit = settingBit(asks, fact);
      // Several values of one setting: by hand or not makes a difference.
      if ((settings & bit) !== 0) flags |= OVERRIDES;
      settings |= bit;
    }
    flags |= asked === null ? overrideIn(asks, fact) : add(asked, fact, into);
  }
  if ((flags & OVERRIDES) !== 0 || asks.settings.size > SETTINGS_MAX) {
    return scanSlowly(asks, facts, into);
  }
  addDefaults(asks, settings, into);
  return (flags & CLAIMED) !== 0;
}

function settingBit({ settings }: Asks, { name }: Fact): number {
  const setting = settings.get(name);
  return setting === undefined ? 0 : 1 << setting.index;
}

/** @param given the settings that somebody gave, one bit for each */
function addDefaults({ defaults, settings }: Asks, given: number, into: Bits): void {
  if (given === 0) {
    addAll(into, defaults);
    return;
  }
  for (const { index, byDefault } of settings.values()) {
    if ((given & (1 << index)) === 0) addAll(into, byDefault.bits);
  }
}

/** As many as a word has bits. */
const SETTINGS_MAX = 31;

function add({ parts, bits }: Asked, { kind }: Fact, into: Bits): number {
  if (parts.length === 0) return 0;
  addAll(into, bits);
  return kind === "tierCeiling" ? 0 : CLAIMED;
}

function overrideIn({ product }: Asks, { kind, value }: Fact): number {
  if (kind === "permission") return value === false ? OVERRIDES : 0;
  const isChoice = kind === "tierChoice" && (product.tierMode ?? "derived") !== "derived";
  return isChoice ? OVERRIDES : 0;
}

function scanSlowly(asks: Asks, facts: readonly Fact[], into: Bits): boolean {
  into.fill(0);
  const given = givenBy(asks, facts);
  for (const { asked } of [...given, ...givenByDefault(asks, facts)]) addAll(into, asked.bits);
  return hasDemand(given);
}
