import type { JsonObject } from "../../plugin.js";
import type { Id, Seat } from "../directory.js";
import type { EntryKind, EventType } from "../history.js";
import { occupies, stateOf } from "./states.js";
import type { Context, World } from "../world.js";

/** One line of the ledger about a seat, and the event that goes with it. */

const EVENT_OF: Partial<Record<EntryKind, EventType>> = {
  "seat.granted": "seat.granted",
  "seat.released": "seat.released",
  "seat.displaced": "seat.displaced",
  "lease.expired": "seat.released",
  "seat.tierChanged": "seat.tierChanged",
  "waiting.added": "seat.waiting",
};

export function writeSeat(
  world: World,
  ctx: Context,
  kind: EntryKind,
  seat: Seat,
  delta: -1 | 0 | 1,
  reason: string,
  details: JsonObject,
): void {
  const { userId, product, poolId, tier, unit } = seat;
  // Whoever reads the books must be able to tell the leases of one person apart.
  const about = unit === undefined ? details : { ...details, unit };
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
    details: about,
  };
  world.record({ id: ctx.nextId(), ...entry });
  announce(world, ctx, kind, userId, {
    product,
    poolId,
    seatId: seat.id,
    tier,
    reason,
    ...about,
  });
}

export function announce(
  world: World,
  ctx: Context,
  kind: EntryKind,
  userId: Id,
  data: JsonObject,
): void {
  const type = EVENT_OF[kind];
  if (type !== undefined) world.announce({ id: ctx.nextId(), userId, type, data });
}

interface KeptChange {
  readonly before: Seat | null;
  readonly after: Seat | null;
  readonly reason: string;
}

/** Of what gives no access. Null: nothing is kept before, or after. */
export function recordKept(
  world: World,
  ctx: Context,
  { before, after, reason }: KeptChange,
): void {
  const seat = after ?? before;
  if (seat === null) return;
  const taken = (one: Seat | null): number => (one !== null && occupies(one) ? 1 : 0);
  const delta = (taken(after) - taken(before)) as -1 | 0 | 1;
  const details = {
    from: before === null ? "none" : stateOf(before),
    // A closed invitation is a row that stays; what ends altogether is none.
    to: after === null ? "none" : stateOf(after),
    ...(after === null ? {} : boundWord(after)),
  };
  writeSeat(world, ctx, "seat.stateChanged", seat, delta, reason, details);
}

/** Until when the place is for nobody else. */
export function boundWord({ kept }: Seat): JsonObject {
  return kept?.boundUntil === undefined ? {} : { boundUntil: kept.boundUntil };
}
