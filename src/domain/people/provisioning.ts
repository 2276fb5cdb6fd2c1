import type { JsonObject } from "../../plugin.js";
import { foldName, type AssertedGroups, type Id, type Timestamp, type User } from "../directory.js";
import { announceUser } from "../events.js";
import { revokeOf } from "../invitations/closing.js";
import { isAwaited, refusalOfMark } from "../invitations/invitation.js";
import { evaluate, type Outcomes } from "../evaluate.js";
import { reliedOn, warnOfLoss } from "../reclaim/guard.js";
import { refusedSeat } from "./refused.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** What an identity provider, an assertion or a person may say about an account. */
export interface UserDraft {
  readonly externalId: string | null;
  readonly userName: string;
  readonly displayName: string | null;
  readonly active: boolean;
  readonly document: JsonObject;
  /** Of an account that begins with a sign-in. */
  readonly asserted?: AssertedGroups;
}

export interface UserResult {
  readonly user: User;
  readonly outcomes: Outcomes;
  /** An account that was deactivated earlier came back instead of a second one. */
  readonly restored?: boolean;
}

/** A version that the caller has seen (If-Match); absent: whatever there is. */
export interface UserTarget {
  readonly id: Id;
  readonly connectionId: Id | null;
  /** Whether the request may change a resource of this version: If-Match, If-None-Match. */
  readonly ifVersion?: (version: number) => boolean;
}

/**
 * Replace or patch: `change` turns the present account into the wanted one and may throw before anything has happened.
 * A change that changes nothing keeps the version.
 */
export function changeUser(
  world: World,
  ctx: Context,
  target: UserTarget,
  change: (user: User) => UserDraft,
  restored = false,
): Verdict<UserResult> {
  const found = find(world, target);
  if ("refused" in found) return found;
  const before = found.ok;
  const said = change(before);
  const misnamed = refusalOfMark(said, before);
  if (misnamed !== null) return misnamed;
  const draft = asKnown(said);
  const holder = holderOf(world, draft.userName);
  if (holder !== undefined && holder.id !== before.id) {
    return nameTaken(draft.userName, holder, target.connectionId);
  }

  if (sameDraft(before, draft)) {
    return { ok: { user: before, outcomes: outcomeOf(world, ctx, before), restored } };
  }
  const user = changed(before, draft, world.now);
  const refusal = refusedSeat(world, ctx, user);
  if (refusal !== null) return refusal;
  if (before.active && !user.active) leave(world, ctx, before);
  forget(world, before);
  remember(world, user);
  announceUser(world, ctx, eventFor(before, user), user, before);
  return { ok: { user, outcomes: outcomeOf(world, ctx, user), restored } };
}

/** Before anything has changed, so that it is known who else could do what this person does. */
function leave(world: World, ctx: Context, user: User): void {
  const { id } = user;
  warnOfLoss(world, ctx, id, "deactivated", reliedOn(world, ctx, id));
  revokeOf(world, ctx, user);
  world.endSessions(id, "deactivated");
}

export function find(world: World, target: UserTarget): Verdict<User> {
  const user = world.users.get(target.id);
  if (user === undefined || user.connectionId !== target.connectionId) return refuse("NotFound");
  return target.ifVersion?.(user.version) === false ? refuse("VersionMismatch") : { ok: user };
}

export function changed(before: User, draft: UserDraft, now: Timestamp): User {
  const deactivatedAt = before.active ? now : before.deactivatedAt;
  return {
    ...before,
    ...draft,
    deactivatedAt: draft.active ? null : deactivatedAt,
    version: before.version + 1,
    updatedAt: now,
  };
}

export function outcomeOf(world: World, ctx: Context, user: User): Outcomes {
  return evaluate(world, ctx, [user.id]).get(user.id) ?? new Map();
}

export function eventFor(
  before: User,
  after: User,
): "user.activated" | "user.deactivated" | "user.updated" {
  if (before.active === after.active) return "user.updated";
  return after.active ? "user.activated" : "user.deactivated";
}

export function nameTaken(userName: string, holder: User, connectionId: Id | null): Verdict<never> {
  const own = holder.connectionId === connectionId;
  return refuse("Uniqueness", {
    field: "userName",
    sentence: own
      ? `There is already a user with the userName "${userName}".`
      : `The userName "${userName}" belongs to an account that this connection does not manage.`,
  });
}

/** Whoever was awaited is known as soon as the provider says anything about the account. */
function asKnown(draft: UserDraft): UserDraft {
  return isAwaited(draft) ? { ...draft, externalId: null } : draft;
}

function sameDraft(user: User, draft: UserDraft): boolean {
  return (
    user.userName === draft.userName &&
    user.externalId === draft.externalId &&
    user.displayName === draft.displayName &&
    user.active === draft.active &&
    JSON.stringify(user.document) === JSON.stringify(draft.document)
  );
}

export function holderOf(world: World, userName: string): User | undefined {
  return world.users.get(world.userNames.get(foldName(userName)) ?? "");
}

export function remember(world: World, user: User): void {
  world.users.set(user);
  world.userNames.set(foldName(user.userName), user.id);
}

export function forget(world: World, user: User): void {
  world.userNames.set(foldName(user.userName), null);
}
