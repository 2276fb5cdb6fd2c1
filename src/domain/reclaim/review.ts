import { boundUntil } from "../keeping/bound.js";
import { fallbacksFor } from "../seats/candidates.js";
import type { Id, Pool, Seat } from "../directory.js";
import { retierSeat } from "../seats/ledger.js";
import { moveSeat } from "../seats/moves.js";
import { roomFor } from "../waiting/queue.js";
import { wishFor } from "../seats/wish.js";
import type { Context, World } from "../world.js";
import { exemptionOf } from "./exemptions.js";
import { poolOf, takeBackSeat } from "./grace.js";
import { idleFrom, isAsked, watched } from "./idle.js";
import { recordStep } from "./record.js";
import { DAY_MS } from "../durations.js";

/** Idle seats: ask, remind, act. One look at each seat that is due. */

/** Who holds the seats that are due: their groups and wishes are looked at, too. */
export function holdersDue(world: World): Id[] {
  return world.upkeep.due().flatMap((id) => world.seats.get(id)?.userId ?? []);
}

/** @returns how many were looked at */
export function reviewIdle(world: World, ctx: Context): number {
  const ids = world.upkeep.takeDue();
  for (const id of ids) {
    const seat = world.seats.get(id);
    if (seat?.idle !== undefined && seat.idle.reviewAt <= world.now) look(world, ctx, seat);
  }
  return ids.length;
}

function look(world: World, ctx: Context, seat: Seat): void {
  const pool = poolOf(world, seat);
  const from = idleFrom(pool, seat);
  const quietUntil = seat.idle?.quietUntil ?? 0;
  if (from === null || from > world.now) {
    // Used meanwhile: whatever was asked is answered by that.
    keepAsIs(world, pool, seat);
    return;
  }
  const exemption = exemptionOf(world, seat.userId);
  if (exemption !== undefined) {
    const until = exemption.until ?? world.now + pool.policy.idleDays * DAY_MS;
    keepAsIs(world, pool, seat, until);
  } else if (quietUntil > world.now) keepAsIs(world, pool, seat, quietUntil);
  else if (!isAsked(seat)) begin(world, ctx, pool, seat);
  else goOn(world, ctx, pool, seat);
}

function keepAsIs(world: World, pool: Pool, seat: Seat, quietUntil?: number): void {
  const downgradedAt = seat.idle?.downgradedAt;
  world.seats.set(
    watched(pool, {
      ...seat,
      idle: {
        reviewAt: 0,
        ...(quietUntil === undefined ? {} : { quietUntil }),
        ...(downgradedAt === undefined ? {} : { downgradedAt }),
      },
    }),
  );
}

function begin(world: World, ctx: Context, pool: Pool, seat: Seat): void {
  const { answerDays, idleAction } = pool.policy;
  if (answerDays === 0 && idleAction !== "ask") {
    act(world, ctx, pool, seat);
    return;
  }
  const { idle, ...rest } = seat;
  const asked = watched(pool, {
    ...rest,
    idle: { reviewAt: 0, ...downgradeOf(idle), askedAt: world.now },
  });
  world.seats.set(asked);
  recordStep(world, ctx, asked, {
    kind: "reclaim.asked",
    event: "seat.reclaimAsked",
    reason: "idle",
    details: askedDetails(pool, asked),
  });
}

function goOn(world: World, ctx: Context, pool: Pool, seat: Seat): void {
  const { answerDays, askAgainDays, idleAction } = pool.policy;
  const askedAt = seat.idle?.askedAt ?? world.now;
  if (world.now < askedAt + answerDays * DAY_MS) {
    remindOnce(world, ctx, pool, seat);
  } else if (idleAction === "ask") {
    keepAsIs(world, pool, seat, world.now + askAgainDays * DAY_MS);
    recordStep(world, ctx, seat, {
      kind: "reclaim.unanswered",
      event: "seat.reclaimUnanswered",
      reason: "idle",
    });
  } else act(world, ctx, pool, seat);
}

/** After another policy the look may come at another time than the reminder. */
function remindOnce(world: World, ctx: Context, pool: Pool, seat: Seat): void {
  const next = watched(pool, seat);
  if ((next.idle?.reviewAt ?? 0) > world.now) {
    world.seats.set(next);
    return;
  }
  const idle = { reviewAt: 0, ...seat.idle, remindedAt: world.now };
  const reminded = watched(pool, { ...seat, idle });
  world.seats.set(reminded);
  recordStep(world, ctx, reminded, {
    kind: "reclaim.reminded",
    event: "seat.reclaimReminded",
    reason: "idle",
    details: askedDetails(pool, reminded),
  });
}

function askedDetails({ policy }: Pool, seat: Seat) {
  const answerBy = (seat.idle?.askedAt ?? 0) + policy.answerDays * DAY_MS;
  return { lastUsedAt: seat.lastUsedAt, action: policy.idleAction, answerBy };
}

function downgradeOf(idle: Seat["idle"]): { downgradedAt?: number } {
  return idle?.downgradedAt === undefined ? {} : { downgradedAt: idle.downgradedAt };
}

/** Nobody has answered. */
function act(world: World, ctx: Context, pool: Pool, seat: Seat): void {
  if (pool.policy.idleAction === "reclaim") takeBackSeat(world, ctx, seat, "idle");
  else downgrade(world, ctx, pool, seat);
}

/** The best lower tier that has room; it goes up again when it is used. Where there is none, the seat stays as it is. */
function downgrade(world: World, ctx: Context, pool: Pool, seat: Seat): void {
  const quietUntil = world.now + pool.policy.askAgainDays * DAY_MS;
  const user = world.users.get(seat.userId);
  const product = ctx.catalogue.products.get(seat.product);
  const { idle: _, ...held } = seat;
  const target =
    user === undefined || product === undefined
      ? undefined
      : fallbacksFor(world, wishFor(world, user, product), "provision").find(
          (lower) => lower.pool.id === pool.id || roomFor(world, user.id, undefined, lower.pool),
        );
  if (target === undefined || (target.pool.id === pool.id && target.tier === seat.tier)) {
    keepAsIs(world, pool, seat, quietUntil);
    return;
  }
  const until = target.pool.id === pool.id ? null : boundUntil(world, seat);
  if (until !== null) {
    // The place would stay taken for the same person: a second one is for somebody else.
    keepAsIs(world, pool, seat, until);
    return;
  }
  const lowered =
    target.pool.id === pool.id
      ? retierSeat(world, ctx, held, target.tier)
      : moveSeat(world, ctx, held, target);
  const idle = { reviewAt: quietUntil, quietUntil, downgradedAt: world.now };
  world.seats.set(watched(target.pool, { ...lowered, idle }));
}
