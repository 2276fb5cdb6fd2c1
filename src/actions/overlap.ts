import { invalid } from "./checkNames.js";

/** How long an old secret stays good beside its replacement. */
export const OVERLAP_DEFAULT = "7d";

const FORM = /^(\d{1,4})([mhd])$/;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX = 90 * 86_400_000;

/** "7d", "12h", "30m" in milliseconds; "0d" ends the old one at once. @throws SeatkeeperError InvalidValue */
export function overlapMs(text: string): number {
  const [, count, unit = ""] = FORM.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? NaN);
  if (Number.isNaN(ms) || ms > MAX) {
    throw invalid("overlap", 'A time like "7d", "12h" or "30m" is expected, at most 90 days.');
  }
  return ms;
}
