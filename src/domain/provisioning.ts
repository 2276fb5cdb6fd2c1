import type { JsonObject } from "../plugin.js";
import { foldName, type Id, type Timestamp, type User } from "./directory.js";
import { announceUser } from "./events.js";
import { evaluate, type Outcomes } from "./plan.js";
import { releaseSeat, leaveList } from "./ledger.js";
import { drain } from "./queue.js";
import { refuse, type Verdict } from "./verdict.js";
import type { Context, World } from "./world.js";

/** What an identity provider, an assertion or a person may say about an account. */
export interface UserDraft {
  readonly externalId: string | null;
  readonly userName: string;
  readonly displayName: string | null;
  readonly active: boolean;
  readonly document: JsonObject;
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
 * A new account. Somebody whom the same connection deactivated earlier comes back as the same account (SCIM.md cases
 * 24 and 34); a name that belongs to anybody else is refused, never taken over (case 58).
 */
export function createUser(
  world: World,
  ctx: Context,
  connectionId: Id | null,
  draft: UserDraft,
): Verdict<UserResult> {
  const holder = world.users.get(world.userNames.get(foldName(draft.userName)) ?? "");
  if (holder !== undefined) {
    const returning =
      !holder.active && holder.deactivatedAt !== null && holder.connectionId === connectionId;
    if (!returning) return nameTaken(draft.userName, holder, connectionId);
    return changeUser(world, ctx, { id: holder.id, connectionId }, () => draft, true);
  }

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
  remember(world, user);
  announceUser(world, ctx, "user.created", user);
  return { ok: { user, outcomes: outcomeOf(world, ctx, user) } };
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
  const draft = change(before);
  const holder = world.users.get(world.userNames.get(foldName(draft.userName)) ?? "");
  if (holder !== undefined && holder.id !== before.id) {
    return nameTaken(draft.userName, holder, target.connectionId);
  }

  if (sameDraft(before, draft)) {
    return { ok: { user: before, outcomes: outcomeOf(world, ctx, before), restored } };
  }
  const user = changed(before, draft, world.now);
  forget(world, before);
  remember(world, user);
  announceUser(world, ctx, eventFor(before, user), user);
  if (before.active && !user.active) world.endSessions(user.id, "deactivated");
  return { ok: { user, outcomes: outcomeOf(world, ctx, user), restored } };
}

/** Everything that is held goes back in the same step; the ledger keeps what was. */
export function deleteUser(
  world: World,
  ctx: Context,
  target: UserTarget,
): Verdict<{ user: User }> {
  const found = find(world, target);
  if ("refused" in found) return found;
  const user = found.ok;
  for (const entry of world.waiting.group(user.id)) leaveList(world, ctx, entry, "deleted");
  for (const seat of world.seats.group(user.id)) releaseSeat(world, ctx, seat, "deleted");
  world.endSessions(user.id, "deleted");
  announceUser(world, ctx, "user.deleted", user);
  forget(world, user);
  world.members.forgetUser(user.id);
  world.users.delete(user.id);
  drain(world, ctx);
  return { ok: { user } };
}

function find(world: World, target: UserTarget): Verdict<User> {
  const user = world.users.get(target.id);
  if (user === undefined || user.connectionId !== target.connectionId) return refuse("NotFound");
  return target.ifVersion?.(user.version) === false ? refuse("VersionMismatch") : { ok: user };
}

function changed(before: User, draft: UserDraft, now: Timestamp): User {
  const deactivatedAt = before.active ? now : before.deactivatedAt;
  return {
    ...before,
    ...draft,
    deactivatedAt: draft.active ? null : deactivatedAt,
    version: before.version + 1,
    updatedAt: now,
  };
}

function outcomeOf(world: World, ctx: Context, user: User): Outcomes {
  return evaluate(world, ctx, [user.id]).get(user.id) ?? new Map();
}

function eventFor(
  before: User,
  after: User,
): "user.activated" | "user.deactivated" | "user.updated" {
  if (before.active === after.active) return "user.updated";
  return after.active ? "user.activated" : "user.deactivated";
}

function nameTaken(userName: string, holder: User, connectionId: Id | null): Verdict<never> {
  const own = holder.connectionId === connectionId;
  return refuse("Uniqueness", {
    field: "userName",
    sentence: own
      ? `There is already a user with the userName "${userName}".`
      : `The userName "${userName}" belongs to an account that this connection does not manage.`,
  });
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

function remember(world: World, user: User): void {
  world.users.set(user);
  world.userNames.set(foldName(user.userName), user.id);
}

function forget(world: World, user: User): void {
  world.userNames.set(foldName(user.userName), null);
}
