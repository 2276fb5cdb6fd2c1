import { foldName } from "../domain/directory.js";
import type { Group, Seat, User, WaitingEntry } from "../domain/directory.js";
import { isLive } from "../domain/seats/states.js";
import { SeatkeeperError } from "../errors.js";
import type { Clock, Insights } from "../ports.js";
import type { PlaceInLine } from "../ports/insights.js";
import type { PeoplePage } from "../ports/papers.js";
import { readBreakGlasses } from "./breakGlasses.js";
import { readHistory } from "./history.js";
import {
  readFacts,
  readMemberships,
  readRequirements,
  readSeatsOf,
  readWaitingOf,
} from "./load/people.js";
import { readPlace } from "./load/place.js";
import { nothingSeen } from "./load/seen.js";
import { loadSnapshot } from "./load/snapshot.js";
import type { RuleCache } from "./load/tenant.js";
import { isStorableId } from "./limits.js";
import { readMissingGroups } from "./missingGroups.js";
import { momentOf } from "./moment.js";
import { readBoundPlaces, readPoolsUsed, readPoolUse } from "./poolUse.js";
import type { Reader } from "./reader.js";
import {
  GROUP_SELECT,
  groupFromRow,
  USER_SELECT,
  userFromRow,
  whereActive,
} from "./rows/directory.js";
import type { GroupRow, UserRow } from "./rows/directory.js";
import type { SeatRow } from "./rows/seats.js";
import { SEAT_SELECT, seatFromRow, WAITING_SELECT, waitingFromRow } from "./rows/seats.js";
import type { WaitingRow } from "./rows/seats.js";
import type { Sql } from "./sql.js";

interface InsightsContext {
  readonly reader: Reader;
  readonly clock: Clock;
  readonly rules: RuleCache;
}

export function createInsights({ reader: { read }, clock, rules }: InsightsContext): Insights {
  return {
    snapshot: (organisationId, needs) =>
      read((sql) =>
        loadSnapshot(sql, organisationId, needs, {
          now: (head) => momentOf(clock.now(), head),
          seen: nothingSeen(),
          rules,
        }),
      ),
    userById: (organisationId, userId) =>
      read(async (sql) =>
        isStorableId(userId) ? oneUser(sql, organisationId, "u.id = ?", userId) : null,
      ),
    userByName: (organisationId, userName) =>
      read((sql) => oneUser(sql, organisationId, "u.userNameKey = ?", foldName(userName))),
    users: (organisationId, page) => read((sql) => users(sql, organisationId, page)),
    groups: (organisationId, page) => read((sql) => groups(sql, organisationId, page)),
    missingGroups: (organisationId, named) =>
      read((sql) => readMissingGroups(sql, organisationId, named)),
    facts: (organisationId, userIds) => read((sql) => readFacts(sql, organisationId, userIds)),
    groupsOf: (organisationId, userId) =>
      read(async (sql) => {
        const rows = await readMemberships(sql, organisationId, [userId]);
        return rows.map(({ groupId, groupName }) => ({ id: groupId, displayName: groupName }));
      }),
    requirements: (organisationId, userIds) =>
      read((sql) => readRequirements(sql, organisationId, userIds)),
    seatsOf: (organisationId, userIds) =>
      read(async (sql) => (await readSeatsOf(sql, organisationId, userIds)).filter(isLive)),
    keptSeatsOf: (organisationId, userIds) =>
      read(async (sql) =>
        (await readSeatsOf(sql, organisationId, userIds)).filter((seat) => !isLive(seat)),
      ),
    seatsIn: (organisationId, poolId, page) =>
      read((sql) => seatsIn(sql, organisationId, poolId, page)),
    poolUse: (organisationId, poolId, now) =>
      read((sql) => readPoolUse(sql, organisationId, poolId, now)),
    poolsUsed: (organisationId, now) => read((sql) => readPoolsUsed(sql, organisationId, now)),
    boundPlaces: (organisationId, poolIds, now) =>
      read((sql) => readBoundPlaces(sql, organisationId, poolIds, now)),
    waitingOf: (organisationId, userIds) =>
      read((sql) => readWaitingOf(sql, organisationId, userIds)),
    waiting: (organisationId, product, limit, after) =>
      read((sql) => waiting(sql, organisationId, { product, limit, after })),
    waitingPosition: (organisationId, entry) =>
      read((sql) => readPlace(sql, organisationId, entry)),
    entries: (organisationId, page) => read((sql) => readHistory(sql, organisationId, page)),
    breakGlasses: (organisationId, now, page) =>
      read((sql) => readBreakGlasses(sql, organisationId, now, page)),
    staleCount: (organisationId) => read((sql) => staleCount(sql, organisationId)),
    peopleCount: (organisationId) => read((sql) => peopleCount(sql, organisationId)),
  };
}

