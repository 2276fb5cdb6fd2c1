import type { Id } from "../domain/directory.js";
import type { Changes } from "../domain/snapshot.js";
import { isLive } from "../domain/seats/states.js";
import type { PersonStanding, Standings } from "../ports/insights.js";
import { isStorableId } from "./limits.js";
import { readRequirements, readSeatsOf, readWaitingOf } from "./load/people.js";
import type { Reader } from "./reader.js";
import { USER_SELECT, userFromRow, type UserRow } from "./rows/directory.js";
import type { Reads } from "./sql.js";

/**
 * What access decisions are made of, in memory (docs/adr/0026). Every write of an organisation raises the revision in its
 * row. While that is unchanged, so are its people; whether it is, is asked at most every half second. After a write of
 * this node only those whom it concerned are read again: it saw under the lock that nobody else had written before.
 */
const KEPT_MS = 500;
/** Some 30 MB. When they are full, all is forgotten, which costs a read for each who asks next. */
const KEPT_MAX = 30_000;

/** What a transaction of this node has done. */
export interface Written {
  /** That of the organisation's row, raised by this transaction. */
  readonly revision: number | undefined;
  /** By `performance.now()`, while the organisation was locked. */
  readonly at: number;
  readonly changes: Changes;
}

export interface RememberedStandings extends Standings {
  /** To be called before the writer is answered. Null: it is not known what has changed, or whether anything has. */
  readonly written: (organisationId: Id, written: Written | null) => void;
}

interface Tenant {
  revision: number;
  /** By `performance.now()`, which nobody sets back: so long the revision counts as that of the database. */
  until: number;
  /** Of this node, so far. */
  writes: number;
  checking: Promise<void> | null;
  /** Also those who are being read: what a write forgets meanwhile is not kept. */
  readonly people: Map<Id, Promise<PersonStanding | null>>;
}

export function createStandings(reader: Reader): RememberedStandings {
  const tenants = new Map<Id, Tenant>();
  let added = 0;

  return { of, written };

  async function of(organisationId: Id, userId: Id): Promise<PersonStanding | null> {
    if (!isStorableId(organisationId) || !isStorableId(userId)) return null;
    const tenant = tenants.get(organisationId) ?? newTenant();
    tenants.set(organisationId, tenant);
    while (performance.now() >= tenant.until) {
      tenant.checking ??= check(reader, organisationId, tenant).finally(() => {
        tenant.checking = null;
      });
      await tenant.checking;
    }
    return tenant.people.get(userId) ?? read(organisationId, tenant, userId);
  }

  function read(organisationId: Id, { people }: Tenant, userId: Id) {
    added += 1;
    if (added > KEPT_MAX) {
      added = 0;
      tenants.clear();
    }
    const reading = reader.quick((sql) => readStanding(sql, organisationId, userId));
    people.set(userId, reading);
    // Who does not exist is not kept: it would cost memory for every wrong guess.
    const forget = (): void => {
      if (people.get(userId) === reading) people.delete(userId);
    };
    reading.then((standing) => {
      if (standing === null) forget();
    }, forget);
    return reading;
  }

  function written(organisationId: Id, done: Written | null): void {
    const tenant = tenants.get(organisationId);
    if (tenant !== undefined) note(tenant, done);
  }
}

function newTenant(): Tenant {
  return { revision: -1, until: 0, writes: 0, checking: null, people: new Map() };
}

/** A write of this node that ended meanwhile knows more: what was read may be from before. */
async function check(reader: Reader, organisationId: Id, tenant: Tenant): Promise<void> {
  const [begun, writes] = [performance.now(), tenant.writes];
  const revision = await reader.quick((sql) => readRevision(sql, organisationId));
  if (tenant.writes !== writes) return;
  if (revision !== tenant.revision) tenant.people.clear();
  tenant.revision = revision;
  tenant.until = begun + KEPT_MS;
}

