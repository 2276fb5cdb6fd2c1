import type { Group } from "../../domain/directory.js";
import type { Update } from "../../domain/snapshot.js";
import { GROUP_CHANGEABLE, GROUP_COLUMNS, groupValues, newGroupValues } from "../rows/directory.js";
import { insertRows, runIn, selectIn, updateRows } from "../sql.js";
import { count, saveCounts } from "./counts.js";
import type { CountChanges } from "./counts.js";
import { StaleDecision } from "./guard.js";
import type { SaveContext } from "./context.js";

export async function insertGroups(context: SaveContext, groups: readonly Group[]): Promise<void> {
  if (groups.length === 0) {
    return;
  }
  await insertRows(context.sql, "directory_groups", GROUP_COLUMNS, groups.map(newGroupValues));
  const counts: CountChanges = new Map();
  groups.forEach((group) => count(counts, group.connectionId, 1));
  await saveCounts(context, "groupCount", counts);
}

export async function updateGroups(
  { sql, organisationId }: SaveContext,
  updates: readonly Update<Group>[],
): Promise<void> {
  const rows = updates.map(({ row, expectedVersion }) => ({
    id: row.id,
    values: groupValues(row),
    expectedVersion,
  }));
  const affected = await updateRows(
    sql,
    "directory_groups",
    organisationId,
    GROUP_CHANGEABLE,
    rows,
  );
  if (affected !== updates.length) {
    throw new StaleDecision("a group");
  }
}

export async function deleteGroups(context: SaveContext, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) {
    return;
  }
  const { sql, organisationId } = context;
  const groups = await selectIn<{ id: string; connectionId: string }>(
    sql,
    ids,
    (list) =>
      `SELECT id, connectionId FROM directory_groups WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  if (groups.length !== ids.length) {
    throw new StaleDecision("a group");
  }
  for (const [table, column] of [
    ["memberships", "groupId"],
    ["directory_groups", "id"],
  ] as const) {
    await runIn(
      sql,
      ids,
      (list) => `DELETE FROM ${table} WHERE organisationId = ? AND ${column} IN (${list})`,
      [organisationId],
    );
  }
  const counts: CountChanges = new Map();
  groups.forEach((group) => count(counts, group.connectionId, -1));
  await saveCounts(context, "groupCount", counts);
}
