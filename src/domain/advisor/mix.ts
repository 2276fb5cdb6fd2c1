import type { Id } from "../directory.js";
import { lowerBound } from "./bound.js";
import type { FloatingOffer, MixQuestion, OwnSeat } from "./question.js";
import { backTest, countsAt, peakOf, sumOf, type FloatingKind, type Use } from "./uses.js";

export interface Mix {
  readonly named: readonly Id[];
  readonly daily: readonly Id[];
  readonly floating: {
    readonly kind: FloatingKind;
    readonly seats: number;
    readonly people: readonly Id[];
  } | null;
  /** Minor units. */
  readonly cost: number;
  /** No mix within the accepted refusals costs less than this. */
  readonly lowerBound: number;
  readonly isOptimal: boolean;
  /** Who would have been refused or interrupted how often. */
  readonly refused: ReadonlyMap<Id, number>;
}

/** Up to here all possibilities are looked at. */
const EXACT_PEOPLE_MAX = 9;
const EXACT_USES_MAX = 400;
/** Otherwise at most so many numbers of floating seats are tried. */
const SEATS_TRIED_MAX = 12;

/**
 * The cheapest mix of seats for what has happened. Everybody either has a seat of their own, named or by the day,
 * whichever is cheaper for this person, or shares the floating seats with others. Whom to give which is a hard
 * problem (the largest part of a set of intervals that so many seats can serve), so for more than a few people the
 * answer is a good one, with a bound that says how good.
 */
export function cheapestMix(question: MixQuestion, exactPeopleMax = EXACT_PEOPLE_MAX): Mix {
  const people = [...new Set(question.uses.map(({ userId }) => userId))].sort();
  const isSmall = people.length <= exactPeopleMax && question.uses.length <= EXACT_USES_MAX;
  const search = isSmall ? allSharings : goodSharings;
  let best = mixOf(question, people, null);
  for (const offer of question.floating) {
    for (const sharing of search(question, people, offer)) {
      if (costOf(question, people, sharing) < best.cost) best = mixOf(question, people, sharing);
    }
  }
  const bound = isSmall ? best.cost : Math.min(best.cost, lowerBound(question));
  return { ...best, lowerBound: bound, isOptimal: best.cost === bound };
}

/** Some people on some floating seats, within the accepted refusals. */
interface Sharing {
  readonly offer: FloatingOffer;
  readonly seats: number;
  readonly people: ReadonlySet<Id>;
}

function ownPrice({ own }: MixQuestion, userId: Id): number {
  return own.get(userId)?.price ?? 0;
}

function costOf(question: MixQuestion, people: readonly Id[], sharing: Sharing | null): number {
  const others = people.filter((id) => sharing?.people.has(id) !== true);
  const floating = sharing === null ? 0 : sharing.seats * sharing.offer.price;
  return others.reduce((sum, id) => sum + ownPrice(question, id), floating);
}

function mixOf(question: MixQuestion, people: readonly Id[], sharing: Sharing | null): Mix {
  const others = people.filter((id) => sharing?.people.has(id) !== true);
  const kindOf = (id: Id): OwnSeat["kind"] => question.own.get(id)?.kind ?? "named";
  const cost = costOf(question, people, sharing);
  return {
    named: others.filter((id) => kindOf(id) === "named"),
    daily: others.filter((id) => kindOf(id) === "daily"),
    floating:
      sharing === null
        ? null
        : { kind: sharing.offer.kind, seats: sharing.seats, people: [...sharing.people].sort() },
    cost,
    lowerBound: cost,
    isOptimal: false,
    refused: sharing === null ? new Map() : harmedBy(question, sharing),
  };
}

function harmedBy(
  { uses }: MixQuestion,
  { offer, seats, people }: Sharing,
  enough?: number,
): Map<Id, number> {
  const shared = uses.filter(({ userId }) => people.has(userId));
  return backTest(shared, seats, offer.kind, enough);
}

function isAccepted(question: MixQuestion, sharing: Sharing): boolean {
  const { refusalsMax } = question;
  return sumOf(harmedBy(question, sharing, refusalsMax)) <= refusalsMax;
}

function* allSharings(
  question: MixQuestion,
  people: readonly Id[],
  offer: FloatingOffer,
): Generator<Sharing> {
  for (let bits = 1; bits < 2 ** people.length; bits += 1) {
    const chosen = new Set(people.filter((_, index) => (bits >> index) % 2 === 1));
    for (let seats = 0; seats <= chosen.size; seats += 1) {
      const sharing = { offer, seats, people: chosen };
      if (isAccepted(question, sharing)) yield sharing;
    }
  }
}

/** For each number of seats: everybody shares; then those go who are most in the way for what their own seat costs. */
function* goodSharings(
  question: MixQuestion,
  people: readonly Id[],
  offer: FloatingOffer,
): Generator<Sharing> {
  const peak = peakOf(question.uses);
  const stride = Math.max(1, Math.ceil(peak / SEATS_TRIED_MAX));
  for (let seats = peak; seats >= 0; seats -= stride) {
    const chosen = new Set(people);
    const sharing = { offer, seats, people: chosen };
    while (chosen.size > 0 && !isAccepted(question, sharing)) {
      for (const id of mostInTheWay(question, sharing)) chosen.delete(id);
    }
    takeBack(question, people, sharing, chosen);
    yield { ...sharing, people: new Set(chosen) };
  }
}

/** A few at once where there are many, so that a thousand people take a second and not an hour. */
function mostInTheWay(question: MixQuestion, { seats, people }: Sharing): Id[] {
  const uses = question.uses.filter(({ userId }) => people.has(userId));
  const harm = crowding(uses, seats);
  const score = (id: Id): number => (harm.get(id) ?? 0) / Math.max(1, ownPrice(question, id));
  const order = [...people].sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1));
  return order.slice(0, Math.max(1, Math.floor(people.size / 20)));
}

/** For each person: how many of the moments at which somebody came to too few seats fall into a use of theirs. */
function crowding(uses: readonly Use[], seats: number): Map<Id, number> {
  const before = [0];
  countsAt(uses).forEach((count, index) => {
    before.push((before[index] ?? 0) + Number(count > seats));
  });
  const harm = new Map<Id, number>();
  uses.forEach(({ userId, to }, index) => {
    const moments = (before[firstFrom(uses, to)] ?? 0) - (before[index] ?? 0);
    harm.set(userId, (harm.get(userId) ?? 0) + moments);
  });
  return harm;
}

/** The place of the first use that begins at this time or later. */
function firstFrom(uses: readonly Use[], time: number): number {
  let low = 0;
  let high = uses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((uses[middle]?.from ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const TAKEN_BACK_MAX = 40;

/** Some of those who went would have fitted in after all; the dearest first. */
function takeBack(
  question: MixQuestion,
  people: readonly Id[],
  sharing: Sharing,
  chosen: Set<Id>,
): void {
  const left = people
    .filter((id) => !chosen.has(id))
    .sort((a, b) => ownPrice(question, b) - ownPrice(question, a) || (a < b ? -1 : 1));
  for (const id of left.slice(0, TAKEN_BACK_MAX)) {
    chosen.add(id);
    if (!isAccepted(question, sharing)) chosen.delete(id);
  }
}
