import type { Pool, Seat } from "../domain/directory.js";
import type { LeasesHeld } from "../domain/renewals.js";
import { noChanges } from "../domain/snapshot.js";
import { SeatkeeperError } from "../errors.js";
import type { Leases } from "../ports/leases.js";
import type { Context } from "./context.js";
import { greatest } from "./dialect.js";
import { groupBy } from "./load/people.js";
import { isStorableId } from "./limits.js";
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
        const held: LeasesHeld = { now: clock.now(), timeZone: tenant.timeZone, pools, seats };
        const renewals = decide(held);
        if (renewals.renewed.length === 0) return renewals;
        const changes = { ...noChanges(), seatsUpdated: [...renewals.renewed] };
        note({ revision: tenant.revision, at: performance.now(), changes });
        await extend(sql, organisationId, held.now, renewals.renewed, looks);
        await insertDays({ sql: unawaited(sql), organisationId }, renewals.daysUsed);
        return renewals;
      }),
  };
}

interface Tenant {
  readonly revision: number;
  readonly timeZone: string;
}

async function readTenant(sql: Sql, organisationId: string): Promise<Tenant> {
  const text = "SELECT revision, timeZone FROM organisations WHERE id = ?";
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
 * All leases of a pool end together. The conditions are those of the decision once more: the database agrees, or nothing is
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
  const update = async (ids: readonly string[], end: number, moved: boolean): Promise<number> =>
    runIn(
      sql,
      ids,
      (list) =>
        `UPDATE seats SET lastUsedAt = ${used}, expiresAt = ?${moved ? ", lookAt = ?" : ""} WHERE organisationId = ? AND state = 'active' AND expiresAt > ? AND id IN (${list})`,
      [now, end, ...(moved ? [end] : []), organisationId, now],
    );
  const extendPool = async (ofPool: readonly Seat[]): Promise<void> => {
    const end = ofPool[0]?.expiresAt ?? now;
    const ids = ofPool.map(({ id }) => id);
    const stays = (id: string) => mayStay(looks.get(id) ?? null, now, end);
    const affected = await Promise.all([
      update(ids.filter(stays), end, false),
      update(
        ids.filter((id) => !stays(id)),
        end,
        true,
      ),
    ]);
    if (affected[0] + affected[1] !== ids.length) throw new StaleDecision("a lease");
  };
  const byPool = groupBy(
    seats,
    ({ poolId }) => poolId,
    (seat) => seat,
  );
  await Promise.all([...byPool.values()].map(extendPool));
}

/**
 * Half a lease early is early enough: whoever renews as regularly as a lease of that length demands moves it before it is due. The
 * column may be earlier than the end of the lease and never later.
 */
function mayStay(lookAt: number | null, now: number, end: number): boolean {
  return lookAt !== null && lookAt >= (now + end) / 2 && lookAt <= end;
}
