import type { Pool, Seat } from "../../domain/directory.js";
import { holderKey } from "../../domain/reclaim/guard.js";
import type {
  Contraction,
  DueContraction,
  Exemption,
  Placed,
  Resource,
} from "../../domain/reclaim/rows.js";
import type { ReclaimRows, UpkeepRows } from "../../domain/reclaim/upkeep.js";
import type { Needs } from "../../domain/snapshot.js";
import { isStorableId } from "../limits.js";
import {
  CONTRACTION_COLUMNS,
  contractionFromRow,
  EXEMPTION_COLUMNS,
  exemptionFromRow,
  RESOURCE_SELECT,
  resourceFromRow,
  type ResourceRow,
} from "../rows/reclaim.js";
import { SEAT_SELECT, seatFromRow, type SeatRow } from "../rows/seats.js";
import { placeholders, type Reads, selectIn, type Sql, unique } from "../sql.js";
import { selectPairs } from "./found.js";

interface Known {
  readonly now: number;
  readonly pools: readonly Pool[];
  readonly hasResources: boolean;
  /** Whose seats may change hands in this decision. */
  readonly people: readonly string[];
}

/** Nothing of it costs a statement where nobody uses it. */
export async function loadReclaim(
  sql: Sql,
  organisationId: string,
  needs: Needs,
  known: Known,
): Promise<ReclaimRows> {
  const upkeep = await loadUpkeep(sql, organisationId, needs.upkeep ?? 0, known);
  const heldByOthers = await loadHolders(sql, organisationId, needs.holders ?? []);
  const going = await loadGoing(sql, organisationId, needs.going ?? [], upkeep);
  const rest = { ...(upkeep === null ? {} : { upkeep }), heldByOthers, going };
  if (!known.hasResources) return rest;
  const seats = upkeep?.contractions.flatMap((one) => one.seats) ?? [];
  const people = unique([...known.people, ...seats.map(({ userId }) => userId)]);
  const resources = await loadResources(sql, organisationId, people, needs.resources ?? []);
  return { ...rest, resources, heirs: await loadHeirs(sql, organisationId, known.pools) };
}

async function loadGoing(
  sql: Sql,
  organisationId: string,
  asked: readonly string[],
  upkeep: UpkeepRows | null,
): Promise<Map<string, number>> {
  const contracted = upkeep?.contractions.map(({ contraction }) => contraction.poolId) ?? [];
  return await countGoing(sql, organisationId, [...asked, ...contracted]);
}

async function loadUpkeep(
  sql: Sql,
  organisationId: string,
  limit: number,
  { now, pools }: Known,
): Promise<UpkeepRows | null> {
  if (limit === 0) return null;
  const rows = await sql.all<SeatRow>(
    `SELECT ${SEAT_SELECT} FROM seats WHERE organisationId = ? AND reviewAt <= ? ORDER BY reviewAt, id LIMIT ?`,
    [organisationId, now, limit],
  );
  const due = rows.map(seatFromRow);
  return {
    due,
    exemptions: due.length === 0 ? [] : await loadExemptions(sql, organisationId, due, now),
    contractions: await loadContractions(sql, organisationId, pools, now, limit),
  };
}

/** Of groups all: they are few. */
async function loadExemptions(
  sql: Sql,
  organisationId: string,
  due: readonly Seat[],
  now: number,
): Promise<Exemption[]> {
  const select = `SELECT ${EXEMPTION_COLUMNS.join(", ")} FROM reclaim_exemptions WHERE organisationId = ? AND (until IS NULL OR until > ?)`;
  const ofPeople = await selectIn<Exemption>(
    sql,
    due.map(({ userId }) => userId),
    (list) => `${select} AND userId IN (${list})`,
    [organisationId, now],
  );
  const ofGroups = await sql.all<Exemption>(`${select} AND groupId IS NOT NULL`, [
    organisationId,
    now,
  ]);
  return [...ofPeople, ...ofGroups].map(exemptionFromRow);
}

async function loadContractions(
  sql: Sql,
  organisationId: string,
  pools: readonly Pool[],
  now: number,
  limit: number,
): Promise<DueContraction[]> {
  const rows = await sql.all<Contraction>(
    `SELECT ${CONTRACTION_COLUMNS.join(", ")} FROM contractions WHERE organisationId = ? AND state = 'planned' AND at <= ? ORDER BY at, id LIMIT 10`,
    [organisationId, now],
  );
  const due: DueContraction[] = [];
  for (const contraction of rows.map(contractionFromRow)) {
    const pool = pools.find(({ id }) => id === contraction.poolId);
    if (pool === undefined) continue;
    const seats = pool.kind === "concurrent" ? [] : await firstToGo(sql, pool, now, limit);
    due.push({ contraction, seats: seats.map(({ seat }) => seat) });
  }
  return due;
}

/** Not those whose seat goes for want of use: who uses it keeps it. */
const IS_CONTRACTED = `s.state = 'grace' AND s.memory LIKE '%"reason":"contracted"%'`;

async function countGoing(
  sql: Sql,
  organisationId: string,
  poolIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await selectIn<{ poolId: string; total: number }>(
    sql,
    unique(poolIds),
    (list) =>
      `SELECT s.poolId, COUNT(*) AS total FROM seats s WHERE s.organisationId = ? AND ${IS_CONTRACTED} AND s.poolId IN (${list}) GROUP BY s.poolId`,
    [organisationId],
  );
  return new Map(rows.map(({ poolId, total }) => [poolId, total]));
}

