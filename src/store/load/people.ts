import type { Fact, Requirement, Seat, WaitingEntry } from "../../domain/directory.js";
import type { GroupMembership, UserState } from "../../domain/snapshot.js";
import { USER_SELECT, userFromRow } from "../rows/directory.js";
import type { UserRow } from "../rows/directory.js";
import {
  FACT_SELECT,
  factFromRow,
  REQUIREMENT_SELECT,
  requirementFromRow,
} from "../rows/entitlements.js";
import type { WaitingRow } from "../rows/seats.js";
import type { FactRow, RequirementRow } from "../rows/entitlements.js";
import type { SeatRow } from "../rows/seats.js";
import { SEAT_SELECT, seatFromRow, WAITING_SELECT, waitingFromRow } from "../rows/seats.js";
import { selectIn } from "../sql.js";
import type { Reads, Sql } from "../sql.js";
import type { Seen, SeenUser } from "./seen.js";

/** Everything about the users, in six statements for up to a thousand of them, none of which waits for another. */
export async function loadPeople(
  sql: Sql,
  organisationId: string,
  ids: readonly string[],
  seen: Seen,
): Promise<Map<string, UserState>> {
  if (ids.length === 0) {
    return new Map();
  }
  const [rows, about] = await Promise.all([
    selectIn<UserRow & SeenUser>(
      sql,
      ids,
      (list) =>
        `SELECT ${USER_SELECT}, u.assertedGroups, u.userNameKey, u.emailsDigest FROM users u WHERE u.organisationId = ? AND u.id IN (${list}) AND u.deletedAt IS NULL`,
      [organisationId],
    ),
    loadAbout(sql, organisationId, ids),
  ]);
  const people = new Map<string, UserState>();
  for (const row of rows) {
    seen.users.set(row.id, row);
    people.set(row.id, {
      user: userFromRow(row),
      groups: about.groups.get(row.id) ?? [],
      facts: about.facts.get(row.id) ?? [],
      requirements: about.requirements.get(row.id) ?? [],
      seats: about.seats.get(row.id) ?? [],
      waiting: about.waiting.get(row.id) ?? [],
    });
  }
  return people;
}

interface About {
  readonly groups: Map<string, GroupMembership[]>;
  readonly facts: Map<string, Fact[]>;
  readonly requirements: Map<string, Requirement[]>;
  readonly seats: Map<string, Seat[]>;
  readonly waiting: Map<string, WaitingEntry[]>;
}

async function loadAbout(sql: Sql, organisationId: string, ids: readonly string[]): Promise<About> {
  const [groups, facts, requirements, seats, waiting] = await Promise.all([
    readMemberships(sql, organisationId, ids),
    readFacts(sql, organisationId, ids),
    readRequirements(sql, organisationId, ids),
    readSeatsOf(sql, organisationId, ids),
    readWaitingOf(sql, organisationId, ids),
  ]);
  return {
    groups: groupBy(
      groups,
      (row) => row.userId,
      (row) => ({ groupId: row.groupId, groupName: row.groupName }),
    ),
    facts: byUser(facts),
    requirements: byUser(requirements),
    seats: byUser(seats),
    waiting: byUser(waiting),
  };
}

export function byUser<T extends { readonly userId: string }>(
  items: readonly T[],
): Map<string, T[]> {
  return groupBy(
    items,
    (item) => item.userId,
    (item) => item,
  );
}

export function groupBy<T, U>(
  items: readonly T[],
  key: (item: T) => string,
  value: (item: T) => U,
): Map<string, U[]> {
  const result = new Map<string, U[]>();
  for (const item of items) {
    const list = result.get(key(item));
    if (list === undefined) {
      result.set(key(item), [value(item)]);
    } else {
      list.push(value(item));
    }
  }
  return result;
}

export interface MembershipRow {
  readonly userId: string;
  readonly groupId: string;
  readonly groupName: string;
}

export function readMemberships(
  sql: Sql,
  organisationId: string,
  userIds: readonly string[],
): Promise<MembershipRow[]> {
  return selectIn<MembershipRow>(
    sql,
    userIds,
    (list) =>
      `SELECT m.userId, m.groupId, g.displayName AS groupName FROM memberships m JOIN directory_groups g ON g.organisationId = m.organisationId AND g.id = m.groupId WHERE m.organisationId = ? AND m.userId IN (${list}) ORDER BY m.userId, m.groupId`,
    [organisationId],
  );
}

export async function readFacts(
  sql: Sql,
  organisationId: string,
  userIds: readonly string[],
): Promise<Fact[]> {
  const rows = await selectIn<FactRow>(
    sql,
    userIds,
    (list) =>
      `SELECT ${FACT_SELECT} FROM facts WHERE organisationId = ? AND userId IN (${list}) ORDER BY userId, digest`,
    [organisationId],
  );
  return rows.map(factFromRow);
}

export async function readRequirements(
  sql: Reads,
  organisationId: string,
  userIds: readonly string[],
): Promise<Requirement[]> {
  const rows = await selectIn<RequirementRow>(
    sql,
    userIds,
    (list) =>
      `SELECT ${REQUIREMENT_SELECT} FROM requirements WHERE organisationId = ? AND userId IN (${list}) ORDER BY userId, product`,
    [organisationId],
  );
  return rows.map(requirementFromRow);
}

export async function readSeatsOf(
  sql: Reads,
  organisationId: string,
  userIds: readonly string[],
): Promise<Seat[]> {
  const rows = await selectIn<SeatRow>(
    sql,
    userIds,
    (list) =>
      `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND userId IN (${list}) ORDER BY userId, product`,
    [organisationId],
  );
  return rows.map(seatFromRow);
}

export async function readWaitingOf(
  sql: Reads,
  organisationId: string,
  userIds: readonly string[],
): Promise<WaitingEntry[]> {
  const rows = await selectIn<WaitingRow>(
    sql,
    userIds,
    (list) =>
      `SELECT ${WAITING_SELECT} FROM waiting WHERE organisationId = ? AND userId IN (${list}) ORDER BY since, id`,
    [organisationId],
  );
  return rows.map(waitingFromRow);
}
