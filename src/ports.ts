import type { Changes, Needs, Snapshot } from "./domain/snapshot.js";
import type {
  ApiToken,
  Connection,
  Group,
  Id,
  MappingRule,
  Organisation,
  Pool,
  Timestamp,
  User,
} from "./domain/directory.js";
import type { Cause, OutboxEvent } from "./domain/history.js";
import type { Holdings } from "./domain/answers/standing.js";
import type { Billing } from "./ports/billing.js";
import type { Clients } from "./ports/clients.js";
import type { Domains } from "./ports/domains.js";
import type { GroupRef, Insights, Standings } from "./ports/insights.js";
import type { Leases } from "./ports/leases.js";
import type { Ledger } from "./ports/ledger.js";
import type { Outbox } from "./ports/outbox.js";
import type {
  ListQuery,
  MembershipPosition,
  MembershipQuery,
  MembershipView,
  MixedItem,
  MixedPosition,
  MixedQuery,
  Page,
  UserPage,
} from "./ports/lists.js";
import type { HandOvers, RemovedPeople } from "./ports/lifecycle.js";
import type { Papers } from "./ports/papers.js";
import type { Plans } from "./ports/plans.js";
import type { Reclaims } from "./ports/reclaim.js";
import type { CopyOptions, ProvisioningLog } from "./ports/provisioningLog.js";
import type { Sessions } from "./ports/sessions.js";
import type { SignInTests } from "./ports/signInTests.js";
import type { SetupChange } from "./ports/setup.js";
import type { SignInLog } from "./ports/signInLog.js";
import type { TrustStore } from "./ports/trust.js";

export type { GroupRef, Insights, Standings } from "./ports/insights.js";
export type { Outbox } from "./ports/outbox.js";
export type { Sessions, SignInRequest } from "./ports/sessions.js";
export type { SetupChange } from "./ports/setup.js";
export type * from "./ports/lists.js";

/**
 * What the core needs from the outside, with its promises in prose. Adapters live in src/store, src/http and
 * src/app.ts; tests bring their own clock and ids.
 */

/** Milliseconds since the epoch. In production on MySQL this is the database's clock, so that all nodes agree. */
export interface Clock {
  now(): Timestamp;
}

/** The only source of randomness. */
export interface Ids {
  /** A UUIDv7: unique, and ordered by creation, so that primary keys grow at the end. */
  next(): Id;
  /** `bytes` random bytes in base64url, for tokens and cookies. */
  secret(bytes: number): string;
}

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Where events leave: a callback (library) or a signed webhook (server).
 * Called at least once for each event, for one user or group in the order in which they happened.
 * A rejected promise means "not delivered": the same event is offered again later, unless it says `Undeliverable`.
 */
export interface EventSink {
  deliver(event: OutboxEvent): Promise<void>;
}

/** The part of the tenant that a SCIM connection sees: its own users and groups, nothing else. */
export interface Scope {
  readonly organisationId: Id;
  readonly connectionId: Id;
}

export interface Member {
  readonly userId: Id;
  readonly display: string | null;
}

/**
 * Reads outside a write transaction. Each sees only committed data. Another tenant's or another connection's object
 * is `null` or missing from a list: it does not exist. Every list has a stable order: by the sort key, then by id.
 */
