import type { Catalogue, Product, Tier } from "../../src/domain/catalogue.js";
import {
  foldName,
  type Fact,
  type Group,
  type Id,
  type LinkedIdentity,
  type MappingRule,
  type Pool,
  type PoolPolicy,
  type Requirement,
  type RuleGives,
  type RuleMatch,
  type Seat,
  type Session,
  type User,
  type WaitingEntry,
} from "../../src/domain/directory.js";
import type { Cause, Entry, OutboxEvent } from "../../src/domain/history.js";
import type { Principal } from "../../src/domain/delegation.js";
import type { Invitation } from "../../src/domain/invitation.js";
import { factKey } from "../../src/domain/mapping.js";
import { defaultPolicy, overageSeats } from "../../src/domain/policy.js";
import type { Purchase } from "../../src/domain/purchase.js";
import type { RemovedPerson } from "../../src/domain/removed.js";
import { isLive, occupies } from "../../src/domain/states.js";
import type { Changes, Snapshot, UserState } from "../../src/domain/snapshot.js";
import { servesEntry, World, type Context } from "../../src/domain/world.js";

/**
 * One organisation in plain maps: loads everything, applies changes literally, and checks after each step what must
 * always hold. The domain's tests run on it; it knows nothing of SQL and decides nothing.
 */
