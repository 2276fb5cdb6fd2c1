import type { Pool, Seat } from "../domain/directory.js";
import type { LeasesHeld } from "../domain/renewals.js";
import { noChanges } from "../domain/snapshot.js";
import { SeatkeeperError } from "../errors.js";
import type { Leases } from "../ports/leases.js";
import type { Context } from "./context.js";
import { greatest } from "./dialect.js";
import { findSeats } from "./load/found.js";
import { groupBy } from "./load/people.js";
import { POOL_SELECT, poolFromRow, type PoolRow } from "./rows/seats.js";
import { StaleDecision } from "./save/guard.js";
import { insertDays } from "./save/insertions.js";
import { runIn, type Sql, unawaited } from "./sql.js";

/** Two messages to the database for any number of leases: what they are, and how long they live now. */
export function createLeases({ writer, clock }: Pick<Context, "writer" | "clock">): Leases {
  return {
    renew: (organisationId, seatIds, decide) =>
      writer.noted(organisationId, async ({ sql, locked }, note) => {
        const [, tenant, pools, seats] = await Promise.all([
          locked,
          readTenant(sql, organisationId),
          readPools(sql, organisationId),
          findSeats(sql, organisationId, seatIds),
        ]);
        const held: LeasesHeld = { now: clock.now(), timeZone: tenant.timeZone, pools, seats };
        const renewals = decide(held);
        if (renewals.renewed.length === 0) return renewals;
        const changes = { ...noChanges(), seatsUpdated: [...renewals.renewed] };
        note({ revision: tenant.revision, at: performance.now(), changes });
        await extend(sql, organisationId, held.now, renewals.renewed);
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

/**
 * All leases of a pool end together. The conditions are those of the decision once more: the database agrees, or nothing is
 * done. `+ 0`: otherwise SQLite looks through all that end later instead of finding the rows by their ids.
 */
async function extend(
  sql: Sql,
  organisationId: string,
  now: number,
  seats: readonly Seat[],
): Promise<void> {
  const used = greatest(sql.dialect, "lastUsedAt", "?");
  const extendPool = async (ofPool: readonly Seat[]): Promise<void> => {
    const [first] = ofPool;
    if (first === undefined) return;
    const affected = await runIn(
      sql,
      ofPool.map(({ id }) => id),
      (list) =>
        `UPDATE seats SET lastUsedAt = ${used}, expiresAt = ? WHERE organisationId = ? AND state = 'active' AND expiresAt + 0 > ? AND id IN (${list})`,
      [now, first.expiresAt, organisationId, now],
    );
    if (affected !== ofPool.length) throw new StaleDecision("a lease");
  };
  const byPool = groupBy(
    seats,
    ({ poolId }) => poolId,
    (seat) => seat,
  );
  await Promise.all([...byPool.values()].map(extendPool));
}
