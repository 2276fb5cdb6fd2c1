import type { BillingSettings } from "../../../src/domain/billing/settings.js";
import type { Entry } from "../../../src/domain/history.js";
import type { UsedDay } from "../../../src/domain/billing/invoice.js";
import type { ModeChange } from "../../../src/domain/billing/tenure.js";
import { ADD_ON, OVERAGES, PRICES, type Scenario } from "./scenario.js";

/**
 * A second, slow way to the same total: each day is looked at by itself, from the first entry on, and fractions are
 * fractions. Shares no code with src/domain/billing.
 */

interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}
const ZERO: Fraction = { n: 0n, d: 1n };
const plus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
const minus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d });
const less = (a: Fraction, b: Fraction): boolean => a.n * b.d < b.n * a.d;
const smaller = (a: Fraction, b: Fraction): Fraction => (less(a, b) ? a : b);
const over = (n: number, d: number): Fraction => ({ n: BigInt(n), d: BigInt(d) });

function toUnits({ n, d }: Fraction, rounding: BillingSettings["rounding"]): bigint {
  const down = n / d;
  const rest = minus({ n, d }, { n: down, d: 1n });
  const half = over(1, 2);
  if (less(rest, half)) return down;
  if (less(half, rest) || rounding === "halfUp") return down + 1n;
  return down % 2n === 0n ? down : down + 1n;
}

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function dateOf(zone: string, at: number): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
  formats.set(zone, format);
  return Date.parse(`${format.format(at)}T00:00:00Z`) / DAY;
}

/** First day of the period that holds the day, and of the next one. */
function periodAround(anchor: number | null, day: number): [number, number] {
  const wanted = anchor === null ? 1 : new Date(anchor * DAY).getUTCDate();
  const startsOn = (one: number): boolean => {
    const date = new Date(one * DAY).getUTCDate();
    const isLast = new Date((one + 1) * DAY).getUTCDate() === 1;
    return date === wanted || (isLast && date < wanted);
  };
  let from = day;
  while (!startsOn(from)) from -= 1;
  let to = day + 1;
  while (!startsOn(to)) to += 1;
  return [from, to];
}

/** The invoice's total in minor units. */
export function oracleTotal(scenario: Scenario, from: number, to: number): bigint {
  const { settings } = scenario;
  const dated = {
    entries: asItWas(scenario.written).map(({ entry, at }) => ({
      ...{ entry, at },
      day: dateOf(settings.timeZone, at),
    })),
    modes: scenario.modes.map((change) => ({ change, day: dateOf(settings.timeZone, change.at) })),
  };
  let total = 0n;
  for (let day = from; day < to;) {
    const [begin, end] = periodAround(settings.anchor, day);
    const until = Math.min(end, to);
    for (const stream of streamsOf(scenario)) {
      const upTo = (last: number): bigint =>
        toUnits(cumulated(scenario, dated, stream, [begin, end], last), settings.rounding);
      total += upTo(until) - upTo(day);
    }
    day = until;
  }
  return total;
}

/** Where a lease says itself when it was over, that is when it was, and not when the line was written. */
function asItWas(written: readonly Entry[]): { readonly entry: Entry; readonly at: number }[] {
  const timed = written.map((entry) => ({
    entry,
    at: Number(entry.details["expiredAt"] ?? entry.at),
  }));
  return timed.sort((a, b) => a.at - b.at);
}

type StreamOf =
  | { kind: "seat"; userId: string; chair: number }
  | { kind: "addOn"; userId: string }
  | { kind: "pool" }
  | { kind: "peak" };

/** More than anybody has at once. */
const CHAIRS = 3;

function streamsOf({ basis, users }: Scenario): StreamOf[] {
  if (basis === "peak") return [{ kind: "peak" }];
  const ofPeople = users.flatMap((userId): StreamOf[] => [
    ...Array.from({ length: CHAIRS }, (_, chair): StreamOf => ({ kind: "seat", userId, chair })),
    { kind: "addOn", userId },
  ]);
  return basis === "purchased" ? [{ kind: "pool" }, ...ofPeople] : ofPeople;
}

interface Dated {
  readonly entries: readonly { readonly entry: Entry; readonly at: number; readonly day: number }[];
  readonly modes: readonly { readonly change: ModeChange; readonly day: number }[];
}

function cumulated(
  scenario: Scenario,
  dated: Dated,
  stream: StreamOf,
  [begin, end]: [number, number],
  until: number,
): Fraction {
  if (stream.kind === "peak") return peakOf(scenario, dated, begin, until);
  let sum = ZERO;
  let cap = ZERO;
  for (let day = begin; day < until; day += 1) {
    if (stream.kind === "pool") {
      const price = dearestOn(scenario, dated, day);
      sum = plus(sum, over(capacityOn(scenario, dated, day) * price, end - begin));
      continue;
    }
    const charge = chargeOn(scenario, dated, stream, day);
    if (charge === null) continue;
    const price = priceOn(scenario, dated, stream, charge, day);
    if (price === null) continue;
    if (less(cap, over(price.month, 1))) cap = over(price.month, 1);
    const more = charge.isDaily
      ? over(charge.isUsed ? (price.day ?? 0) : 0, 1)
      : over(charge.isUsed ? price.month : 0, end - begin);
    sum = smaller(cap, plus(sum, more));
  }
  return sum;
}

