import type { Dialect } from "../dialect.js";
import { fragment } from "./fragment.js";
import type { Form } from "./json.js";
import { jsonList, jsonPlace, rowPlace } from "./place.js";
import type { List, Place, Value } from "./place.js";

/** Users and groups as places: what is a column is a column, the rest is in the search form. */

type Columns = Readonly<Record<string, Partial<Record<Form, Value>>>>;

function id(text: string): Partial<Record<Form, Value>> {
  const value = { text, isId: true };
  return { exact: value, folded: value };
}

function time(text: string): Partial<Record<Form, Value>> {
  return { date: { text, isTime: true } };
}

const USER_COLUMNS: Columns = {
  id: id("u.id"),
  username: {
    exact: { text: "u.userName" },
    folded: { text: "u.userNameKey", indexed: "u.userNameKey" },
  },
  displayname: {
    exact: { text: "NULLIF(u.displayName, '')" },
    folded: { text: "NULLIF(u.displayNameKey, '')", indexed: "u.displayNameKey" },
  },
  externalid: { exact: { text: "NULLIF(u.externalId, '')", indexed: "u.externalId" } },
  active: { boolean: { text: "u.active" } },
  "meta.created": time("u.createdAt"),
  "meta.lastmodified": time("u.updatedAt"),
};

const GROUP_COLUMNS: Columns = {
  id: id("g.id"),
  displayname: {
    exact: { text: "g.displayName" },
    folded: { text: "g.displayNameKey", indexed: "g.displayNameKey" },
  },
  externalid: { exact: { text: "NULLIF(g.externalId, '')", indexed: "g.externalId" } },
  "meta.created": time("g.createdAt"),
  "meta.lastmodified": time("g.updatedAt"),
};

export function userPlace(dialect: Dialect, organisationId: string): Place {
  return resource(dialect, "u.search", USER_COLUMNS, (name, alias) => {
    if (name === "groups") {
      return groupsOfUser(organisationId);
    }
    return name === "emails" ? emailsOfUser(dialect, organisationId, alias) : null;
  });
}

export function groupPlace(dialect: Dialect, organisationId: string): Place {
  return resource(dialect, "g.search", GROUP_COLUMNS, (name) =>
    name === "members" ? membersOfGroup(organisationId) : null,
  );
}

function resource(
  dialect: Dialect,
  holder: string,
  columns: Columns,
  listNamed: (name: string, alias: string) => List | null,
): Place {
  const json = jsonPlace(dialect, holder);
  return {
    value: (names, form) =>
      columns[names.join(".").toLowerCase()]?.[form] ?? json.value(names, form),
    complex: (names) => json.complex(names),
    list: (names, alias) =>
      (names.length === 1 ? listNamed((names[0] ?? "").toLowerCase(), alias) : null) ??
      json.list(names, alias),
  };
}

/** E-mail addresses are in the search form like any list; the address index narrows the search first. */
function emailsOfUser(dialect: Dialect, organisationId: string, alias: string): List {
  return {
    ...jsonList(dialect, "u.search", ["emails"], alias),
    having: (folded) =>
      fragment(
        "u.id IN (SELECT userId FROM user_emails WHERE organisationId = ? AND valueKey = ?)",
        organisationId,
        folded,
      ),
  };
}

function groupsOfUser(organisationId: string): List {
  return memberships(
    organisationId,
    "u.id IN (SELECT m.userId FROM memberships m JOIN directory_groups mg ON mg.organisationId = m.organisationId AND mg.id = m.groupId",
    {
      value: id("m.groupId"),
      display: { exact: { text: "mg.displayName" }, folded: { text: "mg.displayNameKey" } },
      // Groups have no groups in them.
      type: { exact: { text: "'direct'" }, folded: { text: "'direct'" } },
    },
  );
}

function membersOfGroup(organisationId: string): List {
  return memberships(
    organisationId,
    "g.id IN (SELECT m.groupId FROM memberships m JOIN users mu ON mu.organisationId = m.organisationId AND mu.id = m.userId",
    {
      value: id("m.userId"),
      display: {
        exact: { text: "COALESCE(m.display, NULLIF(mu.displayName, ''))" },
        folded: { text: "COALESCE(m.displayKey, NULLIF(mu.displayNameKey, ''))" },
      },
      type: { exact: { text: "'User'" }, folded: { text: "'user'" } },
    },
  );
}

function memberships(organisationId: string, select: string, columns: Columns): List {
  return {
    element: rowPlace(columns),
    notEmpty: "1 = 1",
    exists: ({ text, values }) => ({
      text: `${select} WHERE m.organisationId = ? AND ${text})`,
      values: [organisationId, ...values],
    }),
  };
}

/** Of `memberships m` with its group g and user u. */
export const membershipPlace: Place = columnsPlace({
  "group.value": id("m.groupId"),
  "group.display": {
    exact: { text: "g.displayName" },
    folded: { text: "g.displayNameKey" },
  },
  "member.value": id("m.userId"),
  "member.display": {
    exact: { text: "COALESCE(m.display, NULLIF(u.displayName, ''))" },
    folded: { text: "COALESCE(m.displayKey, NULLIF(u.displayNameKey, ''))" },
  },
  "member.type": { exact: { text: "'User'" }, folded: { text: "'user'" } },
});

/** Nothing but columns; each complex attribute has parts in every row. */
function columnsPlace(columns: Columns): Place {
  return {
    value: (names, form) => columns[names.join(".").toLowerCase()]?.[form] ?? null,
    complex: () => "1 = 1",
    list: () => null,
  };
}
