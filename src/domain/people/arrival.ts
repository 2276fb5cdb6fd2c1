import { withoutAsserted } from "./assertedGroups.js";
import { foldName, type Id, type User } from "../directory.js";
import { announceUser } from "../events.js";
import { revokeOf } from "../invitations/closing.js";
import { isAwaited, refusalOfMark } from "../invitations/invitation.js";
import {
  changed,
  changeUser,
  eventFor,
  holderOf,
  nameTaken,
  outcomeOf,
  remember,
  type UserDraft,
  type UserResult,
} from "./provisioning.js";
import { hasExternalId, whoReturns, type RemovedPerson } from "./removed.js";
import { refusedSeat } from "./refused.js";
import { handOverKey } from "../snapshot.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** How an account begins, or begins again. */

export interface ArrivalPolicy {
  /** Who was deleted stays deleted: the same person gets a new account. */
  readonly neverRestores?: boolean;
}

/**
 * A new account. Somebody whom the same connection deactivated or deleted earlier comes back as the same account;
 * a name that belongs to anybody else is refused, never taken over, unless an
 * administrator has handed the account over to this connection.
 */
export function createUser(
  world: World,
  ctx: Context,
  connectionId: Id,
  draft: UserDraft,
  { neverRestores = false }: ArrivalPolicy = {},
): Verdict<UserResult> {
  const misnamed = refusalOfMark(draft);
  if (misnamed !== null) return misnamed;
  const holder = holderOf(world, draft.userName);
  if (holder !== undefined) return reuseUser(world, ctx, holder, connectionId, draft);
  if (neverRestores) return addUser(world, ctx, connectionId, draft);
  const returning = whoReturns(gone(world), { connectionId, ...draft })?.user;
  const removed = returning === undefined ? undefined : world.removed.get(returning.id);
  // An account that exists comes back by its name alone: the provider sees it, and some send one externalId for many.
  return removed === undefined
    ? addUser(world, ctx, connectionId, draft)
    : restoreUser(world, ctx, removed, draft);
}

/** The name is somebody's: only an account that was handed over, that this connection deactivated, or that waits for it may be meant. */
function reuseUser(
  world: World,
  ctx: Context,
  holder: User,
  connectionId: Id,
  draft: UserDraft,
): Verdict<UserResult> {
  if (handedOver(world, holder, connectionId)) {
    return adoptUser(world, ctx, holder, connectionId, draft);
  }
  if (!(isInactive(holder) || isAwaited(holder)) || holder.connectionId !== connectionId) {
    return nameTaken(draft.userName, holder, connectionId);
  }
  const meant = whoReturns(gone(world), { connectionId, ...draft })?.user ?? holder;
  const isRemoved = world.removed.get(meant.id) !== undefined;
  if (isRemoved && hasExternalId(meant, draft.externalId)) return namesTwo(draft);
  return changeUser(world, ctx, { id: holder.id, connectionId }, () => draft, true);
}

function gone(world: World): { readonly user: User }[] {
  const inactive = world.users.group("").filter(isInactive);
  return [...inactive.map((user) => ({ user })), ...world.removed.all()];
}

/** An account that nobody had before. */
export function addUser(
  world: World,
  ctx: Context,
  connectionId: Id | null,
  draft: UserDraft,
): Verdict<UserResult> {
  const misnamed = refusalOfMark(draft);
  if (misnamed !== null) return misnamed;
  const holder = holderOf(world, draft.userName);
  if (holder !== undefined) return nameTaken(draft.userName, holder, connectionId);
  const user: User = {
    ...draft,
    id: ctx.nextId(),
    organisationId: world.organisation.id,
    connectionId,
    deactivatedAt: null,
    version: 1,
    createdAt: world.now,
    updatedAt: world.now,
    lastSignInAt: null,
  };
  const refusal = refusedSeat(world, ctx, user);
  if (refusal !== null) return refusal;
  remember(world, user);
  announceUser(world, ctx, "user.created", user);
  return { ok: { user, outcomes: outcomeOf(world, ctx, user) } };
}

/** Groups come from the provider again; what people gave by hand comes from us. */
function restoreUser(
  world: World,
  ctx: Context,
  { user: before, byHand }: RemovedPerson,
  draft: UserDraft,
): Verdict<UserResult> {
  const user: User = {
    ...withoutAsserted(before),
    ...draft,
    deactivatedAt: draft.active ? null : (before.deactivatedAt ?? world.now),
    version: before.version + 1,
    updatedAt: world.now,
  };
  const refusal = refusedSeat(world, ctx, user);
  if (refusal !== null) return refusal;
  // Under another name the old NameID may be somebody else's by now; the next sign-in links the new one.
  world.removed.takeBack(user.id, foldName(before.userName) === foldName(user.userName));
  remember(world, user);
  for (const fact of byHand) world.facts.set(fact);
  announceUser(world, ctx, "user.created", user);
  return { ok: { user, outcomes: outcomeOf(world, ctx, user), restored: true } };
}

/** The account, its seats and what was given by hand stay; from now on it is the new connection's. */
function adoptUser(
  world: World,
  ctx: Context,
  before: User,
  connectionId: Id,
  draft: UserDraft,
): Verdict<UserResult> {
  const user = { ...withoutAsserted(changed(before, draft, world.now)), connectionId };
  const refusal = refusedSeat(world, ctx, user);
  if (refusal !== null) return refusal;
  if (before.active && !user.active) revokeOf(world, ctx, before);
  remember(world, user);
  announceUser(world, ctx, eventFor(before, user), user, before);
  if (before.active && !user.active) world.endSessions(user.id, "deactivated");
  return { ok: { user, outcomes: outcomeOf(world, ctx, user), restored: true } };
}

function handedOver(world: World, holder: User, to: Id): boolean {
  const from = holder.connectionId;
  if (from === null || from === to) return false;
  return world.handOvers.has(handOverKey(from, to, foldName(holder.userName)));
}

/** Was active once: who was created inactive has not left. */
function isInactive(user: User): boolean {
  return !user.active && user.deactivatedAt !== null;
}

function namesTwo(draft: UserDraft): Verdict<never> {
  return refuse("Uniqueness", {
    field: "externalId",
    sentence: `The userName "${draft.userName}" and the externalId belong to two different accounts of this connection, so neither was changed.`,
  });
}
