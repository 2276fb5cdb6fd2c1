import type { Catalogue, Product } from "../catalogue.js";
import type { Fact, Reason } from "../directory.js";
import type { BreakGlass } from "../emergency/glass.js";
import { minuteWords } from "./moments.js";

/** Explanations in words: where a fact comes from, and what forces a tier. */

/** What the words need to know beside the fact or the reason itself. */
export interface Vocabulary {
  readonly catalogue: Catalogue;
  readonly groupNames: ReadonlyMap<string, string>;
  readonly ruleNames: ReadonlyMap<string, string>;
  /** Of the organisation, an IANA name: in which dates are told. */
  readonly timeZone: string;
}

/** `the rule "Support agents" because of the group "Support"` */
export function sourceWords({ source }: Pick<Fact, "source">, words: Vocabulary): string {
  if (source.type === "hand") return `given by hand by ${source.by}`;
  const origin = originWords(source.via, words);
  const rule = source.type === "rule" ? words.ruleNames.get(source.ruleId) : undefined;
  return rule === undefined ? `because of ${origin}` : `the rule "${rule}" because of ${origin}`;
}

/** `the group "Support" gives the role Team Leader, which includes the permission Statistics tab, which needs ...` */
export function reasonWords(reason: Reason, words: Vocabulary): string {
  const [origin = "", ...steps] = reason.because;
  const chain = steps.map((step) => stepWords(step, words)).join(", which includes ");
  const gives =
    chain === "" ? originWords(origin, words) : `${originWords(origin, words)} gives ${chain}`;
  const needs = needWords(reason.requires);
  return needs === null ? gives : `${gives}, which needs ${needs}`;
}

function originWords(origin: string, words: Vocabulary): string {
  const [kind, name] = split(origin, ":");
  switch (kind) {
    case "group":
      return `the group "${words.groupNames.get(name) ?? name}"`;
    case "attribute":
      return `the attribute ${name}`;
    case "hand":
      return `${name} (by hand)`;
    case "everyone":
      return "a rule for everyone";
    case "default":
      return "the default";
    default:
      return origin;
  }
}

function stepWords(step: string, { catalogue }: Vocabulary): string {
  const [kind, rest] = split(step, ":");
  const [name, value] = split(rest, "=");
  switch (kind) {
    case "role":
      return `the role ${titleOf(catalogue.roles, name)}`;
    case "permission":
      return `the permission ${titleOf(catalogue.permissions, name)}`;
    case "setting":
      return `the setting "${titleOf(catalogue.settings, name)}"${value === "" ? "" : ` with the value ${value}`}`;
    case "tierFloor":
      return `at least ${tierTitle(catalogue.products.get(name), value)} of ${titleOf(catalogue.products, name)}`;
    case "tierCeiling":
      return `at most ${tierTitle(catalogue.products.get(name), value)} of ${titleOf(catalogue.products, name)}`;
    case "tierChoice":
      return `the choice of ${tierTitle(catalogue.products.get(name), value)} of ${titleOf(catalogue.products, name)}`;
    case "breakGlass":
      return glassStep(catalogue.products.get(name), name, value);
    case "exclusion":
      return `an exclusion from ${titleOf(catalogue.products, name)}`;
    default:
      return `${kind} ${rest}`;
  }
}

function glassStep(product: Product | undefined, id: string, tier: string): string {
  const title = product?.title ?? id;
  return `a break-glass claim to ${tier === "" ? title : `at least ${tierTitle(product, tier)} of ${title}`}`;
}

/** What has left the catalogue is shown by its id. */
export function titleOf(
  among: ReadonlyMap<string, { readonly title: string }>,
  id: string,
): string {
  return among.get(id)?.title ?? id;
}

/** Null when the step before says it already. */
function needWords(requires: string): string | null {
  if (requires === "exclusion" || /^tier[<>]?=/.test(requires)) return null;
  const [limit, atLeast] = split(requires, "=");
  return atLeast === "" ? `"${requires}"` : `${limit} up to ${atLeast}`;
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + by.length)];
}

export function tierTitle(product: Product | undefined, tier: string): string {
  return product?.tiers.find(({ id }) => id === tier)?.title ?? tier;
}

/** `Break-glass by ann until 2026-03-01 12:00 UTC ("incident 4711"), although excluded by the group "Contractors".` */
export function glassSentence(
  { by, until, reason, despite }: BreakGlass,
  words: Vocabulary,
): string {
  const origins = [...new Set(despite.map(([origin = ""]) => originWords(origin, words)))];
  const although = origins.length === 0 ? "" : `, although excluded by ${origins.join(" and ")}`;
  return `Break-glass by ${by} until ${minuteWords(until, words.timeZone)} ("${reason}")${although}.`;
}
