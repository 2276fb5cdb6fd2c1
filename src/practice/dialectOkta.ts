import {
  ENTERPRISE_USER,
  filterQuery,
  GROUP,
  groupPath,
  patch,
  USER,
  userPath,
  workEmail,
} from "./dialect.js";
import type { Dialect, JsonObject, Manager, MemberChange, ScimCall } from "./dialect.js";
import type { CurrentPerson } from "./state.js";

/**
 * As Okta's provisioning does it: `active` is changed by a PATCH without a path, profiles by GET and PUT, groups are
 * pushed empty and filled afterwards, and nobody is ever deleted.
 */
export const oktaDialect: Dialect = {
  id: "okta",
  title: "Okta",
  managerWithCreate: true,

  findUser: (person) => ({
    method: "GET",
    path: `/Users?${filterQuery("userName", person.userName)}&startIndex=1&count=100`,
    why: `Okta looks up ${person.displayName} by user name before it creates anything.`,
  }),

  createUser: (person, manager) => ({
    method: "POST",
    path: "/Users",
    body: { ...userBody(person, manager), groups: [], active: true },
    why: `Okta creates the account of ${person.displayName}.`,
  }),

  adopt: (scimId, person, manager) => readAndReplace(scimId, person, manager),

  rename: (scimId, person, manager) => readAndReplace(scimId, person, manager),

  setManager: () => null,

  deactivate: (scimId, person) => [
    setActive(scimId, false, `Okta switches off ${person.displayName}: a PATCH without a path.`),
  ],

  reactivate: (scimId, person, manager) =>
    readAndReplace(scimId, { ...person, active: true }, manager),

  remove: (scimId, person) => [
    setActive(
      scimId,
      false,
      `Okta never sends DELETE for people: it switches ${person.displayName} off and forgets.`,
    ),
  ],

  findGroup: (group) => ({
    method: "GET",
    path: `/Groups?${filterQuery("displayName", group.displayName)}&startIndex=1&count=100`,
    why: `Okta looks up the group ${group.displayName} by name.`,
  }),

  createGroup: (group) => ({
    method: "POST",
    path: "/Groups",
    body: { schemas: [GROUP], displayName: group.displayName, members: [] },
    why: `Okta pushes the group ${group.displayName} without members first.`,
  }),

  changeMembers: (scimId, group, change) => {
    if (change.add.length + change.remove.length === 0) return [];
    const name = { op: "replace", value: { id: scimId, displayName: group.displayName } };
    return [
      patch(groupPath(scimId), [name], `Okta repeats the name of ${group.displayName}.`),
      patch(
        groupPath(scimId),
        memberOperations(change),
        `Okta changes the members of ${group.displayName}.`,
      ),
    ];
  },
};

function userBody(person: CurrentPerson, manager: Manager | null): JsonObject {
  return {
    schemas: [USER, ENTERPRISE_USER],
    userName: person.userName,
    name: { givenName: person.givenName, familyName: person.familyName },
    emails: [workEmail(person)],
    displayName: person.displayName,
    locale: "en-US",
    title: person.title,
    externalId: person.externalId,
    [ENTERPRISE_USER]: {
      employeeNumber: person.employeeNumber,
      department: person.department,
      organization: "Acorn",
      ...(manager === null ? {} : { manager: { displayName: manager.displayName } }),
    },
  };
}

function readAndReplace(
  scimId: string,
  person: CurrentPerson,
  manager: Manager | null,
): ScimCall[] {
  const path = userPath(scimId);
  const name = person.displayName;
  const body = { ...userBody(person, manager), id: scimId, groups: [], active: person.active };
  return [
    { method: "GET", path, why: `Okta reads the account of ${name} before it replaces it.` },
    { method: "PUT", path, body, why: `Okta replaces the whole account of ${name}.` },
  ];
}

function setActive(scimId: string, active: boolean, why: string): ScimCall {
  return patch(userPath(scimId), [{ op: "replace", value: { active } }], why);
}

function memberOperations({ add, remove }: MemberChange): JsonObject[] {
  const removals = remove.map((member) => ({
    op: "remove",
    path: `members[value eq "${member.scimId}"]`,
  }));
  const value = add.map((member) => ({ value: member.scimId, display: member.userName }));
  return add.length === 0 ? removals : [...removals, { op: "add", path: "members", value }];
}
