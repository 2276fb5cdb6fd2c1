import type { JsonObject } from "../../plugin.js";
import { type Access, decideAccess, seatInQuestion } from "../answers/access.js";
import type { Connection, Id, Seat, Session, Timestamp, User, WaitingEntry } from "../directory.js";
import { namesOf } from "../events.js";
import { asAsserted, linkedToAnother, personOf, type Claimant } from "../people/identity.js";
import { arrived } from "../invitations/invitation.js";
import { touchSeat } from "../seats/ledger.js";
import { evaluate, type Outcomes } from "../evaluate.js";
import { waitingOf } from "../waiting/queue.js";
import type { SignInNote, SignInRecord } from "./signInLog.js";
import { bindingKey, signInKey } from "./signInRows.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import type { Context, World } from "../world.js";

/** A verified assertion and the session that it would open. Every value was signed by the identity provider. */
export interface SignIn extends Claimant {
  readonly connection: Connection;
  readonly nameId: string;
  readonly sessionIndex: string | null;
  readonly assertionId: string;
  /** How long the assertion's id must be remembered. */
  readonly assertionExpiresAt: Timestamp;
  /** The request that is answered (InResponseTo). Null: the sign-in began at the provider. */
  readonly requestId: string | null;
  /** Where to go afterwards when there is no request that says it. */
  readonly returnTo?: string | null;
  /** Where a fresh sign-in is demanded: when the person signed in at the provider, and how far clocks may differ. */
  readonly fresh?: { readonly authnInstant: Timestamp; readonly skewMs: number };
  /** As the provider said it. */
  readonly nameIdFormat?: string;
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
  /** By product: what may be used from now on, as it is answered to whoever asks afterwards. */
  readonly accesses: ReadonlyMap<string, Access<WaitingEntry>>;
  readonly teams: readonly string[];
  readonly roles: readonly string[];
  readonly returnTo: string | null;
}

/**
 * The refusal ladder of a sign-in: the connection still takes this provider's word; the request is
 * ours, of this browser and unanswered; the assertion is new; the person is known by (connection, NameID) or may become
 * known; the account is active. Below the last check nothing fails: request, assertion, identity, seats and session change
 * together.
 */
export function signIn(world: World, ctx: Context, attempt: SignIn): Verdict<SignInResult> {
  const { connection, assertionId } = attempt;
  const answered = requestOf(world, attempt);
  if ("refused" in answered) return answered;
  const { asked, returnTo } = answered.ok;
  if (world.usedAssertions.has(`${connection.id} ${assertionId}`)) {
    return refuse("SignInFailed", { detail: "replay" });
  }
  const found = personOf(world, ctx, attempt);
  if ("refused" in found) return found;
  const before = arrived(world.users.get(found.ok), world.now);
  if (before === undefined) return refuse("SignInUnknownUser", { detail: "identityWithoutUser" });
  const barred = barredFrom(world, attempt, before);
  if (barred !== null) return barred;

  // From here on nothing may fail.
  const user = asAsserted(world, ctx, before, attempt);
  if (asked !== null) world.consumeSignInRequest(asked);
  world.useAssertion(connection.id, assertionId, attempt.assertionExpiresAt);
  link(world, attempt, user.id);
  world.users.set(user);
  const heldBefore = new Map(world.seats.group(user.id).map((seat) => [seat.id, seat]));
  const outcomes: Outcomes = evaluate(world, ctx, [user.id], "signIn").get(user.id) ?? new Map();
  // A new session is another one than those that have leases of their own.
  for (const seat of world.seats.group(user.id).filter(({ unit }) => unit === undefined)) {
    useSeat(world, seat, heldBefore.get(seat.id));
  }
  const signedIn: User = { ...(world.users.get(user.id) ?? user), lastSignInAt: world.now };
  world.users.set(signedIn);
  const session = sessionFor(world, ctx, attempt, user);
  world.openSession(session, recordOf(ctx, attempt, session, user));
  const facts = world.facts.group(user.id);
  const memberships = { teams: namesOf(facts, "team"), roles: namesOf(facts, "role") };
  const accesses = accessesOf(world, ctx, signedIn);
  return { ok: { user: signedIn, session, outcomes, accesses, ...memberships, returnTo } };
}

function accessesOf(
  world: World,
  { catalogue }: Context,
  { id: userId, active }: User,
): SignInResult["accesses"] {
  const { now } = world;
  const accesses = [...catalogue.products.values()].map((product) => {
    const question = { product: product.id };
    const needed = world.requirements.group(userId).find((one) => one.product === product.id);
    const access = decideAccess(product, question, {
      ...{ now, active },
      seat: seatInQuestion(world.seats.group(userId), question, now),
      waiting: waitingOf(world, userId, product.id) ?? null,
      requirement: needed ?? null,
    });
    return [product.id, access] as const;
  });
  return new Map(accesses);
}

/** The assertion was verified before this transaction, by the word of a provider that may not count any more. */
function hasChanged(world: World, { id, saml }: Connection): boolean {
  return saml !== null && world.bindingsEnded.has(bindingKey(id, saml.idpEntityId));
}

/** Why the person of this NameID does not come into the account; null: nothing is in the way. */
function barredFrom(world: World, attempt: SignIn, { id, active }: User): Refusal | null {
  return active
    ? linkedToAnother(world, attempt, id)
    : refuse("Inactive", { detail: "deactivated" });
}

function link(
  world: World,
  { connection: { id: connectionId }, nameId }: SignIn,
  userId: Id,
): void {
  if (world.identities.has(`${connectionId} ${nameId}`)) return;
  world.linkIdentity({ connectionId, nameId, userId });
}

interface Answered {
  /** To be consumed. */
  readonly asked: Parameters<typeof signInKey>[0] | null;
  readonly returnTo: string | null;
}

/**
 * The question that the assertion answers; or that it answers none, where the connection allows that. What was decided
 * before is decided again, because the settings may have changed on the way.
 */
function requestOf(world: World, attempt: SignIn): Verdict<Answered> {
  const { connection, requestId, browserHash, fresh, returnTo = null } = attempt;
  if (hasChanged(world, connection)) return refuse("SignInFailed", { detail: "connectionChanged" });
  if (requestId === null) {
    return connection.saml?.idpInitiated === true
      ? { ok: { asked: null, returnTo } }
      : refuse("SignInFailed", { detail: "unsolicited" });
  }
  const asked = { connectionId: connection.id, requestId, browserHash };
  const request = world.signInRequests.get(signInKey(asked));
  if (request === undefined) return refuse("SignInFailed", { detail: "unknownRequest" });
  // What counts is when we asked, which only the stored request knows (N-69).
  if (fresh !== undefined && fresh.authnInstant < (request.createdAt ?? world.now) - fresh.skewMs) {
    return refuse("SignInFailed", { detail: "AuthnTooOld" });
  }
  return { ok: { asked, returnTo: request.returnTo } };
}

/** Where the application reports use, signing in is none; the days of use are another matter. */
function useSeat(world: World, seat: Seat, before: Seat | undefined): void {
  world.recordUse(seat, before);
  const isUse = world.pools.get(seat.poolId)?.policy.useSignal !== "application";
  if (before !== undefined) touchSeat(world, seat, true, isUse);
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
    ...(attempt.nameIdFormat === undefined ? {} : { nameIdFormat: attempt.nameIdFormat }),
    createdAt: world.now,
    lastSeenAt: world.now,
    expiresAt: attempt.sessionExpiresAt,
    endedAt: null,
    endReason: null,
    address: attempt.address ?? null,
    ...(attempt.browserHash === "" ? {} : { browserHash: attempt.browserHash }),
  };
}
