import type { Changes } from "../../domain/snapshot.js";
import { deleteRows, markStale } from "./deletions.js";
import { deleteUsers, erasePeople, restorePeople } from "./removed.js";
import { insertUsers, updateUsers } from "./users.js";
import { deleteGroups, insertGroups, updateGroups } from "./groups.js";
import type { SaveContext } from "./context.js";
import { assertOneOrganisation } from "./guard.js";
import { insertRest } from "./insertions.js";
import { addMembers, changeMembers } from "./memberships.js";
import { updatePools, updateSeats, updateSessions, updateWaiting } from "./updates.js";

/**
 * Writes one batch. The order matters: what frees something (a seat, a name) comes before what takes it, and rows come
 * before those that refer to them.
 */
export async function saveChanges(context: SaveContext, changes: Changes): Promise<void> {
  assertOneOrganisation(context.organisationId, changes);

  await markStale(context, changes);
  await changeMembers(context, changes);

  await deleteRows(context, changes);
  await deleteGroups(context, changes.groupsDeleted);
  await deleteUsers(context, changes);

  await updateUsers(context, changes.usersUpdated);
  await updateGroups(context, changes.groupsUpdated);
  await updatePools(context, changes.poolsUpdated);
  await updateSeats(context, changes.seatsUpdated);
  await updateWaiting(context, changes.waitingUpdated);
  await updateSessions(context, changes.sessionsEnded);

  await insertUsers(context, changes.usersInserted);
  await restorePeople(context, changes.peopleRestored);
  await insertGroups(context, changes.groupsInserted);
  await addMembers(context, changes.membersAdded);
  await insertRest(context, changes);
  await erasePeople(context, changes.peopleErased);
}
