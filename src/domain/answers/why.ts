import { type BoundPlaces, boundSentences, placesSentence } from "../keeping/boundWords.js";
import type { Product } from "../catalogue.js";
import type { Pool, Requirement, Seat, User, WaitingEntry } from "../directory.js";
import { ownListWords } from "./fullWords.js";
import type { KeptState } from "../pools/policy.js";
import { namedIn } from "../waiting/serves.js";
import { LAPSED } from "../keeping/remembered.js";
import { keepsSentence, missingWords, poolsServing } from "./keeps.js";
import { dayWords, minuteWords } from "./moments.js";
import { glassSentence, reasonWords, tierTitle, type Vocabulary } from "./words.js";

/** Why somebody has a seat or none, in a sentence. */

type BreakGlassOf = Partial<Pick<Requirement, "breakGlass">>;

/** Everything about one user and one product that the sentence is made of. */
export interface Standing {
  readonly user: User;
  readonly product: Product;
  readonly requirement:
    (Pick<Requirement, "product" | "tier" | "blocked" | "witness"> & BreakGlassOf) | null;
  readonly seat:
    | (Pick<Seat, "product" | "poolId" | "tier" | "grantedAt" | "heldBy"> &
        Partial<Pick<Seat, "grace" | "expiresAt" | "borrowedUntil" | "movesAt">>)
    | null;
  /** What gives no access. */
  readonly kept: {
    readonly product: string;
    readonly poolId: string;
    readonly state: KeptState;
    /** Why it is kept, where that is known. */
    readonly reason?: string;
  } | null;
  /** Places that nobody else may have before a moment: of the seat that was lost, or in pools that were left. */
  readonly bound?: readonly { readonly poolId: string; readonly until: number }[];
  readonly waiting: {
    readonly entry: Pick<
      WaitingEntry,
      "product" | "tier" | "poolId" | "alsoPools" | "since" | "reason" | "priority"
    >;
    /** 1-based; null where nobody counted. */
    readonly position: number | null;
    /** Of a pool that could serve the entry: its id, and places that are kept for who had them. */
    readonly bound?: readonly [string, BoundPlaces];
  } | null;
  /** Of this product. */
  readonly pools: readonly Pick<Pool, "id" | "name" | "product" | "tiers" | "policy">[];
  /** Of the pools that the person is to have a seat of, and of no other: the names. Absent: any will do. */
  readonly named?: readonly string[];
}

/** The first reason that applies, in the order in which the decision itself looks at them. */
export function whySentence(standing: Standing, words: Vocabulary): string {
  const { timeZone } = words;
  const own = boundSentences(standing, nameOf(standing), timeZone);
  const glass = standing.user.active ? standing.requirement?.breakGlass : undefined;
  const brokenGlass = glass === undefined ? "" : ` ${glassSentence(glass, words)}`;
  return `${firstReason(standing, words)}${placesSentence(standing, timeZone)}${own}${brokenGlass}`;
}

