import type { Organisation, Pool, Seat } from "../domain/directory.js";
import { isAsked } from "../domain/reclaim/idle.js";
import type { Contraction, Exemption, Placed, Resource } from "../domain/reclaim/rows.js";
import { DAY_MS } from "../domain/durations.js";
import { minuteWords } from "../domain/answers/moments.js";
import { presentSeat, time, timeOrNull } from "./present.js";

/** How seats that are taken back, and resources, look in answers. */

type ReclaimState = "asked" | "grace" | "undoable" | null;

function reclaimState(seat: Seat): ReclaimState {
  if (seat.kept?.undo !== undefined) return "undoable";
  if (seat.grace !== undefined) return "grace";
  return isAsked(seat) ? "asked" : null;
}

/** `reclaim.until` is when the answer is due, when the seat goes, or when it can no longer be had back. */
export function presentReclaim(seat: Seat, pool: Pool | undefined) {
  const state = reclaimState(seat);
  const { askedAt = null, remindedAt = null } = seat.idle ?? {};
  const { idleAction = null, undo = null } = pool?.policy ?? {};
  return {
    ...presentSeat(seat),
    reclaim: {
      state,
      reason: reasonOf(seat),
      until: timeOrNull(endOf(state, seat, pool)),
      askedAt: timeOrNull(askedAt),
      remindedAt: timeOrNull(remindedAt),
      action: idleAction,
      undo,
    },
  };
}

function reasonOf({ grace, kept }: Seat): string {
  return grace?.reason ?? kept?.reason ?? "idle";
}

function endOf(state: ReclaimState, seat: Seat, pool: Pool | undefined): number | null {
  switch (state) {
    case "asked":
      return pool === undefined
        ? null
        : (seat.idle?.askedAt ?? 0) + pool.policy.answerDays * DAY_MS;
    case "grace":
      return seat.expiresAt;
    case "undoable":
      return seat.kept?.undo?.until ?? null;
    case null:
      return null;
  }
}

export function presentExemption(exemption: Exemption) {
  const { id, userId, groupId, until, reason, createdBy, createdAt } = exemption;
  return {
    ...{ id, userId, groupId, until: timeOrNull(until), reason, createdBy },
    createdAt: time(createdAt),
  };
}

export function presentContraction(contraction: Contraction) {
  const { id, poolId, capacity, at, state, createdBy, createdAt } = contraction;
  return { id, poolId, capacity, at: time(at), state, createdBy, createdAt: time(createdAt) };
}

/** For who looks at the pool, or buys seats of it: what is bought before the date goes with the rest. */
export function presentPlanned(
  { id, capacity, at }: Contraction,
  { timeZone = "UTC" }: Pick<Organisation, "timeZone">,
) {
  const sentence = `From ${minuteWords(at, timeZone)} on the pool has at most ${String(capacity)} seats, however many are bought before. Call this reduction off, or plan another, if that is not what is meant any more.`;
  return { id, capacity, at: time(at), sentence };
}

export function presentPlaced({ seat, isPinned }: Placed) {
  return { ...presentSeat(seat), pinned: isPinned };
}

export function presentResource(resource: Resource) {
  const { kind, id, product, userId, indispensable, state, updatedAt } = resource;
  return { kind, id, product, userId, indispensable, state, updatedAt: time(updatedAt) };
}
