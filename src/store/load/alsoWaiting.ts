import { turnOf } from "../../domain/waiting/ageing.js";
import type { Pool, WaitingEntry } from "../../domain/directory.js";
import { isForLess } from "../../domain/waiting/queue.js";
import { WAITING_COLUMNS } from "../rows/seats.js";
import { placeholders } from "../sql.js";
import type { Part } from "./union.js";

/**
 * The further pools of who waits for one of several by name: a row of `waiting_also` for each, in the order of its pool's list. Where
 * the first of them is asked for, `waiting` itself knows.
 */

const COLUMNS = WAITING_COLUMNS.map((column) => `w.${column}`).join(", ");

/** The first of those who would take a seat of the pool, too. */
export function alsoParts({ organisationId, id, tiers }: Pool, count: number): Part[] {
  return tiers.flatMap((tier) =>
    [false, true].map((behind) => ({
      // The few of the index first: whichever way the database joins, it looks up no more than these.
      text: `SELECT ${COLUMNS} FROM (SELECT organisationId, entryId FROM waiting_also WHERE organisationId = ? AND poolId = ? AND tier = ? AND behind = ? ORDER BY turn, entryId LIMIT ?) picked JOIN waiting w ON w.organisationId = picked.organisationId AND w.id = picked.entryId`,
      values: [organisationId, id, tier, behind, count],
    })),
  );
}

/**
 * Counts who is before the entry in one of these pools by such a row, and would not be counted by the first pool that is named; each
 * once, in however many of them.
 */
export function alsoAhead(serving: readonly Pool[], entry: WaitingEntry): Part[] {
  const tiers = [...new Set(serving.flatMap((pool) => pool.tiers))];
  const sides = isForLess(entry) ? [false, true] : [false];
  const turn = turnOf(entry);
  return tiers.flatMap((tier) => {
    const pools = serving.filter((pool) => pool.tiers.includes(tier)).map(({ id }) => id);
    const list = placeholders(pools.length);
    return sides.map((behind) => {
      const isWhole = isForLess(entry) && !behind;
      const before = isWhole ? "" : " AND (turn < ? OR (turn = ? AND entryId < ?))";
      return {
        text: `SELECT COUNT(DISTINCT entryId) AS ahead FROM waiting_also WHERE organisationId = ? AND poolId IN (${list}) AND tier = ? AND behind = ? AND firstPoolId NOT IN (${list})${before}`,
        values: [
          ...[entry.organisationId, ...pools, tier, behind, ...pools],
          ...(isWhole ? [] : [turn, turn, entry.id]),
        ],
      };
    });
  });
}
