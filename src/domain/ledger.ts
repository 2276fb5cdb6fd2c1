import type { JsonObject } from "../plugin.js";
import type { Id, Pool, Seat, User, WaitingEntry } from "./directory.js";
import type { Entry, EntryKind, EventType } from "./history.js";
import type { Wish } from "./entitlement.js";
import type { Context, World } from "./world.js";

/**
 * The only place where a seat changes hands. Each function changes the state, writes the ledger entry and announces
 * the event together, so that none of the three can be forgotten.
 */

export interface Grant {
  readonly user: Pick<User, "id">;
  readonly pool: Pool;
  readonly tier: string;
  readonly reason: "claimed" | "tookOver" | "listDrained";
  /** Whose seat it was a moment ago. */
  readonly displaced?: Id;
}

export function grantSeat(world: World, ctx: Context, grant: Grant): Seat {
  const { user, pool, tier, reason, displaced } = grant;
  if (world.free(pool) <= 0) {
    throw new Error(`pool ${pool.id} has no free seat; a grant must be decided first`);
  }
  const atTheDoor = ctx.cause.type === "saml" || ctx.cause.type === "app";
  const seat: Seat = {
    id: ctx.nextId(),
    organisationId: pool.organisationId,
    poolId: pool.id,
    product: pool.product,
    userId: user.id,
    tier,
    grantedAt: world.now,
    lastUsedAt: world.now,
    lastSignInAt: atTheDoor ? world.now : null,
    expiresAt: leaseEnd(world, pool),
    generation: 1,
  };
  world.takeSeat(seat);
  write(
    world,
    ctx,
    "seat.granted",
    seat,
    1,
    reason,
    displaced === undefined ? {} : { displacedUserId: displaced },
  );
  return seat;
}

/** `by` is the user who takes the seat over. */
export function releaseSeat(world: World, ctx: Context, seat: Seat, reason: string, by?: Id): void {
  world.giveBackSeat(seat);
  const kind: EntryKind =
    reason === "displaced"
      ? "seat.displaced"
      : reason === "expired"
        ? "lease.expired"
        : "seat.released";
  // A lease was free from its end on; the entry is written when somebody looks.
  const details = kind === "lease.expired" ? { expiredAt: seat.expiresAt } : {};
  write(world, ctx, kind, seat, -1, reason, by === undefined ? details : { displacedBy: by });
}

/** The same seat in another pool: both pools change in one step, and the holder is never without. */
export function moveSeat(
  world: World,
  ctx: Context,
  seat: Seat,
  target: { readonly pool: Pool; readonly tier: string },
): Seat {
  const moved: Seat = {
    ...seat,
    poolId: target.pool.id,
    tier: target.tier,
    expiresAt: leaseEnd(world, target.pool),
    generation: seat.generation + 1,
  };
  world.giveBackSeat(seat);
  write(world, ctx, "seat.released", seat, -1, "moved", { toPoolId: target.pool.id });
  world.takeSeat(moved);
  write(world, ctx, "seat.granted", moved, 1, "moved", {
    fromPoolId: seat.poolId,
    fromTier: seat.tier,
  });
  return moved;
}

export function retierSeat(world: World, ctx: Context, seat: Seat, tier: string): Seat {
  const changed: Seat = { ...seat, tier };
  world.seats.set(changed);
  write(world, ctx, "seat.tierChanged", changed, 0, "requirementChanged", { fromTier: seat.tier });
  return changed;
}

/** Use of the seat: a sign-in, or the renewal of a lease. No ledger line: nothing changed hands. */
export function touchSeat(world: World, seat: Seat, signIn: boolean): Seat {
  const pool = world.pools.get(seat.poolId);
  const touched: Seat = {
    ...seat,
    lastUsedAt: Math.max(seat.lastUsedAt, world.now),
    lastSignInAt: signIn ? world.now : seat.lastSignInAt,
    expiresAt: pool === undefined ? seat.expiresAt : leaseEnd(world, pool),
    generation: pool?.kind === "concurrent" && signIn ? seat.generation + 1 : seat.generation,
  };
  world.seats.set(touched);
  return touched;
}

export interface Wait {
  readonly wish: Wish;
  readonly entry: WaitingEntry | undefined;
  readonly tier: string;
  readonly atTheDoor: boolean;
}

