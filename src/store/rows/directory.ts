import { hash } from "node:crypto";
import { foldName } from "../../domain/directory.js";
import type { AssertedGroups, Group, Organisation, User } from "../../domain/directory.js";
import type { JsonObject } from "../../plugin.js";
import { checkId, checkOptional, checkText, documentText, KEY_LIMITS, LIMITS } from "../limits.js";
import { fold, searchText } from "../search.js";
import type { SqlValue } from "../sql.js";

export interface OrganisationRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly createdAt: number;
  /** The database's own value when a row is made without one. */
  readonly timeZone?: string;
}

export function organisationFromRow(row: OrganisationRow): Organisation {
  const { id, slug, name, createdAt, timeZone } = row;
  return { id, slug, name, createdAt, ...(timeZone === undefined ? {} : { timeZone }) };
}

export interface UserRow {
  readonly id: string;
  readonly organisationId: string;
  readonly connectionId: string | null;
  readonly externalId: string | null;
  readonly userName: string;
  readonly displayName: string | null;
  readonly active: number;
  readonly deactivatedAt: number | null;
  /** Missing where it was not asked for. */
  readonly document?: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastSignInAt: number | null;
  /** JSON. Missing where it was not asked for. */
  readonly assertedGroups?: string | null;
}

/** Of `users u`, without the document. */
export const USER_COLUMNS_SELECT =
  "u.id, u.organisationId, u.connectionId, u.externalId, u.userName, u.displayName, u.active, u.deactivatedAt, u.version, u.createdAt, u.updatedAt, u.lastSignInAt";
export const USER_SELECT = `${USER_COLUMNS_SELECT}, u.document`;

/** A condition to add, of users `u`. Undefined: all of them. */
export function whereActive(active: boolean | undefined): string {
  return active === undefined ? "" : ` AND u.active = ${active ? "1" : "0"}`;
}

export function userFromRow(row: UserRow): User {
  return {
    id: row.id,
    organisationId: row.organisationId,
    connectionId: row.connectionId,
    externalId: row.externalId,
    userName: row.userName,
    displayName: row.displayName,
    active: row.active !== 0,
    deactivatedAt: row.deactivatedAt,
    document:
      row.document === undefined
        ? { ...namesOf(row), userName: row.userName, active: row.active !== 0 }
        : (JSON.parse(row.document) as JsonObject),
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    lastSignInAt: row.lastSignInAt,
    ...(row.assertedGroups == null
      ? {}
      : { asserted: JSON.parse(row.assertedGroups) as AssertedGroups }),
  };
}

/** What the columns know of the document. */
function namesOf({ externalId, displayName }: Pick<UserRow, "externalId" | "displayName">) {
  return {
    ...(externalId === null ? {} : { externalId }),
    ...(displayName === null ? {} : { displayName }),
  };
}

/** What an update may change; the order is that of `userValues`. */
export const USER_CHANGEABLE = [
  "connectionId",
  "externalId",
  "userName",
  "userNameKey",
  "displayName",
  "displayNameKey",
  "active",
  "deactivatedAt",
  "document",
  "search",
  "emailsDigest",
  "version",
  "updatedAt",
  "lastSignInAt",
  "assertedGroups",
] as const;

export const USER_COLUMNS = ["organisationId", "id", "createdAt", ...USER_CHANGEABLE] as const;

/** @throws SeatkeeperError InvalidValue for what cannot be stored. */
export function userValues(user: User, emailKeys: readonly string[]): SqlValue[] {
  const userName = checkText("userName", user.userName, LIMITS.userName);
  const displayName = checkOptional("displayName", user.displayName, LIMITS.displayName);
  return [
    user.connectionId,
    checkOptional("externalId", user.externalId, LIMITS.externalId),
    userName,
    checkText("userName", foldName(userName), KEY_LIMITS.userName),
    displayName,
    displayName === null
      ? null
      : checkText("displayName", foldName(displayName), KEY_LIMITS.displayName),
    user.active,
    user.deactivatedAt,
    documentText("document", user.document),
    searchText(user.document),
    digestOf(emailKeys),
    user.version,
    user.updatedAt,
    user.lastSignInAt,
    user.asserted === undefined ? null : documentText("groups", user.asserted),
  ];
}

export function newUserValues(user: User, emailKeys: readonly string[]): SqlValue[] {
  return [user.organisationId, checkId(user.id), user.createdAt, ...userValues(user, emailKeys)];
}

/** The folded e-mail addresses of a document, each once: what the index of addresses holds. */
export function emailKeysOf(user: User): string[] {
  const emails = user.document["emails"];
  if (!Array.isArray(emails)) {
    return [];
  }
  const keys = new Set<string>();
  for (const email of emails) {
    const value =
      typeof email === "object" && email !== null && !Array.isArray(email) ? email["value"] : null;
    if (typeof value === "string") {
      keys.add(fold(checkLength("emails.value", value)));
    }
  }
  return [...keys].sort();
}

function checkLength(field: string, value: string): string {
  // Only the length: a document may hold any text, the index holds its searchable form.
  checkText(field, fold(value), KEY_LIMITS.email);
  return value;
}

/** Tells whether the index of addresses has to change, without reading it. */
export function digestOf(emailKeys: readonly string[]): string {
  return emailKeys.length === 0 ? "" : hash("sha256", JSON.stringify(emailKeys), "base64url");
}

export interface GroupRow {
  readonly id: string;
  readonly organisationId: string;
  readonly connectionId: string;
  readonly externalId: string | null;
  readonly displayName: string;
  readonly twinKey: string | null;
  /** Missing where it was not asked for. */
  readonly document?: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Of `directory_groups g`, without the document. */
export const GROUP_COLUMNS_SELECT =
  "g.id, g.organisationId, g.connectionId, g.externalId, g.displayName, g.twinKey, g.version, g.createdAt, g.updatedAt";
export const GROUP_SELECT = `${GROUP_COLUMNS_SELECT}, g.document`;

export function groupFromRow(row: GroupRow): Group {
  return {
    id: row.id,
    organisationId: row.organisationId,
    connectionId: row.connectionId,
    externalId: row.externalId,
    displayName: row.displayName,
    refusesTwins: row.twinKey !== null,
    document: row.document === undefined ? namesOf(row) : (JSON.parse(row.document) as JsonObject),
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

export const GROUP_CHANGEABLE = [
  "externalId",
  "displayName",
  "displayNameKey",
  "twinKey",
  "document",
  "search",
  "version",
  "updatedAt",
] as const;

export const GROUP_COLUMNS = [
  "organisationId",
  "id",
  "connectionId",
  "createdAt",
  ...GROUP_CHANGEABLE,
] as const;

export function groupValues(group: Group): SqlValue[] {
  const displayName = checkText("displayName", group.displayName, LIMITS.displayName);
  return [
    checkOptional("externalId", group.externalId, LIMITS.externalId),
    displayName,
    checkText("displayName", foldName(displayName), KEY_LIMITS.displayName),
    group.refusesTwins === true ? twinKeyOf(group) : null,
    documentText("document", group.document),
    searchText(group.document),
    group.version,
    group.updatedAt,
  ];
}

/** Both names at once, exactly, and short enough for an index. */
export function twinKeyOf({
  externalId,
  displayName,
}: Pick<Group, "externalId" | "displayName">): string {
  return hash("sha256", JSON.stringify([externalId, displayName]), "base64url");
}

export function newGroupValues(group: Group): SqlValue[] {
  return [
    group.organisationId,
    checkId(group.id),
    group.connectionId,
    group.createdAt,
    ...groupValues(group),
  ];
}
