import { foldName } from "../../domain/directory.js";
import type { Changes } from "../../domain/snapshot.js";
import { keepExisting } from "../dialect.js";
import { checkOptional, LIMITS } from "../limits.js";
import { insertRows, unawaited } from "../sql.js";
import { deletePairs } from "./deletions.js";
import type { SaveContext } from "./context.js";

/** Cost follows the change, not the size of the group. */
export async function changeMembers(context: SaveContext, changes: Changes): Promise<void> {
  await deletePairs(
    { ...context, sql: unawaited(context.sql) },
    "memberships",
    ["groupId", "userId"],
    changes.membersRemoved.map(({ groupId, userId }) => [groupId, userId]),
  );
}

const PAIR = ["organisationId", "groupId", "userId"];

/** A member who is there already stays: providers add the same person again and again. */
export async function addMembers(
  { sql, organisationId }: SaveContext,
  added: Changes["membersAdded"],
): Promise<void> {
  const keep = keepExisting(sql.dialect, "userId");
  // Most providers name nobody: then nothing more is sent to the database than the pairs.
  if (added.every(({ display }) => display === undefined)) {
    const pairs = added.map(({ groupId, userId }) => [organisationId, groupId, userId]);
    return insertRows(sql, "memberships", PAIR, pairs, keep);
  }
  const named = added.map(({ groupId, userId, display = null }) => [
    organisationId,
    groupId,
    userId,
    checkOptional("members.display", display, LIMITS.memberDisplay),
    display === null ? null : foldName(display),
  ]);
  await insertRows(sql, "memberships", [...PAIR, "display", "displayKey"], named, keep);
}
