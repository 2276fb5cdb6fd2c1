import type { Catalogue } from "./catalogue.js";
import type { Fact, FactKind, Id, Pool, Seat, User } from "./directory.js";
import { refusalOfChoice, refusalOfSettings } from "./handRefusals.js";
import { recordPoolChange } from "./capacity.js";
import { arrived } from "./invitation.js";
import { releaseSeat, touchSeat } from "./ledger.js";
import { factKey } from "./mapping.js";
import { evaluate, wishFor } from "./plan.js";
import { drain } from "./drain.js";
import { reapExpired } from "./deadlines.js";
import { seatOf } from "./queue.js";
import { settleSeat, type SeatOutcome } from "./seats.js";
import { refuse, type Refusal, type Verdict } from "./verdict.js";
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
  const refusal = refusalOf(ctx.catalogue, user, world.facts.group(userId), given);
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

function refusalOf(
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
): Verdict<{ removed: number }> {
  if (!world.users.has(userId)) return refuse("NotFound");
  const facts = handFacts(world, userId, fact);
  if (facts.length === 0) {
    return refuse("NotFound", { sentence: "Nothing of that name was given by hand." });
  }
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

export type PoolPatch = Partial<Pick<Pool, "capacity" | "tiers" | "priority" | "policy" | "name">>;

/**
 * More seats go to who waits at once. Fewer seats take nobody's: no new seat is given until enough have come back (I1).
 */
export function changePool(
  world: World,
  ctx: Context,
  poolId: Id,
  patch: PoolPatch,
): Verdict<{ pool: Pool; overCapacity: number }> {
  const before = world.pools.get(poolId);
  if (before === undefined) return refuse("NotFound");
  const pool: Pool = { ...before, ...patch, version: before.version + 1 };
  world.changePool(pool);
  recordPoolChange(world, ctx, before, pool);
  reapExpired(world, ctx);
  drain(world, ctx);
  return { ok: { pool, overCapacity: Math.max(0, world.used(pool.id) - pool.capacity) } };
}

/** The application's door: as a sign-in, for one product. Who holds a seat uses it; a lease gets a new generation. */
export function acquireSeat(
  world: World,
  ctx: Context,
  userId: Id,
  productId: string,
): Verdict<SeatOutcome> {
  const known = world.users.get(userId);
  const user = arrived(known, world.now);
  const product = ctx.catalogue.products.get(productId);
  if (user === undefined || product === undefined) return refuse("NotFound");
  if (!user.active) return refuse("Inactive");
  reapExpired(world, ctx);
  if (user !== known) {
    world.users.set(user);
    evaluate(world, ctx, [userId], "accept");
  }
  const before = seatOf(world, userId, productId);
  const outcome = settleSeat(world, ctx, wishFor(world, user, product), "signIn");
  drain(world, ctx);
  if (outcome.type !== "held") return { ok: outcome };
  world.recordUse(outcome.seat, before);
  if (before === undefined) return { ok: outcome };
  return { ok: { type: "held", seat: touchSeat(world, outcome.seat, true) } };
}

/** Only the newest generation may renew, and only while the lease lives (I20). */
export function renewSeat(
  world: World,
  ctx: Context,
  seatId: Id,
  generation: number,
): Verdict<Seat> {
  const asked = world.seats.get(seatId);
  reapExpired(world, ctx);
  const seat = world.seats.get(seatId);
  if (seat === undefined) {
    drain(world, ctx);
    return refuse(asked === undefined ? "NotFound" : "LeaseLost");
  }
  if (seat.generation !== generation) return refuse("LeaseLost");
  world.recordUse(seat, seat);
  return { ok: touchSeat(world, seat, false) };
}

/** Gives a seat back before its time. A seat that was given on provisioning stays: it ends with its claim. */
export function releaseByApp(world: World, ctx: Context, seatId: Id): Verdict<{ seat: Seat }> {
  reapExpired(world, ctx);
  const seat = world.seats.get(seatId);
  if (seat === undefined) {
    drain(world, ctx);
    return refuse("NotFound");
  }
  if (world.pools.get(seat.poolId)?.policy.acquireOn !== "signIn") {
    return refuse("Conflict", {
      sentence: "This seat was assigned; it ends when the assignment ends.",
    });
  }
  releaseSeat(world, ctx, seat, "released");
  drain(world, ctx);
  return { ok: { seat } };
}
