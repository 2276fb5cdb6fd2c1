import { adviceFor, type Advice } from "../domain/advisor/advice.js";
import { frequentUsers } from "../domain/advisor/frequent.js";
import type { Use } from "../domain/advisor/uses.js";
import {
  dayOf,
  dayText,
  periodOf,
  periodsIn,
  startOfDay,
  type Period,
} from "../domain/billing/days.js";
import { PriceBook, type BillingSettings } from "../domain/billing/settings.js";
import { instantOf, readLedger, tenureKey } from "../domain/billing/tenure.js";
import type { Id, Organisation, Pool, Timestamp } from "../domain/directory.js";
import type { Entry } from "../domain/history.js";
import type { UsedDay } from "../domain/billing/invoice.js";
import { allUsers, ledgerUntil, settingsOf, type BillingDeps } from "./billing.js";
import { invalid } from "./checkNames.js";
import { unknownName } from "../suggest.js";

/** The cheapest mix of seats for what the records say about use (docs/advisor.md). Reads only. */

export interface AdviseInput {
  readonly product: string;
  /** Null: the last three billing months that are over. Otherwise all billing months that the window touches. */
  readonly window: Period | null;
  readonly refusals: number;
  /** Minor units a month; absent: what was agreed. */
  readonly named?: number | undefined;
  readonly concurrent?: number | undefined;
  readonly shared?: number | undefined;
  readonly seats?: number | undefined;
}

const MONTHS_MAX = 13;

/** @throws SeatkeeperError InvalidValue */
export async function advise(deps: BillingDeps, organisation: Organisation, input: AdviseInput) {
  const { store, catalogue } = deps;
  const { product } = input;
  const sold = catalogue.products.get(product);
  if (sold === undefined) {
    throw invalid("product", unknownName("product", product, [...catalogue.products.keys()]));
  }
  const settings = await settingsOf(deps, organisation);
  const now = store.clock.now();
  const months = monthsOf(settings, input.window, now);
  const [first, last] = [months[0]?.from ?? 0, months.at(-1)?.to ?? 0];
  const [from, to] = [first, last].map((day) => startOfDay(settings.timeZone, day)) as [
    number,
    number,
  ];
  const pools = await store.administration.listPools(organisation.id);
  const ofProduct = pools.filter((pool) => pool.product === product);
  const entries = await ledgerUntil(store, organisation.id, to);
  const usedDays = (await store.billing.usedDays(organisation.id, first, last)).filter(
    (used) => used.product === product,
  );
  const sessions = await store.billing.sessions(organisation.id, from, to);
  const leases = leasesIn(entries, ofProduct, { from, to, now });
  const sat = sessionUses(sessions, usedDays, settings.timeZone);
  const ledger = readLedger(entries, pools, settings.timeZone);
  const book = new PriceBook(catalogue, settings);
  const lowest = sold.tiers[0]?.id ?? "";
  const pricesOf = (userId: Id) => {
    const tier = ledger.tenures.get(tenureKey(userId, product))?.known.at(-1)?.value.tier ?? lowest;
    const named = input.named ?? book.seatPerMonth(product, tier, null);
    return { named, perDay: book.tierPerDay(product, tier) };
  };
  const floating = (["concurrent", "shared"] as const).flatMap((kind) => {
    const perMonth = input[kind] ?? agreedFor(settings, ofProduct, kind);
    return perMonth === null ? [] : [{ kind, perMonth }];
  });
  const advice = adviceFor({
    uses: [...leases, ...sat],
    ...{ from, to, months, floating, timeZone: settings.timeZone },
    prices: pricesOf,
    usedDays: daysByUser(usedDays),
    refusalsMax: input.refusals,
    seats: input.seats ?? null,
  });
  const frequent = frequentUsers(daysByUser(usedDays), first, last);
  const users = await allUsers(deps, organisation.id);
  const names = new Map(users.map(({ id, userName }) => [id, userName]));
  return {
    product,
    from: dayText(first),
    to: dayText(last),
    currency: settings.currency,
    basedOn: { sessions: sat.length, leases: leases.length, daysWithUse: usedDays.length },
    floatingPrices: Object.fromEntries(floating.map(({ kind, perMonth }) => [kind, perMonth])),
    ...presentAdvice(advice, names),
    // Rule 5: who would be best off with a seat of their own, whatever it costs.
    frequent: frequent.map((one) => ({ ...one, userName: names.get(one.userId) ?? null })),
  };
}

export type Advised = Awaited<ReturnType<typeof advise>>;

