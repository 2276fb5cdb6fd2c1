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
import type { Dialect, JsonObject, Manager, Member, ScimCall } from "./dialect.js";
import type { CurrentPerson } from "./state.js";

/** The extra schema that Entra names on every group it creates. */
const ENTRA_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/**
 * As Microsoft Entra's provisioning does it: operations with a capital letter, booleans as text, members with an
 * empty `$ref`, removal with a list of values, and DELETE only after the account was switched off.
 */
export const entraDialect: Dialect = {
  id: "entra",
  title: "Entra",
  managerWithCreate: false,

  findUser: (person) => ({
    method: "GET",
    path: `/Users?${filterQuery("userName", person.userName)}`,
    why: `Entra looks up ${person.displayName} by user name before it creates anything.`,
  }),

  createUser: (person) => ({
    method: "POST",
    path: "/Users",
    body: userBody(person),
    why: `Entra creates the account of ${person.displayName}.`,
  }),

  adopt: (scimId, person, manager) => [
    patch(
      userPath(scimId),
      [
        replace("active", person.active ? "True" : "False"),
        ...profileOperations(person),
        ...managerOperations(manager),
      ],
      `Entra brings the account of ${person.displayName} up to date, one path per attribute.`,
    ),
  ],

  rename: (scimId, person) => [
    patch(
      userPath(scimId),
      [
        replace("displayName", person.displayName),
        replace("name.familyName", person.familyName),
        replace("name.formatted", person.displayName),
      ],
      `Entra changes the name to ${person.displayName}.`,
    ),
  ],

  setManager: (scimId, manager) =>
    patch(
      userPath(scimId),
      managerOperations(manager),
      `Entra adds the manager (${manager.displayName}) once both accounts exist.`,
    ),

  deactivate: (scimId, person) => [
    setActive(scimId, "False", `Entra switches off ${person.displayName}, with "False" as text.`),
  ],

  reactivate: (scimId, person) => [
    setActive(
      scimId,
      "True",
      `Entra switches ${person.displayName} on again, with "True" as text.`,
    ),
  ],

  remove: (scimId, person) => [
    setActive(scimId, "False", `Entra switches off ${person.displayName} first.`),
    {
      method: "DELETE",
      path: userPath(scimId),
      why: "Entra sends DELETE 30 days later; practice does not wait so long.",
    },
  ],

  findGroup: (group) => ({
    method: "GET",
    path: `/Groups?excludedAttributes=members&${filterQuery("displayName", group.displayName)}`,
    why: `Entra looks up the group ${group.displayName} and never asks for its members.`,
  }),

  createGroup: (group) => ({
    method: "POST",
    path: "/Groups",
    body: {
      schemas: [GROUP, ENTRA_GROUP],
      externalId: group.externalId,
      displayName: group.displayName,
      meta: { resourceType: "Group" },
    },
    why: `Entra creates the group ${group.displayName}.`,
  }),

  changeMembers: (scimId, group, { add, remove }) => {
    if (add.length + remove.length === 0) return [];
    const path = groupPath(scimId);
    return [
      {
        method: "GET",
        path: `${path}?excludedAttributes=members`,
        why: `Entra makes sure that ${group.displayName} is still there.`,
      },
      ...membersCall(path, "Remove", remove, `Entra takes members out of ${group.displayName}.`),
      ...membersCall(path, "Add", add, `Entra adds members to ${group.displayName}.`),
    ];
  },
};

function userBody(person: CurrentPerson): JsonObject {
  return {
    schemas: [USER, ENTERPRISE_USER],
    externalId: person.externalId,
    userName: person.userName,
    active: true,
    displayName: person.displayName,
    title: person.title,
    emails: [workEmail(person)],
    meta: { resourceType: "User" },
    name: {
      formatted: person.displayName,
      familyName: person.familyName,
      givenName: person.givenName,
    },
    roles: [],
    [ENTERPRISE_USER]: {
      employeeNumber: person.employeeNumber,
      department: person.department,
    },
  };
}

function profileOperations(person: CurrentPerson): JsonObject[] {
  return [
    replace("displayName", person.displayName),
    replace("title", person.title),
    replace('emails[type eq "work"].value', person.userName),
    replace("name.givenName", person.givenName),
    replace("name.familyName", person.familyName),
    replace("name.formatted", person.displayName),
    replace("externalId", person.externalId),
    replace(`${ENTERPRISE_USER}:employeeNumber`, person.employeeNumber),
    replace(`${ENTERPRISE_USER}:department`, person.department),
  ];
}

function managerOperations(manager: Manager | null): JsonObject[] {
  if (manager === null) return [];
  return [{ op: "Add", path: `${ENTERPRISE_USER}:manager`, value: manager.scimId }];
}

function replace(path: string, value: string): JsonObject {
  return { op: "Replace", path, value };
}

function setActive(scimId: string, active: "True" | "False", why: string): ScimCall {
  return patch(userPath(scimId), [replace("active", active)], why);
}

function membersCall(
  path: string,
  op: "Add" | "Remove",
  members: readonly Member[],
  why: string,
): ScimCall[] {
  if (members.length === 0) return [];
  const value = members.map((member) => ({ $ref: null, value: member.scimId }));
  return [patch(path, [{ op, path: "members", value }], why)];
}
