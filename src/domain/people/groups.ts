import type { JsonObject } from "../../plugin.js";
import type { Group, Id } from "../directory.js";
import { announceGroup, changedAttributes } from "../events.js";
import { groupMatters, isGroupNamed } from "../mapping.js";
import { groupsNamedBy } from "../pools/ownTerms.js";
import { evaluate } from "../evaluate.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/**
 * Groups change by deltas: what is loaded, decided and written is the change, never the group. Above
 * `INLINE_MEMBERS_MAX` people a change is written at once and their seats follow in the background, in portions.
 */
export const INLINE_MEMBERS_MAX = 200;

export interface GroupDraft {
  readonly externalId: string | null;
  readonly displayName: string;
  readonly document: JsonObject;
}

/** Folded in order already: no id stands in both lists; `clear` comes first. */
export interface MemberDelta {
  readonly clear: boolean;
  readonly add: readonly Id[];
  readonly remove: readonly Id[];
  /** What an id in `add` that is no user of the connection means for the change. Absent: it is refused. */
  readonly unknown?: UnknownMembers;
  /** What the client calls some of those in `add`. It holds for newcomers: of a member it cannot be changed. */
  readonly displays?: MemberDisplays | undefined;
}

export type MemberDisplays = ReadonlyMap<Id, string>;

/** How a creation is meant. */
export interface GroupCreation {
  /** Absent: refused. */
  readonly unknown?: UnknownMembers | undefined;
  readonly displays?: MemberDisplays | undefined;
  /** Whether a group of the connection with the same externalId and displayName is this one, sent before. */
  readonly refuseRepeated?: boolean | undefined;
}

export type UnknownMembers = "refuse" | "ignore";

export const NO_MEMBERS: MemberDelta = { clear: false, add: [], remove: [] };

export interface GroupTarget {
  readonly id: Id;
  readonly connectionId: Id;
  /** Whether the request may change a resource of this version: If-Match, If-None-Match. */
  readonly ifVersion?: (version: number) => boolean;
}

export interface GroupResult {
  readonly group: Group;
  /** Whether anything was written. */
  readonly changed: boolean;
  /** Ids that were passed over because no user of the connection has them. */
  readonly ignoredMembers: readonly Id[];
}

export function createGroup(
  world: World,
  ctx: Context,
  connectionId: Id,
  draft: GroupDraft,
  memberIds: readonly Id[],
  { unknown = "refuse", displays, refuseRepeated = false }: GroupCreation = {},
): Verdict<GroupResult> {
  if (refuseRepeated && twinOf(world, connectionId, draft) !== undefined) return refuseTwin(draft);
  const { known: add, ignored } = sortMembers(world, connectionId, [...new Set(memberIds)]);
  if (unknown === "refuse" && ignored[0] !== undefined) return refuseMember(ignored[0]);

  const group: Group = {
    ...draft,
    id: ctx.nextId(),
    organisationId: world.organisation.id,
    connectionId,
    refusesTwins: refuseRepeated,
    version: 1,
    createdAt: world.now,
    updatedAt: world.now,
  };
  world.groups.set(group);
  world.members.begin(group.id);
  const attributes = changedAttributes(undefined, group.document);
  announceGroup(world, ctx, "group.created", group, withMembers(attributes, add));
  changeMembers(world, ctx, group, { add, remove: [], displays });
  return { ok: { group, changed: true, ignoredMembers: ignored } };
}

/** Replace or patch. `change` may throw before anything has happened. */
export function changeGroup(
  world: World,
  ctx: Context,
  target: GroupTarget,
  change: (group: Group) => GroupDraft,
  delta: MemberDelta,
): Verdict<GroupResult> {
  const found = find(world, target);
  if ("refused" in found) return found;
  const before = found.ok;
  // Who is a member already is known; only of newcomers it was asked whether they exist.
  const { known, ignored } = sortMembers(world, target.connectionId, delta.add, (id) =>
    world.members.knows(before.id, id),
  );
  if (ignored[0] !== undefined && !mayIgnore(delta, known)) return refuseMember(ignored[0]);
  const draft = change(before);

  const { add, remove } = netDelta(world, before.id, { ...delta, add: known });
  if (sameDraft(before, draft) && add.length + remove.length === 0) {
    return { ok: { group: before, changed: false, ignoredMembers: ignored } };
  }

  const group: Group = {
    ...before,
    ...draft,
    refusesTwins: before.refusesTwins === true && hasSameNames(before, draft),
    version: before.version + 1,
    updatedAt: world.now,
  };
  world.groups.set(group);
  const attributes = changedAttributes(before.document, group.document);
  announceGroup(world, ctx, "group.updated", group, withMembers(attributes, [...add, ...remove]));
  const touched =
    draft.displayName === before.displayName ? [] : renameForMembers(world, before, group);
  changeMembers(world, ctx, group, { add, remove, displays: delta.displays }, touched);
  return { ok: { group, changed: true, ignoredMembers: ignored } };
}

