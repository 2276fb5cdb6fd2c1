import type { Group, Pool, Seat, WaitingEntry } from "../../domain/directory.js";
import type { Needs, Snapshot } from "../../domain/snapshot.js";
import type { LedgerEnd } from "../chain.js";
import { isStorableId } from "../limits.js";
import { GROUP_SELECT, groupFromRow, twinKeyOf } from "../rows/directory.js";
import type { GroupRow } from "../rows/directory.js";
import type { SeatRow } from "../rows/seats.js";
import { SEAT_SELECT, seatFromRow } from "../rows/seats.js";
import { selectIn, unique } from "../sql.js";
import type { Sql } from "../sql.js";
import { loadAllMemberIds } from "./allMembers.js";
import { findConcerned } from "./concerned.js";
import { find, findOverdue, foundUserIds, selectPairs } from "./found.js";
import { loadLogouts } from "./logouts.js";
import { loadPapers } from "./papers.js";
import { loadPeople } from "./people.js";
import { loadReturning } from "./returning.js";
import { loadEvictable, loadExpired, loadFilled, loadWaiting } from "./queues.js";
import { loadReclaim } from "./reclaim.js";
import type { Seen } from "./seen.js";
import { loadSoonest } from "./soonest.js";
import { liveSignIns, loadSignIns } from "./signIns.js";
import { loadTenant, readTenant } from "./tenant.js";
import type { RuleCache } from "./tenant.js";

export interface LoadContext {
  /**
   * Of the decision, by where the ledger ends: asked for when the organisation is locked, so that decisions are in the order of
   * their times.
   */
  readonly now: (head: LedgerEnd) => number;
  readonly seen: Seen;
  readonly rules: RuleCache;
}

/**
 * Reads what a decision needs in a fixed number of statements, whatever the number of users: never one per user, and
 * nothing in proportion to the tenant. What needs no answer first goes together, and mostly that is all.
 */
export async function loadSnapshot(
  sql: Sql,
  organisationId: string,
  needs: Needs,
  context: LoadContext,
): Promise<Snapshot> {
  const named = unique(needs.users ?? []).filter(isStorableId);
  const [tenantRows, { returning, ...found }, namedPeople, asked, plan] = await Promise.all([
    readTenant(sql, organisationId),
    find(sql, organisationId, needs),
    loadPeople(sql, organisationId, named, context.seen),
    loadAsked(sql, organisationId, needs, context.seen),
    findConcerned(sql, organisationId, needs.concerned),
  ]);
  const { isAwaited, isAwaitedInSeveral, hasResources, nextEnd, head, ...tenant } =
    await loadTenant(sql, organisationId, tenantRows, context.rules);
  const now = context.now(head);
  context.seen.head = head;
  context.seen.revision = tenantRows[0]?.revision;
  const [pools, candidates] = [[...tenant.pools.values()], needs.candidates ?? 0];
  const overdue = await findOverdue(sql, organisationId, needs, { nextEnd, now });
  const also = [...(plan?.concerned.userIds ?? []), ...overdue];
  const others = unique([...foundUserIds({ ...found, returning }), ...also]).filter(
    (id) => isStorableId(id) && !namedPeople.has(id),
  );
  const [foundPeople, lists, takeOvers, expired, back, papers] = await Promise.all([
    loadPeople(sql, organisationId, others, context.seen),
    loadLists(sql, organisationId, { pools, isAwaited, isAwaitedInSeveral, candidates }),
    loadTakeOvers(sql, needs, pools, now),
    loadExpired(sql, organisationId, pools, now, isTimer(needs)),
    loadReturning(sql, organisationId, needs, returning),
    loadPapers(sql, organisationId, needs.papers, now),
  ]);
  const seats = new Map([...found.seats, ...lists.heldMeanwhile]);
  const users = new Map([...namedPeople, ...foundPeople]);
  const holders = holdersOf([seats, ...takeOvers.evictable.values(), ...expired.values()]);
  return {
    now,
    ...tenant,
    ledgerEnd: head.sequence,
    ...found,
    ...asked,
    ...back,
    ...plan,
    ...(await loadReclaim(sql, organisationId, needs, {
      ...{ now, pools, hasResources, people: [...users.keys(), ...holders] },
    })),
    ...lists.rows,
    ...papers,
    ...takeOvers,
    expired,
    seats,
    users,
    ...liveSignIns(asked, now),
  };
}

