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
    entries: scenario.entries.map((entry) => ({
      entry,
      day: dateOf(settings.timeZone, entry.at),
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

type StreamOf = { kind: "seat" | "addOn"; userId: string } | { kind: "pool" } | { kind: "peak" };

function streamsOf({ basis, users }: Scenario): StreamOf[] {
  if (basis === "peak") return [{ kind: "peak" }];
  const ofPeople = users.flatMap((userId): StreamOf[] => [
    { kind: "seat", userId },
    { kind: "addOn", userId },
  ]);
  return basis === "purchased" ? [{ kind: "pool" }, ...ofPeople] : ofPeople;
}

interface Dated {
  readonly entries: readonly { readonly entry: Entry; readonly day: number }[];
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
      sum = plus(sum, over(capacityOn(scenario, dated, day) * PRICES.dear.month, end - begin));
      continue;
    }
    const charge = chargeOn(scenario, dated, stream.userId, day);
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

/** Null: nothing is charged for the seat, or for the add-on. */
function priceOn(
  scenario: Scenario,
  dated: Dated,
  stream: Extract<StreamOf, { userId: string }>,
  { tier, isDaily }: ChargeOn,
  day: number,
): { readonly month: number; readonly day: number | null } | null {
  const until = dated.entries.filter(({ day: on }) => on <= day).map(({ entry }) => entry);
  if (stream.kind === "addOn") {
    return tier !== "dear" && needsAddOn(until, stream.userId) ? ADD_ON : null;
  }
  const isOver = !isDaily && overIn(until, capacityIn(scenario, dated, until)).has(stream.userId);
  if (scenario.basis === "purchased" && !isOver) return null;
  return { day: PRICES[tier].day, month: monthOf(scenario, tier, isOver) };
}

function monthOf({ hasOverages }: Scenario, tier: Tier, isOver: boolean): number {
  return (isOver && hasOverages ? OVERAGES[tier] : undefined) ?? PRICES[tier].month;
}

type Tier = "cheap" | "middle" | "dear";

interface ChargeOn {
  readonly tier: Tier;
  readonly isDaily: boolean;
  /** Whether the day costs anything. */
  readonly isUsed: boolean;
}

function chargeOn(scenario: Scenario, dated: Dated, userId: string, day: number): ChargeOn | null {
  const own = dated.entries.filter(
    ({ entry, day: on }) => entry.userId === userId && entry.kind !== "addOns.changed" && on <= day,
  );
  const byDay = scenario.basis !== "fairUse" && scenario.basis !== "purchased";
  const last = own.at(-1)?.entry;
  if (last === undefined) return null;
  const tier = last.tier as Tier;
  const changes = dated.modes.filter(({ change, day: on }) => change.userId === userId && on < day);
  const mode =
    changes.at(-1)?.change.mode ?? (scenario.basis === "activeDays" ? "daily" : "monthly");
  const used = scenario.usedDays.filter((one: UsedDay) => one.userId === userId);
  if (byDay && mode === "daily" && PRICES[tier].day !== null) {
    return { tier, isDaily: true, isUsed: used.some((one) => one.day === day) };
  }
  if (last.delta < 0) return null;
  const isUsed =
    scenario.basis !== "fairUse" ||
    used.some((one) => one.day <= day && day < one.day + scenario.fairUseDays);
  return isUsed ? { tier, isDaily: false, isUsed } : null;
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
  const until = dated.entries.filter(({ day: on }) => on <= day).map(({ entry }) => entry);
  return capacityIn(scenario, dated, until);
}

/** Tier by person. */
function heldIn(entries: readonly Entry[]): Map<string, Tier> {
  const held = new Map<string, Tier>();
  for (const { seatId, userId, delta, tier } of entries) {
    if (seatId === null) continue;
    if (delta < 0) held.delete(String(userId));
    else held.set(String(userId), tier as Tier);
  }
  return held;
}

/** Who holds a seat above the capacity: those who were given one when all were taken, whoever came last first. */
function overIn(entries: readonly Entry[], capacity: number): Set<string> {
  const held = heldIn(entries);
  const lastFirst = entries
    .filter(({ seatId, delta }) => seatId !== null && delta > 0)
    .reverse()
    .map(({ userId, details }) => ({ userId: String(userId), isExtra: "overage" in details }))
    .filter((one, index, all) => all.findIndex(({ userId }) => userId === one.userId) === index);
  const extra = lastFirst.filter(({ userId, isExtra }) => isExtra && held.has(userId));
  return new Set(extra.slice(0, Math.max(0, held.size - capacity)).map(({ userId }) => userId));
}

/** Each moment by itself: what all that is held then, and is needed beside it, costs a month. */
function peakOf(scenario: Scenario, dated: Dated, begin: number, until: number): Fraction {
  if (until <= begin) return ZERO;
  const costAfter = (count: number): number => {
    const past = dated.entries.slice(0, count).map(({ entry }) => entry);
    const over = overIn(past, capacityIn(scenario, dated, past));
    let sum = 0;
    for (const [userId, tier] of heldIn(past)) {
      sum += monthOf(scenario, tier, over.has(userId));
      if (tier !== "dear" && needsAddOn(past, userId)) sum += ADD_ON.month;
    }
    return sum;
  };
  const before = dated.entries.filter(({ day }) => day < begin).length;
  const all = dated.entries.filter(({ day }) => day < until).length;
  let peak = costAfter(before);
  for (let count = before + 1; count <= all; count += 1) peak = Math.max(peak, costAfter(count));
  return over(peak, 1);
}
