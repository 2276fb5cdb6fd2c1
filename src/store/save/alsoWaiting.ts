import type { WaitingEntry } from "../../domain/directory.js";
import type { Changes } from "../../domain/snapshot.js";
import { isForLess } from "../../domain/waiting/queue.js";
import { turnOf } from "../../domain/waiting/ageing.js";
import { insertRows, unawaited } from "../sql.js";
import type { SqlValue } from "../sql.js";
import type { SaveContext } from "./context.js";
import { deletePairs } from "./deletions.js";

/** The rows by which who waits for one of several pools stands in the lists of the others (load/alsoWaiting.ts). */

/** Of entries that are gone, and of those that change: these come back as they are now. */
export async function deleteAlsoWaiting(
  context: SaveContext,
  { waitingNamedSeveral: before }: Pick<Changes, "waitingNamedSeveral">,
): Promise<void> {
  await deletePairs(
    { ...context, sql: unawaited(context.sql) },
    "waiting_also",
    ["userId", "entryId"],
    before.map(({ userId, id }) => [userId, id]),
  );
}

export async function insertAlsoWaiting(
  { sql }: SaveContext,
  { waitingInserted, waitingUpdated }: Pick<Changes, "waitingInserted" | "waitingUpdated">,
): Promise<void> {
  const rows = [...waitingInserted, ...waitingUpdated].flatMap(alsoRows);
  await insertRows(sql, "waiting_also", COLUMNS, rows);
}

const COLUMNS = [
  ...["organisationId", "userId", "entryId", "poolId", "firstPoolId", "tier", "behind", "turn"],
] as const;

function alsoRows(entry: WaitingEntry): SqlValue[][] {
  const { organisationId, userId, id, poolId, alsoPools = [], tier } = entry;
  return alsoPools.map((also) => [
    ...[organisationId, userId, id, also, poolId, tier, isForLess(entry), turnOf(entry)],
  ]);
}
