import type {
  Fact,
  Group,
  Id,
  LinkedIdentity,
  MappingRule,
  Organisation,
  Pool,
  Requirement,
  Seat,
  Session,
  Timestamp,
  User,
  WaitingEntry,
} from "./directory.js";
import type { UsedDay } from "./billing/invoice.js";
import type { BrakeState } from "./brake/brake.js";
import type { Entry, OutboxEvent } from "./history.js";
import type { ListRows } from "./listRows.js";
import type { Concern, Totals } from "./plans/concern.js";
import { noSetUpChanges, type SetUpChanges } from "./setUpChanges.js";
import {
  noPapers,
  type PapersChanges,
  type PapersLoaded,
  type PapersNeeds,
} from "./administration/papers.js";
import type { ProvisioningRecord } from "./answers/provisioningLog.js";
import type { IdentityNeeds } from "./signIn/samlPolicy.js";
import type { SessionEnding, SignInRecord } from "./signIn/signInLog.js";
import type { ReclaimChanges, ReclaimNeeds, ReclaimRows } from "./reclaim/upkeep.js";
import type { Naming, RemovedPerson } from "./people/removed.js";
import { noLogoutChanges, type LogoutChanges } from "./signIn/signInRows.js";
import type { SignInNeeds, SignInRows } from "./signIn/signInRows.js";

export { signInKey } from "./signIn/signInRows.js";

/** The three shapes of load -> decide -> save: what a decision needs, what it gets, and what it changes. */

/** What a decision needs to see. The organisation, its rules and its pools always come along. */
export interface Needs extends ReclaimNeeds, SignInNeeds, IdentityNeeds {
  /** With their groups, facts, requirements, seats and waiting entries. */
  readonly users?: readonly Id[];
  /** Folded user names (`foldName`), to find who has them in the organisation. */
  readonly userNames?: readonly string[];
  readonly identities?: readonly { readonly connectionId: Id; readonly nameId: string }[];
  /** Group rows, without members. */
  readonly groups?: readonly Id[];
  /** Groups that refuse twins, by the names that they share with one to be created; into `groups`. */
  readonly twins?: readonly GroupNaming[];
  /** Which of these users are members of the group: of a change, never of the whole group. */
  readonly memberships?: readonly { readonly groupId: Id; readonly userIds: readonly Id[] }[];
  /**
   * All member ids of the group, without the users (PUT of a group: the request is as long as the list). `expected` are
   * those that the caller would have there: what agrees with them need not be read.
   */
  readonly allMemberIdsOf?: readonly { readonly groupId: Id; readonly expected: readonly Id[] }[];
  /** Up to `limit` members of the group (to re-evaluate them when it goes away or is renamed). */
  readonly membersOf?: readonly { readonly groupId: Id; readonly limit: number }[];
  /** How many eviction candidates and waiting entries each pool may need: one per demand of the batch. */
  readonly candidates?: number;
  /**
   * Products of which the seats are looked for whose turn to be taken over comes first, today or later: into `evictable`,
   * instead of those whose turn it is now; with `unreadFrom`.
   */
  readonly soonest?: readonly string[];
  /** Seats by id (leases to renew or release). */
  readonly seats?: readonly Id[];
  /** Only whether these users exist under the connection (members of a large change). */
  readonly existing?: readonly { readonly connectionId: Id; readonly userIds: readonly Id[] }[];
  /** This many users that wait for re-evaluation, taken off the list in this transaction. */
  readonly stale?: number;
  /** Who may be coming back under these names: inactive users (into `users`) and removed people. */
  readonly returning?: readonly Naming[];
  /** Removed people by id. */
  readonly removed?: readonly Id[];
  /**
   * Everybody who matches, and who needs, holds or waits for a seat of these products, if they are no more than `limit`:
   * into `users`. With them, `totals`.
   */
  readonly concerned?: Concern & { readonly limit: number };
  /** Whether the connection may take over an account of this name from another one (folded). */
  readonly handOvers?: readonly { readonly connectionId: Id; readonly userName: string }[];
  readonly papers?: PapersNeeds;
}

/** What two groups of a connection have in common when one is the other's creation sent again. */
export interface GroupNaming {
  readonly connectionId: Id;
  readonly externalId: string | null;
  readonly displayName: string;
}

