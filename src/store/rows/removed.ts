import { foldName, type LinkedIdentity } from "../../domain/directory.js";
import type { RemovedPerson } from "../../domain/people/removed.js";
import type { SqlValue } from "../sql.js";

/**
 * A link that comes back with the person, unless the connection has forgotten all its links since: `generation` counts how
 * often it had done that before. Absent: kept by an older version, which did not count, so never.
 */
export interface KeptIdentity extends LinkedIdentity {
  readonly generation?: number;
}

/** What is kept aside of somebody who was deleted: the person as the domain knows it, and how they signed in. */
interface Kept extends RemovedPerson {
  readonly identities: readonly KeptIdentity[];
}

export interface RemovedRow {
  /** Empty: deleted before anything was kept. */
  readonly person: string;
}

export const REMOVED_COLUMNS = [
  "organisationId",
  "userId",
  "connectionId",
  "externalId",
  "userNameKey",
  "removedAt",
  "person",
] as const;

export function removedValues(
  person: RemovedPerson,
  identities: readonly KeptIdentity[],
): SqlValue[] {
  const { user, removedAt } = person;
  const kept: Kept = { ...person, identities };
  return [
    user.organisationId,
    user.id,
    user.connectionId,
    user.externalId,
    foldName(user.userName),
    removedAt,
    JSON.stringify(kept),
  ];
}

export function keptFromRow({ person }: RemovedRow): Kept | null {
  return person === "" ? null : (JSON.parse(person) as Kept);
}

export function removedFromRow(row: RemovedRow): RemovedPerson | null {
  const kept = keptFromRow(row);
  if (kept === null) return null;
  const { user, byHand, removedAt } = kept;
  return { user, byHand, removedAt };
}
