import type { NamedTakeOver, ProductAnswer } from "../actions/sessions.js";
import type { Catalogue, Product } from "../domain/catalogue.js";
import { tierTitle } from "../domain/words.js";
import type { SeatLine } from "./pages.js";
import type { PageWords } from "./words.js";

/** What is said about a person's seats on the page after the sign-in: held, lost, waited for, and what to do. */

export interface LineOptions {
  readonly catalogue: Catalogue;
  readonly words: PageWords;
  /** IANA; in which times are told. */
  readonly timeZone: string;
  readonly poolName: (poolId: string | null) => string;
}

/** Products that the person has nothing to do with are left out. */
export function seatLines(
  products: ReadonlyMap<string, ProductAnswer>,
  options: LineOptions,
): SeatLine[] {
  return [...products].flatMap(([id, answer]) => {
    const product = options.catalogue.products.get(id);
    const sentences = sentencesOf(answer, product, options);
    return sentences.length === 0 ? [] : [{ product: product?.title ?? id, sentences }];
  });
}

function sentencesOf(
  { seat, pool, waiting, takenOver, requirement, reason }: ProductAnswer,
  product: Product | undefined,
  options: LineOptions,
): string[] {
  const { say } = options.words;
  if (seat !== null) {
    const tier = tierTitle(product, seat.tier);
    return [say("signedIn.seat", { tier, pool: pool?.name ?? "" })];
  }
  const lost = takenOver === null ? [] : [lossOf(takenOver, product, options)];
  if (waiting !== null) {
    const { position, tier: wanted } = waiting;
    const tier = tierTitle(product, wanted);
    const key = waiting.reason === "ReservationHeld" ? "noSeat.reserved" : "noSeat.waiting";
    return [...lost, say(key, { position, tier })];
  }
  if (reason === "excluded") return [say("noSeat.excluded")];
  if (reason === "tierConflict") return [say("noSeat.tierConflict")];
  if (lost.length > 0) return lost;
  return requirement === null ? [] : [say("noSeat.none")];
}

function lossOf(
  { tier, poolId, at, byName }: NamedTakeOver,
  product: Product | undefined,
  { words, timeZone, poolName }: LineOptions,
): string {
  const values = {
    tier: tier === null ? "" : tierTitle(product, tier),
    pool: poolName(poolId),
    at: words.time(at, timeZone),
  };
  return byName === null
    ? words.say("takenOver.anonymous", values)
    : words.say("takenOver.by", { ...values, by: byName });
}
