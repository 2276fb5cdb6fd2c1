import {
  changeGroup,
  createGroup,
  deleteGroup,
  INLINE_MEMBERS_MAX,
  type GroupDraft,
  type GroupResult,
  type GroupCreation,
  type MemberDelta,
} from "../domain/people/groups.js";
import { foldName, type Group, type Id, type User } from "../domain/directory.js";
import { createUser, type ArrivalPolicy } from "../domain/people/arrival.js";
import { changeUser, type UserDraft, type UserResult } from "../domain/people/provisioning.js";
import type { RequestCause } from "../domain/answers/provisioningLog.js";
import { holdersToAsk } from "../domain/reclaim/guard.js";
import { deleteUser } from "../domain/people/removal.js";
import type { GroupMembership, Needs } from "../domain/snapshot.js";
import { holdingsIn, seatViews, type SeatView } from "../domain/answers/standing.js";
import type { Context, World } from "../domain/world.js";
import { SeatkeeperError } from "../errors.js";
import type { Scope } from "../ports.js";
import type { Runner } from "./run.js";

/** What an identity provider does to users and groups. Each resolves after the commit, seats included. */
export interface Provisioning {
  /** @throws SeatkeeperError Uniqueness */
  createUser(
    scope: Scope,
    draft: UserDraft,
    cause: RequestCause,
    policy?: ArrivalPolicy,
  ): Promise<ProvisionedUser>;
  /** @throws SeatkeeperError NotFound, VersionMismatch, Uniqueness, and whatever `change` throws. */
  changeUser(
    scope: Scope,
    target: Target,
    change: (user: User) => UserDraft,
    cause: RequestCause,
  ): Promise<ProvisionedUser>;
  deleteUser(scope: Scope, target: Target, cause: RequestCause): Promise<void>;
  /** @throws SeatkeeperError UnknownMember, unless those are to be ignored; Uniqueness, where it is a repetition. */
  createGroup(
    scope: Scope,
    draft: GroupDraft,
    memberIds: readonly Id[],
    cause: RequestCause,
    creation?: GroupCreation,
  ): Promise<CreatedGroup>;
  /** @throws SeatkeeperError NotFound, VersionMismatch, UnknownMember, and whatever `change` throws. */
  changeGroup(
    scope: Scope,
    target: Target,
    change: GroupChange,
    cause: RequestCause,
  ): Promise<GroupResult>;
  deleteGroup(scope: Scope, target: Target, cause: RequestCause): Promise<void>;
}

export interface Target {
  readonly id: Id;
  /** Whether the request may change a resource of this version: If-Match, If-None-Match. */
  readonly ifVersion?: (version: number) => boolean;
}

export interface GroupChange {
  readonly apply: (group: Group) => GroupDraft;
  readonly members: MemberDelta;
}

export interface CreatedGroup extends Group {
  /** Ids that were passed over because no user of the connection has them. */
  readonly ignoredMembers: readonly Id[];
}

export interface ProvisionedUser extends UserResult {
  readonly groups: readonly GroupMembership[];
  /** Each product's seat as it was committed. Worked out when asked: what was decided later in the batch counts, too. */
  readonly seats: () => SeatView[];
}

/** @param guarded roles that somebody must always have: it is asked who else has them before one of those people goes */
export function createProvisioning(runner: Runner, guarded: readonly string[] = []): Provisioning {
  return {
    createUser: (scope, draft, cause, policy) => runCreation(runner, scope, draft, cause, policy),

    changeUser: ({ organisationId, connectionId }, target, change, cause) => {
      const changed = once(change);
      return runner.run(organisationId, {
        cause,
        needs: { users: [target.id] },
        // Whether somebody else has the new name.
        more: (world) => {
          const user = world.users.get(target.id);
          const draft = user === undefined ? undefined : partAfter(changed, user, (one) => one);
          if (user === undefined || draft === undefined) return null;
          const { userName, active } = draft;
          return {
            userNames: userName === user.userName ? [] : [foldName(userName)],
            ...(active ? {} : leaverNeeds(world, guarded, user)),
          };
        },
        decide: (world, ctx) => {
          const verdict = changeUser(world, ctx, { ...target, connectionId }, changed);
          if ("refused" in verdict) return verdict;
          return { ok: provisioned(world, ctx, verdict.ok) };
        },
      });
    },

    deleteUser: async ({ organisationId, connectionId }, target, cause) => {
      await runner.run(organisationId, {
        cause,
        needs: { users: [target.id] },
        more: (world) => {
          const user = world.users.get(target.id);
          return user === undefined ? null : leaverNeeds(world, guarded, user);
        },
        decide: (world, ctx) => deleteUser(world, ctx, { ...target, connectionId }),
      });
    },

    createGroup: (scope, draft, memberIds, cause, creation = {}) =>
      runGroupCreation(runner, scope, { draft, memberIds, creation }, cause),

    changeGroup: (scope, target, change, cause) =>
      runGroupChange(runner, scope, target, change, cause),

    deleteGroup: async ({ organisationId, connectionId }, target, cause) => {
      await runner.run(organisationId, {
        cause,
        needs: {
          groups: [target.id],
          membersOf: [{ groupId: target.id, limit: INLINE_MEMBERS_MAX }],
          candidates: INLINE_MEMBERS_MAX,
        },
        decide: (world, ctx) => deleteGroup(world, ctx, { ...target, connectionId }),
      });
    },
  };
}

