import type { BoundPlaces } from "../domain/keeping/boundWords.js";
import type { PoolUse } from "../domain/pools/bar.js";
import type { State } from "../domain/seats/states.js";
import { placeholders, type Sql } from "./sql.js";

/** For people who look at one pool: three counts over its seats, by indexes, and nothing that a decision waits for. */
export async function readPoolUse(
  sql: Sql,
  organisationId: string,
  poolId: string,
  now: number,
): Promise<PoolUse> {
  // A lease or an invitation past its end is free, whether or not its row is still there.
  const ofPool =
    "s.organisationId = ? AND s.poolId = ? AND s.consumes = 1 AND (s.expiresAt IS NULL OR s.expiresAt > ?)";
  const values = [organisationId, poolId, now];
  const taken = await sql.all<{ state: State; seats: number }>(
    `SELECT s.state, COUNT(*) AS seats FROM seats s WHERE ${ofPool} GROUP BY s.state ORDER BY s.state`,
    values,
  );
  const teams = await sql.all<{ team: string; seats: number }>(
    `SELECT f.name AS team, COUNT(DISTINCT s.id) AS seats FROM seats s JOIN facts f ON f.organisationId = s.organisationId AND f.userId = s.userId AND f.kind = 'team' WHERE ${ofPool} GROUP BY f.name ORDER BY f.name`,
    values,
  );
  const reserved = await sql.all<{ name: string; seats: number }>(
    `SELECT s.reservation AS name, COUNT(*) AS seats FROM seats s WHERE ${ofPool} AND s.reservation IS NOT NULL GROUP BY s.reservation ORDER BY s.reservation`,
    values,
  );
  return {
    reserved: reserved.map(({ name, seats }) => ({ group: name, seats })),
    taken: taken.map(({ state, seats }) => ({ state, seats })),
    teams: teams.map(({ team, seats }) => ({ team, seats })),
  };
}

/**
 * The counters without what has ended and still has its row, by the same predicate and at one moment, because it is one statement. Those rows are
 * few, and found where the background finds them.
 */
export async function readPoolsUsed(
  sql: Sql,
  organisationId: string,
  now: number,
): Promise<Map<string, number>> {
  const rows = await sql.all<{ id: string; used: number | string }>(
    "SELECT p.id, p.used - COALESCE(e.seats, 0) AS used FROM pools p LEFT JOIN (SELECT s.poolId, COUNT(*) AS seats FROM seats s WHERE s.organisationId = ? AND s.lookAt <= ? AND s.expiresAt <= ? AND s.consumes = 1 GROUP BY s.poolId) e ON e.poolId = p.id WHERE p.organisationId = ?",
    [organisationId, now, now, organisationId],
  );
  return new Map(rows.map(({ id, used }) => [id, Number(used)]));
}

/** Reads these pools from one end to the other, for who asks why somebody waits. */
export async function readBoundPlaces(
  sql: Sql,
  organisationId: string,
  poolIds: readonly string[],
  now: number,
): Promise<Map<string, BoundPlaces>> {
  if (poolIds.length === 0) return new Map();
  const rows = await sql.all<BoundPlaces & { readonly poolId: string }>(
    `SELECT poolId, COUNT(*) AS seats, MIN(expiresAt) AS firstUntil FROM seats WHERE organisationId = ? AND poolId IN (${placeholders(poolIds.length)}) AND consumes = 1 AND state IN ('parked', 'suspended') AND expiresAt > ? GROUP BY poolId`,
    [organisationId, ...poolIds, now],
  );
  return new Map(rows.map(({ poolId, seats, firstUntil }) => [poolId, { seats, firstUntil }]));
}
