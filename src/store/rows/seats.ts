import type { Pool, WaitingEntry } from "../../domain/directory.js";
import { turnOf } from "../../domain/waiting/ageing.js";
import type { PoolKind, PoolPolicy } from "../../domain/pools/policy.js";
import { autoscaleLimit, overageSeats, storedPolicy } from "../../domain/pools/policy.js";
import { isForLess } from "../../domain/waiting/queue.js";
import { checkId, checkText, documentText, LIMITS } from "../limits.js";
import type { SqlValue } from "../sql.js";

export * from "./seat.js";

export interface PoolRow {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly product: string;
  readonly tiers: string;
  readonly kind: Pool["kind"];
  readonly capacity: number;
  readonly used: number;
  readonly priority: number;
  readonly policy: string;
  readonly version: number;
  readonly createdAt: number;
}

export const POOL_SELECT =
  "id, organisationId, name, product, tiers, kind, capacity, used, priority, policy, version, createdAt";

export function poolFromRow(row: PoolRow): Pool {
  return {
    id: row.id,
    organisationId: row.organisationId,
    name: row.name,
    product: row.product,
    tiers: JSON.parse(row.tiers) as string[],
    kind: row.kind,
    capacity: row.capacity,
    used: row.used,
    priority: row.priority,
    policy: policyFromText(row.kind, row.policy),
    version: row.version,
    createdAt: row.createdAt,
  };
}

const POLICIES_MAX = 1_000;

/** By kind and text. Every transaction reads every pool, and to read a policy takes longer than all the rest of its row. */
const policies: Readonly<Record<PoolKind, Map<string, PoolPolicy>>> = {
  locked: new Map(),
  shared: new Map(),
  concurrent: new Map(),
};

/** What a text of a kind means never changes, so pools that are set up alike share one policy. */
function policyFromText(kind: PoolKind, text: string): PoolPolicy {
  const known = policies[kind];
  let policy = known.get(text);
  if (policy === undefined) {
    policy = storedPolicy(kind, JSON.parse(text) as object);
    if (known.size >= POLICIES_MAX) known.clear();
    known.set(text, policy);
  }
  return policy;
}

/** What the database must know to hold the pool to its limits by itself. */
export interface PoolLimits {
  /** Seats that may be held above the capacity. */
  readonly overage: number;
  /** Up to where the capacity may be raised without anybody's hand. */
  readonly autoscaleMax: number;
}

/** Without `used`: that is the triggers' alone. */
export function poolToRow(pool: Pool): Omit<PoolRow, "used"> & PoolLimits {
  return {
    id: checkId(pool.id),
    organisationId: pool.organisationId,
    name: checkText("name", pool.name, LIMITS.name),
    product: checkText("product", pool.product, LIMITS.word),
    tiers: documentText("tiers", pool.tiers),
    kind: pool.kind,
    capacity: pool.capacity,
    priority: pool.priority,
    policy: documentText("policy", pool.policy),
    overage: overageSeats(pool),
    autoscaleMax: autoscaleLimit(pool),
    version: pool.version,
    createdAt: pool.createdAt,
  };
}

export const WAITING_CHANGEABLE = [
  "product",
  "tier",
  "poolId",
  "since",
  "atTheDoor",
  "reason",
  "priority",
  "turn",
  "reservedIn",
  "behind",
  "alsoPools",
] as const;

/** In the order of `waitingValues`. */
export const WAITING_COLUMNS = ["organisationId", "id", "userId", ...WAITING_CHANGEABLE] as const;
export const WAITING_SELECT = WAITING_COLUMNS.join(", ");

export interface WaitingRow extends Omit<
  WaitingEntry,
  "atTheDoor" | "priority" | "turn" | "reservedIn" | "alsoPools"
> {
  readonly atTheDoor: number;
  readonly priority: number;
  readonly turn: number;
  /** JSON. */
  readonly reservedIn: string | null;
  /** JSON. */
  readonly alsoPools: string | null;
}

export function waitingFromRow(row: WaitingRow): WaitingEntry {
  return {
    id: row.id,
    organisationId: row.organisationId,
    userId: row.userId,
    product: row.product,
    tier: row.tier,
    poolId: row.poolId,
    ...alsoPoolsOf(row.alsoPools),
    since: row.since,
    atTheDoor: row.atTheDoor !== 0,
    reason: row.reason,
    ...(row.priority === 0 ? {} : { priority: row.priority }),
    ...(row.turn === row.since ? {} : { turn: row.turn }),
    ...(row.reservedIn === null ? {} : { reservedIn: JSON.parse(row.reservedIn) as string[] }),
  };
}

/** @param text as it is stored */
export function alsoPoolsOf(text: string | null): Pick<WaitingEntry, "alsoPools"> {
  return text === null ? {} : { alsoPools: JSON.parse(text) as string[] };
}

/** How one of `alsoPools` stands in its column. */
export function alsoWord(poolId: string): string {
  return JSON.stringify(poolId);
}

/** How one of `reservedIn` stands in its column. */
export function reservedWord(group: string): string {
  return JSON.stringify(group);
}

export function waitingValues(entry: WaitingEntry): SqlValue[] {
  return [entry.organisationId, checkId(entry.id), entry.userId, ...waitingChanges(entry)];
}

export function waitingChanges(entry: WaitingEntry): SqlValue[] {
  return [
    checkText("product", entry.product, LIMITS.word),
    checkText("tier", entry.tier, LIMITS.word),
    entry.poolId,
    entry.since,
    entry.atTheDoor,
    entry.reason,
    entry.priority ?? 0,
    turnOf(entry),
    entry.reservedIn === undefined ? null : documentText("reservedIn", entry.reservedIn),
    isForLess(entry),
    entry.alsoPools === undefined ? null : documentText("alsoPools", entry.alsoPools),
  ];
}
