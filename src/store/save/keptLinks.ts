import type { Id } from "../../domain/directory.js";
import { keepExisting } from "../dialect.js";
import { groupBy } from "../load/people.js";
import { keptFromRow, type KeptIdentity, type RemovedRow } from "../rows/removed.js";
import { insertRows, selectIn } from "../sql.js";
import type { SaveContext } from "./context.js";

/** By which NameIDs deleted people were known, kept aside with them and brought back with them. */

/** @returns by user */
export async function linksToKeep(
  { sql, organisationId }: SaveContext,
  userIds: readonly Id[],
): Promise<Map<Id, KeptIdentity[]>> {
  const links = await selectIn<Required<KeptIdentity>>(
    sql,
    userIds,
    (list) =>
      `SELECT i.connectionId, i.nameId, i.userId, c.linkGeneration AS generation FROM identities i JOIN connections c ON c.organisationId = i.organisationId AND c.id = i.connectionId WHERE i.organisationId = ? AND i.userId IN (${list})`,
    [organisationId],
  );
  return groupBy(
    links,
    ({ userId }) => userId,
    ({ connectionId, nameId, userId, generation }) => ({
      ...{ connectionId, nameId, userId, generation },
    }),
  );
}

/** What somebody else has linked meanwhile stays theirs, and what the connection has forgotten since stays forgotten. */
export async function bringBackLinks(context: SaveContext, userIds: readonly Id[]): Promise<void> {
  const { sql, organisationId } = context;
  const rows = await selectIn<RemovedRow>(
    sql,
    userIds,
    (list) => `SELECT person FROM removed_people WHERE organisationId = ? AND userId IN (${list})`,
    [organisationId],
  );
  const kept = rows.flatMap((row) => keptFromRow(row)?.identities ?? []);
  const generations = await generationsOf(context, kept);
  const links = kept.filter(
    ({ connectionId, generation = 0 }) => generations.get(connectionId) === generation,
  );
  await insertRows(
    sql,
    "identities",
    ["organisationId", "connectionId", "nameId", "userId"],
    links.map(({ connectionId, nameId, userId }) => [organisationId, connectionId, nameId, userId]),
    keepExisting(sql.dialect, "nameId"),
  );
}

async function generationsOf(
  { sql, organisationId }: SaveContext,
  links: readonly KeptIdentity[],
): Promise<Map<Id, number>> {
  const rows = await selectIn<{ id: Id; linkGeneration: number }>(
    sql,
    links.map(({ connectionId }) => connectionId),
    (list) =>
      `SELECT id, linkGeneration FROM connections WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  return new Map(rows.map(({ id, linkGeneration }) => [id, linkGeneration]));
}
