import type { JsonObject } from "../../plugin.js";
import type { Id, Seat } from "../directory.js";
import type { EventType } from "../history.js";
import type { Context, World } from "../world.js";
import { seatOf } from "../waiting/queue.js";
import type { Resource, ResourceBefore, ResourceState } from "./rows.js";
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
  const lost = action === "keep" ? [] : touched.map((one) => lose(world, one, seat, action, heir));
  announceResources(world, ctx, seat, "resources.lost", {
    reason,
    action,
    transferTo: action === "transfer" ? heir : null,
    resources: lost.map(nameOf),
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
): Resource {
  const before: ResourceBefore = { seatId: seat.id, userId: one.userId, state: one.state };
  const change: Partial<Resource> =
    action === "transfer"
      ? { userId: heir, state: stateWith(world, one, heir) }
      : { state: "disabled" as const };
  const changed: Resource = { ...one, ...change, before, updatedAt: world.now };
  world.resources.set(changed);
  return changed;
}

/** Whoever gets it is asked for a seat as its owner was (rule 87). */
function stateWith(world: World, { state, product }: Resource, heir: Id): ResourceState {
  if (product !== null && !hasSeatOf(world, heir, product)) return "disabled";
  return state === "disabled" ? "ready" : state;
}

/** Who is at hand may have got or lost a seat in this very step. */
function hasSeatOf(world: World, heir: Id, product: string): boolean {
  return world.users.has(heir)
    ? seatOf(world, heir, product) !== undefined
    : world.heirs.get(heir)?.has(product) === true;
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
  const changed = ready.map((one): Resource => {
    return { ...one, state: "ready", before: null, updatedAt: world.now };
  });
  for (const one of changed) world.resources.set(one);
  announceResources(world, ctx, seat, "resources.ready", { resources: changed.map(nameOf) });
}

/** An undo: everything as it was (I18), also what somebody else has got meanwhile. */
export function restoreResources(world: World, ctx: Context, seat: Seat): void {
  const lost = world.resources.all().filter(({ before }) => before?.seatId === seat.id);
  if (lost.length === 0) return;
  const restored = lost.map((one): Resource => {
    const { userId, state } = one.before ?? one;
    return { ...one, userId, state, before: null, updatedAt: world.now };
  });
  for (const one of restored) world.resources.set(one);
  announceResources(world, ctx, seat, "resources.restored", { resources: restored.map(nameOf) });
}

function nameOf({ kind, id, indispensable, state }: Resource): JsonObject {
  return { kind, id, indispensable, state };
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
