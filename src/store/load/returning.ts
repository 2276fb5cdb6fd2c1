import { foldName } from "../../domain/directory.js";
import { handOverKey, type Needs, type Snapshot } from "../../domain/snapshot.js";
import type { RemovedPerson } from "../../domain/people/removed.js";
import { isStorableId } from "../limits.js";
import { removedFromRow, type RemovedRow } from "../rows/removed.js";
import { chunks, placeholders, selectIn, unique, type Sql } from "../sql.js";
import { groupBy } from "./people.js";
import { selectAll, type Part } from "./union.js";

/** Ids of users and of removed people who may be meant by a name that a provider sends. */
export interface Returning {
  readonly userIds: readonly string[];
  readonly removedIds: readonly string[];
}

interface FoundRow {
  readonly kind: "user" | "removed";
  readonly one: string;
  readonly other: string;
}

/**
 * In one statement for the whole batch. Of many who fit one name two come back: enough to see that it is not clear who
 * is meant, however many there are.
 */
export async function findReturning(
  sql: Sql,
  organisationId: string,
  wanted: NonNullable<Needs["returning"]>,
): Promise<Returning> {
  const byConnection = groupBy(
    wanted,
    ({ connectionId }) => connectionId,
    (naming) => naming,
  );
  const parts = [...byConnection].flatMap(([connectionId, namings]) => {
    const externalIds = unique(namings.flatMap(({ externalId }) => externalId ?? []));
    const names = unique(namings.map(({ userName }) => foldName(userName)));
    const owner = [organisationId, connectionId];
    return [
      ...chunks(externalIds).flatMap((list) => [
        inactiveUsers([...owner, ...list]),
        removedPeople("externalId", [...owner, ...list]),
      ]),
      ...chunks(names).map((list) => removedPeople("userNameKey", [...owner, ...list])),
    ];
  });
  const rows = await selectAll<FoundRow>(sql, parts);
  const idsOf = (kind: FoundRow["kind"]): string[] =>
    unique(rows.filter((row) => row.kind === kind).flatMap(({ one, other }) => [one, other]));
  return { userIds: idsOf("user"), removedIds: idsOf("removed") };
}

function inactiveUsers(values: string[]): Part {
  return {
    text: `SELECT 'user' AS kind, MIN(id) AS one, MAX(id) AS other FROM users WHERE organisationId = ? AND connectionId = ? AND externalId IN (${placeholders(values.length - 2)}) AND active = 0 AND deletedAt IS NULL GROUP BY externalId`,
    values,
  };
}

function removedPeople(column: "externalId" | "userNameKey", values: string[]): Part {
  // Who has the name and another externalId is somebody else, and must not hide those who fit.
  const groups = column === "externalId" ? column : "userNameKey, externalId";
  return {
    text: `SELECT 'removed' AS kind, MIN(userId) AS one, MAX(userId) AS other FROM removed_people WHERE organisationId = ? AND connectionId = ? AND ${column} IN (${placeholders(values.length - 2)}) GROUP BY ${groups}`,
    values,
  };
}

export async function loadReturning(
  sql: Sql,
  organisationId: string,
  { removed = [], handOvers = [] }: Needs,
  returning: Returning,
): Promise<Pick<Snapshot, "removed" | "handOvers">> {
  const [people, allowed] = await Promise.all([
    loadRemoved(sql, organisationId, [...removed, ...returning.removedIds]),
    loadHandOvers(sql, organisationId, handOvers),
  ]);
  return { removed: people, handOvers: allowed };
}

async function loadRemoved(
  sql: Sql,
  organisationId: string,
  ids: readonly string[],
): Promise<Map<string, RemovedPerson>> {
  const rows = await selectIn<RemovedRow>(
    sql,
    ids.filter(isStorableId),
    (list) =>
      `SELECT person FROM removed_people WHERE organisationId = ? AND userId IN (${list}) ORDER BY userId`,
    [organisationId],
  );
  const people = rows.flatMap((row) => removedFromRow(row) ?? []);
  return new Map(people.map((person) => [person.user.id, person]));
}

interface HandOverRow {
  readonly fromConnectionId: string;
  readonly toConnectionId: string;
  readonly userNameKey: string;
}

/** An entry for everybody counts for each of the names asked for. */
async function loadHandOvers(
  sql: Sql,
  organisationId: string,
  wanted: NonNullable<Needs["handOvers"]>,
): Promise<Set<string>> {
  const names = wanted.map(({ userName }) => userName);
  const rows = await selectIn<HandOverRow>(
    sql,
    wanted.map(({ connectionId }) => connectionId),
    (list) =>
      `SELECT fromConnectionId, toConnectionId, userNameKey FROM hand_overs WHERE organisationId = ? AND toConnectionId IN (${list})`,
    [organisationId],
  );
  return new Set(
    rows.flatMap(({ fromConnectionId, toConnectionId, userNameKey }) =>
      (userNameKey === "" ? names : [userNameKey]).map((name) =>
        handOverKey(fromConnectionId, toConnectionId, name),
      ),
    ),
  );
}
