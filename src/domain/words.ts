import type { Catalogue, Product } from "./catalogue.js";
import type { KeptState } from "./policy.js";
import type { Fact, Pool, Reason, Requirement, Seat, User, WaitingEntry } from "./directory.js";
import { covers } from "./entitlement.js";
import type { BreakGlass } from "./glass.js";

/** Explanations in words: where a fact comes from, what forces a tier, why somebody has a seat or none. */

/** What the words need to know beside the fact or the reason itself. */
export interface Vocabulary {
  readonly catalogue: Catalogue;
  readonly groupNames: ReadonlyMap<string, string>;
  readonly ruleNames: ReadonlyMap<string, string>;
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

// ---------------------------------------------------------------------------------------------------------------
// Why

type BreakGlassOf = Partial<Pick<Requirement, "breakGlass">>;

/** Everything about one user and one product that the sentence is made of. */
export interface Standing {
  readonly user: User;
  readonly product: Product;
  readonly requirement:
    (Pick<Requirement, "product" | "tier" | "blocked" | "witness"> & BreakGlassOf) | null;
  readonly seat:
    | (Pick<Seat, "product" | "poolId" | "tier" | "grantedAt" | "heldBy"> &
        Partial<Pick<Seat, "grace" | "expiresAt">>)
    | null;
  /** What gives no access. */
  readonly kept: {
    readonly product: string;
    readonly poolId: string;
    readonly state: KeptState;
    /** Why it is kept, where that is known. */
    readonly reason?: string;
  } | null;
  readonly waiting: {
    readonly entry: Pick<WaitingEntry, "product" | "tier" | "since" | "reason" | "priority">;
    /** 1-based; null where nobody counted. */
    readonly position: number | null;
  } | null;
  /** Of this product. */
  readonly pools: readonly Pick<Pool, "id" | "name" | "product" | "tiers" | "policy">[];
}

/** The first reason that applies, in the order in which the decision itself looks at them. */
export function whySentence(standing: Standing, words: Vocabulary): string {
  const glass = standing.user.active ? standing.requirement?.breakGlass : undefined;
  const sentence = sentenceOf(standing, words);
  return glass === undefined ? sentence : `${sentence} ${glassSentence(glass, words)}`;
}

/** `Break-glass by ann until 2026-03-01 12:00 UTC ("incident 4711"), although excluded by the group "Contractors".` */
export function glassSentence(
  { by, until, reason, despite }: BreakGlass,
  words: Vocabulary,
): string {
  const origins = [...new Set(despite.map(([origin = ""]) => originWords(origin, words)))];
  const although = origins.length === 0 ? "" : `, although excluded by ${origins.join(" and ")}`;
  return `Break-glass by ${by} until ${minute(until)} ("${reason}")${although}.`;
}

function sentenceOf(standing: Standing, words: Vocabulary): string {
  const { product, requirement, seat, waiting } = standing;
  const name = nameOf(standing);
  const because = requirement === null ? "" : witnessWords(requirement, words);
  const blocked = blockedSentence(standing, because);
  if (blocked !== null) return blocked;
  if (waiting !== null) return waitingSentence(standing, waiting, because);
  if (seat !== null) return seatSentence(standing, seat, because);
  const kept = keptSentence(standing);
  if (kept !== null) return kept;
  return requirement === null || requirement.tier === null
    ? `Nothing gives ${name} a claim to a seat of ${product.title}.`
    : noSeatSentence(standing, requirement.tier, because);
}

function keptSentence(standing: Standing): string | null {
  const { product, kept } = standing;
  const name = nameOf(standing);
  switch (kept?.state) {
    case "pending":
      return `${name} is invited to ${product.title}; the first sign-in accepts the invitation.`;
    case "closed":
      return `The invitation of ${name} to ${product.title} has ended without being accepted.`;
    case "parked":
      if (kept.reason === "reclaimed" || kept.reason === "givenUp") {
        const why = kept.reason === "reclaimed" ? "was taken back for want of use" : "was given up";
        return `The seat of ${product.title} that ${name} had ${why}; the next use gives one again.`;
      }
      return `The seat of ${product.title} that ${name} had is parked.`;
    case "suspended":
    case undefined:
      return null;
  }
}

function blockedSentence(standing: Standing, because: string): string | null {
  const { user, product, requirement, seat } = standing;
  const name = nameOf(standing);
  if (!user.active) {
    return `The account of ${name} is deactivated, so it has no seat of ${product.title}.`;
  }
  if (requirement?.blocked === "Excluded") {
    return `${name} gets no seat of ${product.title}: ${because}.`;
  }
  if (requirement?.blocked === "TierConflict") {
    const kept = seat === null ? "" : ` The seat that ${name} holds is kept until this is settled.`;
    return `No tier of ${product.title} offers everything that ${name} needs at once: ${because}.${kept}`;
  }
  return null;
}

function nameOf({ user }: Standing): string {
  return user.displayName ?? user.userName;
}

function witnessWords(requirement: Pick<Requirement, "witness">, words: Vocabulary): string {
  return requirement.witness.map((reason) => reasonWords(reason, words)).join("; and ");
}

function neededBecause({ tierMode }: Product, tier: string, because: string): string {
  if (because !== "") return ` ${tier} is needed because ${because}.`;
  return tierMode === "chosen"
    ? ` ${tier} is the lowest tier, and none was chosen.`
    : ` ${tier} is the lowest tier and enough.`;
}

const WAITS_BECAUSE: Readonly<Record<WaitingEntry["reason"], string>> = {
  PoolFull: "all seats are taken",
  Restricted: "all seats are taken",
  NoPool: "no pool offers it",
  ReservationHeld: "the seats that are free are reserved for others",
  HoldsMore: "a higher seat is held until one is free",
  Bundle: "all seats are taken and it comes only together with other products",
};

function waitingSentence(
  standing: Standing,
  { entry, position }: NonNullable<Standing["waiting"]>,
  because: string,
): string {
  const { product, seat } = standing;
  const name = nameOf(standing);
  const tier = tierTitle(product, entry.tier);
  const cause = WAITS_BECAUSE[entry.reason];
  const kept = seat === null ? "" : ` Meanwhile ${name} keeps ${tierTitle(product, seat.tier)}.`;
  const since = day(entry.since);
  const place = position === null ? "" : `, at place ${String(position)}`;
  const { priority = 0 } = entry;
  const ahead = priority === 0 ? "" : `, with priority ${String(priority)}`;
  return `${name} waits for ${tier} of ${product.title} since ${since}${place}${ahead}, because ${cause}.${kept}${neededBecause(product, tier, because)}`;
}

function seatSentence(
  standing: Standing,
  seat: NonNullable<Standing["seat"]>,
  because: string,
): string {
  const { product, pools, requirement } = standing;
  const name = nameOf(standing);
  const held = tierTitle(product, seat.tier);
  const pool = pools.find(({ id }) => id === seat.poolId)?.name ?? seat.poolId;
  const holds = `${name} has ${held} of ${product.title} from the pool "${pool}" since ${day(seat.grantedAt)}.${goesWords(seat)}`;
  if (seat.heldBy !== undefined) {
    return `${holds} Nothing asks for it any more; it is kept because too many seats would have been lost at once.`;
  }
  if (requirement?.tier == null) return `${holds} Signing in was reason enough.`;
  return `${holds}${neededBecause(product, tierTitle(product, requirement.tier), because)}`;
}

function goesWords({ grace, expiresAt }: NonNullable<Standing["seat"]>): string {
  if (grace === undefined || expiresAt == null) return "";
  const why = grace.reason === "contracted" ? "fewer seats were bought" : "nobody used it";
  return ` It will be taken back on ${day(expiresAt)}, because ${why}.`;
}

function noSeatSentence(standing: Standing, tier: string, because: string): string {
  const { product, pools } = standing;
  const name = nameOf(standing);
  const title = tierTitle(product, tier);
  const serving = pools.filter((pool) =>
    pool.tiers.some((offered) => covers(product, offered, tier)),
  );
  return `${name} has no seat of ${product.title}: ${missingWords(serving, title)}.${neededBecause(product, title, because)}`;
}

function missingWords(serving: Standing["pools"], tier: string): string {
  if (serving.length === 0) return `no pool of this organisation offers ${tier} or more`;
  if (serving.some(({ policy }) => policy.acquireOn === "signIn")) {
    return "the seat is given at the next sign-in";
  }
  if (serving.every(({ policy }) => policy.acquireOn === "manual")) {
    return "the seats are only given by hand";
  }
  return serving.some(({ policy }) => policy.reservations.length > 0)
    ? "all seats are taken, or reserved for others, and nobody waits for them"
    : "all seats are taken, and nobody waits for them";
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
