import type { Group, Seat, WaitingEntry } from "../../domain/directory.js";
import type { Needs, Snapshot } from "../../domain/snapshot.js";
import { isStorableId } from "../limits.js";
import { GROUP_SELECT, groupFromRow } from "../rows/directory.js";
import type { GroupRow } from "../rows/directory.js";
import { SEAT_SELECT, seatFromRow } from "../rows/seats.js";
import { selectIn, unique } from "../sql.js";
import type { Sql } from "../sql.js";
import { loadAllMemberIds } from "./allMembers.js";
import { find, foundUserIds, selectPairs } from "./found.js";
import { loadPeople } from "./people.js";
import { loadReturning } from "./returning.js";
import { loadEvictable, loadExpired, loadWaiting } from "./queues.js";
import type { Seen } from "./seen.js";
import { loadSignInRequests, loadUsedAssertions } from "./signIns.js";
import { loadTenant } from "./tenant.js";
import type { RuleCache } from "./tenant.js";

/**
 * Reads what a decision needs in a fixed number of statements, whatever the number of users: never one per user, and
 * nothing in proportion to the tenant.
 */
export async function loadSnapshot(
  sql: Sql,
  organisationId: string,
  needs: Needs,
  context: { readonly now: number; readonly seen: Seen; readonly rules: RuleCache },
): Promise<Snapshot> {
  const { isAwaited, ...tenant } = await loadTenant(sql, organisationId, context.rules);
  const pools = [...tenant.pools.values()];
  const candidates = needs.candidates ?? 0;
  const { returning, ...found } = await find(sql, organisationId, needs);
  const userIds = unique([...(needs.users ?? []), ...foundUserIds({ ...found, returning })]).filter(
    isStorableId,
  );
  const waiting = await loadWaiting(sql, isAwaited ? pools : [], candidates);
  return {
    now: context.now,
    ...tenant,
    ...found,
    waiting,
    seats: new Map([...found.seats, ...(await loadHeldMeanwhile(sql, organisationId, waiting))]),
    users: await loadPeople(sql, organisationId, userIds, context.seen),
    groups: await loadGroups(sql, organisationId, needs.groups ?? [], context.seen),
    memberships: await loadMemberships(sql, organisationId, needs.memberships ?? []),
    allMemberIds: await loadAllMemberIds(sql, organisationId, needs.allMemberIdsOf ?? []),
    existing: await loadExisting(sql, organisationId, needs.existing ?? []),
    evictable: await loadEvictable(sql, pools, candidates, context.now),
    expired: await loadExpired(sql, organisationId, pools, context.now),
    signInRequests: await loadSignInRequests(sql, organisationId, needs.signIns ?? [], context.now),
    ...(await loadReturning(sql, organisationId, needs, returning)),
    usedAssertions: await loadUsedAssertions(sql, organisationId, needs.signIns ?? []),
  };
}

async function loadGroups(
  sql: Sql,
  organisationId: string,
  ids: readonly string[],
  seen: Seen,
): Promise<Map<string, Group>> {
  const rows = await selectIn<GroupRow>(
    sql,
    ids.filter(isStorableId),
    (list) =>
      `SELECT ${GROUP_SELECT} FROM directory_groups g WHERE g.organisationId = ? AND g.id IN (${list})`,
    [organisationId],
  );
  for (const row of rows) {
    seen.groups.set(row.id, row);
  }
  return new Map(rows.map((row) => [row.id, groupFromRow(row)]));
}

async function loadMemberships(
  sql: Sql,
  organisationId: string,
  wanted: NonNullable<Needs["memberships"]>,
): Promise<Map<string, Set<string>>> {
  const pairs = wanted.flatMap(({ groupId, userIds }) =>
    userIds.filter(isStorableId).map((userId) => [groupId, userId] as const),
  );
  const rows = await selectPairs<{ groupId: string; userId: string }>(
    sql,
    pairs.filter(([groupId]) => isStorableId(groupId)),
    ["groupId", "userId"],
    (condition) =>
      `SELECT groupId, userId FROM memberships WHERE organisationId = ? AND (${condition})`,
    [organisationId],
  );
  const members = new Map(wanted.map(({ groupId }) => [groupId, new Set<string>()]));
  for (const row of rows) {
    members.get(row.groupId)?.add(row.userId);
  }
  return members;
}

async function loadExisting(
  sql: Sql,
  organisationId: string,
  wanted: NonNullable<Needs["existing"]>,
): Promise<Set<string>> {
  const rows = await selectPairs<{ id: string }>(
    sql,
    wanted.flatMap(({ connectionId, userIds }) =>
      userIds.filter(isStorableId).map((userId) => [connectionId, userId] as const),
    ),
    ["connectionId", "id"],
    (condition) =>
      `SELECT id FROM users WHERE organisationId = ? AND deletedAt IS NULL AND (${condition})`,
    [organisationId],
  );
  return new Set(rows.map((row) => row.id));
}

/** What those who wait hold of the product meanwhile. */
async function loadHeldMeanwhile(
  sql: Sql,
  organisationId: string,
  waiting: ReadonlyMap<string, readonly WaitingEntry[]>,
): Promise<Map<string, Seat>> {
  const rows = await selectPairs<Seat>(
    sql,
    [...waiting.values()].flat().map((entry) => [entry.product, entry.userId]),
    ["product", "userId"],
    (condition) => `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND (${condition})`,
    [organisationId],
  );
  return new Map(rows.map((row) => [row.id, seatFromRow(row)]));
}
