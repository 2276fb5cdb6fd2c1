import type { Pool, Seat, WaitingEntry } from "../../domain/directory.js";
import { hasDeadlines } from "../../domain/policy.js";
import { compareText } from "../../domain/compareText.js";
import { isForLess } from "../../domain/queue.js";
import { servesEntry } from "../../domain/world.js";
import type { SeatRow } from "../rows/seats.js";
import { SEAT_SELECT, seatFromRow, WAITING_SELECT, waitingFromRow } from "../rows/seats.js";
import type { WaitingRow } from "../rows/seats.js";
import type { Sql } from "../sql.js";
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
    (pool) => pool.kind === "shared" && pool.policy.onFull.includes("evictLru"),
  );
  if (limit === 0 || displacing.length === 0) {
    return new Map();
  }
  const rows = await selectAll<SeatRow>(
    sql,
    displacing.map((pool) => evictablePart(pool, limit, now)),
  );
  const seats = groupBy(rows, (row) => row.poolId, seatFromRow);
  return new Map(
    displacing.map((pool) => [pool.id, (seats.get(pool.id) ?? []).sort(evictionOrder(pool))]),
  );
}

/** Without those whom the policy protects at `now`: they would hide the others behind the limit. */
function evictablePart(pool: Pool, limit: number, now: number): Part {
  const { minHoldSeconds, minIdleSeconds, protectRunningSession } = pool.policy;
  const awake = protectRunningSession
    ? " AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.organisationId = seats.organisationId AND s.userId = seats.userId AND s.endedAt IS NULL AND s.expiresAt > ?)"
    : "";
  const column = pool.policy.evictionOrder === "lastSignIn" ? "signInOrder" : "lastUsedAt";
  return {
    text: `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND poolId = ? AND grantedAt <= ? AND lastUsedAt <= ? AND state = 'active' AND (protectedUntil IS NULL OR protectedUntil <= ?)${awake} ORDER BY ${column}, grantedAt, id LIMIT ?`,
    values: [
      pool.organisationId,
      pool.id,
      now - minHoldSeconds * 1_000,
      now - minIdleSeconds * 1_000,
      now,
      ...(protectRunningSession ? [now] : []),
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
    `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND expiresAt <= ? ORDER BY expiresAt, id LIMIT ${EXPIRED_MAX}`,
    [organisationId, now],
  );
  return groupBy(rows, (row) => row.poolId, seatFromRow);
}

/** The first entries that a free seat of each pool could serve. */
export async function loadWaiting(
  sql: Sql,
  pools: readonly Pool[],
  limit: number,
): Promise<Map<string, WaitingEntry[]>> {
  if (limit === 0 || pools.length === 0) {
    return new Map();
  }
  // One more than asked: the caller sees whether anybody is left waiting.
  const count = limit + 1;
  const parts = new Map<string, Part>();
  for (const range of pools.flatMap(rangesOf)) {
    parts.set(JSON.stringify(range), rangePart(range, count));
  }
  const rows = await selectAll<WaitingRow>(sql, [...parts.values()]);
  const entries = rows.map(waitingFromRow).sort(listOrder);
  return new Map(
    pools.map((pool) => [
      pool.id,
      [false, true].flatMap((behind) =>
        entries
          .filter((entry) => isForLess(entry) === behind && servesEntry(pool, entry))
          .slice(0, count),
      ),
    ]),
  );
}

/** Entries that lie together in the index, in the order of the list. */
interface Range {
  readonly organisationId: string;
  readonly product: string;
  readonly tier: string;
  readonly poolId: string | null;
  readonly atTheDoor: boolean;
  /** Who holds more than is needed comes after everybody else, and never waits at the door. */
  readonly behind: boolean;
}

/** Where the entries lie that the pool could serve: `servesEntry` the other way round. */
function rangesOf({ id, organisationId, product, tiers, policy }: Pool): Range[] {
  const doors = { provision: [false, true], invite: [false, true], signIn: [true], manual: [] }[
    policy.acquireOn
  ];
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
    text: `SELECT ${WAITING_SELECT} FROM waiting WHERE organisationId = ? AND product = ? AND tier = ? AND ${wished} AND atTheDoor = ? AND behind = ? ORDER BY since, id LIMIT ?`,
    values: [
      ...[organisationId, product, tier],
      ...(poolId === null ? [] : [poolId]),
      ...[atTheDoor, behind, count],
    ],
  };
}

function listOrder(left: WaitingEntry, right: WaitingEntry): number {
  return left.since - right.since || compareText(left.id, right.id);
}
