import type { Seat } from "../directory.js";
import type { Cause } from "../history.js";
import { changeKept, endBound, endLinger, letGo } from "../keeping/keep.js";
import { releaseSeat } from "./ledger.js";
import { endGrace } from "../reclaim/grace.js";
import { LINGERS } from "../keeping/remembered.js";
import type { Context, World } from "../world.js";

/** What time alone ends: leases, invitations, windows of grace, and what was kept long enough. */

/**
 * Past its time a seat is free by definition; this makes the books say so before anything is decided. Whoever calls it drains
 * the lists afterwards, whatever else becomes of the request: the next one does not see any more that something has ended.
 *
 * @returns how many there were
 */
export function reapExpired(world: World, ctx: Context): number {
  const ids = world.takeExpired();
  for (const id of ids) {
    const seat = world.seats.get(id) ?? world.kept.get(id);
    if (seat?.expiresAt != null && seat.expiresAt <= world.now) end(world, ctx, seat);
    else if (seat?.movesAt !== undefined && seat.movesAt <= world.now) mayMove(world, seat);
  }
  return ids.length;
}

function end(world: World, ctx: Context, seat: Seat): void {
  const by = (action: string): Context => {
    const cause: Cause = { type: "timer", action, actor: "system", requestId: null };
    return { ...ctx, cause };
  };
  if (seat.kept?.state === "pending") {
    changeKept(world, by("invitation.expired"), seat, "expire", "expired");
  } else if (seat.kept?.reason === LINGERS) endLinger(world, by("lease.lingered"), seat);
  else if (seat.kept?.boundUntil !== undefined) endBound(world, by("seat.bound"), seat);
  else if (seat.kept !== undefined) letGo(world, by("seat.kept"), seat, "retentionOver");
  else if (seat.grace !== undefined) endGrace(world, by("grace.over"), seat);
  else releaseSeat(world, by("lease.expired"), seat, "expired");
}

/** Nothing binds the person to the pool any more: what was put off is decided like anything that has changed. */
function mayMove(world: World, { movesAt: _, ...seat }: Seat): void {
  world.seats.set(seat);
  world.markStale([seat.userId]);
}