function firstReason(standing: Standing, words: Vocabulary): string {
  const { product, requirement, seat, waiting } = standing;
  const name = nameOf(standing);
  const because = requirement === null ? "" : witnessWords(requirement, words);
  const blocked = blockedSentence(standing, because);
  if (blocked !== null) return blocked;
  if (waiting !== null) return waitingSentence(standing, waiting, because, words);
  if (seat !== null) return seatSentence(standing, seat, because, words);
  const kept = keptSentence(standing);
  if (kept !== null) return kept;
  return requirement === null || requirement.tier === null
    ? `Nothing gives ${name} a claim to a seat of ${product.title}.`
    : noSeatSentence(standing, requirement.tier, because, words);
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
      return kept.reason === LAPSED
        ? `The lease of ${product.title} that ${name} had has run out; a late renewal can still revive it.`
        : `The seat of ${product.title} that ${name} had is parked.`;
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

function nameOf({ user }: Pick<Standing, "user">): string {
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
  words: Vocabulary,
): string {
  const { product, seat, pools, requirement } = standing;
  const name = nameOf(standing);
  const tier = tierTitle(product, entry.tier);
  const cause = WAITS_BECAUSE[entry.reason];
  const kept = seat === null ? "" : ` Meanwhile ${name} keeps ${tierTitle(product, seat.tier)}.`;
  const since = dayWords(entry.since, words.timeZone);
  const list = ownListWords(
    pools.filter((pool) => pool.tiers.includes(entry.tier)),
    words,
  );
  const needs = tierTitle(product, requirement?.tier ?? entry.tier);
  const needed = neededBecause(product, needs, because);
  const place = position === null ? "" : `, at place ${String(position)}`;
  const { priority = 0 } = entry;
  const ahead = priority === 0 ? "" : `, with priority ${String(priority)}`;
  return `${name} waits for ${tier} of ${product.title} since ${since}${place}${ahead}, because ${cause}.${list}${kept}${moreWords(standing, entry)}${needed}`;
}

/** The reasons of the requirement explain what is needed; what is waited for may be more than that. */
function moreWords(
  { user, product, requirement, pools }: Standing,
  entry: Pick<WaitingEntry, "tier" | "poolId" | "alsoPools">,
): string {
  const { tier } = entry;
  const isMore = requirement?.tier != null && requirement.tier !== tier;
  const named = namedIn(entry).flatMap((id) => pools.find((pool) => pool.id === id) ?? []);
  if (named.length > 0) {
    const offers = isMore ? `, which gives no less than ${tierTitle(product, tier)}` : "";
    const names = named.map(({ name }) => `"${name}"`).join(" or ");
    return ` ${nameOf({ user })} is to have a seat of the pool ${names}${offers}.`;
  }
  return isMore ? " No pool offers a lower tier that is enough." : "";
}

function seatSentence(
  standing: Standing,
  seat: NonNullable<Standing["seat"]>,
  because: string,
  words: Vocabulary,
): string {
  const { product, pools, requirement } = standing;
  const name = nameOf(standing);
  const held = tierTitle(product, seat.tier);
  const pool = pools.find(({ id }) => id === seat.poolId)?.name ?? seat.poolId;
  const holds = `${name} has ${held} of ${product.title} from the pool "${pool}" since ${dayWords(seat.grantedAt, words.timeZone)}.${goesWords(seat, words.timeZone)}`;
  if (seat.heldBy !== undefined) {
    return `${holds} Nothing asks for it any more; it is kept because too many seats would have been lost at once.`;
  }
  if (requirement?.tier == null) return `${holds} Signing in was reason enough.`;
  const needed = neededBecause(product, tierTitle(product, requirement.tier), because);
  return `${holds}${needed}${keepsSentence(standing, { seat, needed: requirement.tier, name }, words)}`;
}

function goesWords(
  { grace, expiresAt, borrowedUntil }: NonNullable<Standing["seat"]>,
  timeZone: string,
): string {
  if (borrowedUntil !== undefined && borrowedUntil === expiresAt) {
    return ` It is borrowed until ${minuteWords(borrowedUntil, timeZone)}, renewed or not.`;
  }
  if (grace === undefined || expiresAt == null) return "";
  const why = grace.reason === "contracted" ? "fewer seats were bought" : "nobody used it";
  return ` It will be taken back on ${dayWords(expiresAt, timeZone)}, because ${why}.`;
}

function noSeatSentence(
  standing: Standing,
  tier: string,
  because: string,
  words: Vocabulary,
): string {
  const { product } = standing;
  const name = nameOf(standing);
  const title = tierTitle(product, tier);
  const list = ownListWords(poolsServing(standing, tier), words);
  return `${name} has no seat of ${product.title}: ${missingWords(standing, name, tier)}.${list}${neededBecause(product, title, because)}`;
}
