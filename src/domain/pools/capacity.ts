import type { JsonObject } from "../../plugin.js";
import type { Pool } from "../directory.js";
import type { Entry } from "../history.js";
import { aboveOf, autoscaleLimit, type Overage, type PoolPolicy } from "./policy.js";
import type { Context, World } from "../world.js";

/** How many seats a pool has and on which terms, and who made it so. */

/** A seat is bought because somebody needs one and the policy allows it. */
export function growPool(world: World, ctx: Context, pool: Pool, capacity: number): void {
  const { capacity: from } = world.pools.get(pool.id) ?? pool;
  world.scale(pool, capacity);
  recordCapacity(world, ctx, pool, { from, to: capacity, reason: "autoscaled" });
}

/**
 * The pool as it is from the date of a reduction on. Only ever down: one that has been made smaller meanwhile stays so. And no more
 * is bought without a person than a person has decided: else who has to go would have the seat bought back at once.
 */
export function contracted(pool: Pool, to: number): Pool {
  const policy = autoscaleLimit(pool) > to ? { ...pool.policy, autoscaleMax: to } : pool.policy;
  return { ...pool, capacity: Math.min(pool.capacity, to), policy };
}

function recordCapacity(
  world: World,
  ctx: Context,
  pool: Pool,
  { reason, ...details }: { readonly from: number; readonly to: number; readonly reason: string },
): void {
  world.record({
    id: ctx.nextId(),
    ...aboutPool(pool),
    kind: "pool.capacityChanged",
    reason,
    cause: ctx.cause,
    details,
  });
}

/** What was bought, and what it may be used for: with it, whoever adds up the ledger knows the capacity at any time. */
export function poolCreated(pool: Pool): Omit<PoolEntry, "id" | "cause"> {
  const { name, kind, tiers, capacity, priority, policy } = pool;
  const details = {
    name,
    kind,
    tiers: [...tiers],
    capacity,
    priority,
    policy: policyTerms(policy),
  };
  return { ...aboutPool(pool), kind: "pool.created", reason: "created", details };
}

/** What a change asks for; the rest stays. */
interface Sold {
  readonly capacity?: number | undefined;
  readonly tiers?: readonly string[] | undefined;
  readonly policy?: { readonly [K in SoldTerm]?: PoolPolicy[K] | undefined } | undefined;
}

type SoldTerm = "overage" | "autoscaleMax" | "onFull" | "onFullByGroup";

/**
 * Whether something else is bought, more may be used than was, or extra seats that are held would no longer be charged as such,
 * because no list gives one any more. What is sent as it stands is no change.
 */
export function changesWhatIsSold(
  pool: Pool,
  { capacity = pool.capacity, tiers = pool.tiers, policy = {} }: Sold,
): boolean {
  const { overage = pool.policy.overage, autoscaleMax = pool.policy.autoscaleMax } = policy;
  return (
    capacity !== pool.capacity ||
    tiers.join(" ") !== pool.tiers.join(" ") ||
    fieldsOf(overage) !== fieldsOf(pool.policy.overage) ||
    autoscaleMax !== pool.policy.autoscaleMax ||
    laysDown(pool, policy)
  );
}

function laysDown({ capacity, policy, used }: Pool, asked: NonNullable<Sold["policy"]>): boolean {
  const { onFull = policy.onFull, onFullByGroup = policy.onFullByGroup } = asked;
  const after = { capacity, policy: { ...policy, onFull, onFullByGroup } };
  return aboveOf(after, used).overage < aboveOf({ capacity, policy }, used).overage;
}

/** A database may give them back in another order. */
function fieldsOf(overage: Overage): string {
  return Object.entries(overage).sort().join(" ");
}

export function recordPoolChange(world: World, ctx: Context, before: Pool, after: Pool): void {
  if (after.capacity !== before.capacity) {
    const reason = after.capacity > before.capacity ? "raised" : "lowered";
    recordCapacity(world, ctx, after, { from: before.capacity, to: after.capacity, reason });
  }
  const [from, to] = [termsOf(before), termsOf(after)];
  const changed = Object.keys(to).filter(
    (name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]),
  );
  if (changed.length === 0) return;
  const only = (terms: JsonObject): JsonObject =>
    Object.fromEntries(changed.map((name) => [name, terms[name] ?? null]));
  world.record({
    id: ctx.nextId(),
    ...aboutPool(after),
    kind: "pool.changed",
    reason: "changed",
    cause: ctx.cause,
    details: { from: only(from), to: only(to) },
  });
}

type PoolEntry = Omit<Entry, "organisationId" | "at" | "position">;

function aboutPool({ id, product }: Pool) {
  return { userId: null, product, poolId: id, seatId: null, tier: null, delta: 0 } as const;
}

/** All of a pool that can change besides its capacity. */
function termsOf({ name, tiers, priority, policy }: Pool): JsonObject {
  return { name, tiers: [...tiers], priority, policy: policyTerms(policy) };
}

function policyTerms(policy: PoolPolicy): JsonObject {
  return {
    ...policy,
    onFull: [...policy.onFull],
    onFullByGroup: policy.onFullByGroup.map(({ group, onFull }) => ({
      group,
      onFull: [...onFull],
    })),
    overage: { ...policy.overage },
    reservations: policy.reservations.map((reservation) => ({ ...reservation })),
  };
}
