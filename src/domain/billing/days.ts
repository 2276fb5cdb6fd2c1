import type { Timestamp } from "../directory.js";
import { DAY_MS } from "../durations.js";

/**
 * Calendar days of the customer. Money is counted in them: a day of 23 or 25 hours is one day, and what happens at
 * 23:59 in Melbourne belongs to Melbourne's day.
 */

/** Days since 1970-01-01 in the calendar, without a time zone. */
export type Day = number;

/** No zone has ever been further from UTC, local mean times included. */
const OFFSET_MAX_MS = 16 * 3_600_000;

/** Formatters cost far more to make than to use. A cache only: what they say depends on their arguments alone. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const starts = new Map<string, Timestamp>();
const STARTS_MAX = 20_000;
/** The last answer for each zone. */
const lastDays = new Map<string, Day>();

/** IANA names and what the runtime takes for one ("Europe/Vienna", "UTC"). Offsets such as "+02:00" are refused. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The day that the instant belongs to. Days follow one another without gap or overlap: when clocks go back over
 * midnight, the new day has begun and does not end again (see `startOfDay`).
 */
export function dayOf(timeZone: string, at: Timestamp): Day {
  // Mostly the same as the last time: reading a calendar costs far more.
  const last = lastDays.get(timeZone);
  if (
    last !== undefined &&
    at >= startOfDay(timeZone, last) &&
    at < startOfDay(timeZone, last + 1)
  ) {
    return last;
  }
  const shown = Math.floor(wallClock(timeZone, at) / DAY_MS);
  const day = at >= startOfDay(timeZone, shown + 1) ? shown + 1 : shown;
  lastDays.set(timeZone, day);
  return day;
}

/**
 * The first instant at which clocks there show this day or a later one. A day that a zone has left out (30 December
 * 2011 in Samoa) begins and ends with the same instant.
 */
export function startOfDay(timeZone: string, day: Day): Timestamp {
  const key = `${timeZone} ${String(day)}`;
  const kept = starts.get(key);
  if (kept !== undefined) return kept;
  if (starts.size >= STARTS_MAX) starts.clear();
  const start = findStart(timeZone, day * DAY_MS);
  starts.set(key, start);
  return start;
}

/** `wall` is what the clock is to show, as if it were UTC. There is at most one change of the offset that near. */
function findStart(timeZone: string, wall: number): Timestamp {
  let before = wall - OFFSET_MAX_MS;
  let after = wall + OFFSET_MAX_MS;
  const offsetBefore = offsetAt(timeZone, before);
  const offsetAfter = offsetAt(timeZone, after);
  if (offsetBefore === offsetAfter) return wall - offsetBefore;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(timeZone, middle) === offsetBefore) before = middle;
    else after = middle;
  }
  if (wall - offsetBefore < after) return wall - offsetBefore;
  // The change itself may jump over midnight; then the day begins with it.
  return Math.max(after, wall - offsetAfter);
}

function offsetAt(timeZone: string, at: Timestamp): number {
  return wallClock(timeZone, at) - Math.floor(at / 1000) * 1000;
}

/** What clocks there show, as if it were UTC; whole seconds. */
function wallClock(timeZone: string, at: Timestamp): number {
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const kept = formatters.get(timeZone);
  if (kept !== undefined) return kept;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formatters.set(timeZone, formatter);
  return formatter;
}

// ---------------------------------------------------------------------------------------------------------------
// The calendar

/** "2026-01-31", or null when it is no date. */
export function dayFromText(text: string): Day | null {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return null;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(date));
  return new Date(at).toISOString().startsWith(text) ? at / DAY_MS : null;
}

export function dayText(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Half open: `to` is the first day that is not part of it. */
export interface Period {
  readonly from: Day;
  readonly to: Day;
}

/**
 * The billing month that holds the day. `anchor`: a day whose place in the month all periods begin at; in a month that
 * is too short, on its last day, and in the next one at the old place again (31 January, 28 February, 31 March).
 * Null for calendar months.
 */
export function periodOf(anchor: Day | null, day: Day): Period {
  const date = anchor === null ? 1 : new Date(anchor * DAY_MS).getUTCDate();
  const at = new Date(day * DAY_MS);
  const month = at.getUTCFullYear() * 12 + at.getUTCMonth();
  const first = day >= beginning(month, date) ? month : month - 1;
  return { from: beginning(first, date), to: beginning(first + 1, date) };
}

/** All billing months that share a day with the window. */
export function periodsIn(anchor: Day | null, window: Period): Period[] {
  const periods: Period[] = [];
  for (let day = window.from; day < window.to;) {
    const period = periodOf(anchor, day);
    periods.push(period);
    day = period.to;
  }
  return periods;
}

/** `month` counts from the year 0. */
function beginning(month: number, date: number): Day {
  const year = Math.floor(month / 12);
  const first = Date.UTC(year, month % 12, 1) / DAY_MS;
  const next = Date.UTC(year, (month % 12) + 1, 1) / DAY_MS;
  return first + Math.min(date, next - first) - 1;
}