interface IdPage {
  readonly after?: string;
  readonly limit: number;
}

async function oneUser(
  sql: Sql,
  organisationId: string,
  condition: string,
  value: string,
): Promise<User | null> {
  const [row] = await sql.all<UserRow>(
    `SELECT ${USER_SELECT} FROM users u WHERE u.organisationId = ? AND u.deletedAt IS NULL AND ${condition}`,
    [organisationId, value],
  );
  return row === undefined ? null : userFromRow(row);
}

async function users(sql: Sql, organisationId: string, page: PeoplePage): Promise<User[]> {
  const rows = await sql.all<UserRow>(
    `SELECT ${USER_SELECT} FROM users u WHERE u.organisationId = ? AND u.id > ? AND u.deletedAt IS NULL${whereActive(page.active)} ORDER BY u.id LIMIT ?`,
    [organisationId, placeOf(page), page.limit],
  );
  return rows.map(userFromRow);
}

async function groups(
  sql: Sql,
  organisationId: string,
  page: IdPage,
): Promise<(Group & { memberCount: number })[]> {
  const rows = await sql.all<GroupRow & { memberCount: number }>(
    `SELECT ${GROUP_SELECT}, (SELECT COUNT(*) FROM memberships m WHERE m.organisationId = g.organisationId AND m.groupId = g.id) AS memberCount FROM directory_groups g WHERE g.organisationId = ? AND g.id > ? ORDER BY g.id LIMIT ?`,
    [organisationId, placeOf(page), page.limit],
  );
  return rows.map((row) => ({ ...groupFromRow(row), memberCount: row.memberCount }));
}

async function seatsIn(
  sql: Sql,
  organisationId: string,
  poolId: string,
  page: IdPage,
): Promise<Seat[]> {
  const rows = await sql.all<SeatRow>(
    `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND poolId = ? AND id > ? ORDER BY id LIMIT ?`,
    [organisationId, poolId, placeOf(page), page.limit],
  );
  return rows.map(seatFromRow);
}

interface WaitingPage {
  readonly product: string;
  readonly limit: number;
  readonly after: PlaceInLine | undefined;
}

async function waiting(
  sql: Sql,
  organisationId: string,
  { product, limit, after }: WaitingPage,
): Promise<WaitingEntry[]> {
  if (after !== undefined && !isStorableId(after.id)) return [];
  const rest =
    after === undefined
      ? ""
      : " AND (behind > ? OR (behind = ? AND (turn > ? OR (turn = ? AND id > ?))))";
  const behind = Number(after?.isForLess ?? false);
  const place = after === undefined ? [] : [behind, behind, after.turn, after.turn, after.id];
  const rows = await sql.all<WaitingRow>(
    `SELECT ${WAITING_SELECT} FROM waiting WHERE organisationId = ? AND product = ?${rest} ORDER BY behind, turn, id LIMIT ?`,
    [organisationId, product, ...place, limit],
  );
  return rows.map(waitingFromRow);
}

async function staleCount(sql: Sql, organisationId: string): Promise<number> {
  const [row] = await sql.all<{ total: number }>(
    "SELECT COUNT(*) AS total FROM stale_users WHERE organisationId = ?",
    [organisationId],
  );
  return row?.total ?? 0;
}

async function peopleCount(sql: Sql, organisationId: string): Promise<number> {
  const [row] = await sql.all<{ total: number }>(
    "SELECT COUNT(*) AS total FROM users WHERE organisationId = ? AND deletedAt IS NULL",
    [organisationId],
  );
  return row?.total ?? 0;
}

/** @throws SeatkeeperError InvalidValue for what cannot be an id: MariaDB refuses to compare it with one. */
function placeOf({ after = "" }: IdPage): string {
  if (after !== "" && !isStorableId(after)) {
    throw new SeatkeeperError("InvalidValue", {
      sentence: "after must be the id of the last item of the page before.",
      field: "after",
    });
  }
  return after;
}
