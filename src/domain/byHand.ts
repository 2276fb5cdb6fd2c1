import type { Catalogue } from "./catalogue.js";
import type { Fact, FactKind, Id, Pool, Seat, User } from "./directory.js";
import { refusalOfChoice, refusalOfSettings } from "./handRefusals.js";
import { recordPoolChange } from "./pools/capacity.js";
import { lend, refusalOfBorrowing, type LeaseAsked } from "./leases/borrowing.js";
import { arrived } from "./invitations/invitation.js";
import { dropKept } from "./keeping/keep.js";
import { releaseSeat, touchSeat } from "./seats/ledger.js";
import { factKey } from "./mapping.js";
import { evaluate } from "./evaluate.js";
import { drain } from "./waiting/drain.js";
import { refusedByGuard, reliedOnFor, warnOfLoss } from "./reclaim/guard.js";
import { reapExpired } from "./seats/deadlines.js";
import { lapsedLease, revive } from "./leases/revive.js";
import { settleAtTheDoor, useAtTheDoor } from "./seats/door.js";
import type { SeatOutcome } from "./seats/seats.js";
import { catchUp } from "./seats/settle.js";
import { refuse, type Refusal, type Verdict } from "./verdict.js";
import { wishFor } from "./seats/wish.js";
import type { Context, World } from "./world.js";

/** What people and applications do themselves: give and take facts, change pools, ask for seats. */

export type HandFact = Pick<Fact, "kind" | "name" | "value">;

/** Given by a person: no sync takes it away. A setting by hand replaces an earlier one by hand. */
export function giveByHand(
  world: World,
  ctx: Context,
  userId: Id,
  fact: HandFact,
  by: string,
): Verdict<Fact> {
  const user = world.users.get(userId);
  if (user === undefined) return refuse("NotFound");
  const given: Fact = { ...fact, userId, source: { type: "hand", by }, since: world.now };
  const refusal = refusalOfGift(ctx.catalogue, user, world.facts.group(userId), given);
  if (refusal !== null) return refusal;
  placeByHand(world, given);
  evaluate(world, ctx, [userId]);
  return { ok: given };
}

/** Kinds of which a hand gives one value at a time. */
const SINGLE: readonly FactKind[] = [
  "setting",
  "permission",
  "tierFloor",
  "tierCeiling",
  "tierChoice",
  "priority",
  "breakGlass",
];

/** Without the evaluation, for several at once. */
export function placeByHand(world: World, given: Fact): void {
  for (const old of handFacts(world, given.userId, given)) {
    if (factKey(old) !== factKey(given) && SINGLE.includes(given.kind)) {
      world.facts.delete(factKey(old));
    }
  }
  if (!world.facts.has(factKey(given))) world.facts.set(given);
}

function refusalOfGift(
  catalogue: Catalogue,
  user: User,
  facts: readonly Fact[],
  given: Fact,
): Refusal | null {
  if (given.kind === "setting") return refusalOfSettings(catalogue, user.document);
  if (given.kind !== "tierChoice") return null;
  const others = facts.filter(
    ({ kind, name, source }) =>
      kind !== given.kind || name !== given.name || source.type !== "hand",
  );
  return refusalOfChoice(catalogue, given.name, [...others, given]);
}

/** What a rule gives stays: it can only be taken at the rule. */
export function takeByHand(
  world: World,
  ctx: Context,
  userId: Id,
  fact: Pick<Fact, "kind" | "name">,
  confirm = false,
): Verdict<{ removed: number }> {
  if (!world.users.has(userId)) return refuse("NotFound");
  const facts = handFacts(world, userId, fact);
  if (facts.length === 0) {
    return refuse("NotFound", { sentence: "Nothing of that name was given by hand." });
  }
  const relied = reliedOnFor(world, ctx, userId, fact);
  const stopped = confirm ? null : refusedByGuard(relied);
  if (stopped !== null) return stopped;
  warnOfLoss(world, ctx, userId, "roleTaken", relied);
  for (const old of facts) world.facts.delete(factKey(old));
  evaluate(world, ctx, [userId]);
  return { ok: { removed: facts.length } };
}

export function handFacts(
  world: World,
  userId: Id,
  { kind, name }: Pick<Fact, "kind" | "name">,
): Fact[] {
  return world.facts
    .group(userId)
    .filter((fact) => fact.source.type === "hand" && fact.kind === kind && fact.name === name);
}

const OVERTAKEN = "Somebody else has changed this pool at the same time. Try again.";

export type PoolPatch = Partial<Pick<Pool, "capacity" | "tiers" | "priority" | "policy" | "name">>;

