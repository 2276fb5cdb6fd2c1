import type {
  Fact,
  Group,
  Id,
  Requirement,
  Seat,
  Timestamp,
  User,
  WaitingEntry,
} from "../domain/directory.js";
import type { BoundPlaces } from "../domain/keeping/boundWords.js";
import type { PoolUse } from "../domain/pools/bar.js";
import type { Entry } from "../domain/history.js";
import type { Needs, Snapshot } from "../domain/snapshot.js";
import type { GlassPlace, GlassStanding } from "./breakGlass.js";
import type { PeoplePage } from "./papers.js";

/** Reads for people. Part of src/ports.ts, which everybody imports. */

export interface GroupRef {
  readonly id: Id;
  readonly displayName: string;
}

/** What an access decision is made of. */
export interface PersonStanding {
  readonly user: User;
  /** Those that give access. */
  readonly seats: readonly Seat[];
  readonly waiting: readonly WaitingEntry[];
  readonly requirements: readonly Requirement[];
  readonly roles: readonly string[];
}

/**
 * For access decisions, which an application asks for all the time. Answers may be half a second old, except that what
 * this node has written counts at once.
 */
export interface Standings {
  /** Null: there is no such user in this organisation. */
  of(organisationId: Id, userId: Id): Promise<PersonStanding | null>;
}

/** By what the list is ordered. */
export interface PlaceInLine {
  /** Has more than is waited for: behind everybody who has not. */
  readonly isForLess: boolean;
  readonly turn: Timestamp;
  readonly id: Id;
}

/** What `who`, the admin API and the practice page show. All in one organisation. */
export interface Insights {
  /**
   * What a decision would be given now, without waiting for one: for what is only told. Parts of it may be of different moments,
   * and nothing may be saved by it. @throws SeatkeeperError NotFound
   */
  snapshot(organisationId: Id, needs: Needs): Promise<Snapshot>;
  userById(organisationId: Id, userId: Id): Promise<User | null>;
  userByName(organisationId: Id, userName: string): Promise<User | null>;
  /** In the order of their ids. */
  users(organisationId: Id, page: PeoplePage): Promise<User[]>;
  groups(
    organisationId: Id,
    page: { after?: Id; limit: number },
  ): Promise<(Group & { memberCount: number })[]>;
  /** Of groups as policies name them, by id or by name (letter case ignored): those that are not there. */
  missingGroups(organisationId: Id, named: readonly string[]): Promise<string[]>;
  facts(organisationId: Id, userIds: readonly Id[]): Promise<Fact[]>;
  groupsOf(organisationId: Id, userId: Id): Promise<GroupRef[]>;
  requirements(organisationId: Id, userIds: readonly Id[]): Promise<Requirement[]>;
  /** Those that give access. */
  seatsOf(organisationId: Id, userIds: readonly Id[]): Promise<Seat[]>;
  /** Those that give none: invitations, parked and suspended ones. */
  keptSeatsOf(organisationId: Id, userIds: readonly Id[]): Promise<Seat[]>;
  /** In whatever state. */
  seatsIn(organisationId: Id, poolId: Id, page: { after?: Id; limit: number }): Promise<Seat[]>;
  /** What takes the pool's seats at `now`, by state, and how many of them are in which team. */
  poolUse(organisationId: Id, poolId: Id, now: Timestamp): Promise<PoolUse>;
  /** How many seats of each pool are taken at `now`: as many as `poolUse` counts. */
  poolsUsed(organisationId: Id, now: Timestamp): Promise<Map<Id, number>>;
  /** Of these pools: seats that give no access and take their place until a moment after `now`. Missing: there are none. */
  boundPlaces(
    organisationId: Id,
    poolIds: readonly Id[],
    now: Timestamp,
  ): Promise<Map<Id, BoundPlaces>>;
  waitingOf(organisationId: Id, userIds: readonly Id[]): Promise<WaitingEntry[]>;
  /** The waiting list of a product in the order in which seats are offered. */
  waiting(
    organisationId: Id,
    product: string,
    limit: number,
    /** The last one of the page before, whether or not it still waits. */
    after?: PlaceInLine,
  ): Promise<WaitingEntry[]>;
  /** 1-based place of an entry among those whom a pool that can serve it would serve before it, and itself. */
  waitingPosition(organisationId: Id, entry: WaitingEntry): Promise<number>;
  /** Ledger entries after `after` (a position), oldest first; or the newest `limit` with `newestFirst`. */
  entries(
    organisationId: Id,
    page: { after?: number; limit: number; userId?: Id; newestFirst?: boolean },
  ): Promise<Entry[]>;
  /** Claims that no exclusion outweighs and that have not ended at `now`, by user, then product. */
  breakGlasses(
    organisationId: Id,
    now: Timestamp,
    page: { readonly after?: GlassPlace; readonly limit: number },
  ): Promise<GlassStanding[]>;
  /** Users whose evaluation is due (a background re-evaluation is under way). */
  staleCount(organisationId: Id): Promise<number>;
  /** Users who are not deleted, active or not: those whom a re-evaluation of everybody is about. */
  peopleCount(organisationId: Id): Promise<number>;
}