export interface DirectoryReads {
  findUser(scope: Scope, id: Id): Promise<User | null>;
  listUsers(scope: Scope, query: ListQuery): Promise<UserPage>;
  /** Groups of each user, in one query. Users without a group may be missing from the map. */
  groupsOfUsers(scope: Scope, userIds: readonly Id[]): Promise<Map<Id, GroupRef[]>>;
  /**
   * What each user needs, holds and waits for, with the organisation's pools, in one query whatever their number.
   * Every user has an entry. Leases that have ended at `now` are left out.
   */
  holdingsOfUsers(scope: Scope, userIds: readonly Id[], now: Timestamp): Promise<Map<Id, Holdings>>;
  findGroup(scope: Scope, id: Id): Promise<Group | null>;
  listGroups(scope: Scope, query: ListQuery): Promise<Page<Group>>;
  listMixed(scope: Scope, query: MixedQuery): Promise<Page<MixedItem, MixedPosition>>;
  /** At most `limit` members of the group, ordered by user id, from behind `after`. */
  memberPage(
    scope: Scope,
    groupId: Id,
    page: { readonly after: Id | null; readonly limit: number },
  ): Promise<Member[]>;
  /** Members of each group ordered by user id. Reads nothing else of the groups. */
  membersOfGroups(scope: Scope, groupIds: readonly Id[]): Promise<Map<Id, Member[]>>;
  findMembership(scope: Scope, groupId: Id, userId: Id): Promise<MembershipView | null>;
  listMemberships(
    scope: Scope,
    query: MembershipQuery,
  ): Promise<Page<MembershipView, MembershipPosition>>;
}

/**
 * Organisations, connections, tokens, pools and rules: few rows, changed by people. What is given a `change` writes it to the
 * organisation's ledger in the same transaction.
 */
export interface Administration {
  createOrganisation(organisation: Organisation, change?: SetupChange): Promise<void>;
  /** By id or by slug. */
  findOrganisation(idOrSlug: string): Promise<Organisation | null>;
  listOrganisations(): Promise<Organisation[]>;

  /** No two of an organisation take one name, also at once. @throws Uniqueness */
  createConnection(connection: Connection, change?: SetupChange): Promise<void>;
  /** `expectedVersion` is checked in the update itself, a new name as above. @throws VersionMismatch, Uniqueness */
  updateConnection(
    connection: Connection,
    expectedVersion: number,
    change?: SetupChange,
  ): Promise<void>;
  /** Across organisations: the address of a SCIM or SAML request names only the connection. */
  findConnection(id: Id): Promise<Connection | null>;
  listConnections(organisationId: Id): Promise<Connection[]>;
  /**
   * By which NameIDs the connection knows this person, or anybody, who was deleted included. Resolves to how many links people
   * had who are here; of one person who had none there is no line in the ledger.
   */
  forgetIdentities(
    organisationId: Id,
    which: { readonly connectionId: Id; readonly userId?: Id },
    change?: SetupChange,
  ): Promise<number>;

  createToken(token: ApiToken, change?: SetupChange): Promise<void>;
  /** By the public part of the token. The caller compares the hash in constant time and checks the expiry. */
  findToken(publicId: string): Promise<ApiToken | null>;
  listTokens(organisationId: Id | null): Promise<ApiToken[]>;
  /** Also ends the token `replacedId` at `endAt`, unless it ends earlier. */
  replaceToken(
    token: ApiToken,
    replacedId: string,
    endAt: Timestamp,
    change?: SetupChange,
  ): Promise<void>;
  /** False when there was none. @throws LastOwner where somebody does it, and no owner who can act would be left */
  revokeToken(
    organisationId: Id | null,
    publicId: string,
    at: Timestamp,
    change?: SetupChange,
  ): Promise<boolean>;
  /** Coarse: at most one write per token and minute. */
  touchToken(publicId: string, at: Timestamp): Promise<void>;

  /** The pool with its first ledger entry. Without a cause it was the system itself. */
  createPool(pool: Pool, cause?: Cause): Promise<void>;
  listPools(organisationId: Id): Promise<Pool[]>;
  findPool(organisationId: Id, idOrName: string): Promise<Pool | null>;

  /**
   * Insert or replace; marks every user of the organisation stale in the same transaction. No two rules of an organisation take one
   * name, also at once. @throws Uniqueness
   */
  saveRule(rule: MappingRule, change?: SetupChange): Promise<void>;
  deleteRule(organisationId: Id, id: Id, change?: SetupChange): Promise<boolean>;
  listRules(organisationId: Id): Promise<MappingRule[]>;

  /** Every user of the organisation is to be re-evaluated in the background. */
  markAllStale(organisationId: Id): Promise<void>;