const EXEMPT =
  "EXISTS (SELECT 1 FROM reclaim_exemptions x WHERE x.organisationId = s.organisationId AND (x.until IS NULL OR x.until > ?) AND (x.userId = s.userId OR EXISTS (SELECT 1 FROM memberships m WHERE m.organisationId = s.organisationId AND m.groupId = x.groupId AND m.userId = s.userId)))";
/** The class on the waiting list (`priorityOf`): the highest that anything gives. The column is JSON, so a number is its text. */
const PRIORITY =
  "COALESCE((SELECT MAX(f.value + 0) FROM facts f WHERE f.organisationId = s.organisationId AND f.userId = s.userId AND f.kind = 'priority' AND f.name = s.product), 0)";
const PLACE =
  "pinned, CASE WHEN s.state = 'active' THEN 1 ELSE 0 END, priority, CASE WHEN s.lastUsedAt <= s.grantedAt AND s.lastSignInAt IS NULL THEN 0 ELSE 1 END, s.lastUsedAt, s.grantedAt, s.id";

/** In the order of `Placed`. Reads the pool from one end to the other, which is done once for each reduction, or for who asks. */
export async function firstToGo(
  sql: Reads,
  { organisationId, id }: Pick<Pool, "organisationId" | "id">,
  now: number,
  limit: number,
): Promise<Placed[]> {
  const columns = SEAT_SELECT.split(", ")
    .map((column) => `s.${column}`)
    .join(", ");
  const rows = await sql.all<SeatRow & { pinned: number }>(
    `SELECT ${columns}, CASE WHEN s.protectedUntil > ? OR ${EXEMPT} THEN 1 ELSE 0 END AS pinned, ${PRIORITY} AS priority FROM seats s WHERE s.organisationId = ? AND s.poolId = ? AND s.consumes = 1 AND NOT (${IS_CONTRACTED}) AND (s.expiresAt IS NULL OR s.expiresAt > ?) ORDER BY ${PLACE} LIMIT ?`,
    [now, now, organisationId, id, now, limit],
  );
  return rows.map((row) => ({ seat: seatFromRow(row), isPinned: row.pinned !== 0 }));
}

async function loadResources(
  sql: Sql,
  organisationId: string,
  people: readonly string[],
  asked: NonNullable<Needs["resources"]>,
): Promise<Resource[]> {
  const select = `SELECT ${RESOURCE_SELECT} FROM resources WHERE organisationId = ?`;
  const of = (column: string, ids: readonly string[]): Promise<ResourceRow[]> =>
    selectIn<ResourceRow>(sql, ids, (list) => `${select} AND ${column} IN (${list})`, [
      organisationId,
    ]);
  const named = await selectPairs<ResourceRow>(
    sql,
    asked.map(({ kind, id }) => [kind, id] as const),
    ["kind", "id"],
    (condition) => `${select} AND (${condition})`,
    [organisationId],
  );
  const ids = people.filter(isStorableId);
  const rows = [...named, ...(await of("userId", ids)), ...(await of("beforeUserId", ids))];
  return rows.map(resourceFromRow);
}

async function loadHeirs(
  sql: Sql,
  organisationId: string,
  pools: readonly Pool[],
): Promise<Map<string, Set<string>>> {
  const named = pools
    .filter(({ policy }) => policy.onUnassign === "transfer")
    .map(({ policy }) => policy.transferTo)
    .filter(isStorableId);
  const rows = await selectIn<{ id: string; product: string | null }>(
    sql,
    unique(named),
    (list) =>
      `SELECT u.id, s.product FROM users u LEFT JOIN seats s ON s.organisationId = u.organisationId AND s.userId = u.id AND s.state IN ('active', 'grace') AND s.unit = '' WHERE u.organisationId = ? AND u.active = 1 AND u.deletedAt IS NULL AND u.id IN (${list})`,
    [organisationId],
  );
  const heirs = new Map<string, Set<string>>(rows.map(({ id }) => [id, new Set()]));
  for (const { id, product } of rows) if (product !== null) heirs.get(id)?.add(product);
  return heirs;
}

async function loadHolders(
  sql: Sql,
  organisationId: string,
  asked: NonNullable<Needs["holders"]>,
): Promise<Set<string>> {
  const held = new Set<string>();
  for (const { role, otherThan } of asked) {
    const [other] = await sql.all(
      "SELECT 1 FROM facts f JOIN users u ON u.organisationId = f.organisationId AND u.id = f.userId WHERE f.organisationId = ? AND f.kind = 'role' AND f.name = ? AND f.userId <> ? AND u.active = 1 AND u.deletedAt IS NULL LIMIT 1",
      [organisationId, role, otherThan],
    );
    if (other !== undefined) held.add(holderKey(role, otherThan));
  }
  return held;
}

/** Roles of the list that nobody active has. */
export async function rolesWithout(
  sql: Reads,
  organisationId: string,
  roles: readonly string[],
): Promise<string[]> {
  if (roles.length === 0) return [];
  const rows = await sql.all<{ name: string }>(
    `SELECT DISTINCT f.name FROM facts f JOIN users u ON u.organisationId = f.organisationId AND u.id = f.userId WHERE f.organisationId = ? AND f.kind = 'role' AND u.active = 1 AND u.deletedAt IS NULL AND f.name IN (${placeholders(roles.length)})`,
    [organisationId, ...roles],
  );
  const held = new Set(rows.map(({ name }) => name));
  return roles.filter((role) => !held.has(role));
}
