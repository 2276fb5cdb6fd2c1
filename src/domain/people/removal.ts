import { foldName, type Id, type User } from "../directory.js";
import { tellEnd } from "../emergency/breakGlass.js";
import { isGlass } from "../entitlement/breakGlass.js";
import { announceErased, announceUser } from "../events.js";
import { revokeOf } from "../invitations/closing.js";
import { dropKept } from "../keeping/keep.js";
import { reapExpired } from "../seats/deadlines.js";
import { recordErasure, releaseSeat } from "../seats/ledger.js";
import { leaveList } from "../waiting/waitingList.js";
import { factKey } from "../mapping.js";
import { refusedByGuard, reliedOn, warnOfLoss } from "../reclaim/guard.js";
import { find, forget, type UserTarget } from "./provisioning.js";
import { drain } from "../waiting/drain.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** How an account ends. */

/**
 * Everything that is held goes back in the same step; the ledger keeps what was. The account does not exist any more and
 * its names are free (RFC 7644 §3.6); what it takes to bring it back is kept aside.
 */
export function deleteUser(
  world: World,
  ctx: Context,
  target: UserTarget,
): Verdict<{ user: User }> {
  const found = find(world, target);
  if ("refused" in found) return found;
  const user = found.ok;
  reapExpired(world, ctx);
  revokeOf(world, ctx, user);
  // What was given for some hours is not given again to who comes back.
  const byHand = world.facts
    .group(user.id)
    .filter((fact) => fact.source.type === "hand" && !isGlass(fact));
  world.removed.add({ user, byHand, removedAt: world.now });
  warnOfLoss(world, ctx, user.id, "deleted", reliedOn(world, ctx, user.id));
  letGo(world, ctx, user, "deleted");
  announceUser(world, ctx, "user.deleted", user);
  drain(world, ctx);
  return { ok: { user } };
}

/**
 * Nothing that tells who it was stays, whether the account exists or was deleted lately; the ledger keeps the id. The
 * caller says the userName once more, so that a slip of an id harms nobody.
 */
export function eraseUser(
  world: World,
  ctx: Context,
  {
    id,
    userName,
    confirm = false,
  }: { readonly id: Id; readonly userName: string; readonly confirm?: boolean },
): Verdict<{ seatsFreed: number }> {
  const live = world.users.get(id);
  const user = live ?? world.removed.get(id)?.user;
  if (user === undefined) return refuse("NotFound");
  if (foldName(user.userName) !== foldName(userName)) {
    return refuse("Conflict", {
      field: "userName",
      sentence: "This is not the userName of the account, so nothing was erased.",
    });
  }
  const relied = live === undefined ? [] : reliedOn(world, ctx, id);
  const stopped = confirm ? null : refusedByGuard(relied);
  if (stopped !== null) return stopped;
  warnOfLoss(world, ctx, id, "erased", relied);
  reapExpired(world, ctx);
  const seatsFreed = world.seats.group(id).length;
  if (live !== undefined) {
    letGo(world, ctx, live, "erased");
    announceErased(world, ctx, live);
  }
  world.removed.erase(user);
  recordErasure(world, ctx, id);
  drain(world, ctx);
  return { ok: { seatsFreed } };
}

function letGo(world: World, ctx: Context, user: User, reason: "deleted" | "erased"): void {
  for (const fact of world.facts.group(user.id).filter(isGlass)) {
    tellEnd(world, ctx, fact, reason);
  }
  for (const entry of world.waiting.group(user.id)) leaveList(world, ctx, entry, reason);
  for (const seat of world.seats.group(user.id)) releaseSeat(world, ctx, seat, reason);
  for (const seat of world.kept.group(user.id)) dropKept(world, ctx, seat, reason);
  for (const { groupId } of world.members.ofUser(user.id)) world.members.remove(groupId, user.id);
  for (const fact of world.facts.group(user.id)) world.facts.delete(factKey(fact));
  for (const { product } of world.requirements.group(user.id)) {
    world.requirements.delete(`${user.id} ${product}`);
  }
  world.endSessions(user.id, reason);
  forget(world, user);
  world.users.delete(user.id);
}
