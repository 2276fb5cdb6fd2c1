import { describe, expect, it } from "@jest/globals";
import {
  dayFromText,
  dayOf,
  dayText,
  isTimeZone,
  periodOf,
  periodsIn,
  startOfDay,
} from "../../../src/domain/billing/days.js";

const HOUR = 3_600_000;
const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

const day = (text: string): number => dayFromText(text) ?? NaN;

/** The date that clocks show there, asked of the runtime in another way than the code under test does. */
function shown(zone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" });
  return (at) => format.format(at);
}

/** Days of 2026 on which the offset of the zone changes. */
function changesOf(zone: string): number[] {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const offset = (at: number): string | undefined => format.format(at).split("GMT")[1];
  const first = Date.UTC(2026, 0, 1);
  const weeks = Array.from({ length: 53 }, (_, week) => offset(first + week * 168 * HOUR));
  return weeks.flatMap((before, week) => {
    if (week === 52 || before === weeks[week + 1]) return [];
    const days = Array.from({ length: 8 }, (_, one) => first / HOUR / 24 + week * 7 + one);
    return days.filter((one) => offset(one * 24 * HOUR) !== offset((one + 1) * 24 * HOUR));
  });
}

const MONTH_ENDS = Array.from({ length: 12 }, (_, month) => day("2026-01-01") + monthDays(month));
function monthDays(month: number): number {
  return (Date.UTC(2026, month + 1, 1) - Date.UTC(2026, 0, 1)) / (24 * HOUR);
}

describe("a day", () => {
  it("begins in every time zone with its date, at month ends and where clocks change, and days leave no gap", () => {
    let changes = 0;
    const wrong: unknown[] = [];
    for (const zone of ZONES) {
      const showing = shown(zone);
      const changing = changesOf(zone);
      changes += changing.length;
      for (const one of [...MONTH_ENDS, ...changing.flatMap((on) => [on - 1, on, on + 1])]) {
        const start = startOfDay(zone, one);
        const text = dayText(one);
        const hours = (startOfDay(zone, one + 1) - start) / HOUR;
        const isRight =
          showing(start) === text &&
          showing(start - 1) < text &&
          dayOf(zone, start) === one &&
          dayOf(zone, start - 1) === one - 1 &&
          hours >= 22 &&
          hours <= 26;
        if (!isRight) wrong.push([zone, text, showing(start), hours]);
      }
    }
    expect(wrong).toEqual([]);
    expect(changes).toBeGreaterThan(100);
  });

  it.each([
    ["has 23 hours where clocks go forward", "Europe/Vienna", "2026-03-29", 23],
    ["has 25 hours where clocks go back", "Europe/Vienna", "2026-10-25", 25],
    ["has half an hour more on Lord Howe", "Australia/Lord_Howe", "2026-04-05", 24.5],
    ["begins at one o'clock where midnight is skipped", "Africa/Cairo", "2026-04-24", 23],
    ["is the whole day where clocks go back at midnight", "America/Havana", "2026-11-01", 25],
    [
      "has begun once, though clocks of St. John's went back behind midnight",
      "America/St_Johns",
      "2010-11-07",
      25,
    ],
    ["has no length where the zone left it out", "Pacific/Apia", "2011-12-30", 0],
  ])("%s", (_, zone, text, hours) => {
    const start = startOfDay(zone, day(text));
    expect((startOfDay(zone, day(text) + 1) - start) / HOUR).toBe(hours);
  });

  it("takes names of time zones and nothing else", () => {
    expect(["UTC", "Europe/Vienna", "America/Argentina/Ushuaia"].map(isTimeZone)).toEqual([
      true,
      true,
      true,
    ]);
    expect(["", "+02:00", "Mars/Olympus", "Europe/Vienna\n"].map(isTimeZone)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it.each(["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "", "0000-00-00"])(
    "is not read from %p",
    (text) => expect(dayFromText(text)).toBeNull(),
  );
});

describe("a billing month", () => {
  const starts = (anchor: string | null, from: string, to: string): string[] =>
    periodsIn(anchor === null ? null : day(anchor), { from: day(from), to: day(to) }).map((one) =>
      dayText(one.from),
    );

  it("begins on the first unless there is an anniversary", () => {
    expect(starts(null, "2026-01-15", "2026-03-02")).toEqual([
      "2026-01-01",
      "2026-02-01",
      "2026-03-01",
    ]);
  });

  it("begins on the last day where the month is too short, and then at its own day again", () => {
    expect(starts("2027-01-31", "2027-01-31", "2027-05-30")).toEqual([
      ...["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"],
    ]);
    expect(starts("2026-01-30", "2028-02-28", "2028-03-31")).toEqual([
      ...["2028-01-30", "2028-02-29", "2028-03-30"],
    ]);
  });

  it("holds every day exactly once, whatever the anniversary", () => {
    const wrong: number[] = [];
    for (let date = 1; date <= 31; date += 1) {
      const anchor = day("2026-01-01") + date - 1;
      let period = periodOf(anchor, day("2027-11-01"));
      for (let one = period.from; one < day("2028-04-01"); one += 1) {
        const next = periodOf(anchor, one);
        if (next.from > one || one >= next.to) wrong.push(one);
        if (next.from !== period.from && next.from !== period.to) wrong.push(one);
        period = next;
      }
    }
    expect(wrong).toEqual([]);
  });
});
