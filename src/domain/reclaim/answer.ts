import { boundAnew } from "../keeping/bound.js";
import { endOf, withheldFrom } from "../seats/claimEnd.js";
import type { Id, Seat, User } from "../directory.js";
import { drain } from "../waiting/drain.js";
import { reapExpired } from "../seats/deadlines.js";
import { releaseSeat } from "../seats/ledger.js";
import { keptOf, roomFor, seatOf, waitingOf } from "../waiting/queue.js";
import { reservationOf } from "../pools/reservations.js";
import { writeSeat } from "../seats/seatEntry.js";
import { catchUp } from "../seats/settle.js";
import { occupies } from "../seats/states.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import { leaveList } from "../waiting/waitingList.js";
import { wishFor } from "../seats/wish.js";
import type { Context, World } from "../world.js";
import { inPeace, isTooMany, poolOf, undoGrace } from "./grace.js";
import { recordStep } from "./record.js";
import { restoreResources } from "./resources.js";
import type { ReclaimNeeds } from "./upkeep.js";

/** What people say: keep it, give it up, give it back to me. */

export const ANSWERS = ["keep", "giveUp"] as const;
export type Answer = (typeof ANSWERS)[number];

interface Held {
  readonly userId: Id;
  readonly product: string;
}

/** Holds for who was asked, and for who was told already that the seat goes because nobody used it. */
export function answerReclaim(
  world: World,
  ctx: Context,
  { userId, product }: Held,
  answer: Answer,
): Verdict<{ seat: Seat | null }> {
  catchUp(world);
  reapExpired(world, ctx);
  const seat = seatOf(world, userId, product);
  if (seat === undefined) return refuse("NotFound");
  if (answer === "giveUp") {
    releaseSeat(world, ctx, seat, "givenUp");
    drain(world, ctx);
    return { ok: { seat: null } };
  }
  if (seat.grace !== undefined) return undo(world, ctx, seat, "kept");
  if (poolOf(world, seat).policy.idleDays === 0) {
    return refuse("Conflict", { sentence: "Seats of this pool are not taken back." });
  }
  const kept = inPeace(world, seat);
  world.seats.set(kept);
  recordStep(world, ctx, kept, {
    kind: "reclaim.answered",
    event: "seat.reclaimAnswered",
    reason: "kept",
  });
  return { ok: { seat: kept } };
}

/** Of the answer or the undo: how many have to go from the pool where the person has to. Looks only. */
export function neededForUndo(world: World, { userId, product }: Held): ReclaimNeeds | null {
  const seat = seatOf(world, userId, product);
  return seat?.grace?.reason === "contracted" ? { going: [seat.poolId] } : null;
}

/** In one step, within the window: the same seat, tier and resources as before (I18). Never one seat too many. */
export function undoReclaim(
  world: World,
  ctx: Context,
  { userId, product }: Held,
): Verdict<{ seat: Seat | null }> {
  catchUp(world);
  reapExpired(world, ctx);
  const user = world.users.get(userId);
  if (user === undefined) return refuse("NotFound");
  if (!user.active) return refuse("Inactive");
  const seat = seatOf(world, userId, product);
  if (seat?.grace !== undefined) return undo(world, ctx, seat, "undone");
  const kept = keptOf(world, userId, product);
  if (kept?.kept?.undo === undefined || kept.kept.undo.until <= world.now) {
    return refuse("Conflict", {
      sentence: "No seat of this product was taken back lately that could be given back.",
    });
  }
  return refusalToday(world, ctx, user, kept) ?? restore(world, ctx, kept, kept.kept.undo);
}

/** The seat was free meanwhile, so whoever gets it back must be one who may have it, of a pool that still gives it. */
function refusalToday(
  world: World,
  { catalogue }: Context,
  user: User,
  parked: Seat,
): Refusal | null {
  const product = catalogue.products.get(parked.product);
  if (product === undefined) return refuse("Conflict", { sentence: WHY_NOT.claimLost });
  const pool = poolOf(world, parked);
  const wish = wishFor(world, user, product);
  const why = withheldFrom(wish)?.reason ?? endOf(wish, pool);
  if (why !== null) return refuse("Conflict", { sentence: WHY_NOT[why] });
  if (pool.tiers.includes(parked.tier)) return null;
  return refuse("Conflict", { sentence: "The pool does not give the tier of this seat any more." });
}

const WHY_NOT = {
  Inactive: "The account has been deactivated.",
  Excluded: "The person has been excluded from this product since.",
  TierConflict: "No tier fits what the person needs today.",
  claimLost: "Nothing asks for this seat any more.",
  unassigned: "The seat was given by hand, and has been taken back by hand since.",
} as const;

function undo(
  world: World,
  ctx: Context,
  seat: Seat,
  reason: string,
): Verdict<{ seat: Seat | null }> {
  if (isTooMany(world, seat)) {
    return refuse("PoolFull", {
      sentence: "Fewer seats were bought than are held, so this one cannot be given back.",
    });
  }
  return { ok: { seat: undoGrace(world, ctx, seat, reason) } };
}

type Undo = NonNullable<NonNullable<Seat["kept"]>["undo"]>;

function restore(
  world: World,
  ctx: Context,
  parked: Seat,
  { protectedUntil }: Undo,
): Verdict<{ seat: Seat | null }> {
  const pool = poolOf(world, parked);
  const entry = waitingOf(world, parked.userId, parked.product);
  const isTaken = occupies(parked);
  if (!isTaken && !roomFor(world, parked.userId, entry, pool)) return refuse("PoolFull");
  if (entry !== undefined) leaveList(world, ctx, entry, "granted");
  const { kept: _, reservation: __, ...rest } = parked;
  const before: Seat = {
    ...rest,
    ...reservationOf(world, pool, { userId: parked.userId, entry }),
    ...(isTaken ? {} : boundAnew(pool.policy, world.now)),
    expiresAt: null,
    ...(protectedUntil === undefined ? {} : { protectedUntil }),
  };
  const seat = inPeace(world, before);
  world.dropKept(parked);
  world.takeSeat(seat);
  writeSeat(world, ctx, "seat.granted", seat, isTaken ? 0 : 1, "undone", { from: "parked" });
  restoreResources(world, ctx, seat);
  return { ok: { seat } };
}
