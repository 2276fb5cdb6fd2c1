import type { Id } from "../directory.js";
import type { GroupMembership, Snapshot } from "../snapshot.js";
import { Table } from "../table.js";

export interface Membership extends GroupMembership {
  readonly userId: Id;
  /** Of those who are added in this batch: what the client calls the member. */
  readonly display?: string | undefined;
}

interface Pair {
  readonly groupId: Id;
  readonly userId: Id;
  readonly display?: string | undefined;
}

/**
 * Who is in which group, as far as this batch has to know: the groups of the loaded users, and of some groups the
 * members that a change names. Users that are not loaded (large changes) are kept as bare pairs.
 */
export class Members {
  /** Of loaded users; grouped by user. */
  readonly #ofUsers = new Table<Membership>(
    ({ groupId, userId }) => keyOf(groupId, userId),
    ({ userId }) => userId,
  );
  readonly #present = new Map<Id, Set<Id>>();
  /** Groups of which every member is known. */
  readonly #complete = new Set<Id>();
  readonly #bare = new Map<string, Pair & { before: boolean; now: boolean }>();
  readonly #loadedUsers = new Set<Id>();
  /** How many memberships the batch has written so far. */
  readonly counts = { added: 0, removed: 0, isPartial: false };

  load(snapshot: Snapshot): void {
    for (const [id, { user, groups }] of snapshot.users) {
      this.#loadedUsers.add(id);
      for (const group of groups) {
        // A group that went away or a member that was taken out earlier in this batch stays out.
        this.#ofUsers.load({ ...group, userId: user.id });
        if (this.#ofUsers.has(keyOf(group.groupId, id))) this.#presentIn(group.groupId).add(id);
      }
    }
    for (const [groupId, userIds] of [...snapshot.memberships, ...snapshot.allMemberIds]) {
      this.#loadPresent(groupId, userIds);
    }
    for (const [groupId, { userIds, complete }] of snapshot.membersOf) {
      this.#loadPresent(groupId, userIds);
      if (complete) this.#complete.add(groupId);
    }
  }

  ofUser(userId: Id): GroupMembership[] {
    return this.#ofUsers.group(userId);
  }

  /** Of the members that were loaded for this group, those who are in it now. */
  presentIn(groupId: Id): ReadonlySet<Id> {
    return this.#presentIn(groupId);
  }

  /** Whether the user is or was a member at some point of this batch, and so exists. */
  knows(groupId: Id, userId: Id): boolean {
    return this.#presentIn(groupId).has(userId) || this.#bare.has(keyOf(groupId, userId));
  }

  /** All members, or null when there are more than were loaded. */
  allOf(groupId: Id): Id[] | null {
    return this.#complete.has(groupId) ? [...this.#presentIn(groupId)] : null;
  }

  /** A group that is made in this batch: nobody else can be in it. */
  begin(groupId: Id): void {
    this.#complete.add(groupId);
  }

  add(membership: Membership): void {
    const { groupId, userId, display } = membership;
    if (this.#loadedUsers.has(userId)) this.#ofUsers.set(membership);
    else this.#setBare({ groupId, userId, display }, true);
    this.#presentIn(groupId).add(userId);
    this.counts.added += 1;
  }

  remove(groupId: Id, userId: Id): void {
    if (this.#loadedUsers.has(userId)) this.#ofUsers.delete(keyOf(groupId, userId));
    else this.#setBare({ groupId, userId }, false);
    this.#presentIn(groupId).delete(userId);
    this.counts.removed += 1;
  }

  /** The loaded members' copies of the group's name. */
  rename(groupId: Id, groupName: string): void {
    for (const userId of this.#presentIn(groupId)) {
      const membership = this.#ofUsers.get(keyOf(groupId, userId));
      if (membership !== undefined) this.#ofUsers.set({ ...membership, groupName });
    }
  }

  /** The group goes away as a whole: its rows are deleted with it, set-based. */
  forget(groupId: Id): void {
    if (!this.#complete.has(groupId)) this.counts.isPartial = true;
    for (const userId of [...this.#presentIn(groupId)]) this.remove(groupId, userId);
    for (const [key, pair] of this.#bare) if (pair.groupId === groupId) this.#bare.delete(key);
    this.#present.delete(groupId);
  }

  /** The user goes away: the rows are deleted with the user. */
  forgetUser(userId: Id): void {
    for (const { groupId } of this.ofUser(userId)) this.#presentIn(groupId).delete(userId);
  }

  difference(): { added: Pair[]; removed: Pair[] } {
    const { inserted, deleted } = this.#ofUsers.difference();
    const bare = [...this.#bare.values()];
    return {
      added: [...inserted, ...bare.filter(({ before, now }) => now && !before)],
      removed: [...deleted, ...bare.filter(({ before, now }) => before && !now)],
    };
  }

  #loadPresent(groupId: Id, userIds: Iterable<Id>): void {
    const present = this.#presentIn(groupId);
    for (const userId of userIds) {
      const known = this.#loadedUsers.has(userId) || this.#bare.has(keyOf(groupId, userId));
      if (!known) present.add(userId);
    }
  }

  #setBare(pair: Pair, now: boolean): void {
    const key = keyOf(pair.groupId, pair.userId);
    const before = this.#bare.get(key)?.before ?? this.#presentIn(pair.groupId).has(pair.userId);
    this.#bare.set(key, { ...pair, before, now });
  }

  #presentIn(groupId: Id): Set<Id> {
    const present = this.#present.get(groupId) ?? new Set<Id>();
    this.#present.set(groupId, present);
    return present;
  }
}

function keyOf(groupId: Id, userId: Id): string {
  return `${groupId} ${userId}`;
}
