import { foldName, type Id } from "../domain/directory.js";
import { isStorableId } from "./limits.js";
import { selectIn, type Sql } from "./sql.js";

/** Of groups as policies name them, by id or by name: those that are not there, in the order in which they were asked for. */
export async function readMissingGroups(
  sql: Sql,
  organisationId: Id,
  named: readonly string[],
): Promise<string[]> {
  const [byId, byName] = await Promise.all([
    selectIn<{ id: string }>(
      sql,
      named.filter(isStorableId),
      (list) => `SELECT id FROM directory_groups WHERE organisationId = ? AND id IN (${list})`,
      [organisationId],
    ),
    // By way of the connections, which are few, because the index over names begins with them.
    selectIn<{ displayNameKey: string }>(
      sql,
      named.map(foldName),
      (list) =>
        `SELECT displayNameKey FROM directory_groups WHERE organisationId = ? AND connectionId IN (SELECT id FROM connections WHERE organisationId = ?) AND displayNameKey IN (${list})`,
      [organisationId, organisationId],
    ),
  ]);
  const ids = new Set(byId.map(({ id }) => id));
  const names = new Set(byName.map((group) => group.displayNameKey));
  return named.filter((name) => !ids.has(name) && !names.has(foldName(name)));
}
