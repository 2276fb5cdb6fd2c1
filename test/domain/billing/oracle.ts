import type { BillingSettings } from "../../../src/domain/billing/settings.js";
import type { Entry } from "../../../src/domain/history.js";
import type { UsedDay } from "../../../src/domain/billing/invoice.js";
import type { ModeChange } from "../../../src/domain/billing/tenure.js";
import { ADD_ON, PRICES, type Scenario } from "./scenario.js";

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
  if (basis === "purchased") return [{ kind: "pool" }];
  if (basis === "peak") return [{ kind: "peak" }];
  return users.flatMap((userId) => [
    { kind: "seat", userId } as const,
    { kind: "addOn", userId } as const,
  ]);
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
  if (stream.kind === "peak") return peakOf(dated, begin, until);
  let sum = ZERO;
  let cap = ZERO;
  for (let day = begin; day < until; day += 1) {
    if (stream.kind === "pool") {
      sum = plus(sum, over(capacityOn(scenario, dated, day) * PRICES.dear.month, end - begin));
      continue;
    }
    const charge = chargeOn(scenario, dated, stream.userId, day);
    if (charge === null) continue;
    const price = stream.kind === "seat" ? PRICES[charge.tier] : ADD_ON;
    const isCharged =
      stream.kind === "seat" || (charge.tier !== "dear" && needsAddOn(dated, stream.userId, day));
    if (!isCharged) continue;
    if (less(cap, over(price.month, 1))) cap = over(price.month, 1);
    const more = charge.isDaily
      ? over(charge.isUsed ? (price.day ?? 0) : 0, 1)
      : over(charge.isUsed ? price.month : 0, end - begin);
    sum = smaller(cap, plus(sum, more));
  }
  return sum;
}

interface ChargeOn {
  readonly tier: "cheap" | "middle" | "dear";
  readonly isDaily: boolean;
  /** Whether the day costs anything. */
  readonly isUsed: boolean;
}

function chargeOn(scenario: Scenario, dated: Dated, userId: string, day: number): ChargeOn | null {
  const own = dated.entries.filter(
    ({ entry, day: on }) => entry.userId === userId && entry.kind !== "addOns.changed" && on <= day,
  );
  const last = own.at(-1)?.entry;
  if (last === undefined) return null;
  const tier = last.tier as ChargeOn["tier"];
  const changes = dated.modes.filter(({ change, day: on }) => change.userId === userId && on < day);
  const mode =
    changes.at(-1)?.change.mode ?? (scenario.basis === "activeDays" ? "daily" : "monthly");
  const used = scenario.usedDays.filter((one: UsedDay) => one.userId === userId);
  if (scenario.basis !== "fairUse" && mode === "daily" && PRICES[tier].day !== null) {
    return { tier, isDaily: true, isUsed: used.some((one) => one.day === day) };
  }
  if (last.delta < 0) return null;
  const isUsed =
    scenario.basis !== "fairUse" ||
    used.some((one) => one.day <= day && day < one.day + scenario.fairUseDays);
  return isUsed ? { tier, isDaily: false, isUsed } : null;
}

function needsAddOn({ entries }: Dated, userId: string, day: number): boolean {
  const last = entries.filter(
    ({ entry, day: on }) => entry.kind === "addOns.changed" && entry.userId === userId && on <= day,
  );
  const names = last.at(-1)?.entry.details["addOns"];
  return Array.isArray(names) && names.length > 0;
}

function capacityOn({ pool }: Scenario, { entries }: Dated, day: number): number {
  const changes = entries.filter(({ entry }) => entry.kind === "pool.capacityChanged");
  const before = changes.filter(({ day: on }) => on <= day).at(-1)?.entry.details["to"];
  const first = changes[0]?.entry.details["from"];
  return Number(before ?? first ?? pool.capacity);
}

function peakOf({ entries }: Dated, begin: number, until: number): Fraction {
  if (until <= begin) return ZERO;
  const held = new Map<string, number>();
  const sum = (): number => [...held.values()].reduce((a, b) => a + b, 0);
  let peak = 0;
  let hasBegun = false;
  for (const { entry, day } of entries) {
    if (day >= until || entry.seatId === null) continue;
    if (day >= begin && !hasBegun) {
      hasBegun = true;
      peak = sum();
    }
    if (entry.delta < 0) held.delete(entry.seatId);
    else held.set(entry.seatId, PRICES[entry.tier as ChargeOn["tier"]].month);
    if (hasBegun) peak = Math.max(peak, sum());
  }
  return over(hasBegun ? peak : sum(), 1);
}
