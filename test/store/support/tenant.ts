import type { Entry, OutboxEvent } from "../../../src/domain/history.js";
import type { ProvisioningRecord } from "../../../src/domain/answers/provisioningLog.js";
import type {
  Connection,
  Fact,
  Group,
  Pool,
  PoolPolicy,
  SamlSettings,
  Seat,
  Session,
  User,
  WaitingEntry,
} from "../../../src/domain/directory.js";
import { defaultPolicy } from "../../../src/domain/pools/policy.js";
import {
  noChanges,
  type Changes,
  type Needs,
  type Snapshot,
} from "../../../src/domain/snapshot.js";
import type { Scope, Store } from "../../../src/ports.js";
import { systemIds } from "../../../src/store/index.js";

/** One organisation in a store, with makers of rows that have everything but what a test is about. */
export interface Tenant {
  readonly store: Store;
  readonly organisationId: string;
  readonly connectionId: string;
  readonly scope: Scope;
  user(fields?: Partial<User>): User;
  group(fields?: Partial<Group>): Group;
  pool(fields?: Partial<Omit<Pool, "policy">>, policy?: Partial<PoolPolicy>): Pool;
  seat(pool: Pool, user: User, fields?: Partial<Seat>): Seat;
  waiting(user: User, fields?: Partial<WaitingEntry>): WaitingEntry;
  fact(user: User, fields?: Partial<Fact>): Fact;
  entry(fields?: Partial<Entry>): Entry;
  event(fields?: Partial<OutboxEvent>): OutboxEvent;
  session(user: User, fields?: Partial<Session>): Session;
  save(changes: Partial<Changes>): Promise<void>;
  load(needs?: Needs): Promise<Snapshot>;
}

const AT = 1_700_000_000_000;
let serial = 0;

export function nextName(prefix: string): string {
  serial += 1;
  return `${prefix}-${serial}`;
}

export async function createTenant(store: Store): Promise<Tenant> {
  const organisationId = systemIds.next();
  const connectionId = systemIds.next();
  await store.administration.createOrganisation({
    id: organisationId,
    slug: `o-${organisationId}`,
    name: "Acme",
    createdAt: AT,
  });
  await store.administration.createConnection(connection({ id: connectionId, organisationId }));
  return tenant(store, organisationId, connectionId);
}

export function connection(fields: Partial<Connection>): Connection {
  return {
    id: systemIds.next(),
    organisationId: "",
    name: nextName("Okta"),
    plugin: "generic",
    enabled: true,
    saml: null,
    applicationUrl: null,
    assignments: true,
    version: 1,
    createdAt: AT,
    ...fields,
  };
}

/** As it would be with this provider. */
export function samlOf(idpEntityId: string): SamlSettings {
  return {
    idpEntityId,
    ssoUrl: "https://idp.example/sso",
    certificates: ["A"],
    justInTime: "link",
    requireSignedResponse: false,
    nameIdFormats: [],
    allowCbc: false,
  };
}

const POLICY: PoolPolicy = { ...defaultPolicy("locked"), leaseSeconds: 60 };

export function tenant(store: Store, organisationId: string, connectionId: string): Tenant {
  const owned = { organisationId, createdAt: AT, version: 1 };
  return {
    store,
    organisationId,
    connectionId,
    scope: { organisationId, connectionId },
    user: (fields = {}) => {
      const userName = fields.userName ?? nextName("user");
      const document = { userName, ...fields.document };
      return {
        ...owned,
        id: systemIds.next(),
        connectionId,
        externalId: null,
        displayName: null,
        active: true,
        deactivatedAt: null,
        updatedAt: AT,
        lastSignInAt: null,
        userName,
        ...fields,
        document,
      };
    },
    group: (fields = {}) => {
      const displayName = fields.displayName ?? nextName("Group");
      const document = { displayName, ...fields.document };
      return {
        ...owned,
        id: systemIds.next(),
        connectionId,
        externalId: null,
        refusesTwins: false,
        updatedAt: AT,
        displayName,
        ...fields,
        document,
      };
    },
    pool: (fields = {}, policy = {}) => ({
      ...owned,
      id: systemIds.next(),
      name: nextName("Pool"),
      product: "desk",
      tiers: ["basic"],
      kind: "locked",
      capacity: 10,
      used: 0,
      priority: 1,
      policy: { ...POLICY, ...policy },
      ...fields,
    }),
    seat: (pool, user, fields = {}) => ({
      id: systemIds.next(),
      organisationId,
      poolId: pool.id,
      product: pool.product,
      userId: user.id,
      tier: pool.tiers[0] ?? "basic",
      grantedAt: AT,
      lastUsedAt: AT,
      lastSignInAt: null,
      expiresAt: null,
      generation: 1,
      ...fields,
    }),
    waiting: (user, fields = {}) => ({
      id: systemIds.next(),
      organisationId,
      userId: user.id,
      product: "desk",
      tier: "basic",
      poolId: null,
      since: AT,
      atTheDoor: false,
      reason: "PoolFull",
      ...fields,
    }),
    fact: (user, fields = {}) => ({
      userId: user.id,
      kind: "role",
      name: "agent",
      value: true,
      source: { type: "hand", by: "admin" },
      since: AT,
      ...fields,
    }),
    entry: (fields = {}) => ({
      id: systemIds.next(),
      organisationId,
      at: AT,
      kind: "seat.granted",
      userId: null,
      product: "desk",
      poolId: null,
      seatId: null,
      tier: null,
      delta: 0,
      reason: "claimed",
      cause: { type: "scim", action: "user.created", actor: "token", requestId: null },
      details: {},
      ...fields,
    }),
    event: (fields = {}) => ({
      id: systemIds.next(),
      organisationId,
      userId: null,
      type: "user.created",
      at: AT,
      data: {},
      ...fields,
    }),
    session: (user, fields = {}) => ({
      id: systemIds.next(),
      idHash: systemIds.secret(32),
      organisationId,
      userId: user.id,
      connectionId,
      nameId: "bob@example.org",
      sessionIndex: null,
      createdAt: AT,
      lastSeenAt: AT,
      expiresAt: AT + 3_600_000,
      endedAt: null,
      endReason: null,
      address: null,
      ...fields,
    }),
    save: (changes) => store.write(organisationId, (tx) => tx.save({ ...noChanges(), ...changes })),
    load: (needs = {}) => store.write(organisationId, (tx) => tx.load(needs)),
  };
}

/** A line of the provisioning log. */
export function recordOf(
  tenant: Tenant,
  fields: Partial<ProvisioningRecord> = {},
): ProvisioningRecord {
  return {
    id: systemIds.next(),
    organisationId: tenant.organisationId,
    connectionId: tenant.connectionId,
    at: AT,
    requestId: systemIds.next(),
    method: "POST",
    resource: "Users",
    resourceId: null,
    userId: null,
    userName: null,
    query: {},
    ifMatch: null,
    isBodyTooLarge: false,
    trail: [],
    status: 201,
    refusal: null,
    effects: null,
    ...fields,
  };
}

export { AT };
