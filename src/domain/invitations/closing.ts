import { recordAct } from "../administration/acts.js";
import type { Fact, Pool, User } from "../directory.js";
import { evaluate } from "../evaluate.js";
import { factKey } from "../mapping.js";
import { catchUp } from "../seats/settle.js";
import { seatOf } from "../waiting/queue.js";
import type { Context, World } from "../world.js";
import { isAwaited, sourceOf, type Invitation, type InvitationState } from "./invitation.js";

/** What every end of an invitation has in common, and the end that comes with that of the account. */

/**
 * The account is about to be deactivated or deleted, and is still as it was. Its open invitations are over: whoever comes
 * back is invited anew, as a role is granted anew (docs/adr/0024-who-may-act-and-who-is-invited.md). Now, because afterwards
 * the policy would take the seat that waits for one that was in use, and might keep it.
 */
export function revokeOf(world: World, ctx: Context, user: User): void {
  const open = openInvitations(world).filter(({ userId }) => userId === user.id);
  if (open.length === 0) return;
  catchUp(world);
  for (const invitation of open) {
    const isOver = invitation.expiresAt <= world.now;
    const state = endedAs(world, invitation, isOver ? "expired" : "revoked");
    if (!isTaken(world, invitation)) takeBackGiven(world, invitation);
    close(world, ctx, invitation, state);
  }
  evaluate(world, ctx, [user.id]);
  catchUp(world);
}

/** What it is when nobody ended it by a word. The link of who has the seat but not the teams was never followed. */
export function endedAs(
  world: World,
  invitation: Invitation,
  state: "expired" | "revoked",
): InvitationState {
  const isWhole = invitation.isNew || invitation.teams.length === 0;
  return isWhole && isTaken(world, invitation) ? "accepted" : state;
}

/** Who has arrived has accepted, and so has who signed in to the seat that waited, though nobody has written that down. */
export function isTaken(world: World, invitation: Invitation): boolean {
  const { userId, isNew } = invitation;
  const user = world.users.get(userId);
  if (user === undefined || isAwaited(user)) return false;
  if (isNew) return true;
  const product = poolOf(world, invitation)?.product;
  if (product === undefined || seatOf(world, userId, product) === undefined) return false;
  return factsOf(world, invitation).some(({ kind }) => kind === "pool");
}

export function openInvitations(world: World): Invitation[] {
  return world.papers.invitations.group("").filter(({ state }) => state === "pending");
}

export function close(
  world: World,
  ctx: Context,
  invitation: Invitation,
  state: InvitationState,
): Invitation {
  const closed: Invitation = { ...invitation, state, endedAt: world.now };
  world.papers.invitations.set(closed);
  const pool = poolOf(world, invitation);
  const { userId } = invitation;
  recordAct(world, ctx, { kind: "invitation.closed", userId, ...about(closed, pool) });
  return closed;
}

export function takeBackGiven(world: World, invitation: Invitation): void {
  for (const fact of factsOf(world, invitation)) world.facts.delete(factKey(fact));
}

function factsOf(world: World, { id, userId }: Invitation): Fact[] {
  const { by } = sourceOf(id);
  const facts = world.facts.group(userId);
  return facts.filter(({ source }) => source.type === "hand" && source.by === by);
}

export function poolOf(world: World, { poolId }: Pick<Invitation, "poolId">): Pool | null {
  return poolId === null ? null : (world.pools.get(poolId) ?? null);
}

export function about({ id, state, teams }: Invitation, pool: Pool | null) {
  return {
    reason: state,
    poolId: pool?.id ?? null,
    product: pool?.product ?? "",
    details: { invitationId: id, teams: [...teams] },
  };
}
