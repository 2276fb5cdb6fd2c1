import { twinKeyOf } from "../rows/directory.js";
import type { RowUpdate, Sql } from "../sql.js";
import { updateRows } from "../sql.js";
import { addColumn, columnTypes, createIndex } from "./schema.js";

/**
 * A group that is created a second time in the same words is refused (docs/adr/0015), and a member may be shown under
 * the name that the client gave.
 */
export async function nameGroupsAndMembers(sql: Sql): Promise<void> {
  const { id, text } = columnTypes(sql.dialect);
  await addColumn(sql, "memberships", "display", text(256));
  // Folding may make three characters of one.
  await addColumn(sql, "memberships", "displayKey", text(768));
  await addColumn(sql, "directory_groups", "twinKey", id);
  await nameGroups(sql);
  await createIndex(
    sql,
    "directory_groups",
    "twin",
    ["organisationId", "connectionId", "twinKey"],
    "UNIQUE INDEX",
  );
}

interface GroupNames {
  readonly organisationId: string;
  readonly id: string;
  readonly connectionId: string;
  readonly externalId: string | null;
  readonly displayName: string;
}

const PAGE = 500;

/** Of groups that are doubles already, the oldest gets the key; the others stay as they are, without one. */
async function nameGroups(sql: Sql): Promise<void> {
  const organisations = await sql.all<{ id: string }>("SELECT id FROM organisations ORDER BY id");
  for (const { id: organisationId } of organisations) {
    const taken = new Set<string>();
    for (let after = ""; ;) {
      const page: readonly GroupNames[] = await sql.all<GroupNames>(
        "SELECT id, connectionId, externalId, displayName FROM directory_groups WHERE organisationId = ? AND id > ? ORDER BY id LIMIT ?",
        [organisationId, after, PAGE],
      );
      const rows = page.flatMap((group): RowUpdate[] => {
        const key = twinKeyOf(group);
        const place = `${group.connectionId} ${key}`;
        if (taken.has(place)) return [];
        taken.add(place);
        return [{ id: group.id, values: [key] }];
      });
      await updateRows(sql, "directory_groups", organisationId, ["twinKey"], rows);
      after = page.at(-1)?.id ?? after;
      if (page.length < PAGE) break;
    }
  }
}