/** Who else could do what this person does, and what the person was invited to. Nobody who is inactive leaves once more. */
function leaverNeeds(world: World, guarded: readonly string[], { id, active }: User): Needs {
  return {
    holders: holdersToAsk(world, guarded, id),
    ...(active ? { papers: { openOf: [id] } } : {}),
  };
}

interface NewGroup {
  readonly draft: GroupDraft;
  readonly memberIds: readonly Id[];
  readonly creation: GroupCreation;
}

async function runGroupCreation(
  runner: Runner,
  scope: Scope,
  { draft, memberIds, creation }: NewGroup,
  cause: RequestCause,
): Promise<CreatedGroup> {
  const { group, ignoredMembers } = await runner.run(scope.organisationId, {
    cause,
    needs: {
      ...memberNeeds(scope, memberIds),
      twins:
        creation.refuseRepeated === true
          ? [
              {
                connectionId: scope.connectionId,
                externalId: draft.externalId,
                displayName: draft.displayName,
              },
            ]
          : [],
    },
    decide: (world, ctx) => createGroup(world, ctx, scope.connectionId, draft, memberIds, creation),
  });
  return { ...group, ignoredMembers };
}

function provisioned(world: World, { catalogue }: Context, result: UserResult): ProvisionedUser {
  const { user } = result;
  const groups = world.members.ofUser(user.id);
  const names = new Map(groups.map(({ groupId, groupName }) => [groupId, groupName]));
  return {
    ...result,
    groups,
    seats: () => seatViews(catalogue, user, holdingsIn(world, user.id), names),
  };
}

function runCreation(
  runner: Runner,
  { organisationId, connectionId }: Scope,
  draft: UserDraft,
  cause: RequestCause,
  policy?: ArrivalPolicy,
): Promise<ProvisionedUser> {
  const userName = foldName(draft.userName);
  return runner.run(organisationId, {
    cause,
    needs: {
      userNames: [userName],
      returning:
        policy?.neverRestores === true
          ? []
          : [{ connectionId, externalId: draft.externalId, userName }],
    },
    more: (world) => {
      const holder = world.users.get(world.userNames.get(userName) ?? "");
      if (holder === undefined) return null;
      // Only somebody else's account may have been handed over.
      const isForeign = holder.connectionId !== connectionId;
      return {
        ...(isForeign ? { handOvers: [{ connectionId, userName }] } : {}),
        ...(draft.active ? {} : leaverNeeds(world, [], holder)),
      };
    },
    decide: (world, ctx) => {
      const verdict = createUser(world, ctx, connectionId, draft, policy);
      if ("refused" in verdict) return verdict;
      return { ok: provisioned(world, ctx, verdict.ok) };
    },
  });
}

function runGroupChange(
  runner: Runner,
  scope: Scope,
  target: Target,
  { apply, members }: GroupChange,
  cause: RequestCause,
): Promise<GroupResult> {
  const named = [...new Set([...members.add, ...members.remove])];
  const few = named.length <= INLINE_MEMBERS_MAX;
  return runner.run(scope.organisationId, {
    cause,
    needs: {
      ...(few ? memberNeeds(scope, named) : {}),
      groups: [target.id],
      memberships: members.clear ? [] : [{ groupId: target.id, userIds: named }],
      allMemberIdsOf: members.clear ? [{ groupId: target.id, expected: members.add }] : [],
      membersOf: members.clear ? [{ groupId: target.id, limit: INLINE_MEMBERS_MAX }] : [],
    },
    more: (world) => {
      const group = world.groups.get(target.id);
      if (group === undefined) return null;
      const name = partAfter(apply, group, ({ displayName }) => displayName);
      const renamed = name !== undefined && name !== group.displayName;
      // Of many people, those who are members already need no look at all.
      const strangers = few
        ? []
        : members.add.filter((userId) => !world.members.knows(target.id, userId));
      if (!renamed && strangers.length === 0) return null;
      return {
        ...memberNeeds(scope, strangers),
        // Only a new name concerns members that the request does not name.
        membersOf: renamed ? [{ groupId: target.id, limit: INLINE_MEMBERS_MAX }] : [],
      };
    },
    decide: (world, ctx) =>
      changeGroup(world, ctx, { ...target, connectionId: scope.connectionId }, apply, members),
  });
}

/** Who looks for a new name and who decides ask for the same change of the same row. */
function once<T, D>(change: (row: T) => D): (row: T) => D {
  let last: { readonly row: T; readonly draft: D } | undefined;
  return (row) => {
    if (last?.row !== row) last = { row, draft: change(row) };
    return last.draft;
  };
}

/** A change that cannot be applied is refused when it is decided; here it only says nothing. */
function partAfter<T, D, P>(change: (row: T) => D, row: T, partOf: (draft: D) => P): P | undefined {
  try {
    return partOf(change(row));
  } catch (error) {
    if (error instanceof SeatkeeperError) return undefined;
    throw error;
  }
}

/** Few people are loaded with everything and evaluated at once; of many only their existence is checked. */
function memberNeeds({ connectionId }: Scope, userIds: readonly Id[]): Needs {
  if (userIds.length === 0) return {};
  return userIds.length <= INLINE_MEMBERS_MAX
    ? { users: userIds, candidates: userIds.length }
    : { existing: [{ connectionId, userIds }] };
}
