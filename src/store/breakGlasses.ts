import type { Id } from "../domain/directory.js";
import type { GlassPlace, GlassStanding } from "../ports/breakGlass.js";
import { isStorableId } from "./limits.js";
import { breakGlassOf, factFromRow, type FactRow } from "./rows/entitlements.js";
import { selectIn, unique, type Sql, type SqlValue } from "./sql.js";

interface Page {
  readonly after?: GlassPlace;
  readonly limit: number;
}

interface GlassRow extends FactRow {
  readonly userName: string;
  readonly breakGlass: string | null;
}

/** By the table of ends, which has these alone; not those that have ended at `now`. */
export async function readBreakGlasses(
  sql: Sql,
  organisationId: string,
  now: number,
  { after, limit }: Page,
): Promise<GlassStanding[]> {
  if (after !== undefined && !isStorableId(after.userId)) return [];
  const behind = after === undefined ? "" : " AND (f.userId > ? OR (f.userId = ? AND f.name > ?))";
  const place: SqlValue[] = after === undefined ? [] : [after.userId, after.userId, after.product];
  const rows = await sql.all<GlassRow>(
    `SELECT f.userId, f.kind, f.name, f.value, f.source, f.since, u.userName, r.breakGlass FROM fact_ends e JOIN facts f ON f.organisationId = e.organisationId AND f.userId = e.userId AND f.digest = e.digest JOIN users u ON u.organisationId = e.organisationId AND u.id = e.userId LEFT JOIN requirements r ON r.organisationId = e.organisationId AND r.userId = e.userId AND r.product = f.name WHERE e.organisationId = ? AND e.endsAt > ?${behind} ORDER BY f.userId, f.name LIMIT ?`,
    [organisationId, now, ...place, limit],
  );
  const found = rows.map((row) => {
    const { breakGlass } = breakGlassOf(row);
    return { fact: factFromRow(row), userName: row.userName, despite: breakGlass?.despite ?? [] };
  });
  const groupNames = await namesOf(sql, organisationId, found);
  return found.map((one) => ({ ...one, groupNames }));
}

async function namesOf(
  sql: Sql,
  organisationId: string,
  found: readonly Pick<GlassStanding, "despite">[],
): Promise<Map<Id, string>> {
  const origins = found.flatMap(({ despite }) => despite.map(([origin = ""]) => origin));
  const ids = origins.flatMap((origin) => (/^group:(.+)$/.exec(origin) ?? []).slice(1));
  const rows = await selectIn<{ id: string; displayName: string }>(
    sql,
    unique(ids).filter(isStorableId),
    (list) =>
      `SELECT id, displayName FROM directory_groups WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  return new Map(rows.map(({ id, displayName }) => [id, displayName]));
}
