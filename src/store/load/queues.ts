import { turnOf } from "../../domain/waiting/ageing.js";
import type { Pool, Seat, WaitingEntry } from "../../domain/directory.js";
import { hasDeadlines, listsOf, type OnFull, tries } from "../../domain/pools/policy.js";
import { compareText } from "../../domain/compareText.js";
import { isForLess } from "../../domain/waiting/queue.js";
import { servesEntry } from "../../domain/waiting/serves.js";
import type { SeatRow } from "../rows/seats.js";
import {
  alsoWord,
  reservedWord,
  SEAT_SELECT,
  seatFromRow,
  WAITING_SELECT,
  waitingFromRow,
} from "../rows/seats.js";
import type { WaitingRow } from "../rows/seats.js";
import { placeholders, unique } from "../sql.js";
import type { Sql } from "../sql.js";
import { alsoParts } from "./alsoWaiting.js";
import { groupBy } from "./people.js";
import { selectAll } from "./union.js";
import type { Part } from "./union.js";

/** Leases taken back in one transaction at most; the next one takes the rest. */
const EXPIRED_MAX = 1_000;

/** Seats in the order in which they are lost, of each shared pool that displaces. */
export async function loadEvictable(
  sql: Sql,
  pools: readonly Pool[],
  limit: number,
  now: number,
): Promise<Map<string, Seat[]>> {
  const displacing = pools.filter(
    (pool) => pool.kind === "shared" && tries(pool.policy, "evictLru"),
  );
  if (limit === 0 || displacing.length === 0) {
    return new Map();
  }
  const rows = await selectAll<SeatRow>(
    sql,
    displacing.flatMap((pool) => evictableParts(pool, limit, now)),
  );
  const seats = groupBy(rows, (row) => row.poolId, seatFromRow);
  return new Map(
    displacing.map((pool) => [pool.id, (seats.get(pool.id) ?? []).sort(evictionOrder(pool))]),
  );
}

/** Whose seat a newcomer may take depends on both their groups (reservations.ts), so the first of each group are read. */
export function evictableParts(pool: Pool, limit: number, now: number): Part[] {
  const groups = pool.policy.reservations.map(({ group }) => group);
  if (groups.length === 0) return [evictablePart(pool, limit, now, { text: "", values: [] })];
  const others = groups.map(() => "?").join(", ");
  return [
    ...groups.map((group) => ({ text: " AND reservation = ?", values: [group] })),
    { text: ` AND (reservation IS NULL OR reservation NOT IN (${others}))`, values: groups },
  ].map((counted) => evictablePart(pool, limit, now, counted));
}

/**
 * Without those whom the policy protects at `now`: they would hide the others behind the limit. No seat that is in use there ends
 * by time; SQLite's index knows only such.
 */
function evictablePart(pool: Pool, limit: number, now: number, counted: Part): Part {
  const { minHoldSeconds, minIdleSeconds, protectRunningSession } = pool.policy;
  const awake = protectRunningSession
    ? " AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.organisationId = seats.organisationId AND s.userId = seats.userId AND s.endedAt IS NULL AND s.expiresAt > ?)"
    : "";
  const column = pool.policy.evictionOrder === "lastSignIn" ? "signInOrder" : "lastUsedAt";
  return {
    text: `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND poolId = ? AND grantedAt <= ? AND lastUsedAt <= ? AND expiresAt IS NULL AND state = 'active' AND (protectedUntil IS NULL OR protectedUntil <= ?)${awake}${counted.text} ORDER BY ${column}, grantedAt, id LIMIT ?`,
    values: [
      pool.organisationId,
      pool.id,
      now - minHoldSeconds * 1_000,
      now - minIdleSeconds * 1_000,
      now,
      ...(protectRunningSession ? [now] : []),
      ...counted.values,
      limit,
    ],
  };
}

/** As the database orders; who never signed in counts from the grant. */
function evictionOrder(pool: Pool): (left: Seat, right: Seat) => number {
  const bySignIn = pool.policy.evictionOrder === "lastSignIn";
  const lastUse = (seat: Seat) =>
    bySignIn ? (seat.lastSignInAt ?? seat.grantedAt) : seat.lastUsedAt;
  return (left, right) =>
    lastUse(left) - lastUse(right) ||
    left.grantedAt - right.grantedAt ||
    compareText(left.id, right.id);
}

