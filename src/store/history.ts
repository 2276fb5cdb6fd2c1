import type { Entry } from "../domain/history.js";
import { ENTRY_COLUMNS, entryFromRow } from "./rows/history.js";
import { isStorableId } from "./limits.js";
import type { EntryRow } from "./rows/history.js";
import type { Sql, SqlValue } from "./sql.js";

export interface HistoryPage {
  readonly after?: number;
  readonly limit: number;
  readonly userId?: string;
  readonly newestFirst?: boolean;
}

export async function readHistory(
  sql: Sql,
  organisationId: string,
  page: HistoryPage,
): Promise<Entry[]> {
  const conditions = ["organisationId = ?"];
  const values: SqlValue[] = [organisationId];
  if (page.userId !== undefined) {
    // Of nobody; and MariaDB refuses to compare it with an id.
    if (!isStorableId(page.userId)) return [];
    conditions.push("userId = ?");
    values.push(page.userId);
  }
  if (page.after !== undefined) {
    conditions.push("sequence > ?");
    values.push(page.after);
  }
  const direction = page.newestFirst === true ? "DESC" : "ASC";
  const rows = await sql.all<EntryRow>(
    `SELECT sequence AS position, ${ENTRY_COLUMNS.join(", ")} FROM entries WHERE ${conditions.join(" AND ")} ORDER BY sequence ${direction} LIMIT ?`,
    [...values, page.limit],
  );
  return rows.map(entryFromRow);
}
