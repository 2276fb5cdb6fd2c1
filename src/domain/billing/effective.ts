import type { Id, Timestamp } from "../directory.js";
import type { Entry } from "../history.js";
import { instantOf } from "./tenure.js";

/**
 * Entries in the order in which what they say was so: each in its place, but the end of a lease where the lease was over, however much
 * later somebody noticed. Others may have come meanwhile, who never were there at once with it, and the month may have ended.
 *
 * What is in this order already may be read on: it comes to the same as all at once.
 *
 * @param entries of one ledger in the order of positions, none left out that is about the seats of those that are there
 */
export function asEffective(entries: readonly Entry[]): Entry[] {
  const since = new Map<Id, Timestamp>();
  // Where versions before this one wrote entries out of order, their numbers count.
  let now = -Infinity;
  const timed = entries.map((entry) => {
    const instant = instantOf(entry);
    const isLate = instant < entry.at;
    if (!isLate) now = Math.max(now, entry.at);
    const { seatId } = entry;
    // Clocks of two nodes may differ: no end is before what was known of the same seat.
    const begun = seatId === null ? undefined : since.get(seatId);
    const when = isLate ? Math.max(instant, begun ?? -Infinity) : now;
    if (seatId !== null) since.set(seatId, when);
    return { entry, when };
  });
  return timed.sort((a, b) => a.when - b.when).map(({ entry }) => entry);
}
