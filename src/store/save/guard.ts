import type { Changes } from "../../domain/snapshot.js";
import { SeatkeeperError } from "../../errors.js";

/**
 * A row of another organisation in the changes would be a leak between tenants, so it is a bug that stops the
 * transaction.
 */
export function assertOneOrganisation(organisationId: string, changes: Changes): void {
  const owners = [
    ...changes.usersInserted,
    ...changes.usersUpdated.map((update) => update.row),
    ...changes.peopleRemoved.map((person) => person.user),
    ...changes.peopleRestored.map((restored) => restored.user),
    ...changes.groupsInserted,
    ...changes.groupsUpdated.map((update) => update.row),
    ...changes.poolsUpdated.map((update) => update.row),
    ...changes.seatsInserted,
    ...changes.seatsUpdated,
    ...changes.seatsDeleted,
    ...changes.waitingInserted,
    ...changes.waitingUpdated,
    ...changes.waitingDeleted,
    ...changes.sessionsInserted,
    ...changes.entries,
    ...changes.events,
    ...changes.requestsRecorded,
    ...changes.signInsRecorded,
  ];
  if (owners.some((owner) => owner.organisationId !== organisationId)) {
    throw new SeatkeeperError("Internal", { detail: "changes of two organisations in one save" });
  }
}

/** The state is not the one that the decision saw. The store runs the work again. */
export class StaleDecision extends SeatkeeperError {
  constructor(what: string) {
    super("VersionMismatch", { detail: `${what} changed since it was loaded` });
  }
}