/** Key of `Snapshot.handOvers`. */
export function handOverKey(from: Id, to: Id, foldedName: string): string {
  return `${from} ${to} ${foldedName}`;
}

export interface GroupMembership {
  readonly groupId: Id;
  readonly groupName: string;
}

/** Everything about one user that a decision may look at. */
export interface UserState {
  readonly user: User;
  readonly groups: readonly GroupMembership[];
  readonly facts: readonly Fact[];
  readonly requirements: readonly Requirement[];
  readonly seats: readonly Seat[];
  readonly waiting: readonly WaitingEntry[];
}

export interface Snapshot extends ReclaimRows, ListRows, SignInRows {
  readonly now: Timestamp;
  readonly organisation: Organisation;
  readonly rules: readonly MappingRule[];
  /** Connections whose assigned roles and entitlements give nothing. */
  readonly withoutAssignments?: ReadonlySet<Id>;
  readonly pools: ReadonlyMap<Id, Pool>;
  /** Those asked for, and some others: whose break-glass claim is over comes along in any case (`endEmergencies`). */
  readonly users: ReadonlyMap<Id, UserState>;
  /** Folded user name -> user id, for the names asked for. Every id is also in `users`. */
  readonly userNames: ReadonlyMap<string, Id>;
  /** `${connectionId} ${nameId}` -> user id. Every id is also in `users`. */
  readonly identities: ReadonlyMap<string, Id>;
  readonly groups: ReadonlyMap<Id, Group>;
  /** Group id -> those of the users asked for who are members. */
  readonly memberships: ReadonlyMap<Id, ReadonlySet<Id>>;
  readonly allMemberIds: ReadonlyMap<Id, ReadonlySet<Id>>;
  /**
   * Group id -> members, at most the limit asked for; `complete` when there are no more. If complete, every id is also
   * in `users`; if not, the users need not be loaded.
   */
  readonly membersOf: ReadonlyMap<
    Id,
    { readonly userIds: readonly Id[]; readonly complete: boolean }
  >;
  /**
   * Shared pools with eviction: the seats to lose first, in the pool's eviction order (then oldest grant, then id).
   */
  readonly evictable: ReadonlyMap<Id, readonly Seat[]>;
  /** Concurrent pools: leases that have expired at `now` but still have a row (at most 1,000 a load). */
  readonly expired: ReadonlyMap<Id, readonly Seat[]>;
  /** The users taken off the stale list; every id is also in `users`. */
  readonly stale: readonly Id[];
  /** Of the users asked for by `existing`: those that exist under that connection and are not deleted. */
  readonly existing: ReadonlySet<Id>;
  /**
   * Seats asked for by id, with their holder in `users`; and what the people in `waiting` hold of the product meanwhile
   * (their users need not be loaded).
   */
  readonly seats: ReadonlyMap<Id, Seat>;
  /** Of those asked for by `removed`, and who fits a name of `returning`; where several fit, two of them at least. */
  readonly removed: ReadonlyMap<Id, RemovedPerson>;
  /** `handOverKey` of what an administrator has allowed, of the names asked for. */
  readonly handOvers: ReadonlySet<string>;
  /** Absent: as it is for an organisation of which nothing has been said or lost. */
  readonly brake?: BrakeState;
  /** Grows with every write of the organisation. */
  readonly revision?: number;
  /** The number of the last entry in the ledger; 0: there is none. */
  readonly ledgerEnd?: number;
  /** Where it was asked for. If `complete`, every id is also in `users`; if not, nobody was loaded for it. */
  readonly concerned?: { readonly userIds: readonly Id[]; readonly complete: boolean };
  readonly totals?: Totals;
  readonly papers?: PapersLoaded;
}

/** A row to replace, if the stored one still has the version that the decision saw. */
export interface Update<T> {
  readonly row: T;
  readonly expectedVersion: number;
}

export interface PoolUpdate extends Update<Pool> {
  /** The pool grew by itself: the store refuses it beyond what the pool's policy allows. */
  readonly isAutomatic?: boolean;
}

/**
 * Everything one transaction writes: the net effect of a whole batch of decisions, each row at most once.
 * Order of effects: memberships (stale marks, removals, additions), deletions, updates, insertions; so a seat
 * that moves is freed before another takes its place.
 */
