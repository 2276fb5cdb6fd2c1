import type { Day } from "../billing/days.js";
import type { Id, Timestamp } from "../directory.js";
import type { Use } from "./uses.js";

/**
 * Of each person the days that saw use of which no hours are on record: of an application that asks without a session, of a seat
 * of one's own, or of sessions that went before their spans were kept. Whoever has none is left out.
 */
export function daysWithoutHours(
  usedDays: ReadonlyMap<Id, readonly Day[]>,
  uses: readonly Use[],
  dayOf: (at: Timestamp) => Day,
): Map<Id, number> {
  const known = new Map<Id, Set<Day>>();
  for (const { userId, from, to } of uses) {
    const days = known.get(userId) ?? new Set();
    known.set(userId, days);
    const last = dayOf(to - 1);
    for (let day = dayOf(from); day <= last; day += 1) days.add(day);
  }
  const counts = new Map<Id, number>();
  for (const [userId, used] of usedDays) {
    const own = known.get(userId);
    const count = new Set(used.filter((day) => own?.has(day) !== true)).size;
    if (count > 0) counts.set(userId, count);
  }
  return counts;
}
