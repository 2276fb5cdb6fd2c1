import type { Pool, Seat } from "../../domain/directory.js";
import { displaces } from "../../domain/seats/firstTakeOver.js";
import { type SeatRow, SEAT_SELECT, seatFromRow } from "../rows/seats.js";
import type { Sql } from "../sql.js";
import { evictableParts } from "./queues.js";
import { selectAll } from "./union.js";
import type { Part } from "./union.js";

/**
 * The seats whose turn to be taken over comes first, at `now` or later. A seat is protected by its grant (`minHold`) or by its last
 * use (`minIdle`): each has an index, so the first are read in both orders. Behind both, it may still be protected by name. A
 * hundred of each are read whatever the size of the pool; what was not read comes no earlier than the last one that was.
 */

const READ_MAX = 100;
/** Of those whose turn it is already, so many of each reservation tell whether there is one for the person. */
const NOW_MAX = 1;

type Order = "now" | "held" | "used" | "due";

interface SoonRow extends SeatRow {
  readonly orderedBy: Order;
}

export interface Soonest {
  readonly evictable: Map<string, Seat[]>;
  readonly unreadFrom: Map<string, number>;
}

export async function loadSoonest(
  sql: Sql,
  pools: readonly Pool[],
  products: readonly string[],
  now: number,
): Promise<Soonest> {
  const asked = pools.filter((pool) => displaces(pool) && products.includes(pool.product));
  const parts = asked.flatMap((pool) => [
    ...evictableParts(pool, NOW_MAX, now).map((part) => labelled("now", part)),
    ...laterParts(pool, now),
  ]);
  const rows = await selectAll<SoonRow>(sql, parts);
  const found: Soonest = { evictable: new Map(), unreadFrom: new Map() };
  for (const pool of asked) {
    const own = rows.filter(({ poolId }) => poolId === pool.id);
    const seats = new Map(own.map((row) => [row.id, seatFromRow(row)]));
    found.evictable.set(pool.id, [...seats.values()]);
    const from = unreadFrom(pool, own);
    if (from !== Infinity) found.unreadFrom.set(pool.id, from);
  }
  return found;
}

/** Each of the three is a range of an index, or of what a sign-in reads of it. */
function laterParts(pool: Pool, now: number): Part[] {
  const { minHoldSeconds, minIdleSeconds } = pool.policy;
  const held = now - minHoldSeconds * 1_000;
  const idle = now - minIdleSeconds * 1_000;
  return [
    laterPart("held", pool, now, {
      text: "grantedAt > ? ORDER BY grantedAt, id",
      values: [held],
    }),
    laterPart("used", pool, now, {
      text: "lastUsedAt > ? ORDER BY lastUsedAt, grantedAt, id",
      values: [idle],
    }),
    laterPart("due", pool, now, {
      text: "grantedAt <= ? AND lastUsedAt <= ? ORDER BY lastUsedAt, grantedAt, id",
      values: [held, idle],
    }),
  ];
}

/** Without those who are signed in where that protects: of them no time can be said. */
function laterPart(order: Order, pool: Pool, now: number, { text, values }: Part): Part {
  const isAsleep = pool.policy.protectRunningSession
    ? " AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.organisationId = seats.organisationId AND s.userId = seats.userId AND s.endedAt IS NULL AND s.expiresAt > ?)"
    : "";
  return labelled(order, {
    text: `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND poolId = ? AND expiresAt IS NULL AND state = 'active'${isAsleep} AND ${text} LIMIT ?`,
    values: [
      ...[pool.organisationId, pool.id],
      ...(isAsleep === "" ? [] : [now]),
      ...values,
      READ_MAX,
    ],
  });
}

function labelled(order: Order, { text, values }: Part): Part {
  return { text: text.replace("SELECT ", `SELECT '${order}' AS orderedBy, `), values };
}

function unreadFrom({ policy }: Pool, rows: readonly SoonRow[]): number {
  const endOf = (order: Order, from: (row: SoonRow) => number): number => {
    const own = rows.filter(({ orderedBy }) => orderedBy === order);
    return own.length < READ_MAX ? Infinity : Math.max(...own.map(from));
  };
  return Math.min(
    endOf("held", ({ grantedAt }) => grantedAt + policy.minHoldSeconds * 1_000),
    endOf("used", ({ lastUsedAt }) => lastUsedAt + policy.minIdleSeconds * 1_000),
    // Until when each of them is protected all the same is in no order.
    endOf("due", () => 0),
  );
}