/**
 * More seats go to who waits at once. Fewer seats take nobody's: no new seat is given until enough have come back (I1).
 *
 * @param madeFor the version with which the patch was put together and checked; what others have changed since is not undone
 */
export function changePool(
  world: World,
  ctx: Context,
  poolId: Id,
  patch: PoolPatch,
  madeFor?: number,
): Verdict<{ pool: Pool; overCapacity: number }> {
  catchUp(world);
  const before = world.pools.get(poolId);
  if (before === undefined) return refuse("NotFound");
  if (madeFor !== undefined && madeFor !== before.version) {
    return refuse("Conflict", { sentence: OVERTAKEN });
  }
  const pool: Pool = { ...before, ...patch, version: before.version + 1 };
  world.changePool(pool);
  recordPoolChange(world, ctx, before, pool);
  reapExpired(world, ctx);
  drain(world, ctx);
  return { ok: { pool, overCapacity: Math.max(0, world.used(pool.id) - pool.capacity) } };
}

/**
 * The application's door: as a sign-in, for one product. Who holds a seat uses it; a lease gets a new generation.
 *
 * @param asked a lease that is borrowed lives longer without renewal
 */
export function acquireSeat(
  world: World,
  ctx: Context,
  userId: Id,
  productId: string,
  asked: LeaseAsked = {},
): Verdict<SeatOutcome> {
  const known = world.users.get(userId);
  const user = arrived(known, world.now);
  const product = ctx.catalogue.products.get(productId);
  if (user === undefined || product === undefined) return refuse("NotFound");
  if (!user.active) return refuse("Inactive");
  catchUp(world);
  reapExpired(world, ctx);
  if (user !== known) {
    world.users.set(user);
    evaluate(world, ctx, [userId], "accept");
  }
  const before = new Map(world.seats.group(userId).map((seat) => [seat.id, seat]));
  const verdict =
    refusalOfBorrowing(world, wishFor(world, user, product), asked) ??
    settleAtTheDoor(world, ctx, { user, product }, asked);
  drain(world, ctx);
  if ("refused" in verdict || verdict.ok.type !== "held") return verdict;
  const { seat } = verdict.ok;
  const used = useAtTheDoor(world, seat, before.get(seat.id));
  return { ok: { type: "held", seat: lend(world, ctx, used, asked) } };
}

/**
 * Only the newest generation may renew, and only while the lease lives (I20); for some time after that where the pool revives
 * leases.
 */
export function renewSeat(
  world: World,
  ctx: Context,
  seatId: Id,
  generation: number,
): Verdict<Seat> {
  catchUp(world);
  const asked = world.seats.get(seatId) ?? lapsedLease(world, seatId);
  reapExpired(world, ctx);
  const seat = world.seats.get(seatId);
  const isRenewed = seat?.generation === generation;
  const renewed = isRenewed ? touchSeat(world, seat, false) : undefined;
  if (renewed !== undefined) world.recordUse(renewed, seat);
  // What has expired is gone from the books now: whoever waits for it is served here or by nobody.
  drain(world, ctx);
  if (renewed !== undefined) return { ok: world.seats.get(seatId) ?? renewed };
  const revived = revive(world, ctx, seatId, generation);
  if (revived !== null) return { ok: revived };
  return refuse(seat === undefined && asked === undefined ? "NotFound" : "LeaseLost");
}

function refusalOfRelease(
  world: World,
  seat: Seat,
  generation: number | undefined,
): Refusal | null {
  if (world.pools.get(seat.poolId)?.policy.acquireOn !== "signIn") {
    return refuse("Conflict", {
      sentence: "This seat was assigned; it ends when the assignment ends.",
    });
  }
  return generation === undefined || generation === seat.generation ? null : refuse("LeaseLost");
}

/**
 * Gives a seat back before its time. A seat that was given on provisioning stays: it ends with its claim.
 *
 * @param generation of the lease that is given back; who does not say it may give back what somebody else has renewed
 */
export function releaseByApp(
  world: World,
  ctx: Context,
  seatId: Id,
  generation?: number,
): Verdict<{ seat: Seat }> {
  catchUp(world);
  reapExpired(world, ctx);
  const lapsed = lapsedLease(world, seatId);
  const seat = world.seats.get(seatId) ?? lapsed;
  const refusal =
    seat === undefined ? refuse("NotFound") : refusalOfRelease(world, seat, generation);
  if (seat !== undefined && refusal === null) {
    // One that has run out holds nothing; it is not to come back.
    if (seat === lapsed) dropKept(world, ctx, seat, "released");
    else releaseSeat(world, ctx, seat, "released");
  }
  drain(world, ctx);
  return seat === undefined || refusal !== null
    ? (refusal ?? refuse("NotFound"))
    : { ok: { seat } };
}
