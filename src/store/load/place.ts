import { turnOf } from "../../domain/waiting/ageing.js";
import type { WaitingEntry } from "../../domain/directory.js";
import { isForLess } from "../../domain/waiting/queue.js";
import { servesEntry } from "../../domain/waiting/serves.js";
import { POOL_SELECT, poolFromRow, type PoolRow } from "../rows/seats.js";
import type { Sql } from "../sql.js";
import { alsoAhead } from "./alsoWaiting.js";
import { type Range, rangesOf } from "./queues.js";
import { type Part, selectAll } from "./union.js";

/**
 * 1-based: how many a pool that can serve the entry would look at before it, and the entry itself. Whoever waits for what only
 * other pools give is in nobody's way. Each part is a count in the index of the queue.
 */
export async function readPlace(
  sql: Sql,
  organisationId: string,
  entry: WaitingEntry,
): Promise<number> {
  const rows = await sql.all<PoolRow>(
    `SELECT ${POOL_SELECT} FROM pools WHERE organisationId = ? AND product = ?`,
    [organisationId, entry.product],
  );
  const serving = rows.map(poolFromRow).filter((pool) => servesEntry(pool, entry));
  const ranges = new Map<string, Range>();
  for (const range of [...ownRanges(organisationId, entry), ...serving.flatMap(rangesOf)]) {
    const isAhead = isForLess(entry) || !range.behind;
    if (isAhead) ranges.set(keyOf(range), range);
  }
  const counts = await selectAll<{ ahead: number }>(sql, [
    ...[...ranges.values()].map((range) => aheadPart(range, entry)),
    ...alsoAhead(serving, entry),
  ]);
  return counts.reduce((sum, { ahead }) => sum + ahead, 1);
}

/** Where no pool serves the entry, those who wait for the same are still before it. */
function ownRanges(organisationId: string, entry: WaitingEntry): Range[] {
  const { product, tier, poolId, atTheDoor } = entry;
  const place = { organisationId, product, tier, poolId, atTheDoor };
  return [false, true].map((behind) => ({ ...place, behind }));
}

function keyOf({ tier, poolId, atTheDoor, behind }: Range): string {
  return JSON.stringify([tier, poolId, atTheDoor, behind]);
}

function aheadPart(range: Range, entry: WaitingEntry): Part {
  const { organisationId, product, tier, poolId, atTheDoor, behind } = range;
  const [wished, named] = poolId === null ? ["poolId IS NULL", []] : ["poolId = ?", [poolId]];
  const turn = turnOf(entry);
  // All who have nothing, or too little, come before all who can do without.
  const isWhole = isForLess(entry) && !behind;
  const before = isWhole ? "" : " AND (turn < ? OR (turn = ? AND id < ?))";
  return {
    text: `SELECT COUNT(*) AS ahead FROM waiting WHERE organisationId = ? AND product = ? AND tier = ? AND ${wished} AND atTheDoor = ? AND behind = ?${before}`,
    values: [
      ...[organisationId, product, tier, ...named, atTheDoor, behind],
      ...(isWhole ? [] : [turn, turn, entry.id]),
    ],
  };
}
