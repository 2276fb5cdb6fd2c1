import type { JsonObject } from "../plugin.js";
import {
  foldName,
  type Connection,
  type Id,
  type Seat,
  type Session,
  type Timestamp,
  type User,
} from "./directory.js";
import { addUser } from "./arrival.js";
import { namesOf } from "./events.js";
import { arrived } from "./invitation.js";
import { touchSeat } from "./ledger.js";
import { evaluate, type Outcomes } from "./plan.js";

import type { SignInNote, SignInRecord } from "./signInLog.js";
import { signInKey } from "./snapshot.js";
import { refuse, type Refusal, type Verdict } from "./verdict.js";
import type { Context, World } from "./world.js";

/** A verified assertion and the session that it would open. Every value was signed by the identity provider. */
export interface SignIn {
  readonly connection: Connection;
  readonly nameId: string;
  readonly sessionIndex: string | null;
  readonly assertionId: string;
  /** How long the assertion's id must be remembered. */
  readonly assertionExpiresAt: Timestamp;
  /** The request that is answered (InResponseTo). */
  readonly requestId: string;
  /** SHA-256 of the cookie of the browser that brings the assertion, base64url; empty when it has none. */
  readonly browserHash: string;
  /** Who it is in our words, as the connection's plugin reads the assertion. */
  readonly userName: string;
  readonly displayName: string | null;
  readonly document: JsonObject;
  readonly sessionIdHash: string;
  readonly sessionExpiresAt: Timestamp;
  /** Where the browser is, as far as that may be kept. */
  readonly address?: string | null;
  /** The line in the log; absent: none is written. */
  readonly note?: SignInNote;
}

export interface SignInResult {
  readonly user: User;
  readonly session: Session;
  readonly outcomes: Outcomes;
  readonly teams: readonly string[];
  readonly roles: readonly string[];
  readonly returnTo: string | null;
}

/**
 * The refusal ladder of a sign-in (SAML.md section 5 f): the request is ours, of this browser and unanswered; the
 * assertion is new; the person is known by (connection, NameID) or may become known; the account is active. Below the
 * last check nothing fails: request, assertion, identity, seats and session change together.
 */
export function signIn(world: World, ctx: Context, attempt: SignIn): Verdict<SignInResult> {
  const { connection, nameId, requestId, browserHash, assertionId } = attempt;
  const asked = { connectionId: connection.id, requestId, browserHash };
  const request = world.signInRequests.get(signInKey(asked));
  if (request === undefined) return refuse("SignInFailed", { detail: "unknownRequest" });
  if (world.usedAssertions.has(`${connection.id} ${assertionId}`)) {
    return refuse("SignInFailed", { detail: "replay" });
  }
  const found = personOf(world, ctx, attempt);
  if ("refused" in found) return found;
  const user = arrived(world.users.get(found.ok), world.now);
  if (user === undefined) return refuse("SignInUnknownUser", { detail: "identityWithoutUser" });
  if (!user.active) return refuse("Inactive", { detail: "deactivated" });

  // From here on nothing may fail.
  world.consumeSignInRequest(asked);
  world.useAssertion(connection.id, assertionId, attempt.assertionExpiresAt);
  if (!world.identities.has(`${connection.id} ${nameId}`)) {
    world.linkIdentity({ connectionId: connection.id, nameId, userId: user.id });
  }
  world.users.set(user);
  const heldBefore = new Map(world.seats.group(user.id).map((seat) => [seat.id, seat]));
  const outcomes: Outcomes = evaluate(world, ctx, [user.id], "signIn").get(user.id) ?? new Map();
  // A new session is another one than those that have leases of their own.
  for (const seat of world.seats.group(user.id).filter(({ unit }) => unit === undefined)) {
    useSeat(world, seat, heldBefore.get(seat.id));
  }
  const signedIn: User = { ...user, lastSignInAt: world.now };
  world.users.set(signedIn);
  const session = sessionFor(world, ctx, attempt, user);
  world.openSession(session, recordOf(ctx, attempt, session, user));
  const facts = world.facts.group(user.id);
  const memberships = { teams: namesOf(facts, "team"), roles: namesOf(facts, "role") };
  return { ok: { user: signedIn, session, outcomes, ...memberships, returnTo: request.returnTo } };
}

/** Where the application reports use, signing in is none; the days of use are another matter. */
function useSeat(world: World, seat: Seat, before: Seat | undefined): void {
  world.recordUse(seat, before);
  const isUse = world.pools.get(seat.poolId)?.policy.useSignal !== "application";
  if (before !== undefined) touchSeat(world, seat, true, isUse);
}

/** Identity is (connection, NameID) and nothing else; an e-mail address never finds anybody (N-95 to N-97). */
function personOf(world: World, ctx: Context, attempt: SignIn): Verdict<Id> {
  const { connection, nameId, userName } = attempt;
  const known = world.identities.get(`${connection.id} ${nameId}`);
  if (known !== undefined) return { ok: known };

  const policy = connection.saml?.justInTime ?? "refuse";
  if (policy === "refuse") return unknownUser("notProvisioned");
  const provisioned = world.users.get(world.userNames.get(foldName(userName)) ?? "");
  if (provisioned !== undefined) {
    // Only what this very connection has provisioned may be linked: no takeover of a local or foreign account (N-96).
    return provisioned.connectionId === connection.id
      ? { ok: provisioned.id }
      : unknownUser("nameOfAnotherAccount");
  }
  if (policy === "link") return unknownUser("notProvisioned");
  const { displayName, document } = attempt;
  const draft = { externalId: null, userName, displayName, active: true, document };
  // Who was deleted comes back by provisioning alone: a sign-in is not the word of whoever deleted them.
  const created = addUser(world, ctx, connection.id, draft);
  return "refused" in created ? unknownUser("cannotCreate") : { ok: created.ok.user.id };
}

function unknownUser(detail: string): Refusal {
  return refuse("SignInUnknownUser", { detail });
}

/** In the transaction of the sign-in: nobody gets in without a line. */
function recordOf(
  { cause }: Context,
  { note, connection }: SignIn,
  { id: sessionId, organisationId, createdAt: at, userId, address }: Session,
  { userName }: User,
): SignInRecord | null {
  if (note === undefined) return null;
  return {
    ...note,
    ...{ organisationId, connectionId: connection.id, at, userId, userName, sessionId, address },
    ...{ requestId: cause.requestId ?? "", code: null, reason: null, count: 1 },
  };
}

function sessionFor(world: World, ctx: Context, attempt: SignIn, user: User): Session {
  return {
    id: ctx.nextId(),
    idHash: attempt.sessionIdHash,
    organisationId: user.organisationId,
    userId: user.id,
    connectionId: attempt.connection.id,
    nameId: attempt.nameId,
    sessionIndex: attempt.sessionIndex,
    createdAt: world.now,
    lastSeenAt: world.now,
    expiresAt: attempt.sessionExpiresAt,
    endedAt: null,
    endReason: null,
    address: attempt.address ?? null,
  };
}