type OfPerson = Extract<StreamOf, { userId: string }>;

/** Null: nothing is charged for the seat, or for the add-on. */
function priceOn(
  scenario: Scenario,
  dated: Dated,
  stream: OfPerson,
  { tier, seatId, isDaily }: ChargeOn,
  day: number,
): { readonly month: number; readonly day: number | null } | null {
  const until = untilDay(dated, day);
  if (stream.kind === "addOn") {
    return tier !== "dear" && needsAddOn(until, stream.userId) ? ADD_ON : null;
  }
  const isOver = !isDaily && overIn(scenario, dated, until).some((one) => one.seatId === seatId);
  if (scenario.basis === "purchased" && !isOver) return null;
  return { day: PRICES[tier].day, month: monthOf(scenario, tier, isOver) };
}

function monthOf({ hasOverages }: Scenario, tier: Tier, isOver: boolean): number {
  return (isOver && hasOverages ? OVERAGES[tier] : undefined) ?? PRICES[tier].month;
}

type Tier = "cheap" | "middle" | "dear";

interface ChargeOn {
  readonly tier: Tier;
  readonly seatId: string | null;
  readonly isDaily: boolean;
  /** Whether the day costs anything. */
  readonly isUsed: boolean;
}

/**
 * Who is charged by the day pays for coming, once a day, however many seats there are. Who is charged by the month pays for
 * every seat, whoever uses which.
 */
function chargeOn(
  scenario: Scenario,
  dated: Dated,
  stream: OfPerson,
  day: number,
): ChargeOn | null {
  const { userId } = stream;
  const own = untilDay(dated, day).filter(
    (entry) => entry.userId === userId && entry.kind !== "addOns.changed",
  );
  const byDay = scenario.basis !== "fairUse" && scenario.basis !== "purchased";
  const last = own.at(-1);
  if (last === undefined) return null;
  const changes = dated.modes.filter(({ change, day: on }) => change.userId === userId && on < day);
  const mode =
    changes.at(-1)?.change.mode ?? (scenario.basis === "activeDays" ? "daily" : "monthly");
  const used = scenario.usedDays.filter((one: UsedDay) => one.userId === userId);
  const mine = heldIn(own);
  // A sign-in that is over left the tier of the seat behind, by which its day is charged.
  const tier = mine.at(-1)?.tier ?? (last.tier as Tier);
  if (byDay && mode === "daily" && PRICES[tier].day !== null) {
    if (stream.kind === "seat" && stream.chair > 0) return null;
    const isUsed = used.some((one) => one.day === day);
    return { tier, seatId: null, isDaily: true, isUsed };
  }
  const seat = stream.kind === "seat" ? chairsOn(dated, userId, day)[stream.chair] : mine.at(-1);
  if (seat === undefined || seat === null) return null;
  const isUsed =
    scenario.basis !== "fairUse" ||
    used.some((one) => one.day <= day && day < one.day + scenario.fairUseDays);
  return isUsed ? { tier: seat.tier, seatId: seat.seatId, isDaily: false, isUsed } : null;
}

function untilDay({ entries }: Dated, day: number): Entry[] {
  return entries.filter(({ day: on }) => on <= day).map(({ entry }) => entry);
}

const seated = new WeakMap<Dated, Map<string, readonly (Held | null)[]>>();

