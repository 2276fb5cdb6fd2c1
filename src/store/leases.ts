import type { Pool, Seat } from "../domain/directory.js";
import type { LeasesHeld } from "../domain/leases/renewals.js";
import { noChanges } from "../domain/snapshot.js";
import { SeatkeeperError } from "../errors.js";
import type { Leases } from "../ports/leases.js";
import type { Context } from "./context.js";
import { greatest } from "./dialect.js";
import { groupBy } from "./load/people.js";
import { isStorableId } from "./limits.js";
import { momentOf } from "./moment.js";
import {
  POOL_SELECT,
  poolFromRow,
  SEAT_SELECT,
  seatFromRow,
  type PoolRow,
  type SeatRow,
} from "./rows/seats.js";
import { StaleDecision } from "./save/guard.js";
import { insertDays } from "./save/insertions.js";
import { runIn, selectIn, type Sql, unawaited } from "./sql.js";

/** Two messages to the database for any number of leases: what they are, and how long they live now. */
export function createLeases({ writer, clock }: Pick<Context, "writer" | "clock">): Leases {
  return {
    renew: (organisationId, seatIds, decide) =>
      writer.noted(organisationId, async ({ sql, locked }, note) => {
        const [, tenant, pools, { seats, looks }] = await Promise.all([
          locked,
          readTenant(sql, organisationId),
          readPools(sql, organisationId),
          readLeases(sql, organisationId, seatIds),
        ]);
        const now = momentOf(clock.now(), { at: tenant.headAt ?? 0 });
        const held: LeasesHeld = { now, timeZone: tenant.timeZone, pools, seats };
        const renewals = decide(held);
        if (renewals.renewed.length === 0) return renewals;
        const changes = { ...noChanges(), seatsUpdated: [...renewals.renewed] };
        note({ revision: tenant.revision, at: performance.now(), changes });
        await extend(sql, organisationId, now, renewals.renewed, looks);
        await insertDays({ sql: unawaited(sql), organisationId }, renewals.daysUsed);
        return renewals;
      }),
  };
}

interface Tenant {
  readonly revision: number;
  readonly timeZone: string;
  /** Of the ledger's last entry: a renewal is decided at the same time as everything else. */
  readonly headAt: number | null;
}

async function readTenant(sql: Sql, organisationId: string): Promise<Tenant> {
  const text =
    "SELECT o.revision, o.timeZone, (SELECT e.at FROM entries e WHERE e.organisationId = o.id ORDER BY e.sequence DESC LIMIT 1) AS headAt FROM organisations o WHERE o.id = ?";
  const [row] = await sql.all<Tenant>(text, [organisationId]);
  if (row === undefined) throw new SeatkeeperError("NotFound");
  return row;
}

async function readPools(sql: Sql, organisationId: string): Promise<Map<string, Pool>> {
  const rows = await sql.all<PoolRow>(
    `SELECT ${POOL_SELECT} FROM pools WHERE organisationId = ? AND kind = 'concurrent'`,
    [organisationId],
  );
  return new Map(rows.map((row) => [row.id, poolFromRow(row)]));
}

interface Found {
  readonly seats: Map<string, Seat>;
  /** By their ids: when time may have ended them, as far as the index knows. */
  readonly looks: ReadonlyMap<string, number | null>;
}

type LeaseRow = SeatRow & { readonly lookAt: number | null };

async function readLeases(
  sql: Sql,
  organisationId: string,
  seatIds: readonly string[],
): Promise<Found> {
  const rows = await selectIn<LeaseRow>(
    sql,
    seatIds.filter(isStorableId),
    (list) =>
      `SELECT ${SEAT_SELECT}, lookAt FROM seats WHERE organisationId = ? AND id IN (${list})`,
    [organisationId],
  );
  return {
    seats: new Map(rows.map((row) => [row.id, seatFromRow(row)])),
    looks: new Map(rows.map(({ id, lookAt }) => [id, lookAt])),
  };
}

/**
 * All leases of a pool end together, but for those that are borrowed for longer: their end stays. The conditions are those of the decision once more: the database agrees, or nothing is
 * done.
 */
async function extend(
  sql: Sql,
  organisationId: string,
  now: number,
  seats: readonly Seat[],
  looks: Found["looks"],
): Promise<void> {
  const used = greatest(sql.dialect, "lastUsedAt", "?");
  const update = async (ids: readonly string[], ends: Ends): Promise<number> =>
    runIn(
      sql,
      ids,
      (list) =>
        `UPDATE seats SET lastUsedAt = ${used}${Object.keys(ends)
          .map((column) => `, ${column} = ?`)
          .join(
            "",
          )} WHERE organisationId = ? AND state = 'active' AND expiresAt > ? AND id IN (${list})`,
      [now, ...Object.values(ends), organisationId, now],
    );
  const extendPool = async (ofPool: readonly Seat[]): Promise<void> => {
    const [lent, renewed] = parted(ofPool, (seat) => seat.expiresAt === seat.borrowedUntil);
    const end = renewed[0]?.expiresAt ?? now;
    const [stay, move] = parted(renewed, ({ id }) => mayStay(looks.get(id) ?? null, now, end));
    const affected = await Promise.all([
      update(idsOf(lent), {}),
      update(idsOf(stay), { expiresAt: end }),
      update(idsOf(move), { expiresAt: end, lookAt: end }),
    ]);
    const sum = affected.reduce((all, some) => all + some, 0);
    if (sum !== ofPool.length) throw new StaleDecision("a lease");
  };
  const byPool = groupBy(
    seats,
    ({ poolId }) => poolId,
    (seat) => seat,
  );
  await Promise.all([...byPool.values()].map(extendPool));
}

/** By the column. */
type Ends = Readonly<Record<string, number>>;

function parted(seats: readonly Seat[], is: (seat: Seat) => boolean): [Seat[], Seat[]] {
  return [seats.filter(is), seats.filter((seat) => !is(seat))];
}

function idsOf(seats: readonly Seat[]): string[] {
  return seats.map(({ id }) => id);
}

/**
 * Half a lease early is early enough: whoever renews as regularly as a lease of that length demands moves it before it is due. The
 * column may be earlier than the end of the lease and never later.
 */
function mayStay(lookAt: number | null, now: number, end: number): boolean {
  return lookAt !== null && lookAt >= (now + end) / 2 && lookAt <= end;
}
