import type { Access } from "../domain/answers/access.js";
import { isPlace } from "../domain/keeping/bound.js";
import type {
  ApiToken,
  Connection,
  Fact,
  MappingRule,
  Organisation,
  Pool,
  Seat,
  Timestamp,
  User,
  WaitingEntry,
} from "../domain/directory.js";
import type { Entry } from "../domain/history.js";
import { releaseOnOf } from "../domain/pools/releaseOn.js";
import { stateOf } from "../domain/seats/states.js";
import type { HandOver } from "../ports/lifecycle.js";
import { credentialState } from "../token.js";

/** How rows look in answers of the API and of commands with --json: times in ISO 8601, no internals, no hashes. */

export function time(at: Timestamp): string {
  return new Date(at).toISOString();
}

export function timeOrNull(at: Timestamp | null): string | null {
  return at === null ? null : time(at);
}

export function presentOrganisation({ id, slug, name, createdAt }: Organisation) {
  return { id, slug, name, createdAt: time(createdAt) };
}

/** With the addresses to paste into the identity provider. */
export function presentConnection(connection: Connection, baseUrl: string) {
  const { id, organisationId, name, plugin, enabled, applicationUrl, assignments } = connection;
  const { saml, version, createdAt } = connection;
  const samlUrl = `${baseUrl}/saml/${id}`;
  const oauthUrl = `${baseUrl}/oauth/${id}`;
  return {
    id,
    organisationId,
    name,
    plugin,
    enabled,
    applicationUrl,
    assignments,
    scim: { baseUrl: `${baseUrl}/scim/v2/${id}` },
    oauth: { issuer: oauthUrl, tokenUrl: `${oauthUrl}/token` },
    saml: {
      entityId: `${samlUrl}/metadata`,
      metadataUrl: `${samlUrl}/metadata`,
      loginUrl: `${samlUrl}/login`,
      acsUrl: `${samlUrl}/acs`,
      sloUrl: saml?.singleLogout === true ? `${samlUrl}/slo` : null,
      idp: saml,
    },
    version,
    createdAt: time(createdAt),
  };
}

/** `state`: "expiring" for the last 14 days, when it is time for a new one; "stopped" while its principal may do nothing. */
export function presentToken(token: ApiToken, now: Timestamp) {
  const {
    publicId,
    kind,
    organisationId,
    connectionId,
    label,
    createdAt,
    expiresAt,
    lastUsedAt,
    revokedAt,
    principal,
    scopes,
  } = token;
  // Whose person or service may do nothing any more opens nothing, whatever its dates are.
  const isStopped = principal?.isAble === false;
  return {
    publicId,
    kind,
    organisationId,
    connectionId,
    label,
    ...(kind === "api" && organisationId !== null
      ? { principalId: principal?.id ?? null, scopes: scopes ?? null }
      : {}),
    state: isStopped && revokedAt === null ? "stopped" : credentialState(token, now),
    createdAt: time(createdAt),
    expiresAt: timeOrNull(expiresAt),
    lastUsedAt: timeOrNull(lastUsedAt),
    revokedAt: timeOrNull(revokedAt),
  };
}

/** `waiting` is the number of people who wait for a seat that this pool could give. */
/** @param now.used the counter of the pool knows of no end before the background has seen it */
export function presentPool(pool: Pool, now: { readonly used: number; readonly waiting: number }) {
  const { id, name, product, tiers, kind, capacity, priority, policy, version, createdAt } = pool;
  const { used, waiting } = now;
  return {
    id,
    name,
    product,
    tiers,
    kind,
    capacity,
    used,
    free: Math.max(0, capacity - used),
    overCapacity: Math.max(0, used - capacity),
    waiting,
    priority,
    policy: { ...policy, releaseOn: releaseOnOf(kind, policy) },
    version,
    createdAt: time(createdAt),
  };
}

/** `state` "active" or "grace" gives access; the others are kept, and may take a seat all the same. */
export function presentSeat(seat: Seat) {
  const {
    id,
    poolId,
    product,
    userId,
    tier,
    grantedAt,
    lastUsedAt,
    lastSignInAt,
    expiresAt,
    generation,
    borrowedUntil = null,
    heldBy,
  } = seat;
  return {
    id,
    poolId,
    product,
    userId,
    tier,
    grantedAt: time(grantedAt),
    lastUsedAt: time(lastUsedAt),
    lastSignInAt: timeOrNull(lastSignInAt),
    expiresAt: timeOrNull(expiresAt),
    // A renewal may have carried it further than that.
    borrowedUntil: timeOrNull(borrowedUntil === expiresAt ? borrowedUntil : null),
    generation,
    unit: isPlace(seat) ? null : (seat.unit ?? null),
    state: stateOf(seat),
    // Until then it takes its place for nobody but this person (docs/pools.md).
    ...(seat.kept?.boundUntil === undefined ? {} : { boundUntil: time(seat.kept.boundUntil) }),
    // Nothing claims it any more; it stays until that loss is approved (docs/brake.md).
    ...(heldBy === undefined ? {} : { heldBy }),
  };
}

export function presentWaiting(entry: WaitingEntry, position: number) {
  const { id, userId, product, tier, poolId, alsoPools = [], since, reason, priority = 0 } = entry;
  const { atTheDoor } = entry;
  return {
    ...{ id, userId, product, tier, poolId, alsoPools, atTheDoor, position },
    ...{ since: time(since), reason, priority },
  };
}

/** From when on the person could take over a seat; nothing where no time can be said. */
export function presentEvictable({
  evictableAt,
  evictableWords,
}: Pick<Access, "evictableAt" | "evictableWords">) {
  return evictableAt === undefined ? {} : { evictableAt: time(evictableAt), evictableWords };
}

export function presentRule({ id, name, connectionId, match, gives, createdAt }: MappingRule) {
  return { id, name, connectionId, match, gives, createdAt: time(createdAt) };
}

export function presentUser(user: User) {
  const {
    id,
    userName,
    displayName,
    active,
    externalId,
    connectionId,
    createdAt,
    updatedAt,
    lastSignInAt,
  } = user;
  return {
    id,
    userName,
    displayName,
    active,
    externalId,
    connectionId,
    createdAt: time(createdAt),
    updatedAt: time(updatedAt),
    lastSignInAt: timeOrNull(lastSignInAt),
  };
}

export function presentFact({ kind, name, value, source, since }: Fact) {
  return { kind, name, value, source, since: time(since) };
}

export function presentHandOver({
  fromConnectionId,
  toConnectionId,
  userName,
  createdAt,
}: HandOver) {
  return { from: fromConnectionId, to: toConnectionId, userName, createdAt: time(createdAt) };
}

export function presentEntry(entry: Entry) {
  const {
    id,
    position,
    at,
    kind,
    userId,
    product,
    poolId,
    seatId,
    tier,
    delta,
    reason,
    cause,
    details,
  } = entry;
  return {
    id,
    position,
    at: time(at),
    kind,
    userId,
    product,
    poolId,
    seatId,
    tier,
    delta,
    reason,
    cause,
    details,
  };
}
