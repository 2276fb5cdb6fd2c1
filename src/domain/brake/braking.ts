import {
  brake,
  countDown,
  decide,
  isHeldBack,
  type BrakeLimit,
  type DecidedLoss,
} from "./brake.js";
import type { Id, Seat } from "../directory.js";
import { glassFor, isOver } from "../entitlement/breakGlass.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** The brake at work: which seats stay although their claim has ended, and who decides about them. */

/** Before anything is given back. @param losing the seats whose claim ends in this change set */
export function holdBack(world: World, ctx: Context, losing: readonly Seat[]): void {
  const fresh = losing.filter(({ heldBy }) => heldBy === undefined);
  const { state, heldBy, passed } = brake(world.brake, {
    turn: world.brakeTurn,
    now: world.now,
    total: world.allPools().reduce((sum, { id }) => sum + world.used(id), 0),
    count: fresh.length,
    cause: ctx.cause,
    nextId: ctx.nextId,
  });
  if (state === world.brake) return;
  const { open: before } = world.brake;
  world.changeBrake(state);
  if (heldBy !== null) for (const seat of fresh) world.seats.set({ ...seat, heldBy });
  if (passed !== null) world.releaseHeld(passed);
  if (state.open?.state === "NeedsApproval" && before?.state !== "NeedsApproval") {
    announce(world, ctx, "brake.tripped", state.open);
  }
}

/** For who has a claim again: as if there had been no brake. */
export function withoutHold(world: World, ctx: Context, seat: Seat): Seat {
  if (seat.heldBy === undefined) return seat;
  countOut(world, ctx, seat);
  const { heldBy: _, ...free } = seat;
  world.seats.set(free);
  return free;
}

/** Claimed again, or lost for another reason: whoever decides about the others is not asked about this one. */
export function countOut(world: World, ctx: Context, { heldBy }: Pick<Seat, "heldBy">): void {
  const { open } = world.brake;
  if (open === null || heldBy !== open.id) return;
  world.changeBrake(countDown(world.brake, open, world.now));
  if (world.brake.open !== null) return;
  announce(world, ctx, "brake.decided", { id: open.id, state: "over", seats: 0 });
}

export function staysHeld(world: World, seat: Seat): boolean {
  return isHeldBack(world.brake, seat) && !isExcluded(world, seat);
}

/** Without a claim there is no requirement that would say so, and an exclusion counts at once. */
export function isExcluded(
  world: World,
  { userId, product }: Pick<Seat, "userId" | "product">,
): boolean {
  const facts = world.facts.group(userId);
  const glass = glassFor(facts, product);
  if (glass !== undefined && !isOver(glass, world.now)) return false;
  return facts.some(({ kind, name }) => kind === "exclusion" && name === product);
}

export interface Decision {
  readonly id: Id;
  readonly state: "approved" | "rejected";
}

/** Approved: the seats are lost, in the background. Rejected: who is concerned keeps the seat until there is a claim again. */
export function decideHeldLoss(
  world: World,
  ctx: Context,
  { id, state: wanted }: Decision,
): Verdict<DecidedLoss> {
  const { open, decided } = world.brake;
  if (open?.id !== id) {
    return decided.some((one) => one.id === id)
      ? refuse("Conflict", { sentence: "It does not wait for a decision any more." })
      : refuse("NotFound");
  }
  if (open.state === "Counting") {
    return refuse("Conflict", {
      sentence: "The change is still being worked through. Decide when all its losses are counted.",
    });
  }
  const by = { decidedAt: world.now, decidedBy: ctx.cause.actor };
  world.changeBrake(decide(world.brake, open, { state: wanted, ...by }));
  if (wanted === "approved") world.releaseHeld(id);
  announce(world, ctx, "brake.decided", { ...open, state: wanted });
  return { ok: { ...open, state: wanted, ...by } };
}

export function changeLimit(world: World, limit: BrakeLimit): Verdict<BrakeLimit> {
  world.changeBrake({ ...world.brake, limit });
  return { ok: limit };
}

function announce(
  world: World,
  ctx: Context,
  type: "brake.tripped" | "brake.decided",
  { id, state, seats }: { readonly id: Id; readonly state: string; readonly seats: number },
): void {
  world.announce({ id: ctx.nextId(), userId: null, type, data: { heldLossId: id, state, seats } });
}
