import type { Changes } from "../../domain/snapshot.js";
import { keepExisting } from "../dialect.js";
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

/** A member who is there already stays: providers add the same person again and again. */
export async function addMembers(
  { sql, organisationId }: SaveContext,
  added: Changes["membersAdded"],
): Promise<void> {
  await insertRows(
    sql,
    "memberships",
    ["organisationId", "groupId", "userId"],
    added.map(({ groupId, userId }) => [organisationId, groupId, userId]),
    keepExisting(sql.dialect, "userId"),
  );
}