export interface Changes extends ReclaimChanges, SetUpChanges, PapersChanges, LogoutChanges {
  readonly usersInserted: User[];
  readonly usersUpdated: Update<User>[];
  /** Kept as a row without name; groups, facts, seats, identities go at once. */
  readonly usersDeleted: Id[];
  /** Who of them is kept aside, to come back within the retention: all but those who are erased. */
  readonly peopleRemoved: RemovedPerson[];
  /** Removed people who are users again; with their sign-in identities or without. */
  readonly peopleRestored: { readonly user: User; readonly withIdentities: boolean }[];
  /** After everything else in this list: nothing that tells who it was stays anywhere. */
  readonly peopleErased: { readonly userId: Id; readonly userName: string }[];
  readonly groupsInserted: Group[];
  readonly groupsUpdated: Update<Group>[];
  /** With all their memberships (set-based). */
  readonly groupsDeleted: Id[];
  readonly membersAdded: {
    readonly groupId: Id;
    readonly userId: Id;
    /** As the client gave it. Absent: the user's own name is shown. */
    readonly display?: string | undefined;
  }[];
  readonly membersRemoved: { readonly groupId: Id; readonly userId: Id }[];
  /** Members of the group are put on the stale list before the memberships change (large groups). */
  readonly membersStale: Id[];
  /** Users to re-evaluate in the background. */
  readonly usersStale: Id[];
  readonly factsAdded: Fact[];
  /** By (user, kind, name, value, source); one that is not there is no error. */
  readonly factsRemoved: Fact[];
  /** Insert or replace by (user, product). */
  readonly requirementsSet: Requirement[];
  readonly requirementsRemoved: { readonly userId: Id; readonly product: string }[];
  readonly seatsInserted: Seat[];
  /** By id; the row must exist and stays in its pool (a move is a deletion and an insertion with the same id). */
  readonly seatsUpdated: Seat[];
  readonly seatsDeleted: Seat[];
  readonly waitingInserted: WaitingEntry[];
  readonly waitingUpdated: WaitingEntry[];
  readonly waitingDeleted: WaitingEntry[];
  /** Of those updated and deleted, as they were: who named several pools. */
  readonly waitingNamedSeveral: WaitingEntry[];
  readonly poolsUpdated: PoolUpdate[];
  readonly identitiesInserted: LinkedIdentity[];
  readonly sessionsInserted: Session[];
  /** Ends every live session of the user. */
  readonly sessionsEnded: SessionEnding[];
  readonly signInRequestsConsumed: { readonly connectionId: Id; readonly requestId: string }[];
  readonly assertionsUsed: {
    readonly connectionId: Id;
    readonly assertionId: string;
    readonly expiresAt: Timestamp;
  }[];
  readonly staleTaken: Id[];
  readonly entries: Entry[];
  readonly events: OutboxEvent[];
  /** One that is known already is no error. */
  readonly daysUsed: UsedDay[];
  /** Of the batch's requests; only where there is something else to write. */
  readonly requestsRecorded: ProvisioningRecord[];
  /** Of sign-ins that succeeded. */
  readonly signInsRecorded: SignInRecord[];
}

export function noChanges(): Changes {
  return {
    usersInserted: [],
    usersUpdated: [],
    usersDeleted: [],
    peopleRemoved: [],
    peopleRestored: [],
    peopleErased: [],
    groupsInserted: [],
    groupsUpdated: [],
    groupsDeleted: [],
    membersAdded: [],
    membersRemoved: [],
    membersStale: [],
    usersStale: [],
    factsAdded: [],
    factsRemoved: [],
    requirementsSet: [],
    requirementsRemoved: [],
    seatsInserted: [],
    seatsUpdated: [],
    seatsDeleted: [],
    waitingInserted: [],
    waitingUpdated: [],
    waitingDeleted: [],
    waitingNamedSeveral: [],
    poolsUpdated: [],
    identitiesInserted: [],
    sessionsInserted: [],
    sessionsEnded: [],
    signInRequestsConsumed: [],
    assertionsUsed: [],
    staleTaken: [],
    resourcesSet: [],
    resourcesRemoved: [],
    contractionsDone: [],
    entries: [],
    events: [],
    ...noSetUpChanges(),
    daysUsed: [],
    requestsRecorded: [],
    signInsRecorded: [],
    ...noPapers(),
    ...noLogoutChanges(),
  };
}

export function isEmpty(changes: Changes): boolean {
  return Object.values(changes).every((rows: readonly unknown[]) => rows.length === 0);
}
