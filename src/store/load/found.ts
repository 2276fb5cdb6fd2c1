import type { Seat } from "../../domain/directory.js";
import type { Needs } from "../../domain/snapshot.js";
import { isStorableId } from "../limits.js";
import type { SeatRow } from "../rows/seats.js";
import { SEAT_SELECT, seatFromRow } from "../rows/seats.js";
import { chunks, placeholders, selectIn } from "../sql.js";
import type { Sql, SqlValue } from "../sql.js";
import { groupBy } from "./people.js";
import { findReturning, type Returning } from "./returning.js";
import { selectAll } from "./union.js";

/** The users that the needs name in other ways than by id. */
export interface Found {
  readonly userNames: Map<string, string>;
  readonly identities: Map<string, string>;
  readonly membersOf: Map<
    string,
    { readonly userIds: readonly string[]; readonly complete: boolean }
  >;
  readonly seats: Map<string, Seat>;
  readonly stale: readonly string[];
  readonly returning: Returning;
  readonly provisionedAs: readonly string[];
}

export async function find(sql: Sql, organisationId: string, needs: Needs): Promise<Found> {
  const [userNames, identities, membersOf, seats, stale, returning, provisionedAs] =
    await Promise.all([
      findUserNames(sql, organisationId, needs.userNames ?? []),
      findIdentities(sql, organisationId, needs.identities ?? [], needs.linksOf ?? []),
      findMembersOf(sql, organisationId, needs.membersOf ?? []),
      findSeats(sql, organisationId, needs.seats ?? []),
      findStale(sql, organisationId, needs.stale ?? 0),
      findReturning(sql, organisationId, needs.returning ?? []),
      findProvisionedAs(sql, organisationId, needs.provisionedAs ?? []),
    ]);
  return { userNames, identities, membersOf, seats, stale, returning, provisionedAs };
}

export function foundUserIds(found: Found): string[] {
  return [
    ...found.userNames.values(),
    ...found.identities.values(),
    ...[...found.membersOf.values()].flatMap(({ userIds, complete }) => (complete ? userIds : [])),
    ...[...found.seats.values()].map((seat) => seat.userId),
    ...found.stale,
    ...found.returning.userIds,
    ...found.provisionedAs,
  ];
}

async function findUserNames(
  sql: Sql,
  organisationId: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  const rows = await selectIn<{ id: string; userNameKey: string }>(
    sql,
    names,
    (list) =>
      `SELECT id, userNameKey FROM users WHERE organisationId = ? AND userNameKey IN (${list})`,
    [organisationId],
  );
  return new Map(rows.map((row) => [row.userNameKey, row.id]));
}

/** By their NameIDs, and those by which the accounts in `linksOf` are known. */
async function findIdentities(
  sql: Sql,
  organisationId: string,
  wanted: NonNullable<Needs["identities"]>,
  linksOf: NonNullable<Needs["linksOf"]>,
): Promise<Map<string, string>> {
  const select = (condition: string) =>
    `SELECT connectionId, nameId, userId FROM identities WHERE organisationId = ? AND (${condition})`;
  const found = (pairs: readonly (readonly [string, string])[], column: "nameId" | "userId") =>
    selectPairs<IdentityRow>(sql, pairs, ["connectionId", column], select, [organisationId]);
  const rows = await Promise.all([
    found(
      wanted.map((pair) => [pair.connectionId, pair.nameId]),
      "nameId",
    ),
    found(
      linksOf.map((pair) => [pair.connectionId, pair.userId]),
      "userId",
    ),
  ]);
  return new Map(rows.flat().map((row) => [`${row.connectionId} ${row.nameId}`, row.userId]));
}

interface IdentityRow {
  readonly connectionId: string;
  readonly nameId: string;
  readonly userId: string;
}