function note(tenant: Tenant, done: Written | null): void {
  tenant.writes += 1;
  if (done?.revision === undefined) {
    tenant.people.clear();
    tenant.until = 0;
    return;
  }
  if (tenant.revision < done.revision - 1) tenant.people.clear();
  for (const userId of concerned(done.changes)) tenant.people.delete(userId);
  tenant.revision = Math.max(tenant.revision, done.revision);
  tenant.until = Math.max(tenant.until, done.at + KEPT_MS);
}

async function readRevision(sql: Reads, organisationId: Id): Promise<number> {
  const [row] = await sql.all<{ revision: number }>(
    "SELECT revision FROM organisations WHERE id = ?",
    [organisationId],
  );
  return row?.revision ?? 0;
}

async function readStanding(
  sql: Reads,
  organisationId: Id,
  userId: Id,
): Promise<PersonStanding | null> {
  const [[user], seats, waiting, requirements, roles] = await Promise.all([
    sql.all<UserRow>(
      `SELECT ${USER_SELECT} FROM users u WHERE u.organisationId = ? AND u.id = ? AND u.deletedAt IS NULL`,
      [organisationId, userId],
    ),
    readSeatsOf(sql, organisationId, [userId]),
    readWaitingOf(sql, organisationId, [userId]),
    readRequirements(sql, organisationId, [userId]),
    sql.all<{ name: string }>(
      "SELECT name FROM facts WHERE organisationId = ? AND userId = ? AND kind = 'role'",
      [organisationId, userId],
    ),
  ]);
  if (user === undefined) return null;
  return {
    user: userFromRow(user),
    seats: seats.filter(isLive),
    waiting,
    requirements,
    roles: roles.map(({ name }) => name),
  };
}

function byUserId({ userId }: { readonly userId: Id }): Id {
  return userId;
}

/**
 * Whose standing each part of the changes concerns; null: nobody's. Complete by its type, because what is missing here
 * would be seen too late, or never.
 */
const CONCERNS: { readonly [P in keyof Changes]: ((item: Changes[P][number]) => Id) | null } = {
  usersInserted: ({ id }) => id,
  usersUpdated: ({ row }) => row.id,
  usersDeleted: (id) => id,
  peopleRemoved: ({ user }) => user.id,
  peopleRestored: ({ user }) => user.id,
  peopleErased: byUserId,
  seatsInserted: byUserId,
  seatsUpdated: byUserId,
  seatsDeleted: byUserId,
  waitingInserted: byUserId,
  waitingUpdated: byUserId,
  waitingDeleted: byUserId,
  waitingNamedSeveral: null,
  requirementsSet: byUserId,
  requirementsRemoved: byUserId,
  factsAdded: byUserId,
  factsRemoved: byUserId,
  // Groups count once they have become requirements and seats.
  groupsInserted: null,
  groupsUpdated: null,
  groupsDeleted: null,
  membersAdded: null,
  membersRemoved: null,
  membersStale: null,
  usersStale: null,
  staleTaken: null,
  poolsUpdated: null,
  identitiesInserted: null,
  sessionsInserted: null,
  sessionsEnded: null,
  sessionsClosed: null,
  logoutsReceived: null,
  signInRequestsConsumed: null,
  assertionsUsed: null,
  entries: null,
  events: null,
  daysUsed: null,
  requestsRecorded: null,
  signInsRecorded: null,
  resourcesSet: null,
  resourcesRemoved: null,
  contractionsDone: null,
  brakeChanged: null,
  heldReleased: null,
  rulesSaved: null,
  rulesDeleted: null,
  plansApplied: null,
  principalsSaved: null,
  invitationsSaved: null,
  purchasesSaved: null,
};

function concerned(changes: Changes): Set<Id> {
  const ids = new Set<Id>();
  for (const [part, idOf] of Object.entries(CONCERNS)) {
    if (idOf === null) continue;
    const items: readonly unknown[] = changes[part as keyof Changes];
    for (const item of items) ids.add((idOf as (item: unknown) => Id)(item));
  }
  return ids;
}
