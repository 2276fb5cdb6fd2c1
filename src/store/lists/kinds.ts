import type { Group, User } from "../../domain/directory.js";
import type { Scope } from "../../ports.js";
import { fragment, type Fragment } from "../filter/fragment.js";
import type { Place } from "../filter/place.js";
import { groupPlace, userPlace } from "../filter/resources.js";
import {
  GROUP_COLUMNS_SELECT,
  GROUP_SELECT,
  groupFromRow,
  USER_COLUMNS_SELECT,
  USER_SELECT,
  userFromRow,
  type GroupRow,
  type UserRow,
} from "../rows/directory.js";
import type { Reads } from "../sql.js";

/** What differs between lists of users and of groups. */
export interface Kind<Row, T> {
  readonly table: "users" | "directory_groups";
  readonly alias: "u" | "g";
  readonly columns: string;
  readonly columnsWithoutDocument: string;
  /** Kept in the row of the connection. */
  readonly total: "userCount" | "groupCount";
  readonly scope: (scope: Scope) => Fragment;
  readonly place: (sql: Reads, scope: Scope) => Place;
  readonly fromRow: (row: Row) => T;
}

export const USERS: Kind<UserRow, User> = {
  table: "users",
  alias: "u",
  columns: USER_SELECT,
  columnsWithoutDocument: USER_COLUMNS_SELECT,
  total: "userCount",
  scope: ({ organisationId, connectionId }) =>
    fragment(
      "u.organisationId = ? AND u.connectionId = ? AND u.deletedAt IS NULL",
      organisationId,
      connectionId,
    ),
  place: (sql, { organisationId }) => userPlace(sql.dialect, organisationId),
  fromRow: userFromRow,
};

export const GROUPS: Kind<GroupRow, Group> = {
  table: "directory_groups",
  alias: "g",
  columns: GROUP_SELECT,
  columnsWithoutDocument: GROUP_COLUMNS_SELECT,
  total: "groupCount",
  scope: ({ organisationId, connectionId }) =>
    fragment("g.organisationId = ? AND g.connectionId = ?", organisationId, connectionId),
  place: (sql, { organisationId }) => groupPlace(sql.dialect, organisationId),
  fromRow: groupFromRow,
};