/** Evening by evening: whoever has a chair stays there, and who is new takes the first that is empty. */
function chairsOn(dated: Dated, userId: string, day: number): readonly (Held | null)[] {
  const days = dated.entries.filter(({ entry, day: on }) => entry.userId === userId && on <= day);
  const last = days.at(-1)?.day;
  if (last === undefined) return [];
  const known = seated.get(dated) ?? new Map<string, readonly (Held | null)[]>();
  seated.set(dated, known);
  const key = `${userId} ${String(last)}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const here = heldIn(untilDay(dated, last)).filter((seat) => seat.userId === userId);
  const chairs = chairsOn(dated, userId, last - 1).map(
    (before) => here.find(({ seatId }) => seatId === before?.seatId) ?? null,
  );
  for (const seat of here) {
    if (chairs.some((other) => other?.seatId === seat.seatId)) continue;
    const empty = chairs.indexOf(null);
    chairs[empty === -1 ? chairs.length : empty] = seat;
  }
  known.set(key, chairs);
  return chairs;
}

function needsAddOn(entries: readonly Entry[], userId: string): boolean {
  const last = entries.filter((one) => one.kind === "addOns.changed" && one.userId === userId);
  const names = last.at(-1)?.details["addOns"];
  return Array.isArray(names) && names.length > 0;
}

/** After these entries, the first so many of all. */
function capacityIn({ pool }: Scenario, { entries }: Dated, until: readonly Entry[]): number {
  const isChange = ({ kind }: Entry): boolean => kind === "pool.capacityChanged";
  const first = entries.find(({ entry }) => isChange(entry))?.entry.details["from"];
  return Number(until.filter(isChange).at(-1)?.details["to"] ?? first ?? pool.capacity);
}

function capacityOn(scenario: Scenario, dated: Dated, day: number): number {
  return capacityIn(scenario, dated, untilDay(dated, day));
}

/** Of the tiers that the pool had: those that whatever changed them next found, or that nothing has changed since. */
function dearestOn({ pool }: Scenario, { entries }: Dated, day: number): number {
  const found = entries
    .filter(({ entry, day: on }) => entry.kind === "pool.changed" && on > day)
    .map(({ entry }) => (entry.details["from"] as { readonly tiers?: readonly string[] }).tiers);
  const tiers = found.find((names) => names !== undefined) ?? pool.tiers;
  return Math.max(...tiers.map((tier) => PRICES[tier as Tier].month));
}

interface Policy {
  readonly onFull: readonly string[];
  readonly onFullByGroup: readonly { readonly onFull: readonly string[] }[];
  readonly overage: { readonly type: string; readonly seats?: number; readonly percent?: number };
}

/** How many may be held above the capacity after these entries: nobody may where no list would give such a seat. */
function allowedIn(scenario: Scenario, dated: Dated, until: readonly Entry[]): number {
  const side = (entry: Entry | undefined, name: "from" | "to"): unknown =>
    (entry?.details[name] as { policy?: unknown } | undefined)?.policy;
  const isChange = (entry: Entry): boolean =>
    entry.kind === "pool.changed" && side(entry, "to") !== undefined;
  const policy = (side(until.findLast(isChange), "to") ??
    until.find(({ kind }) => kind === "pool.created")?.details["policy"] ??
    side(dated.entries.find(({ entry }) => isChange(entry))?.entry, "from") ??
    scenario.pool.policy) as Policy;
  const { overage, onFull, onFullByGroup } = policy;
  const lists = [onFull, ...onFullByGroup.map((own) => own.onFull)];
  if (!lists.flat().includes("overage") || overage.type === "none") return 0;
  if (overage.type === "unlimited") return Infinity;
  const capacity = capacityIn(scenario, dated, until);
  return overage.seats ?? Math.floor((capacity * (overage.percent ?? 0)) / 100);
}

interface Held {
  readonly seatId: string;
  readonly userId: string;
  readonly tier: Tier;
}

/** Who came last is last. */
function heldIn(entries: readonly Entry[]): Held[] {
  const ofSeats = entries.filter(({ seatId }) => seatId !== null);
  const stateOf = (id: string | null): Entry | undefined =>
    ofSeats.findLast(({ seatId }) => seatId === id);
  return ofSeats
    .filter(({ delta, seatId }) => delta > 0 && (stateOf(seatId)?.delta ?? -1) >= 0)
    .map(({ seatId, userId }) => ({
      seatId: String(seatId),
      userId: String(userId),
      tier: stateOf(seatId)?.tier as Tier,
    }));
}

/**
 * Who has come first has what was bought, and needs no leave to stay. Of the others, those who came last are there because it
 * is allowed, as many as are allowed. Whoever stands between them had a seat that was bought when more were, and has done
 * nothing.
 */
function overIn(scenario: Scenario, dated: Dated, entries: readonly Entry[]): Held[] {
  const held = heldIn(entries);
  const bought = capacityIn(scenario, dated, entries);
  const allowed = allowedIn(scenario, dated, entries);
  return held.slice(Math.max(bought, held.length - allowed));
}

/** Each instant by itself: what all that is held behind it, and is needed beside it, costs a month. */
function peakOf(scenario: Scenario, dated: Dated, begin: number, until: number): Fraction {
  if (until <= begin) return ZERO;
  const costAfter = (count: number): number => {
    const past = dated.entries.slice(0, count).map(({ entry }) => entry);
    const over = new Set(overIn(scenario, dated, past).map(({ seatId }) => seatId));
    const held = heldIn(past);
    let sum = 0;
    for (const { seatId, tier } of held) sum += monthOf(scenario, tier, over.has(seatId));
    for (const userId of scenario.users) {
      const last = held.findLast((seat) => seat.userId === userId);
      if (last !== undefined && last.tier !== "dear" && needsAddOn(past, userId)) {
        sum += ADD_ON.month;
      }
    }
    return sum;
  };
  const before = dated.entries.filter(({ day }) => day < begin).length;
  const all = dated.entries.filter(({ day }) => day < until).length;
  let peak = costAfter(before);
  for (let count = before + 1; count <= all; count += 1) {
    // Nobody ever held what stands between two entries of one instant.
    if (dated.entries[count]?.at === dated.entries[count - 1]?.at) continue;
    peak = Math.max(peak, costAfter(count));
  }
  return over(peak, 1);
}
