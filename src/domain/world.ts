import { dayOf, startOfDay } from "./billing/days.js";
import { NO_BRAKE_YET, type BrakeState, type BrakeTurn } from "./brake/brake.js";
import type { Catalogue } from "./catalogue.js";
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
import type { Cause, Entry, OutboxEvent } from "./history.js";
import { isNameless } from "./invitations/invitation.js";
import { factKey } from "./mapping.js";
import { Members } from "./people/members.js";
import { netChanges } from "./netChanges.js";
import { Papers } from "./administration/papers.js";
import { resourceKey, type Resource } from "./reclaim/rows.js";
import { seatsOf, Upkeep } from "./reclaim/upkeep.js";
import { LiveSessions, type OpenRequest } from "./signIn/signInRows.js";
import { Removed } from "./people/removed.js";
import type { Written } from "./answers/provisioningLog.js";
import { PutOff } from "./seats/putOff.js";
import { noChanges, signInKey, type Changes, type Snapshot } from "./snapshot.js";
import { Stock } from "./pools/stock.js";
import { Table } from "./table.js";
import { servesEntry } from "./waiting/serves.js";

/** What every decision is given besides the world. Ids come from outside so that decisions stay repeatable. */
export interface Context {
  readonly catalogue: Catalogue;
  readonly cause: Cause;
  readonly nextId: () => Id;
}

/**
 * The working copy on which the decisions of one transaction are made, one after another; each sees what those before
 * it did. In memory only: `changes` is the net effect, to be saved in one go.
 */
export class World extends Stock {
  readonly organisation: Organisation;
  rules: readonly MappingRule[];
  readonly #withoutAssignments: ReadonlySet<Id>;
  readonly users = new Table<User>(
    (user) => user.id,
    () => "",
  );
  readonly groups = new Table<Group>(
    (group) => group.id,
    () => "",
  );
  readonly members = new Members();
  readonly facts = new Table<Fact>(factKey, (fact) => fact.userId);
  readonly requirements = new Table<Requirement>(
    ({ userId, product }) => `${userId} ${product}`,
    ({ userId }) => userId,
  );
  readonly waiting = new Table<WaitingEntry>(
    (entry) => entry.id,
    (entry) => entry.userId,
  );
  /** Folded user name -> id, kept up to date over the batch. A name that was given up maps to nobody. */
  readonly userNames = new Map<string, Id | null>();
  /** `${connectionId} ${nameId}` -> id. */
  readonly identities = new Map<string, Id>();
  readonly usedAssertions = new Set<string>();
  readonly bindingsEnded = new Set<string>();
  readonly signInRequests = new Map<string, OpenRequest>(); // By `signInKey`.
  readonly existing = new Set<Id>(); // Without having been loaded.
  readonly stale: Id[] = [];
  readonly removed = new Removed();
  readonly resources = new Table<Resource>(resourceKey, ({ userId }) => userId);
  /** Of those to whom pools may hand over resources: who can take them, and the products of which they had a seat. */
  readonly heirs = new Map<Id, ReadonlySet<string>>();
  /** `holderKey` of roles that somebody else has, too, as far as it was asked. */
  readonly heldByOthers = new Set<string>();
  readonly upkeep = new Upkeep();
  readonly handOvers = new Set<string>(); // By `handOverKey`.
  readonly papers = new Papers();
  readonly sessions = new LiveSessions();
  readonly putOff = new PutOff<Context>();
  brake: BrakeState;
  brakeTurn: BrakeTurn = "request";
  readonly #heads = new Map<Id, readonly WaitingEntry[]>();
  readonly #cut = new Set<Id>();
  /** What goes straight to the changes because nothing later in the batch looks at it. */
  readonly #appended = noChanges();

  constructor(first: Snapshot) {
    super(first.now);
    this.organisation = first.organisation;
    this.rules = first.rules;
    this.brake = first.brake ?? NO_BRAKE_YET;
    this.#withoutAssignments = first.withoutAssignments ?? new Set();
    for (const pool of first.pools.values()) this.pools.load(pool);
    this.loadFilled(first.filled);
    this.load(first);
  }

