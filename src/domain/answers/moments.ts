import type { Timestamp } from "../directory.js";

/** Dates and times as people read them: in the time zone of the organisation, an IANA name. */

/** "2026-03-01" */
export function dayWords(at: Timestamp, timeZone: string): string {
  return localTime(at, timeZone).day;
}

/** "2026-03-01 12:00 UTC", "2026-03-01 13:00 (Europe/Vienna)": to the minute. */
export function minuteWords(at: Timestamp, timeZone: string): string {
  const { day, time } = localTime(at, timeZone);
  return `${day} ${time} ${zoneWords(timeZone)}`;
}

/** After a time of day. */
export function zoneWords(timeZone: string): string {
  return timeZone === "UTC" ? timeZone : `(${timeZone})`;
}

/** "2026-03-01" and "14:05". */
export function localTime(
  at: Timestamp,
  timeZone: string,
): { readonly day: string; readonly time: string } {
  const [day = "", time = ""] = formatterOf(timeZone).format(at).split(" ");
  return { day, time };
}

/** Formatters cost far more to make than to use. A cache only: what they say depends on their arguments alone. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const kept = formatters.get(timeZone);
  if (kept !== undefined) return kept;
  // Swedish writes both as ISO 8601 does.
  const style = { dateStyle: "short", timeStyle: "short" } as const;
  const formatter = new Intl.DateTimeFormat("sv-SE", { timeZone, ...style });
  formatters.set(timeZone, formatter);
  return formatter;
}
