import type { NamedTakeOver, ProductAnswer } from "../actions/sessions.js";
import type { Catalogue, Product } from "../domain/catalogue.js";
import type { Timestamp } from "../domain/directory.js";
import { tierTitle } from "../domain/answers/words.js";
import type { SeatLine } from "./pages.js";
import type { PageWords } from "./words.js";

/** What is said about a person's seats on the page after the sign-in: held, lost, waited for, and what to do. */

export interface LineOptions {
  readonly catalogue: Catalogue;
  readonly words: PageWords;
  /** IANA; in which times are told. */
  readonly timeZone: string;
  readonly now: Timestamp;
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
  answer: ProductAnswer,
  product: Product | undefined,
  options: LineOptions,
): string[] {
  const { seat, pool, waiting, takenOver, requirement, reason } = answer;
  const { say } = options.words;
  if (seat !== null) {
    const tier = tierTitle(product, seat.tier);
    return [say("signedIn.seat", { tier, pool: pool?.name ?? "" })];
  }
  const lost = takenOver === null ? [] : [lossOf(takenOver, product, options)];
  const when = takeOverLines(answer, options);
  if (waiting !== null) return [...lost, waitingLine(waiting, product, options), ...when];
  if (reason === "excluded") return [say("noSeat.excluded")];
  if (reason === "tierConflict") return [say("noSeat.tierConflict")];
  if (lost.length > 0 || requirement === null) return [...lost, ...when];
  return [say("noSeat.none"), ...when];
}

function waitingLine(
  { reason, position, tier }: NonNullable<ProductAnswer["waiting"]>,
  product: Product | undefined,
  { words }: LineOptions,
): string {
  const key = reason === "ReservationHeld" ? "noSeat.reserved" : "noSeat.waiting";
  return words.say(key, { position, tier: tierTitle(product, tier) });
}

function takeOverLines(
  { evictableAt, takenOver }: ProductAnswer,
  { words, timeZone, now }: LineOptions,
): string[] {
  if (evictableAt === undefined) return [];
  // Who lost a seat is told already to sign in again.
  if (evictableAt <= now) return takenOver === null ? [words.say("noSeat.takeOverNow")] : [];
  // Told to the minute: before that would be too early.
  const at = Math.ceil(evictableAt / MINUTE_MS) * MINUTE_MS;
  return [words.say("noSeat.takeOver", { at: words.time(at, timeZone) })];
}
const MINUTE_MS = 60_000;

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