function monthsOf(
  { timeZone, anchor }: BillingSettings,
  window: Period | null,
  now: number,
): Period[] {
  if (window !== null) {
    if (window.from >= window.to) throw invalid("to", "The end must be after the beginning.");
    if (window.to - window.from > MONTHS_MAX * 31) {
      throw invalid("to", `At most ${String(MONTHS_MAX)} months can be looked at.`);
    }
    return periodsIn(anchor, window);
  }
  const present = periodOf(anchor, dayOf(timeZone, now));
  const before = periodOf(anchor, present.from - 1);
  const earlier = periodOf(anchor, before.from - 1);
  return [periodOf(anchor, earlier.from - 1), earlier, before];
}

/** What one seat of such a pool costs; the cheapest where several were agreed. */
function agreedFor(
  { pools: agreed }: BillingSettings,
  pools: readonly Pool[],
  kind: Pool["kind"],
): number | null {
  const prices = pools
    .filter((pool) => pool.kind === kind)
    .flatMap(({ id }) => agreed[id]?.pricePerMonth ?? []);
  return prices.length === 0 ? null : Math.min(...prices);
}

interface Window {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly now: Timestamp;
}

/** Seats of concurrent pools are held only while they are used. The ledger begins before the window. */
function leasesIn(
  entries: readonly Entry[],
  pools: readonly Pool[],
  { from, to, now }: Window,
): Use[] {
  // A lease that is open still has been used until now, not until the end of the month. A clock may be behind the ledger.
  const present = entries.reduce((latest, { at }) => Math.max(latest, at), now);
  const end = Math.min(to, present);
  const concurrent = new Set(pools.filter(({ kind }) => kind === "concurrent").map(({ id }) => id));
  const open = new Map<Id, Use>();
  const uses: Use[] = [];
  for (const entry of entries) {
    const { seatId, userId, poolId, delta, at } = entry;
    if (seatId === null || userId === null || poolId === null || !concurrent.has(poolId)) continue;
    const begun = open.get(seatId);
    if (delta > 0) open.set(seatId, { userId, from: at, to: end });
    if (delta < 0 && begun !== undefined) {
      open.delete(seatId);
      uses.push({ ...begun, to: instantOf(entry) });
    }
  }
  // What was written while a clock was far behind may have lasted no time by the ledger.
  return [...uses, ...open.values()].filter((use) => use.to > Math.max(from, use.from));
}

/** A session counts for the product if the person used the product on the day on which it began. */
function sessionUses(
  sessions: readonly Use[],
  usedDays: readonly UsedDay[],
  timeZone: string,
): Use[] {
  const known = new Set(usedDays.map(({ userId, day }) => `${userId} ${String(day)}`));
  return sessions.filter(({ userId, from }) =>
    known.has(`${userId} ${String(dayOf(timeZone, from))}`),
  );
}

function daysByUser(used: readonly UsedDay[]): Map<Id, number[]> {
  const days = new Map<Id, number[]>();
  for (const { userId, day } of used) {
    const own = days.get(userId) ?? [];
    own.push(day);
    days.set(userId, own);
  }
  return days;
}

function presentAdvice(advice: Advice, names: ReadonlyMap<Id, string>) {
  const { mix, tested, withoutHours, ...rest } = advice;
  const person = (userId: Id) => ({ userId, userName: names.get(userId) ?? null });
  const refused = (counts: ReadonlyMap<Id, number>) => ({
    people: counts.size,
    times: [...counts.values()].reduce((sum, count) => sum + count, 0),
    who: [...counts]
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .map(([userId, times]) => ({ ...person(userId), times })),
  });
  const { named, daily, floating, cost, lowerBound, isOptimal } = mix;
  const days = [...withoutHours.values()].reduce((sum, count) => sum + count, 0);
  return {
    ...rest,
    mix: {
      named: named.map(person),
      daily: daily.map(person),
      floating: floating === null ? null : { ...floating, people: floating.people.map(person) },
      ...{ cost, lowerBound, isOptimal },
      refused: refused(mix.refused),
    },
    tested: { seats: tested.seats, ...refused(tested.refused) },
    withoutHours: {
      ...{ days, people: withoutHours.size },
      who: [...withoutHours].map(([userId, count]) => ({ ...person(userId), days: count })),
    },
    warning: warningOf(days, withoutHours.size),
  };
}

function warningOf(days: number, people: number): string | null {
  if (days === 0) return null;
  const [what, who] = [
    days === 1 ? "one day of use" : `${String(days)} days of use`,
    people === 1 ? "one person" : `${String(people)} people`,
  ];
  return `The hours of ${what} of ${who} are not on record. Whoever has no hours at all gets a seat of their own here; and more people may have been there at once, and been refused, than is said.`;
}
