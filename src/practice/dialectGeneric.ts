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

/** By the letter of RFC 7643 and 7644: lower-case operations, real booleans, value paths. */
export const genericDialect: Dialect = {
  id: "generic",
  title: "Generic",
  managerWithCreate: true,

  findUser: (person) => ({
    method: "GET",
    path: `/Users?${filterQuery("userName", person.userName)}`,
    why: `Looks up ${person.displayName} by user name.`,
  }),

  createUser: (person, manager) => ({
    method: "POST",
    path: "/Users",
    body: { schemas: [USER, ENTERPRISE_USER], ...userBody(person, manager), active: true },
    why: `Creates the account of ${person.displayName}.`,
  }),

  adopt: (scimId, person, manager) => [
    {
      method: "PUT",
      path: userPath(scimId),
      body: {
        schemas: [USER, ENTERPRISE_USER],
        ...userBody(person, manager),
        active: person.active,
      },
      why: `Replaces the account of ${person.displayName} by today's data.`,
    },
  ],

  rename: (scimId, person) => [
    patch(
      userPath(scimId),
      [
        { op: "replace", path: "name.familyName", value: person.familyName },
        { op: "replace", path: "name.formatted", value: person.displayName },
        { op: "replace", path: "displayName", value: person.displayName },
      ],
      `Changes the name to ${person.displayName}.`,
    ),
  ],

  setManager: () => null,

  deactivate: (scimId, person) => [
    setActive(scimId, false, `Switches off the account of ${person.displayName}.`),
  ],

  reactivate: (scimId, person) => [
    setActive(scimId, true, `Switches the account of ${person.displayName} on again.`),
  ],

  remove: (scimId, person) => [
    {
      method: "DELETE",
      path: userPath(scimId),
      why: `Deletes the account of ${person.displayName}.`,
    },
  ],

  findGroup: (group) => ({
    method: "GET",
    path: `/Groups?${filterQuery("displayName", group.displayName)}&excludedAttributes=members`,
    why: `Looks up the group ${group.displayName} by name.`,
  }),

  createGroup: (group) => ({
    method: "POST",
    path: "/Groups",
    body: { schemas: [GROUP], externalId: group.externalId, displayName: group.displayName },
    why: `Creates the group ${group.displayName}.`,
  }),

  changeMembers: (scimId, group, change) => {
    const operations = memberOperations(change);
    const why = `Changes the members of ${group.displayName}.`;
    return operations.length === 0 ? [] : [patch(groupPath(scimId), operations, why)];
  },
};

function userBody(person: CurrentPerson, manager: Manager | null): JsonObject {
  return {
    externalId: person.externalId,
    userName: person.userName,
    name: {
      formatted: person.displayName,
      givenName: person.givenName,
      familyName: person.familyName,
    },
    displayName: person.displayName,
    title: person.title,
    emails: [workEmail(person)],
    [ENTERPRISE_USER]: {
      employeeNumber: person.employeeNumber,
      department: person.department,
      organization: "Acorn",
      ...(manager === null ? {} : { manager: { value: manager.scimId } }),
    },
  };
}

function setActive(scimId: string, active: boolean, why: string): ScimCall {
  return patch(userPath(scimId), [{ op: "replace", path: "active", value: active }], why);
}

function memberOperations({ add, remove }: MemberChange): JsonObject[] {
  const removals = remove.map((member) => ({
    op: "remove",
    path: `members[value eq ${JSON.stringify(member.scimId)}]`,
  }));
  const additions = {
    op: "add",
    path: "members",
    value: add.map(({ scimId }) => ({ value: scimId })),
  };
  return add.length === 0 ? removals : [...removals, additions];
}