export async function loadExpired(
  sql: Sql,
  organisationId: string,
  pools: readonly Pool[],
  now: number,
  isTimer: boolean,
): Promise<Map<string, Seat[]>> {
  // The timer also ends what an earlier policy of a pool has left.
  if (!isTimer && !pools.some(({ kind, policy }) => hasDeadlines(kind, policy))) {
    return new Map();
  }
  const rows = await sql.all<SeatRow>(
    `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND lookAt <= ? AND (expiresAt <= ? OR (expiresAt IS NULL AND lookAt > 0)) ORDER BY lookAt, id LIMIT ${EXPIRED_MAX}`,
    [organisationId, now, now],
  );
  rows.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || compareText(a.id, b.id));
  return groupBy(rows, (row) => row.poolId, seatFromRow);
}

export interface Lists {
  readonly waiting: Map<string, WaitingEntry[]>;
  /** Pools that could serve more entries than these. */
  readonly cut: Set<string>;
}

/** The first entries that a free seat of each pool could serve, and the first of those who are served apart from others. */
export async function loadWaiting(
  sql: Sql,
  pools: readonly Pool[],
  limit: number,
  inSeveral: boolean,
): Promise<Lists> {
  const lists: Lists = { waiting: new Map(), cut: new Set() };
  if (limit === 0 || pools.length === 0) return lists;
  // One more than asked: the caller sees whether anybody is left waiting.
  const count = limit + 1;
  const parts = new Map<string, Part>();
  for (const range of pools.flatMap(rangesOf)) {
    parts.set(JSON.stringify(range), rangePart(range, count));
  }
  const rows = await selectAll<WaitingRow>(sql, [
    ...parts.values(),
    ...(inSeveral ? pools.flatMap((pool) => alsoParts(pool, count)) : []),
    ...pools.flatMap((pool) => memberParts(pool, count)),
  ]);
  const entries = new Map(rows.map((row) => [row.id, waitingFromRow(row)]));
  const inOrder = [...entries.values()].sort(listOrder);
  for (const pool of pools) {
    const served = inOrder.filter((entry) => servesEntry(pool, entry));
    const apart = apartIn(pool.policy);
    const firsts = [false, true].flatMap((behind) => {
      const there = served.filter((entry) => isForLess(entry) === behind);
      const ofApart = (one: Apart) => there.filter((entry) => isApart(one, entry));
      return [there, ...apart.map(ofApart)].map((entries) => entries.slice(0, count));
    });
    if (firsts.some(({ length }) => length === count)) lists.cut.add(pool.id);
    lists.waiting.set(pool.id, [...new Set(firsts.flat())].sort(listOrder));
  }
  return lists;
}

/** Entries that lie together in the index, in the order of the list. */
export interface Range {
  readonly organisationId: string;
  readonly product: string;
  readonly tier: string;
  readonly poolId: string | null;
  readonly atTheDoor: boolean;
  /** Who holds more than is needed comes after everybody else, and never waits at the door. */
  readonly behind: boolean;
}

/** Entries of which kind a seat of the pool would serve, where they name no pool. */
const DOORS: Record<Pool["policy"]["acquireOn"], readonly boolean[]> = {
  provision: [false, true],
  invite: [false, true],
  signIn: [true],
  manual: [],
};

/** Where the entries lie that the pool could serve: `servesEntry` the other way round. */
export function rangesOf({ id, organisationId, product, tiers, policy }: Pool): Range[] {
  const doors = DOORS[policy.acquireOn];
  return tiers.flatMap((tier) => {
    const places = [
      ...[false, true].map((atTheDoor) => ({ poolId: id, atTheDoor, behind: false })),
      ...doors.map((atTheDoor) => ({ poolId: null, atTheDoor, behind: false })),
      { poolId: id, atTheDoor: false, behind: true },
      ...doors.flatMap((atTheDoor) =>
        atTheDoor ? [] : [{ poolId: null, atTheDoor, behind: true }],
      ),
    ];
    return places.map((place) => ({ organisationId, product, tier, ...place }));
  });
}

