import type { JsonObject } from "../../plugin.js";
import type { Id, Seat } from "../directory.js";
import type { EventType } from "../history.js";
import type { Context, World } from "../world.js";
import type { Resource, ResourceBefore } from "./rows.js";
import type { OnUnassign } from "./terms.js";

/**
 * Things of the application that somebody owns: pages, integrations, schedules. The application says what there is; here is
 * decided what becomes of it when the owner's seat goes, and the application is told. Nothing is ever deleted (I19).
 */

/** The owner has lost the seat: what the pool's policy says happens to what hangs on it. */
export function loseResources(world: World, ctx: Context, seat: Seat, reason: string): void {
  const own = world.resources.group(seat.userId).filter(({ product }) => product === seat.product);
  if (own.length === 0) return;
  const { action, heir } = orders(world, seat);
  const touched = action === "keep" ? [] : own.filter((one) => isTouched(one, action));
  if (action !== "keep") for (const one of touched) lose(world, one, seat, action, heir);
  announceResources(world, ctx, seat, "resources.lost", {
    reason,
    action,
    transferTo: action === "transfer" ? heir : null,
    resources: touched.map(nameOf),
    kept: own.filter((one) => !touched.includes(one)).map(nameOf),
  });
}

/** Who is to get it may have left meanwhile; then it waits for its owner. */
function orders(world: World, seat: Seat): { action: OnUnassign; heir: Id } {
  const policy = world.pools.get(seat.poolId)?.policy;
  if (policy?.onUnassign !== "transfer") {
    return { action: policy?.onUnassign ?? "disable", heir: "" };
  }
  const heir = policy.transferTo;
  const isThere = heir !== seat.userId && world.heirs.has(heir);
  return { action: isThere ? "transfer" : "disable", heir };
}

/** Rule 80: a connection that others rely on does not break because a seat goes. */
function isTouched({ indispensable, state }: Resource, action: "disable" | "transfer"): boolean {
  return !indispensable && (action === "transfer" || state !== "disabled");
}

function lose(
  world: World,
  one: Resource,
  seat: Seat,
  action: "disable" | "transfer",
  heir: Id,
): void {
  const before: ResourceBefore = { seatId: seat.id, userId: one.userId, state: one.state };
  const change: Partial<Resource> =
    action === "transfer" ? { userId: heir } : { state: "disabled" as const };
  world.resources.set({ ...one, ...change, before, updatedAt: world.now });
}

/** A seat again: what was switched off can be switched on, by whoever still owns it (rule 86). */
export function regainResources(world: World, ctx: Context, seat: Seat): void {
  // What was handed over stays so: the time for an undo is over.
  for (const one of world.resources.all()) {
    if (one.before?.seatId === seat.id) world.resources.set({ ...one, before: null });
  }
  const ready = world.resources
    .group(seat.userId)
    .filter(({ product, state }) => product === seat.product && state === "disabled");
  if (ready.length === 0) return;
  for (const one of ready) {
    world.resources.set({ ...one, state: "ready", before: null, updatedAt: world.now });
  }
  announceResources(world, ctx, seat, "resources.ready", { resources: ready.map(nameOf) });
}

/** An undo: everything as it was (I18), also what somebody else has got meanwhile. */
export function restoreResources(world: World, ctx: Context, seat: Seat): void {
  const lost = world.resources.all().filter(({ before }) => before?.seatId === seat.id);
  if (lost.length === 0) return;
  for (const one of lost) {
    const { userId, state } = one.before ?? one;
    world.resources.set({ ...one, userId, state, before: null, updatedAt: world.now });
  }
  announceResources(world, ctx, seat, "resources.restored", { resources: lost.map(nameOf) });
}

function nameOf({ kind, id, indispensable }: Resource): JsonObject {
  return { kind, id, indispensable };
}

function announceResources(
  world: World,
  ctx: Context,
  { userId, product, id: seatId }: Seat,
  type: EventType,
  data: JsonObject,
): void {
  world.announce({ id: ctx.nextId(), userId, type, data: { product, seatId, ...data } });
}
