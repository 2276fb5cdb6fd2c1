import type { JsonObject } from "../../plugin.js";
import type { Seat } from "../directory.js";
import type { EntryKind, EventType } from "../history.js";
import type { Context, World } from "../world.js";

/** A step of a reclaim that moves no seat: one line in the ledger, one message to the application. */
export function recordStep(
  world: World,
  ctx: Context,
  seat: Seat,
  step: {
    readonly kind: EntryKind;
    readonly event: EventType;
    readonly reason: string;
    readonly details?: JsonObject;
  },
): void {
  const { id: seatId, userId, product, poolId, tier } = seat;
  const { kind, event, reason, details = {} } = step;
  world.record({
    ...{ id: ctx.nextId(), kind, userId, product, poolId, tier, delta: 0, reason },
    // The seat itself is as it was: only what changes it names it as its own.
    ...{ seatId: null, cause: ctx.cause, details: { seatId, ...details } },
  });
  const data = { product, poolId, seatId, tier, reason, ...details };
  world.announce({ id: ctx.nextId(), userId, type: event, data });
}