export class MemoryOrganisation {
  readonly catalogue: Catalogue;
  now = Date.UTC(2026, 0, 5, 8, 0, 0);
  readonly users = new Map<Id, User>();
  readonly groups = new Map<Id, Group>();
  readonly members = new Map<string, { groupId: Id; userId: Id }>();
  readonly facts = new Map<string, Fact>();
  readonly requirements = new Map<string, Requirement>();
  readonly seats = new Map<Id, Seat>();
  readonly waiting = new Map<Id, WaitingEntry>();
  readonly pools = new Map<Id, Pool>();
  readonly rules: MappingRule[] = [];
  readonly identities = new Map<string, LinkedIdentity>();
  readonly requests = new Map<string, { returnTo: string | null }>();
  readonly usedAssertions = new Set<string>();
  readonly sessions = new Map<string, Session>();
  readonly stale = new Set<Id>();
  readonly removed = new Map<Id, RemovedPerson>();
  readonly handOvers = new Set<string>();
  readonly principals = new Map<Id, Principal>();
  readonly invitations = new Map<Id, Invitation>();
  readonly purchases = new Map<Id, Purchase>();
  readonly entries: Entry[] = [];
  readonly events: OutboxEvent[] = [];
  #ids = 0;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
  }

  readonly nextId = (): Id => `id-${String((this.#ids += 1)).padStart(6, "0")}`;

  /** Load -> decide -> save in one go. */
  decide<T>(decision: (world: World, ctx: Context) => T, cause: Partial<Cause> = {}): T {
    const world = new World(this.snapshot());
    const full: Cause = { type: "scim", action: "test", actor: "test", requestId: null, ...cause };
    const result = decision(world, { catalogue: this.catalogue, cause: full, nextId: this.nextId });
    this.apply(world.changes());
    return result;
  }

  minutes(count: number): void {
    this.now += count * 60_000;
  }

  pool(
    name: string,
    more: Omit<Partial<Pool>, "policy"> & { policy?: Partial<PoolPolicy> } = {},
  ): Pool {
    const pool: Pool = {
      id: this.nextId(),
      organisationId: "org",
      name,
      product: "support",
      tiers: ["standard"],
      kind: "locked",
      capacity: 1,
      used: 0,
      priority: 0,
      version: 1,
      createdAt: this.now,
      ...more,
      policy: { ...defaultPolicy("locked"), ...more.policy },
    };
    this.pools.set(pool.id, pool);
    return pool;
  }

  rule(match: RuleMatch, gives: RuleGives): MappingRule {
    const id = this.nextId();
    const rule = {
      id,
      organisationId: "org",
      name: id,
      connectionId: null,
      match,
      gives,
      createdAt: this.now,
    };
    this.rules.push(rule);
    return rule;
  }

  /** Who holds a seat, by name, optionally of one pool. */
  holders(poolId?: Id): string[] {
    return [...this.seats.values()]
      .filter((seat) => isLive(seat) && (poolId === undefined || seat.poolId === poolId))
      .map(({ userId }) => this.users.get(userId)?.userName ?? userId)
      .sort();
  }

  listed(): string[] {
    return [...this.waiting.values()]
      .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
      .map(({ userId }) => this.users.get(userId)?.userName ?? userId);
  }

  idOf(userName: string): Id {
    const user = [...this.users.values()].find((candidate) => candidate.userName === userName);
    if (user === undefined) throw new Error(`no user ${userName}`);
    return user.id;
  }

  snapshot(): Snapshot {
    const pools = [...this.pools.values()].map((pool) => ({ ...pool, used: this.#used(pool.id) }));
    const seatsOf = (pool: Pool) =>
      [...this.seats.values()].filter(({ poolId }) => poolId === pool.id);
    return {
      now: this.now,
      organisation: { id: "org", slug: "org", name: "Org", createdAt: 0 },
      rules: this.rules,
      pools: new Map(pools.map((pool) => [pool.id, pool])),
      users: new Map([...this.users.values()].map((user) => [user.id, this.#stateOf(user)])),
      userNames: new Map(
        [...this.users.values()].map(({ id, userName }) => [foldName(userName), id]),
      ),
      identities: new Map([...this.identities].map(([key, { userId }]) => [key, userId])),
      groups: this.groups,
      memberships: this.#memberIds(),
      allMemberIds: this.#memberIds(),
      membersOf: new Map(
        [...this.#memberIds()].map(([id, ids]) => [id, { userIds: [...ids], complete: true }]),
      ),
      evictable: new Map(
        pools
          .filter(({ kind }) => kind === "shared")
          .map((pool) => [pool.id, seatsOf(pool).filter((seat) => this.#mayLose(pool, seat))]),
      ),
      expired: new Map(),
      waiting: new Map(
        pools.map((pool) => [
          pool.id,
          [...this.waiting.values()].filter((entry) => servesEntry(pool, entry)),
        ]),
      ),
      signInRequests: this.requests,
      usedAssertions: this.usedAssertions,
      stale: [...this.stale],
      existing: new Set(this.users.keys()),
      seats: this.seats,
      removed: this.removed,
      handOvers: this.handOvers,
      papers: {
        principals: [...this.principals.values()].map((one) => ({
          ...one,
          isAble:
            one.endedAt === null &&
            (one.userId === null || this.users.get(one.userId)?.active === true),
        })),
        invitations: [...this.invitations.values()],
        purchases: [...this.purchases.values()],
      },
    };
  }

  apply(changes: Changes): void {
    this.#applyDirectory(changes);
    for (const fact of changes.factsRemoved) this.facts.delete(factKey(fact));
    for (const fact of changes.factsAdded) this.facts.set(factKey(fact), fact);
    for (const { userId, product } of changes.requirementsRemoved) {
      this.requirements.delete(`${userId} ${product}`);
    }
    for (const row of changes.requirementsSet) {
      this.requirements.set(`${row.userId} ${row.product}`, row);
    }
    for (const { id } of changes.seatsDeleted) this.seats.delete(id);
    for (const seat of [...changes.seatsUpdated, ...changes.seatsInserted]) {
      this.seats.set(seat.id, seat);
    }
    for (const { id } of changes.waitingDeleted) this.waiting.delete(id);
    for (const entry of [...changes.waitingInserted, ...changes.waitingUpdated]) {
      this.waiting.set(entry.id, entry);
    }
    for (const { row } of changes.poolsUpdated) this.pools.set(row.id, row);
    for (const identity of changes.identitiesInserted) {
      this.identities.set(`${identity.connectionId} ${identity.nameId}`, identity);
    }
    for (const { connectionId, requestId } of changes.signInRequestsConsumed) {
      for (const key of this.requests.keys()) {
        if (key.startsWith(`${connectionId} ${requestId} `)) this.requests.delete(key);
      }
    }
    for (const { connectionId, assertionId } of changes.assertionsUsed) {
      this.usedAssertions.add(`${connectionId} ${assertionId}`);
    }
    for (const session of changes.sessionsInserted) this.sessions.set(session.idHash, session);
    for (const { userId, at, reason } of changes.sessionsEnded) {
      for (const [key, session] of this.sessions) {
        if (session.userId === userId) {
          this.sessions.set(key, { ...session, endedAt: at, endReason: reason });
        }
      }
    }
    for (const id of changes.staleTaken) this.stale.delete(id);
    for (const id of changes.usersStale) this.stale.add(id);
    for (const row of changes.principalsSaved) this.principals.set(row.id, row);
    for (const row of changes.invitationsSaved) this.invitations.set(row.id, row);
    for (const row of changes.purchasesSaved) this.purchases.set(row.id, row);
    this.entries.push(...changes.entries);
    this.events.push(...changes.events);
    this.#check();
  }

  #applyDirectory(changes: Changes): void {
    for (const user of changes.usersInserted) this.users.set(user.id, user);
    for (const { row, expectedVersion } of changes.usersUpdated) {
      if (this.users.get(row.id)?.version !== expectedVersion) throw new Error("version conflict");
      this.users.set(row.id, row);
    }
    for (const { user } of changes.peopleRestored) {
      if (!this.removed.delete(user.id)) throw new Error("nobody to restore");
      this.users.set(user.id, user);
    }
    for (const person of changes.peopleRemoved) this.removed.set(person.user.id, person);
    for (const { userId } of changes.peopleErased) this.removed.delete(userId);
    for (const id of changes.usersDeleted) {
      this.users.delete(id);
      for (const [key, { userId }] of this.members) if (userId === id) this.members.delete(key);
      for (const [key, { userId }] of this.facts) if (userId === id) this.facts.delete(key);
      for (const [key, { userId }] of this.requirements) {
        if (userId === id) this.requirements.delete(key);
      }
      for (const [key, { userId }] of this.identities) {
        if (userId === id) this.identities.delete(key);
      }
    }
    for (const group of changes.groupsInserted) this.groups.set(group.id, group);
    for (const { row } of changes.groupsUpdated) this.groups.set(row.id, row);
    for (const { groupId, userId } of changes.membersRemoved) {
      this.members.delete(`${groupId} ${userId}`);
    }
    for (const { groupId, userId } of changes.membersAdded) {
      this.members.set(`${groupId} ${userId}`, { groupId, userId });
    }
    for (const id of changes.groupsDeleted) {
      this.groups.delete(id);
      for (const [key, { groupId }] of this.members) if (groupId === id) this.members.delete(key);
    }
  }

  /** I1, I2, I3 and the ledger's sum, after every single step. */
  #check(): void {
    const keys = new Set<string>();
    for (const seat of this.seats.values()) {
      const { userId, product } = seat;
      if (keys.has(`${userId} ${product}`)) throw new Error("I2: two seats of one product");
      keys.add(`${userId} ${product}`);
      if (isLive(seat) && this.users.get(userId)?.active !== true) {
        throw new Error("I13: a seat without an active user");
      }
    }
    for (const pool of this.pools.values()) {
      const sum = this.entries
        .filter(({ poolId }) => poolId === pool.id)
        .reduce((n, { delta }) => n + delta, 0);
      if (sum !== this.#used(pool.id)) {
        throw new Error(`ledger of ${pool.name} says ${String(sum)}`);
      }
      const lowered = this.entries.some(
        ({ poolId, reason }) => poolId === pool.id && reason === "lowered",
      );
      if (!lowered && this.#used(pool.id) > pool.capacity + overageSeats(pool)) {
        throw new Error(`I1: ${pool.name} is oversold`);
      }
    }
  }

  #used(poolId: Id): number {
    return [...this.seats.values()].filter((seat) => seat.poolId === poolId && occupies(seat))
      .length;
  }

  /** As the store's query: without those who are signed in, where that protects them. */
  #mayLose(pool: Pool, seat: Seat): boolean {
    const awake = [...this.sessions.values()].some(
      ({ userId, endedAt, expiresAt }) =>
        userId === seat.userId && endedAt === null && expiresAt > this.now,
    );
    return isLive(seat) && !(pool.policy.protectRunningSession && awake);
  }

  #memberIds(): Map<Id, Set<Id>> {
    const ids = new Map<Id, Set<Id>>([...this.groups.keys()].map((id) => [id, new Set<Id>()]));
    for (const { groupId, userId } of this.members.values()) ids.get(groupId)?.add(userId);
    return ids;
  }

  #stateOf(user: User): UserState {
    const own = <T extends { userId: Id }>(rows: Iterable<T>) =>
      [...rows].filter(({ userId }) => userId === user.id);
    return {
      user,
      groups: own(this.members.values()).map(({ groupId }) => ({
        groupId,
        groupName: this.groups.get(groupId)?.displayName ?? "",
      })),
      facts: own(this.facts.values()),
      requirements: own(this.requirements.values()),
      seats: own(this.seats.values()),
      waiting: own(this.waiting.values()),
    };
  }
}

/** A product from short rows: tier id, capabilities, limits. Ranks follow the order. */
export function product(
  id: string,
  tiers: readonly (readonly [id: string, capabilities: string, limits?: Record<string, number>])[],
  more: Partial<Product> = {},
): Product {
  return {
    id,
    title: id,
    tiers: tiers.map(([tier, capabilities, limits], index): Tier => ({
      id: tier,
      title: tier,
      rank: index,
      capabilities: capabilities.split(" ").filter((name) => name !== ""),
      limits: limits ?? {},
      pricePerMonth: (index + 1) * 1_000,
    })),
    addOns: [],
    everyone: false,
    freeCapabilities: [],
    exemptRoles: [],
    ...more,
  };
}