/** Two of each are enough to know that it is not clear who is meant. */
async function findProvisionedAs(
  sql: Sql,
  organisationId: string,
  wanted: NonNullable<Needs["provisionedAs"]>,
): Promise<string[]> {
  const ids: string[] = [];
  for (const { connectionId, externalId } of wanted) {
    const rows = await sql.all<{ id: string }>(
      "SELECT id FROM users WHERE organisationId = ? AND connectionId = ? AND externalId = ? AND deletedAt IS NULL ORDER BY id LIMIT 2",
      [organisationId, connectionId, externalId],
    );
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}

/** Below SQLite's depth of an expression. */
const GROUPS_MAX = 200;

/**
 * Rows by pairs such as (connection, external id): `connectionId = ? AND externalId IN (...)` for each first part, so
 * that the index is used on every database.
 */
export async function selectPairs<Row extends object>(
  sql: Sql,
  pairs: readonly (readonly [string, string])[],
  columns: readonly [string, string],
  text: (condition: string) => string,
  before: readonly SqlValue[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { condition, values } of pairConditions(pairs, columns)) {
    rows.push(...(await sql.all<Row>(text(condition), [...before, ...values])));
  }
  return rows;
}

export function pairConditions(
  pairs: readonly (readonly [string, string])[],
  [first, second]: readonly [string, string],
): { readonly condition: string; readonly values: readonly string[] }[] {
  return chunks(pairs).flatMap((chunk) => {
    const lists = groupBy(
      chunk,
      (pair) => pair[0],
      (pair) => pair[1],
    );
    return chunks([...lists], GROUPS_MAX).map((part) => ({
      condition: part
        .map(([, list]) => `(${first} = ? AND ${second} IN (${placeholders(list.length)}))`)
        .join(" OR "),
      values: part.flatMap(([key, list]) => [key, ...list]),
    }));
  });
}

async function findMembersOf(
  sql: Sql,
  organisationId: string,
  wanted: readonly { readonly groupId: string; readonly limit: number }[],
): Promise<Found["membersOf"]> {
  // MariaDB refuses to compare an id column with what cannot be an id.
  const storable = wanted.filter(({ groupId }) => isStorableId(groupId));
  const parts = storable.map(({ groupId, limit }) => ({
    text: "SELECT groupId, userId FROM memberships WHERE organisationId = ? AND groupId = ? ORDER BY userId LIMIT ?",
    values: [organisationId, groupId, limit + 1],
  }));
  const rows = await selectAll<{ groupId: string; userId: string }>(sql, parts);
  const members = groupBy(
    rows,
    (row) => row.groupId,
    (row) => row.userId,
  );
  return new Map(
    wanted.map(({ groupId, limit }) => {
      const userIds = (members.get(groupId) ?? []).sort();
      return [groupId, { userIds: userIds.slice(0, limit), complete: userIds.length <= limit }];
    }),
  );
}

async function findSeats(
  sql: Sql,
  organisationId: string,
  ids: readonly string[],
): Promise<Map<string, Seat>> {
  const rows = await selectIn<SeatRow>(
    sql,
    ids.filter(isStorableId),
    (list) => `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  return new Map(rows.map((row) => [row.id, seatFromRow(row)]));
}

async function findStale(sql: Sql, organisationId: string, limit: number): Promise<string[]> {
  if (limit === 0) {
    return [];
  }
  const rows = await sql.all<{ userId: string }>(
    "SELECT userId FROM stale_users WHERE organisationId = ? ORDER BY userId LIMIT ?",
    [organisationId, limit],
  );
  return rows.map((row) => row.userId);
}

/** Taken along by whoever comes first; the background takes as many as it does at a time. */
const OVERDUE_MAX = 50;

/** Whose facts are past their end, whatever is asked: they may stand on a list from which somebody is served. */
export async function findOverdue(
  sql: Sql,
  organisationId: string,
  { stale = 0 }: Pick<Needs, "stale">,
  { nextEnd, now }: { readonly nextEnd: number | null; readonly now: number },
): Promise<string[]> {
  if (nextEnd === null || nextEnd > now) {
    return [];
  }
  const rows = await sql.all<{ userId: string }>(
    "SELECT DISTINCT userId FROM fact_ends WHERE organisationId = ? AND endsAt <= ? ORDER BY userId LIMIT ?",
    [organisationId, now, stale === 0 ? OVERDUE_MAX : stale],
  );
  return rows.map((row) => row.userId);
}
