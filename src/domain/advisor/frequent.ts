import type { Day } from "../billing/days.js";
import type { Id } from "../directory.js";

/** Rule 5: a seat of one's own is meant for people who are there on a regular basis. */

/** From this share of the working days on somebody is there regularly. */
const SHARE = 0.5;

export interface Frequent {
  readonly userId: Id;
  readonly days: number;
  /** Monday to Friday, in the whole time. */
  readonly ofWorkingDays: number;
}

/** People for whom a locked seat is recommended, the most regular first. [from, to) in local days. */
export function frequentUsers(
  usedDays: ReadonlyMap<Id, readonly Day[]>,
  from: Day,
  to: Day,
): Frequent[] {
  const ofWorkingDays = workingDays(from, to);
  return [...usedDays]
    .map(([userId, used]) => {
      const days = new Set(used.filter((day) => day >= from && day < to)).size;
      return { userId, days, ofWorkingDays };
    })
    .filter(({ days }) => days > 0 && days >= ofWorkingDays * SHARE)
    .sort((a, b) => b.days - a.days || (a.userId < b.userId ? -1 : 1));
}

/** Day 0 was a Thursday. */
function workingDays(from: Day, to: Day): number {
  let count = 0;
  for (let day = from; day < to; day += 1) if ((day + 3) % 7 < 5) count += 1;
  return count;
}