/** Never where a group would be emptied by it: a list of nobody but strangers is a mistake, not a wish. */
function mayIgnore({ unknown, clear }: MemberDelta, known: readonly Id[]): boolean {
  return unknown === "ignore" && !(clear && known.length === 0);
}

function withMembers(attributes: readonly string[], members: readonly Id[]): string[] {
  return members.length === 0 ? [...attributes] : [...attributes, "members"];
}

function sameDraft(group: Group, draft: GroupDraft): boolean {
  return (
    hasSameNames(group, draft) && JSON.stringify(group.document) === JSON.stringify(draft.document)
  );
}

function hasSameNames(group: Group, draft: GroupDraft): boolean {
  return group.displayName === draft.displayName && group.externalId === draft.externalId;
}

/** A group that was created in the same words, and is still called so: an answer was lost, and the client asks again. */
function twinOf(world: World, connectionId: Id, draft: GroupDraft): Group | undefined {
  return world.groups
    .group("")
    .find(
      (group) =>
        group.connectionId === connectionId &&
        group.refusesTwins === true &&
        hasSameNames(group, draft),
    );
}

function refuseTwin({ externalId }: GroupDraft): Verdict<never> {
  const names = externalId === null ? "displayName" : "externalId and displayName";
  return refuse("Uniqueness", {
    field: externalId === null ? "displayName" : "externalId",
    sentence: `There is a group with the same ${names} already.`,
  });
}

export function deleteGroup(
  world: World,
  ctx: Context,
  target: GroupTarget,
): Verdict<{ group: Group }> {
  const found = find(world, target);
  if ("refused" in found) return found;
  const group = found.ok;
  const members = world.members.allOf(group.id);
  if (members === null && matters(world, group)) world.markMembersStale(group.id);
  world.members.forget(group.id);
  world.groups.delete(group.id);
  announceGroup(world, ctx, "group.deleted", group, []);
  if (members !== null && matters(world, group)) evaluate(world, ctx, members);
  return { ok: { group } };
}

function find(world: World, target: GroupTarget): Verdict<Group> {
  const group = world.groups.get(target.id);
  if (group === undefined || group.connectionId !== target.connectionId) return refuse("NotFound");
  return target.ifVersion?.(group.version) === false ? refuse("VersionMismatch") : { ok: group };
}

/** What really changes: who is there already is not added, who is not there is not removed. */
function netDelta(world: World, groupId: Id, delta: MemberDelta): { add: Id[]; remove: Id[] } {
  const present = world.members.presentIn(groupId);
  const wanted = new Set(delta.add);
  const gone = delta.clear
    ? [...present].filter((id) => !wanted.has(id))
    : delta.remove.filter((id) => present.has(id));
  return { add: [...wanted].filter((id) => !present.has(id)), remove: [...new Set(gone)] };
}

function changeMembers(
  world: World,
  ctx: Context,
  group: Group,
  { add, remove, displays }: Pick<MemberDelta, "add" | "remove"> & Pick<GroupCreation, "displays">,
  touched: readonly Id[] = [],
): void {
  for (const userId of add) {
    const display = displays?.get(userId);
    world.members.add({ groupId: group.id, groupName: group.displayName, userId, display });
  }
  for (const userId of remove) world.members.remove(group.id, userId);
  if (!matters(world, group) && touched.length === 0) return;
  const affected = [...new Set([...add, ...remove, ...touched])];
  if (affected.length <= INLINE_MEMBERS_MAX && affected.every((id) => world.users.has(id))) {
    evaluate(world, ctx, affected);
  } else {
    world.markStale(affected);
  }
}

/** The members' own copies of the name follow; who must be looked at again is returned. */
function renameForMembers(world: World, before: Group, after: Group): readonly Id[] {
  const members = world.members.allOf(after.id);
  world.members.rename(after.id, after.displayName);
  if (!matters(world, before) && !matters(world, after)) return [];
  if (members === null) world.markMembersStale(after.id);
  return members ?? [];
}

function matters(world: World, group: Group): boolean {
  const named = world.allPools().flatMap(({ policy }) => groupsNamedBy(policy));
  const asMembership = { groupId: group.id, groupName: group.displayName };
  return groupMatters(world.rules, group) || named.some((name) => isGroupNamed(name, asMembership));
}

function sortMembers(
  world: World,
  connectionId: Id,
  userIds: readonly Id[],
  isMember: (id: Id) => boolean = () => false,
): { known: Id[]; ignored: Id[] } {
  const known: Id[] = [];
  const ignored: Id[] = [];
  for (const id of userIds) {
    const user = world.users.get(id);
    const isOwn =
      user === undefined
        ? isMember(id) || world.existing.has(id)
        : user.connectionId === connectionId;
    (isOwn ? known : ignored).push(id);
  }
  return { known, ignored };
}

function refuseMember(id: Id): Verdict<never> {
  // The value is shown as sent, shortened: it may be anything.
  return refuse("UnknownMember", {
    field: "members.value",
    sentence: `There is no user with the id "${id.slice(0, 80)}", so nothing was changed.`,
  });
}
