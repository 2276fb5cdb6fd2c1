import type { Changes } from "../../domain/snapshot.js";
import { deleteAlsoWaiting } from "./alsoWaiting.js";
import { deleteRows, markStale } from "./deletions.js";
import { deleteUsers, erasePeople, restorePeople } from "./removed.js";
import { insertUsers, updateUsers } from "./users.js";
import { deleteGroups, insertGroups, updateGroups } from "./groups.js";
import type { SaveContext } from "./context.js";
import { assertOneOrganisation } from "./guard.js";
import { insertRest } from "./insertions.js";
import { unawaited } from "../sql.js";
import { saveReclaim } from "./reclaim.js";
import { addMembers, changeMembers } from "./memberships.js";
import { saveBrake } from "./brake.js";
import { markApplied, saveRules } from "./plans.js";
import { savePapers } from "./papers.js";
import { closeSessions, updateSessions } from "./sessions.js";
import { updatePools, updateSeats, updateWaiting } from "./updates.js";

/**
 * Writes one batch. The order matters: what frees something (a seat, a name) comes before what takes it, and rows come
 * before those that refer to them. Statements run in the order in which they are asked for, so only what needs an
 * answer is waited for; whatever inserts travels with the commit.
 */
export async function saveChanges(context: SaveContext, changes: Changes): Promise<void> {
  assertOneOrganisation(context.organisationId, changes);

  const freed = [
    markStale(context, changes),
    changeMembers(context, changes),
    deleteRows(context, changes),
    deleteAlsoWaiting(context, changes),
  ];
  if (changes.groupsDeleted.length > 0 || changes.usersDeleted.length > 0) {
    await Promise.all(freed);
    await deleteGroups(context, changes.groupsDeleted);
    await deleteUsers(context, changes);
  }
  await Promise.all([
    ...freed,
    updatePools(context, changes.poolsUpdated),
    updateUsers(context, changes.usersUpdated),
    updateGroups(context, changes.groupsUpdated),
    updateSeats(context, changes.seatsUpdated),
    updateWaiting(context, changes.waitingUpdated),
    updateSessions(context, changes.sessionsEnded),
    closeSessions(context, changes.sessionsClosed),
    saveRules(context, changes),
    markApplied(context, changes.plansApplied),
    saveBrake(context, changes),
  ]);

  const inserting = { ...context, sql: unawaited(context.sql) };
  await insertUsers(inserting, changes.usersInserted);
  await restorePeople(context, changes.peopleRestored);
  await insertGroups(inserting, changes.groupsInserted);
  await addMembers(inserting, changes.membersAdded);
  await insertRest(inserting, changes);
  await saveReclaim(inserting, changes);
  await savePapers(inserting, changes);
  await erasePeople(context, changes.peopleErased);
}