/** Whose seats may go. */
function holdersOf(seats: readonly { values(): Iterable<Seat> }[]): string[] {
  return seats.flatMap((some) => [...some.values()].map(({ userId }) => userId));
}

async function loadTakeOvers(
  sql: Sql,
  { candidates = 0, soonest }: Needs,
  pools: readonly Pool[],
  now: number,
): Promise<Pick<Snapshot, "evictable" | "unreadFrom">> {
  if (soonest !== undefined) return loadSoonest(sql, pools, soonest, now);
  return { evictable: await loadEvictable(sql, pools, candidates, now) };
}

/** What the needs name by its keys. */
async function loadAsked(sql: Sql, organisationId: string, needs: Needs, seen: Seen) {
  const [groups, memberships, allMemberIds, existing, asked, logouts] = await Promise.all([
    loadGroups(sql, organisationId, needs, seen),
    loadMemberships(sql, organisationId, needs.memberships ?? []),
    loadAllMemberIds(sql, organisationId, needs.allMemberIdsOf ?? []),
    loadExisting(sql, organisationId, needs.existing ?? []),
    loadSignIns(sql, organisationId, needs.signIns ?? []),
    loadLogouts(sql, organisationId, needs.logouts ?? []),
  ]);
  return { groups, memberships, allMemberIds, existing, ...asked, logouts };
}

interface ListNeeds {
  readonly pools: readonly Pool[];
  readonly isAwaited: boolean;
  readonly isAwaitedInSeveral: boolean;
  readonly candidates: number;
}

async function loadLists(
  sql: Sql,
  organisationId: string,
  { pools, isAwaited, isAwaitedInSeveral, candidates }: ListNeeds,
) {
  const [{ waiting, cut }, filled] = await Promise.all([
    loadWaiting(sql, isAwaited ? pools : [], candidates, isAwaitedInSeveral),
    loadFilled(sql, pools),
  ]);
  const heldMeanwhile = await loadHeldMeanwhile(sql, organisationId, waiting);
  return { rows: { waiting, cut, filled }, heldMeanwhile };
}

/** What time has left to do is done together with what waits for re-evaluation. */
function isTimer({ stale = 0 }: Needs): boolean {
  return stale > 0;
}

async function loadGroups(
  sql: Sql,
  organisationId: string,
  { groups: ids = [], twins = [] }: Pick<Needs, "groups" | "twins">,
  seen: Seen,
): Promise<Map<string, Group>> {
  const select = `SELECT ${GROUP_SELECT} FROM directory_groups g WHERE g.organisationId = ?`;
  const [byId, byNames] = await Promise.all([
    selectIn<GroupRow>(sql, ids.filter(isStorableId), (list) => `${select} AND g.id IN (${list})`, [
      organisationId,
    ]),
    selectPairs<GroupRow>(
      sql,
      twins.map((naming) => [naming.connectionId, twinKeyOf(naming)] as const),
      ["g.connectionId", "g.twinKey"],
      (condition) => `${select} AND (${condition})`,
      [organisationId],
    ),
  ]);
  const rows = [...byId, ...byNames];
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
  const rows = await selectPairs<SeatRow>(
    sql,
    [...waiting.values()].flat().map((entry) => [entry.product, entry.userId]),
    ["product", "userId"],
    (condition) => `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND (${condition})`,
    [organisationId],
  );
  return new Map(rows.map((row) => [row.id, seatFromRow(row)]));
}