function rangePart(range: Range, count: number): Part {
  const { organisationId, product, tier, poolId, atTheDoor, behind } = range;
  const wished = poolId === null ? "poolId IS NULL" : "poolId = ?";
  return {
    text: `SELECT ${WAITING_SELECT} FROM waiting WHERE organisationId = ? AND product = ? AND tier = ? AND ${wished} AND atTheDoor = ? AND behind = ? ORDER BY turn, id LIMIT ?`,
    values: [
      ...[organisationId, product, tier],
      ...(poolId === null ? [] : [poolId]),
      ...[atTheDoor, behind, count],
    ],
  };
}

/** The members of one group, or those who are in none of these. */
type Apart = { readonly group: string } | { readonly noneOf: readonly string[] };

/**
 * Those who may have a seat while everybody before them is passed over: a reserved one, or one above what was bought that others'
 * lists do not have.
 */
function apartIn(policy: Pool["policy"]): Apart[] {
  const { reservations, onFullByGroup } = policy;
  const ways = new Set(
    listsOf(policy).map((list) => GROWS.filter((step) => list.includes(step)).join()),
  );
  const own = ways.size > 1 ? onFullByGroup.map(({ group }) => group) : [];
  const groups = unique([...reservations.map(({ group }) => group), ...own]);
  return [...groups.map((group) => ({ group })), ...(own.length > 0 ? [{ noneOf: own }] : [])];
}
const GROWS: readonly OnFull[] = ["autoscale", "overage"];

function isApart(one: Apart, { reservedIn = [] }: WaitingEntry): boolean {
  if ("group" in one) return reservedIn.includes(one.group);
  return !one.noneOf.some((group) => reservedIn.includes(group));
}

/** Conditions that find them by the index of the members alone: who is in no named group at all is there, too. */
function apartParts(one: Apart): Part[] {
  if ("group" in one) {
    const values = [reservedWord(one.group)];
    return [{ text: "isMember = 1 AND INSTR(reservedIn, ?) > 0", values }];
  }
  const outside = one.noneOf.map(() => " AND INSTR(reservedIn, ?) = 0").join("");
  return [
    { text: "isMember = 0", values: [] },
    { text: `isMember = 1${outside}`, values: one.noneOf.map(reservedWord) },
  ];
}

function memberParts({ id, organisationId, product, tiers, policy }: Pool, count: number): Part[] {
  const doors = DOORS[policy.acquireOn];
  const anyPool =
    doors.length === 0
      ? ""
      : ` OR (poolId IS NULL AND atTheDoor IN (${placeholders(doors.length)}))`;
  const conditions = apartIn(policy).flatMap(apartParts);
  return conditions.flatMap(({ text, values }) =>
    [false, true].map((behind) => ({
      text: `SELECT ${WAITING_SELECT} FROM waiting WHERE organisationId = ? AND product = ? AND ${text} AND tier IN (${placeholders(tiers.length)}) AND (poolId = ? OR INSTR(alsoPools, ?) > 0${anyPool}) AND behind = ? ORDER BY turn, id LIMIT ?`,
      values: [
        organisationId,
        product,
        ...values,
        ...tiers,
        id,
        alsoWord(id),
        ...doors,
        behind,
        count,
      ],
    })),
  );
}

function listOrder(left: WaitingEntry, right: WaitingEntry): number {
  return turnOf(left) - turnOf(right) || compareText(left.id, right.id);
}

/** Seats that count for each reservation. */
export async function loadFilled(
  sql: Sql,
  pools: readonly Pool[],
): Promise<Map<string, Map<string, number>>> {
  const parts = pools.flatMap(({ organisationId, id, policy }) =>
    policy.reservations.map(({ group, seats }) => ({
      text: "SELECT poolId, reservation, COUNT(*) AS seats FROM (SELECT poolId, reservation FROM seats WHERE organisationId = ? AND poolId = ? AND reservation = ? AND consumes = 1 LIMIT ?) counted GROUP BY poolId, reservation",
      values: [organisationId, id, group, seats + FREED_MAX],
    })),
  );
  const rows = await selectAll<FilledRow>(sql, parts);
  const filled = new Map<string, Map<string, number>>(pools.map(({ id }) => [id, new Map()]));
  for (const { poolId, reservation, seats } of rows) filled.get(poolId)?.set(reservation, seats);
  return filled;
}

interface FilledRow {
  readonly poolId: string;
  readonly reservation: string;
  readonly seats: number;
}

/** Nobody need know how far a reservation is overfilled, beyond what one batch can free. */
const FREED_MAX = 5_000;
