import type { Id, Session, Timestamp } from "../directory.js";
import { reapExpired } from "../seats/deadlines.js";
import { drain } from "../waiting/drain.js";
import { dropKept } from "../keeping/keep.js";
import { releaseSeat } from "../seats/ledger.js";
import { isBorrowed, isLapsed } from "../keeping/remembered.js";
import { catchUp } from "../seats/settle.js";
import { refuse, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** A verified logout request of the identity provider (SAML core §3.7.1). */
export interface Logout {
  readonly connectionId: Id;
  readonly nameId: string;
  /** Empty: all sessions of the person at this provider. */
  readonly sessionIndexes: readonly string[];
  readonly messageId: string;
  /** How long the message must be remembered, so that it works once. */
  readonly messageExpiresAt: Timestamp;
}

export interface LoggedOut {
  /** Null: the provider has never signed anybody in here under this name. */
  readonly userId: Id | null;
  readonly ended: readonly Session[];
  /** Leases that were given back, because no session of the person is left. */
  readonly freed: number;
}

/**
 * Ends what the provider names and nothing else: sessions of this connection, of this NameID and, where it names any, of
 * these session indexes. A lease is held for somebody who is there; so with the last session it goes, in the same commit.
 */
export function logout(world: World, ctx: Context, asked: Logout): Verdict<LoggedOut> {
  const { connectionId, nameId, sessionIndexes, messageId, messageExpiresAt } = asked;
  if (world.sessions.hasReceived(connectionId, messageId)) {
    return refuse("LogoutRefused", { detail: "replay" });
  }
  world.sessions.receive(connectionId, messageId, messageExpiresAt);
  const userId = world.identities.get(`${connectionId} ${nameId}`);
  if (userId === undefined) return { ok: { userId: null, ended: [], freed: 0 } };
  const isNamed = (session: Session): boolean =>
    session.connectionId === connectionId &&
    session.nameId === nameId &&
    (sessionIndexes.length === 0 || sessionIndexes.includes(session.sessionIndex ?? ""));
  const ended = world.sessions.of(userId).filter(isNamed);
  for (const session of ended) world.sessions.close(session, world.now, "signedOutByProvider");
  const isGone = ended.length > 0 && world.sessions.of(userId).length === 0;
  return { ok: { userId, ended, freed: isGone ? freeLeases(world, ctx, userId) : 0 } };
}

/**
 * Leases of devices and of the application's own sessions are not of these sessions, and who has borrowed one leaves with it. One
 * that has run out does not come back.
 */
function freeLeases(world: World, ctx: Context, userId: Id): number {
  catchUp(world);
  reapExpired(world, ctx);
  const leases = world.seats
    .group(userId)
    .filter(({ poolId, unit }) => unit === undefined && isLeased(world, poolId))
    .filter((seat) => !isBorrowed(seat, world.now));
  for (const seat of leases) releaseSeat(world, ctx, seat, "released");
  for (const kept of world.kept.group(userId)) {
    if (kept.unit === undefined && isLapsed(kept)) dropKept(world, ctx, kept, "released");
  }
  drain(world, ctx);
  return leases.length;
}

function isLeased(world: World, poolId: Id): boolean {
  return world.pools.get(poolId)?.kind === "concurrent";
}
