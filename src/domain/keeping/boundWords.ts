import type { Pool } from "../directory.js";
import { minuteWords } from "../answers/moments.js";

/** What people are told of licences that may change hands only so often (bound.ts). */

/** How many places of a pool are kept for who had them, and when the first of them is free. */
export interface BoundPlaces {
  readonly seats: number;
  /** In milliseconds since the epoch. */
  readonly firstUntil: number;
}

interface Bound {
  readonly bound?: readonly { readonly poolId: string; readonly until: number }[];
  readonly waiting: { readonly bound?: readonly [string, BoundPlaces] } | null;
  readonly pools: readonly Pick<Pool, "id" | "name" | "policy">[];
}

/** For the person whose places they are. With a space before it; empty where there are none. */
export function boundSentences(
  { bound = [], pools }: Bound,
  name: string,
  timeZone: string,
): string {
  return bound
    .map(({ poolId, until }) => {
      const pool = pools.find(({ id }) => id === poolId);
      const of = `in the pool "${pool?.name ?? poolId}"`;
      return ` The place ${of} is kept for ${name} until ${minuteWords(until, timeZone)}, because ${onceIn(pool)}.`;
    })
    .join("");
}

/** For somebody who waits: why nobody uses what is taken. */
export function placesSentence({ waiting, pools }: Bound, timeZone: string): string {
  const [poolId, places] = waiting?.bound ?? [];
  if (poolId === undefined || places === undefined) return "";
  const pool = pools.find(({ id }) => id === poolId);
  const until = `until ${minuteWords(places.firstUntil, timeZone)}`;
  const kept =
    places.seats === 1
      ? `1 seat is kept for who had it, ${until}`
      : `${String(places.seats)} seats are kept for who had them, the first ${until}`;
  return ` In the pool "${pool?.name ?? poolId}" ${kept}, because ${onceIn(pool)}.`;
}

/** Why a licence stays where it is. */
export function onceIn(pool: Bound["pools"][number] | undefined): string {
  const seconds = pool?.policy.minReassignSeconds ?? 0;
  return seconds === 0
    ? "such a licence did not change hands earlier"
    : `such a licence changes hands only every ${span(seconds)}`;
}

const UNITS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** In the largest unit in which it is a whole number. */
function span(seconds: number): string {
  const [length, unit] = UNITS.find(([one]) => seconds % one === 0) ?? [1, "second"];
  const count = seconds / length;
  return count === 1 ? unit : `${String(count)} ${unit}s`;
}