/** Who waits already keeps the place, whatever else has changed. */
export function waitForSeat(world: World, ctx: Context, wait: Wait): WaitingEntry {
  const { wish, entry, tier, atTheDoor } = wait;
  const named = world
    .allPools()
    .find(({ name, product }) => wish.directPools.includes(name) && product === wish.product.id);
  const wanted: WaitingEntry = {
    id: entry?.id ?? ctx.nextId(),
    organisationId: wish.user.organisationId,
    userId: wish.user.id,
    product: wish.product.id,
    tier,
    poolId: named?.id ?? null,
    since: entry?.since ?? world.now,
    atTheDoor,
    reason: "PoolFull",
  };
  if (entry !== undefined && sameWait(entry, wanted)) return entry;
  world.list(wanted);
  if (entry === undefined) writeWaiting(world, ctx, "waiting.added", wanted, wanted.reason);
  return wanted;
}

export function leaveList(world: World, ctx: Context, entry: WaitingEntry, reason: string): void {
  world.waiting.delete(entry.id);
  writeWaiting(world, ctx, "waiting.removed", entry, reason);
}

/** What was bought, and what it may be used for: with it, whoever adds up the ledger knows the capacity at any time. */
export function poolCreated(pool: Pool): Omit<PoolEntry, "id" | "cause"> {
  const { name, kind, tiers, capacity, priority, policy } = pool;
  const details = { name, kind, tiers: [...tiers], capacity, priority, policy: { ...policy } };
  return { ...aboutPool(pool), kind: "pool.created", reason: "created", details };
}

export function recordPoolChange(world: World, ctx: Context, before: Pool, after: Pool): void {
  if (after.capacity !== before.capacity) {
    world.record({
      id: ctx.nextId(),
      ...aboutPool(after),
      kind: "pool.capacityChanged",
      reason: after.capacity > before.capacity ? "raised" : "lowered",
      cause: ctx.cause,
      details: { from: before.capacity, to: after.capacity },
    });
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
  return { name, tiers: [...tiers], priority, policy: { ...policy } };
}

/** No seat moves; the line says that and by whom somebody's data was erased, so that the books explain the gap. */
export function recordErasure(world: World, ctx: Context, userId: Id): void {
  world.record({
    id: ctx.nextId(),
    kind: "person.erased",
    userId,
    product: "",
    poolId: null,
    seatId: null,
    tier: null,
    delta: 0,
    reason: "erased",
    cause: ctx.cause,
    details: {},
  });
}

function sameWait(a: WaitingEntry, b: WaitingEntry): boolean {
  return a.tier === b.tier && a.poolId === b.poolId && a.atTheDoor === b.atTheDoor;
}

function leaseEnd(world: World, pool: Pool): number | null {
  return pool.kind === "concurrent" ? world.now + pool.policy.leaseSeconds * 1000 : null;
}

const EVENT_OF: Partial<Record<EntryKind, EventType>> = {
  "seat.granted": "seat.granted",
  "seat.released": "seat.released",
  "seat.displaced": "seat.displaced",
  "lease.expired": "seat.released",
  "seat.tierChanged": "seat.tierChanged",
  "waiting.added": "seat.waiting",
};

function write(
  world: World,
  ctx: Context,
  kind: EntryKind,
  seat: Seat,
  delta: -1 | 0 | 1,
  reason: string,
  details: JsonObject,
): void {
  const { userId, product, poolId, tier } = seat;
  const entry = {
    kind,
    userId,
    product,
    poolId,
    seatId: seat.id,
    tier,
    delta,
    reason,
    cause: ctx.cause,
    details,
  };
  world.record({ id: ctx.nextId(), ...entry });
  announce(world, ctx, kind, userId, {
    product,
    poolId,
    seatId: seat.id,
    tier,
    reason,
    ...details,
  });
}

function writeWaiting(
  world: World,
  ctx: Context,
  kind: "waiting.added" | "waiting.removed",
  entry: WaitingEntry,
  reason: string,
): void {
  const { userId, product, poolId, tier } = entry;
  world.record({
    id: ctx.nextId(),
    kind,
    userId,
    product,
    poolId,
    seatId: null,
    tier,
    delta: 0,
    reason,
    cause: ctx.cause,
    details: {},
  });
  announce(world, ctx, kind, userId, { product, tier, reason });
}

function announce(world: World, ctx: Context, kind: EntryKind, userId: Id, data: JsonObject): void {
  const type = EVENT_OF[kind];
  if (type !== undefined) world.announce({ id: ctx.nextId(), userId, type, data });
}
