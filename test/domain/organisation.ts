import { priorityOf } from "../../src/domain/waiting/ageing.js";
import { NO_BRAKE_YET, type BrakeState } from "../../src/domain/brake/brake.js";
import type { Catalogue, Product, Tier } from "../../src/domain/catalogue.js";
import { endEmergencies } from "../../src/domain/clock.js";
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
import type { Principal } from "../../src/domain/administration/delegation.js";
import type { Invitation } from "../../src/domain/invitations/invitation.js";
import { factKey } from "../../src/domain/mapping.js";
import { defaultPolicy, overageSeats } from "../../src/domain/pools/policy.js";
import type { Purchase } from "../../src/domain/administration/purchase.js";
import { holderKey } from "../../src/domain/reclaim/guard.js";
import {
  resourceKey,
  type Contraction,
  type Exemption,
  type Resource,
} from "../../src/domain/reclaim/rows.js";
import type { RemovedPerson } from "../../src/domain/people/removed.js";
import type { Totals } from "../../src/domain/plans/concern.js";
import { isLive, occupies } from "../../src/domain/seats/states.js";
import type { Changes, Snapshot, UserState } from "../../src/domain/snapshot.js";
import { servesEntry } from "../../src/domain/waiting/serves.js";
import { World, type Context } from "../../src/domain/world.js";

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
  readonly requests = new Map<string, { returnTo: string | null; createdAt?: number }>();
  readonly usedLogouts = new Set<string>();
  readonly usedAssertions = new Set<string>();
  readonly bindingsEnded = new Set<string>();
  readonly sessions = new Map<string, Session>();
  readonly stale = new Set<Id>();
  readonly removed = new Map<Id, RemovedPerson>();
  readonly handOvers = new Set<string>();
  readonly resources = new Map<string, Resource>();
  readonly exemptions: Exemption[] = [];
  readonly contractions = new Map<Id, Contraction>();
  brake: BrakeState = { ...NO_BRAKE_YET };
  readonly principals = new Map<Id, Principal>();
  readonly invitations = new Map<Id, Invitation>();
  readonly purchases = new Map<Id, Purchase>();
  readonly entries: Entry[] = [];
  readonly events: OutboxEvent[] = [];
  /** Seats taken in each pool after the step before. */
  readonly #heldBefore = new Map<Id, number>();
  #ids = 0;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
  }

  readonly nextId = (): Id => `id-${String((this.#ids += 1)).padStart(6, "0")}`;

  /** Load -> decide -> save in one go, as the actions do it. */
  decide<T>(decision: (world: World, ctx: Context) => T, cause: Partial<Cause> = {}): T {
    const world = new World(this.snapshot());
    const full: Cause = { type: "scim", action: "test", actor: "test", requestId: null, ...cause };
    endEmergencies(world, this);
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
      ledgerEnd: this.entries.length,
      organisation: { id: "org", slug: "org", name: "Org", createdAt: 0 },
      rules: [...this.rules],
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
      filled: new Map(pools.map((pool) => [pool.id, this.#filled(seatsOf(pool))])),
      waiting: new Map(
        pools.map((pool) => [
          pool.id,
          [...this.waiting.values()].filter((entry) => servesEntry(pool, entry)),
        ]),
      ),
      signInRequests: this.requests,
      usedAssertions: this.usedAssertions,
      bindingsEnded: this.bindingsEnded,
      liveSessions: [...this.sessions.values()].filter(({ endedAt }) => endedAt === null),
      usedLogouts: this.usedLogouts,
      stale: [...this.stale],
      existing: new Set(this.users.keys()),
      seats: this.seats,
      removed: this.removed,
      handOvers: this.handOvers,
      resources: [...this.resources.values()],
      heirs: new Map(
        [...this.users.values()]
          .filter(({ active }) => active)
          .map(({ id }) => [
            id,
            new Set(
              [...this.seats.values()]
                .filter(({ userId, kept }) => userId === id && kept === undefined)
                .map(({ product }) => product),
            ),
          ]),
      ),
      heldByOthers: this.#heldByOthers(),
      going: new Map(
        pools.map((pool) => [
          pool.id,
          seatsOf(pool).filter(({ grace }) => grace?.reason === "contracted").length,
        ]),
      ),
      upkeep: {
        due: [...this.seats.values()].filter(
          ({ idle }) => (idle?.reviewAt ?? Infinity) <= this.now,
        ),
        exemptions: this.exemptions,
        contractions: [...this.contractions.values()]
          .filter(({ state, at }) => state === "planned" && at <= this.now)
          .map((contraction) => ({ contraction, seats: this.#order(contraction.poolId) })),
      },
      brake: this.brake,
      concerned: { userIds: [...this.users.keys()].sort(), complete: true },
      totals: this.#totals(),
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

  #totals(): Totals {
    const counted = <T extends object>(rows: readonly T[]): (T & { count: number })[] => {
      const counts = new Map<string, T & { count: number }>();
      for (const row of rows) {
        const key = JSON.stringify(row);
        counts.set(key, { ...row, count: (counts.get(key)?.count ?? 0) + 1 });
      }
      return [...counts.values()];
    };
    return {
      seats: counted(
        [...this.seats.values()].filter(occupies).map(({ poolId, tier }) => ({ poolId, tier })),
      ),
      waiting: counted(
        [...this.waiting.values()].map(({ product, tier, poolId, atTheDoor }) => ({
          product,
          tier,
          poolId,
          atTheDoor,
        })),
      ),
    };
  }

  #heldByOthers(): Set<string> {
    const roles = [...this.facts.values()].filter(({ kind }) => kind === "role");
    const active = roles.filter(({ userId }) => this.users.get(userId)?.active === true);
    return new Set(
      roles
        .filter(({ name, userId }) =>
          active.some((other) => other.name === name && other.userId !== userId),
        )
        .map(({ name, userId }) => holderKey(name, userId)),
    );
  }

  /** As the store's query, written down a second time. */
  #order(poolId: Id) {
    const all = [...this.seats.values()].filter((seat) => seat.poolId === poolId && occupies(seat));
    const groupsOf = (userId: Id) =>
      [...this.members.values()].filter((one) => one.userId === userId).map((one) => one.groupId);
    const isPinned = ({ userId, protectedUntil = 0 }: Seat) =>
      protectedUntil > this.now ||
      this.exemptions.some(
        (one) =>
          (one.until ?? Infinity) > this.now &&
          (one.userId === userId || groupsOf(userId).includes(one.groupId ?? "")),
      );
    const place = (seat: Seat) => [
      Number(isPinned(seat)),
      Number(isLive(seat) && seat.grace === undefined),
      priorityOf(
        [...this.facts.values()].filter(({ userId }) => userId === seat.userId),
        seat.product,
      ),
      Number(seat.lastUsedAt > seat.grantedAt || seat.lastSignInAt !== null),
      ...[seat.lastUsedAt, seat.grantedAt],
    ];
    return all
      .filter(({ grace }) => grace?.reason !== "contracted")
      .sort((a, b) => {
        const [left, right] = [place(a), place(b)];
        const index = left.findIndex((value, at) => value !== right[at]);
        return index < 0 ? (a.id < b.id ? -1 : 1) : left[index]! - right[index]!;
      });
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
    for (const rule of [...changes.rulesDeleted, ...changes.rulesSaved.map(({ id }) => id)]) {
      const at = this.rules.findIndex(({ id }) => id === rule);
      if (at >= 0) this.rules.splice(at, 1);
    }
    this.rules.push(...changes.rulesSaved);
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
    for (const { idHash, at, reason } of changes.sessionsClosed) {
      const session = this.sessions.get(idHash);
      if (session !== undefined) {
        this.sessions.set(idHash, { ...session, endedAt: at, endReason: reason });
      }
    }
    for (const { connectionId, messageId } of changes.logoutsReceived) {
      this.usedLogouts.add(`${connectionId} ${messageId}`);
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
    for (const resource of changes.resourcesSet) {
      this.resources.set(resourceKey(resource), resource);
    }
    for (const resource of changes.resourcesRemoved) this.resources.delete(resourceKey(resource));
    for (const id of changes.contractionsDone) {
      const done = this.contractions.get(id);
      if (done !== undefined) this.contractions.set(id, { ...done, state: "done" });
    }
    for (const brake of changes.brakeChanged) this.brake = brake;
    for (const { userId, heldBy } of this.seats.values()) {
      if (heldBy !== undefined && changes.heldReleased.includes(heldBy)) this.stale.add(userId);
    }
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
      const { userId, product, unit = "" } = seat;
      const key = `${userId} ${product} ${unit}`;
      if (keys.has(key)) throw new Error("I2: two seats of one product");
      keys.add(key);
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
      // Where less may be held than is held (a lowered capacity, overage withdrawn), nobody loses a seat, and nobody gets one.
      const most = Math.max(pool.capacity + overageSeats(pool), this.#heldBefore.get(pool.id) ?? 0);
      const used = this.#used(pool.id);
      if (used > most) throw new Error(`I1: ${pool.name} is oversold`);
      this.#heldBefore.set(pool.id, used);
    }
  }

  #filled(seats: readonly Seat[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { reservation } of seats.filter(occupies)) {
      if (reservation !== undefined) counts.set(reservation, (counts.get(reservation) ?? 0) + 1);
    }
    return counts;
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