  /** One row of the deployment's own state, such as signing keys. The value is already encrypted where it must be. */
  readSecret(name: string): Promise<string | null>;
  /** Stores the value only if the name is new, and returns the value that is stored afterwards (two nodes may race). */
  createSecret(name: string, value: string): Promise<string>;
}

/**
 * What a request asks about its credentials. Answers may be half a second old, except that what this node changed
 * through `Administration` counts at once. The caller compares the hash and checks what has expired or is disabled.
 */
export type Credentials = Pick<
  Administration,
  "findToken" | "touchToken" | "findConnection" | "findOrganisation"
> &
  Pick<Clients, "findAccessToken">;

/**
 * One write transaction of one organisation. `load` then `save`, nothing in between but pure code.
 */
export interface WriteTransaction {
  /**
   * Everything the decision needs, proportional to `needs`, never to the tenant. Always holds the organisation, its
   * rules and all its pools. Rows asked for that do not exist are missing from the maps.
   */
  load(needs: Needs): Promise<Snapshot>;
  /**
   * Writes state, ledger entries and outbox together. An update whose version is not the loaded one, an oversold
   * pool or a duplicate key rejects and nothing is kept.
   * @throws SeatkeeperError Uniqueness, VersionMismatch
   */
  save(changes: Changes): Promise<void>;
}

export interface MissingTriggers {
  readonly missing: readonly string[];
  /** False: the account may not see triggers, so that those that are missing may be there. */
  readonly areVisible: boolean;
}

/**
 * The database. SQLite and MySQL/MariaDB keep the same promises; test/store holds the contract suite.
 */
export interface Store extends TrustStore {
  readonly clock: Clock;
  readonly directory: DirectoryReads;
  readonly insights: Insights;
  readonly standings: Standings;
  readonly ledger: Ledger;
  readonly administration: Administration;
  readonly credentials: Credentials;
  readonly clients: Clients;
  readonly sessions: Sessions;
  readonly outbox: Outbox;
  readonly provisioningLog: ProvisioningLog;
  readonly signInLog: SignInLog;
  readonly domains: Domains;
  /** Provisioning events for the second receiver; filled only by a store that was opened with `pushEvents`. */
  readonly pushOutbox: Outbox;
  readonly removedPeople: RemovedPeople;
  readonly handOvers: HandOvers;
  readonly billing: Billing;
  readonly reclaims: Reclaims;
  readonly plans: Plans;
  readonly signInTests: SignInTests;
  readonly papers: Papers;
  readonly leases: Leases;

  /** Brings the schema up to date; safe when several nodes start at once. */
  migrate(): Promise<void>;
  /** Names of migrations that have not run. */
  pendingMigrations(): Promise<string[]>;
  /** Names of the triggers that guard the pools and are not there, of a schema that is up to date. */
  missingTriggers(): Promise<MissingTriggers>;
  /** Resolves when the database answers. @throws SeatkeeperError Unavailable */
  ping(): Promise<void>;

  /**
   * Runs `work` in one transaction in which no other write of the same organisation happens, on any node.
   * Commits when `work` resolves. A deadlock, lock time-out, certification conflict or version conflict re-runs `work`
   * from the start (so it must not have effects of its own), at most `attemptsMax` times.
   * @throws SeatkeeperError NotFound when the organisation does not exist; Unavailable when the database does not answer.
   */
  write<T>(organisationId: Id, work: (tx: WriteTransaction) => Promise<T>): Promise<T>;

  /**
   * Organisations for which the background has something to do at `now`: stale users, expired leases, a large change
   * that the brake counts.
   * May name one for which nothing is left (another node was faster); never misses one for longer than a call.
   */
  organisationsWithWork(now: Timestamp): Promise<Id[]>;

  /**
   * The organisation as it is now, in a database in memory of its own, for a dry run: no tokens, sessions, ledger, events
   * or log come along, and nothing that happens there leaves it. To be closed by the caller.
   * @throws SeatkeeperError NotFound, TooMany
   */
  copyOf(organisationId: Id, options: CopyOptions): Promise<Store>;

  /** Finishes what was acknowledged, then closes the connections. */
  close(): Promise<void>;
}