  /** More rows of the same transaction. What the batch has changed already stays as it is. */
  load(snapshot: Snapshot): void {
    this.#loadLists(snapshot);
    for (const group of snapshot.groups.values()) this.groups.load(group);
    for (const seats of [...snapshot.evictable.values(), ...snapshot.expired.values()]) {
      for (const seat of seats) this.loadSeat(seat);
    }
    for (const seat of snapshot.seats.values()) this.loadSeat(seat);
    for (const state of snapshot.users.values()) {
      this.users.load(state.user);
      for (const fact of state.facts) this.facts.load(fact);
      for (const requirement of state.requirements) this.requirements.load(requirement);
      for (const seat of state.seats) this.loadSeat(seat);
      for (const entry of state.waiting) this.waiting.load(entry);
    }
    this.members.load(snapshot);
    this.papers.load(snapshot.papers);
    this.sessions.load(snapshot);
    this.#loadReclaim(snapshot);
  }

  #loadReclaim({ upkeep, going, resources = [], heirs, heldByOthers }: Snapshot): void {
    if (upkeep !== undefined) seatsOf(upkeep).forEach((seat) => this.loadSeat(seat));
    this.upkeep.load({ upkeep, going });
    resources.forEach((resource) => this.resources.load(resource));
    heirs?.forEach((products, id) => this.heirs.set(id, products));
    heldByOthers?.forEach((key) => this.heldByOthers.add(key));
  }

  #loadLists(snapshot: Snapshot): void {
    for (const [name, id] of snapshot.userNames) {
      if (!this.userNames.has(name)) this.userNames.set(name, id);
    }
    snapshot.identities.forEach((id, key) => this.identities.set(key, id));
    snapshot.usedAssertions.forEach((key) => this.usedAssertions.add(key));
    snapshot.bindingsEnded?.forEach((key) => this.bindingsEnded.add(key));
    snapshot.existing.forEach((id) => this.existing.add(id));
    snapshot.removed.forEach((person) => this.removed.load(person));
    snapshot.handOvers.forEach((key) => this.handOvers.add(key));
    snapshot.signInRequests.forEach((request, id) => this.signInRequests.set(id, request));
    this.stale.push(...snapshot.stale);
    for (const [poolId, seats] of snapshot.evictable) this.loadEvictable(poolId, seats);
    for (const [poolId, entries] of snapshot.waiting) {
      this.#heads.set(poolId, entries);
      if (snapshot.cut?.has(poolId) === true) this.#cut.add(poolId);
      for (const entry of entries) this.waiting.load(entry);
    }
  }

  /** Of who was made by hand nobody assigns anything outright. */
  ignoresAssignments(connectionId: Id | null): boolean {
    return connectionId === null || this.#withoutAssignments.has(connectionId);
  }

  /** Who waits for a seat of this pool: the head of the stored list, and entries made in this batch. */
  waitingFor(pool: Pool): WaitingEntry[] {
    const ids = new Set([...(this.#heads.get(pool.id) ?? []).map(({ id }) => id), ...this.#listed]);
    return [...ids]
      .flatMap((id) => this.waiting.get(id) ?? [])
      .filter((entry) => servesEntry(pool, entry));
  }
  readonly #listed = new Set<Id>();

  /** Somebody of whom no more than a part of this pool's list was loaded, and who has been served meanwhile. */
  servedOfPart({ id }: Pool): WaitingEntry | undefined {
    if (!this.#cut.has(id)) return undefined;
    return this.#heads.get(id)?.find((entry) => this.waiting.get(entry.id) !== entry);
  }

  /** Whether anybody may be waiting, as far as was loaded. */
  get isAwaited(): boolean {
    return this.#listed.size > 0 || [...this.#heads.values()].some(({ length }) => length > 0);
  }

  list(entry: WaitingEntry): void {
    this.waiting.set(entry);
    this.#listed.add(entry.id);
  }

  record(entry: Omit<Entry, "organisationId" | "at" | "position">): void {
    this.#appended.entries.push({ ...entry, organisationId: this.organisation.id, at: this.now });
  }

  announce(event: Omit<OutboxEvent, "organisationId" | "at" | "position" | "attempts">): void {
    const about = this.users.get(event.userId ?? "");
    if (about !== undefined && isNameless(about)) return;
    this.#appended.events.push({ ...event, organisationId: this.organisation.id, at: this.now });
  }

  /** What the batch has written so far, to tell which decision did what. */
  get written(): Written {
    return { ...this.#appended, members: this.members.counts };
  }

  /** The person has used the product today. `before`: the seat as it was, where that shows that today is known already. */
  recordUse({ userId, product }: Pick<Seat, "userId" | "product">, before?: Seat): void {
    const timeZone = this.organisation.timeZone ?? "UTC";
    const day = dayOf(timeZone, this.now);
    if (before !== undefined && wasUsedSince(before, startOfDay(timeZone, day))) return;
    const { daysUsed } = this.#appended;
    const isKnown = daysUsed.some((used) => used.userId === userId && used.product === product);
    if (!isKnown) daysUsed.push({ userId, product, day });
  }

  /** From here on people are judged by the changed rules; who is concerned is the caller's to evaluate. */
  saveRule(rule: MappingRule): void {
    this.rules = [...this.rules.filter(({ id }) => id !== rule.id), rule];
    this.#appended.rulesSaved.push(rule);
  }

  deleteRule(ruleId: Id): void {
    this.rules = this.rules.filter(({ id }) => id !== ruleId);
    this.#appended.rulesDeleted.push(ruleId);
  }

  changeBrake(brake: BrakeState): void {
    this.brake = brake;
    this.#appended.brakeChanged.splice(0, 1, brake);
  }

  /** Whose seats were held back by it are looked at again. */
  releaseHeld(heldBy: Id): void {
    this.#appended.heldReleased.push(heldBy);
  }

  /** For a large group: all members are re-evaluated later instead of now. */
  markMembersStale(groupId: Id): void {
    this.#appended.membersStale.push(groupId);
  }

  markStale(userIds: readonly Id[]): void {
    this.#appended.usersStale.push(...userIds);
  }

  takeStale(userIds: readonly Id[]): void {
    this.#appended.staleTaken.push(...userIds);
  }

  linkIdentity(identity: LinkedIdentity): void {
    this.identities.set(`${identity.connectionId} ${identity.nameId}`, identity.userId);
    this.#appended.identitiesInserted.push(identity);
  }

  readonly signedIn = new Set<Id>(); // In this batch.

  openSession(session: Session, record: Changes["signInsRecorded"][0] | null = null): void {
    if (record !== null) this.#appended.signInsRecorded.push(record);
    this.signedIn.add(session.userId);
    this.sessions.open(session);
  }

  endSessions(userId: Id, reason: string): void {
    this.#appended.sessionsEnded.push({ userId, at: this.now, reason });
  }

  consumeSignInRequest(request: Parameters<typeof signInKey>[0]): void {
    this.signInRequests.delete(signInKey(request));
    const { connectionId, requestId } = request;
    this.#appended.signInRequestsConsumed.push({ connectionId, requestId });
  }

  useAssertion(connectionId: Id, assertionId: string, expiresAt: Timestamp): void {
    this.usedAssertions.add(`${connectionId} ${assertionId}`);
    this.#appended.assertionsUsed.push({ connectionId, assertionId, expiresAt });
  }

  /** The net effect of everything decided so far. */
  changes(): Changes {
    const { papers, sessions } = this;
    return { ...netChanges(this, this.#appended), ...papers.changes(), ...sessions.changes() };
  }
}

/**
 * Only a use after the grant shows that there was one: a seat may be given to somebody who waits while others sign in. So the
 * day is told once more at times, which the store passes over.
 */
export function wasUsedSince({ lastUsedAt, grantedAt }: Seat, start: Timestamp): boolean {
  return lastUsedAt >= start && lastUsedAt > grantedAt;
}
