import { dayOf, type Day, type Period } from "../billing/days.js";
import type { Id } from "../directory.js";
import { lowerBound } from "./bound.js";
import { breakEven, type BreakEven } from "./breakEven.js";
import { engsetRefusal, seatsFor } from "./engset.js";
import { daysWithoutHours } from "./hours.js";
import { cheapestMix, type Mix } from "./mix.js";
import type { FloatingOffer, MixQuestion, OwnSeat } from "./question.js";
import { backTest, mergedUses, peakOf, type FloatingKind, type Use } from "./uses.js";

/** What the advisor is asked about one product of one organisation. Prices in minor units a month. */
export interface AdviceQuestion {
  readonly uses: readonly Use[];
  /** The instants between which uses count. */
  readonly from: number;
  readonly to: number;
  /** The billing months of that time. */
  readonly months: readonly Period[];
  /** In whose calendar the days are counted. */
  readonly timeZone: string;
  /** Of each person: a named seat a month, and a day of use; null: not offered by the day. */
  readonly prices: (userId: Id) => { readonly named: number; readonly perDay: number | null };
  /** Local days with use. */
  readonly usedDays: ReadonlyMap<Id, readonly Day[]>;
  readonly floating: readonly { readonly kind: FloatingKind; readonly perMonth: number }[];
  readonly refusalsMax: number;
  /** A number of floating seats to look at, for everybody; null: none in particular. */
  readonly seats: number | null;
}

export interface Advice {
  readonly staff: number;
  readonly peak: number;
  readonly months: number;
  readonly mix: Mix;
  /** Days of each person that saw use of which nobody knows the hours. */
  readonly withoutHours: ReadonlyMap<Id, number>;
  /** Everybody with a named seat. Minor units for the whole time. */
  readonly allNamed: number;
  /** Of those whose hours are known, where a concurrent seat has a price and all named seats have the same. */
  readonly breakEven: BreakEven | null;
  readonly tested: { readonly seats: number; readonly refused: ReadonlyMap<Id, number> };
  readonly estimate: Estimate;
}

/** What chance may bring beside what has happened, by Engset's model in the busiest hour. */
export interface Estimate {
  readonly busyShare: number;
  /** Share of those who come who would be refused with as many seats as the peak was. */
  readonly refusalAtPeak: number;
  /** Seats for which at most one of a hundred, and one of a thousand, is refused. */
  readonly seatsAtOnePercent: number;
  readonly seatsAtOnePerMille: number;
}

export function adviceFor(question: AdviceQuestion): Advice {
  const { from, to, months, floating, refusalsMax } = question;
  const uses = mergedUses(question.uses, from, to);
  const seen = new Set(uses.map(({ userId }) => userId));
  const people = [...seen].sort();
  const withoutHours = unknownIn(question, uses);
  const unseen = [...withoutHours.keys()].filter((id) => !seen.has(id)).sort();
  const own = new Map([...people, ...unseen].map((id) => [id, ownSeat(question, id)]));
  const offers = floating.map(({ kind, perMonth }): FloatingOffer => ({
    kind,
    price: perMonth * months.length,
  }));
  const peak = peakOf(uses);
  const named = people.map((id) => question.prices(id).named);
  const others = unseen.map((id) => question.prices(id).named);
  const seats = question.seats ?? peak;
  const known = { uses, own, floating: offers, refusalsMax };
  const mix = cheapestMix(known);
  return {
    staff: own.size,
    peak,
    months: months.length,
    mix: withoutHours.size === 0 ? mix : withUnseen(known, mix, unseen),
    withoutHours,
    allNamed: [...named, ...others].reduce((sum, price) => sum + price, 0) * months.length,
    breakEven: ratioOf(named, peak, floating),
    tested: { seats, refused: backTest(uses, seats) },
    estimate: estimateOf(uses, people.length, peak),
  };
}

function unknownIn(question: AdviceQuestion, uses: readonly Use[]): Map<Id, number> {
  const { months, timeZone, usedDays } = question;
  const isInside = (day: Day): boolean => months.some(({ from, to }) => day >= from && day < to);
  const inside = [...usedDays].map(([id, days]) => [id, days.filter(isInside)] as const);
  return daysWithoutHours(new Map(inside), uses, (at) => dayOf(timeZone, at));
}

/**
 * Who came, nobody knows when, might be in anybody's way: a seat of one's own is the only answer that cannot be wrong. And the
 * more people come, the more a mix costs, so what crowds that are known need is still a bound, though the mix that fits what is known
 * is not.
 */
function withUnseen(known: MixQuestion, mix: Mix, unseen: readonly Id[]): Mix {
  const { own } = known;
  const ofKind = (kind: OwnSeat["kind"]): Id[] => unseen.filter((id) => own.get(id)?.kind === kind);
  return {
    ...mix,
    named: [...mix.named, ...ofKind("named")].sort(),
    daily: [...mix.daily, ...ofKind("daily")].sort(),
    cost: unseen.reduce((sum, id) => sum + (own.get(id)?.price ?? 0), mix.cost),
    lowerBound: Math.min(mix.cost, lowerBound(known)),
    isOptimal: false,
  };
}

function ownSeat({ prices, months, usedDays }: AdviceQuestion, userId: Id): OwnSeat {
  const { named, perDay } = prices(userId);
  const monthly = named * months.length;
  if (perDay === null) return { kind: "named", price: monthly };
  const days = usedDays.get(userId) ?? [];
  const daily = months.reduce((sum, { from, to }) => {
    const used = days.filter((day) => day >= from && day < to).length;
    return sum + Math.min(named, used * perDay);
  }, 0);
  return daily < monthly ? { kind: "daily", price: daily } : { kind: "named", price: monthly };
}

function ratioOf(
  named: readonly number[],
  peak: number,
  floating: AdviceQuestion["floating"],
): BreakEven | null {
  const concurrent = floating.find(({ kind }) => kind === "concurrent")?.perMonth;
  const [price, ...others] = new Set(named);
  if (price === undefined || price === 0 || others.length > 0) return null;
  if (concurrent === undefined) return null;
  return breakEven(named.length, peak, { named: price, concurrent });
}

const HOUR_MS = 3_600_000;

function estimateOf(uses: readonly Use[], people: number, peak: number): Estimate {
  const hours = new Map<number, number>();
  for (const { from, to } of uses) {
    for (let hour = Math.floor(from / HOUR_MS); hour * HOUR_MS < to; hour += 1) {
      const inside = Math.min(to, (hour + 1) * HOUR_MS) - Math.max(from, hour * HOUR_MS);
      hours.set(hour, (hours.get(hour) ?? 0) + inside);
    }
  }
  const busiest = [...hours.values()].reduce((most, time) => Math.max(most, time), 0);
  const busyShare = people === 0 ? 0 : Math.min(0.999, busiest / HOUR_MS / people);
  const staff = { people, busyShare };
  return {
    busyShare,
    refusalAtPeak: engsetRefusal(staff, peak),
    seatsAtOnePercent: seatsFor(staff, 0.01),
    seatsAtOnePerMille: seatsFor(staff, 0.001),
  };
}
