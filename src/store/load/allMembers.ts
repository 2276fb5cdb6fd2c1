import { isStorableId } from "../limits.js";
import { chunks, placeholders, unique } from "../sql.js";
import type { Sql, SqlValue } from "../sql.js";
import { groupBy } from "./people.js";

/** Members of one group whose ids lie above the first and up to the second; null is no bound. */
interface Range {
  readonly above: string | null;
  readonly upTo: string | null;
}

const PAGE = 1_000;

/**
 * All member ids of groups of which the caller expects to know most. The database compares, in portions of the expected
 * list, and sends only what differs: a list of 50,000 that is already right costs 50 counts and no rows.
 */
export async function loadAllMemberIds(
  sql: Sql,
  organisationId: string,
  wanted: readonly { readonly groupId: string; readonly expected: readonly string[] }[],
): Promise<Map<string, Set<string>>> {
  const members = new Map<string, Set<string>>();
  const lists = groupBy(
    wanted,
    ({ groupId }) => groupId,
    ({ expected }) => expected,
  );
  for (const [groupId, expected] of lists) {
    const ids = isStorableId(groupId)
      ? await membersOf(sql, [organisationId, groupId], expected.flat())
      : [];
    members.set(groupId, new Set(ids));
  }
  return members;
}

type Group = readonly [organisationId: string, groupId: string];

async function membersOf(sql: Sql, group: Group, expected: readonly string[]): Promise<string[]> {
  const sorted = unique(expected.filter(isStorableId)).sort();
  const portions = sorted.length === 0 ? [[]] : chunks(sorted);
  const found: string[][] = [];
  for (const [index, portion] of portions.entries()) {
    const range = {
      above: portions[index - 1]?.at(-1) ?? null,
      upTo: index === portions.length - 1 ? null : (portion.at(-1) ?? null),
    };
    found.push(await membersIn(sql, group, range, portion));
  }
  return found.flat();
}

/** The members in the range: those of the portion, and any others. */
async function membersIn(
  sql: Sql,
  group: Group,
  range: Range,
  portion: readonly string[],
): Promise<string[]> {
  const place = placeOf(group, range);
  const list = placeholders(portion.length);
  const [counted] = await sql.all<{ held: number; expected: number | string | null }>(
    `SELECT COUNT(*) AS held, SUM(CASE WHEN userId IN (${list}) THEN 1 ELSE 0 END) AS expected FROM memberships WHERE ${place.text}`,
    [...portion, ...place.values],
  );
  const held = counted?.held ?? 0;
  const expected = Number(counted?.expected ?? 0);
  const known =
    expected === portion.length || expected === 0
      ? portion.slice(0, expected)
      : await select(sql, `${place.text} AND userId IN (${list})`, [...place.values, ...portion]);
  return held === expected
    ? [...known]
    : [...known, ...(await othersIn(sql, group, range, portion))];
}

/** In pages, because of a group that is emptied there may be very many. */
async function othersIn(
  sql: Sql,
  group: Group,
  range: Range,
  portion: readonly string[],
): Promise<string[]> {
  const others: string[] = [];
  const list = placeholders(portion.length);
  for (let above = range.above; ;) {
    const place = placeOf(group, { ...range, above });
    const page = await select(
      sql,
      `${place.text}${portion.length === 0 ? "" : ` AND userId NOT IN (${list})`} ORDER BY userId LIMIT ${PAGE}`,
      [...place.values, ...portion],
    );
    others.push(...page);
    above = page.at(-1) ?? null;
    if (page.length < PAGE) return others;
  }
}

async function select(sql: Sql, rest: string, values: readonly SqlValue[]): Promise<string[]> {
  const rows = await sql.all<{ userId: string }>(
    `SELECT userId FROM memberships WHERE ${rest}`,
    values,
  );
  return rows.map(({ userId }) => userId);
}

function placeOf(group: Group, { above, upTo }: Range): { text: string; values: SqlValue[] } {
  const bounds = [
    ...(above === null ? [] : [{ text: " AND userId > ?", value: above }]),
    ...(upTo === null ? [] : [{ text: " AND userId <= ?", value: upTo }]),
  ];
  return {
    text: `organisationId = ? AND groupId = ?${bounds.map(({ text }) => text).join("")}`,
    values: [...group, ...bounds.map(({ value }) => value)],
  };
}
