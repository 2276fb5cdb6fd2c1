import type { AssertedGroups, User } from "../directory.js";
import type { GroupMembership } from "../snapshot.js";

/** Groups that an assertion named. They are the person's own, apart from the groups and members that SCIM keeps. */

export function groupsOf(groups: readonly string[], isAuthoritative: boolean): AssertedGroups {
  return { groups: [...new Set(groups)].sort(), isAuthoritative };
}

export function withoutAsserted(user: User): User {
  if (user.asserted === undefined) return user;
  const { asserted: _, ...rest } = user;
  return rest;
}

/**
 * The groups that count beside those that SCIM has told: none, once SCIM has put the person into any, unless the
 * assertion is authoritative.
 */
export function assertedMemberships(
  user: Pick<User, "asserted" | "connectionId">,
  isInGroups: boolean,
): GroupMembership[] {
  const { asserted, connectionId } = user;
  if (asserted === undefined || (isInGroups && !asserted.isAuthoritative)) return [];
  // Never the id of a group: whoever knows one could name it in an assertion.
  return asserted.groups.map((groupName) => ({
    groupId: `signIn:${String(connectionId)}:${groupName}`,
    groupName,
  }));
}

/** What SCIM has told since makes an end to what the first sign-in had to go by. */
export function withoutReplaced(user: User, isInGroups: boolean): User {
  return isInGroups && user.asserted?.isAuthoritative === false ? withoutAsserted(user) : user;
}
