import { recordAct } from "../administration/acts.js";
import {
  about,
  close,
  endedAs,
  isTaken,
  openInvitations,
  poolOf,
  takeBackGiven,
} from "./closing.js";
import { foldName, type Fact, type Id, type Pool, type Seat, type User } from "../directory.js";
import { drain } from "../waiting/drain.js";
import { announceUser } from "../events.js";
import {
  isAwaited,
  isNameless,
  markOf,
  sourceOf,
  type Invitation,
  type InvitationState,
} from "./invitation.js";
import { dropKept } from "../keeping/keep.js";
import { releaseSeat } from "../seats/ledger.js";
import { factKey } from "../mapping.js";
import { evaluate } from "../evaluate.js";
import { forget, holderOf, remember } from "../people/provisioning.js";
import { keptOf, seatOf } from "../waiting/queue.js";
import { refusalOfFacts } from "../people/refused.js";
import { catchUp } from "../seats/settle.js";
import { refuse, type Refusal, type Verdict } from "../verdict.js";
import { leaveList } from "../waiting/waitingList.js";
import type { Context, World } from "../world.js";

/** Invitations are sent and end (rules 61, 67, 72, 74; Q11). Accepting is in acceptance.ts. */

export interface InvitationDraft extends Pick<
  Invitation,
  "publicId" | "hash" | "address" | "teams" | "poolId" | "expiresAt"
> {
  /** Whose user of this name it is for; null: whoever has the secret. */
  readonly connectionId: Id | null;
  /** Whoever invites must not learn from the answer whether the address is somebody's (docs/delegation.md). */
  readonly isDiscreet?: boolean;
}

/**
 * A pool that gives seats by invitation gives a pending one now; any other when the invitation is accepted. Somebody who
 * has a seat of the product, or a place kept, gets no second one. A full pool answers as at every other door (I15).
 */
export function invite(world: World, ctx: Context, draft: InvitationDraft): Verdict<Invitation> {
  catchUp(world);
  const refusal = endOlder(world, ctx, draft.address) ?? refusalOfDraft(world, draft);
  if (refusal !== null) return refusal;
  const pool = poolOf(world, draft);
  const holder = holderFor(world, draft);
  const id = ctx.nextId();
  const user = holder ?? awaitedUser(world, ctx, id, draft);
  const isNew = holder === undefined;
  const wanted = givenAtOnce(world, id, { user, isNew, pool, teams: draft.teams });
  const full = refusalOfFacts(world, ctx, user, wanted);
  const refused = draft.isDiscreet === true ? refusalOfNobody(world, ctx, id, draft) : full;
  if (refused !== null) return refused;
  // Only with discretion: what the account could not have now is decided when it accepts.
  const facts = full === null ? wanted : [];

  // From here on nothing may fail.
  if (isNew) begin(world, ctx, user);
  for (const fact of facts) world.facts.set(fact);
  evaluate(world, ctx, [user.id]);
  catchUp(world);
  const { connectionId: _, isDiscreet: __, ...rest } = draft;
  const invitation: Invitation = {
    ...rest,
    id,
    organisationId: world.organisation.id,
    ...{ userId: user.id, isNew, state: "pending", invitedBy: ctx.cause.actor },
    ...{ createdAt: world.now, endedAt: null },
  };
  limitTo(world, invitation, pool);
  world.papers.invitations.set(invitation);
  recordAct(world, ctx, { kind: "invitation.sent", userId: user.id, ...about(invitation, pool) });
  return { ok: invitation };
}

function refusalOfDraft(world: World, draft: InvitationDraft): Refusal | null {
  if (draft.poolId !== null && poolOf(world, draft) === null) return refuse("NotFound");
  return holderFor(world, draft)?.active === false ? refuse("Inactive") : null;
}

/** With discretion an inactive account is as good as none: it could not accept anyway. */
function holderFor(world: World, { address, isDiscreet = false }: InvitationDraft) {
  const holder = holderOf(world, address);
  return isDiscreet && holder?.active === false ? undefined : holder;
}

/** What would be answered for an address that is nobody's. */
function refusalOfNobody(
  world: World,
  ctx: Context,
  id: Id,
  draft: InvitationDraft,
): Refusal | null {
  const user = awaitedUser(world, ctx, id, draft);
  const asked = { user, isNew: true, pool: poolOf(world, draft), teams: draft.teams };
  return refusalOfFacts(world, ctx, user, givenAtOnce(world, id, asked));
}

/** The application hears of an account only if it has a name. */
function begin(world: World, ctx: Context, user: User): void {
  remember(world, user);
  if (!isNameless(user)) announceUser(world, ctx, "user.created", user);
}

interface Asked {
  readonly user: User;
  readonly isNew: boolean;
  readonly pool: Pool | null;
  readonly teams: readonly string[];
}

/** An account that nobody has yet gets its teams; of somebody's own nothing changes but for a seat that waits. */
function givenAtOnce(world: World, id: Id, { user, isNew, pool, teams }: Asked): Fact[] {
  const joined = (isNew ? teams : []).map((name) =>
    factOf(world, id, user, { kind: "team", name }),
  );
  return [...joined, ...poolFacts(world, id, user, reservesIn(pool))];
}

/** The seat that waits is free when the invitation is over, not when the pool's own time for invitations is. */
function limitTo(world: World, { userId, expiresAt }: Invitation, pool: Pool | null): void {
  const kept = pool === null ? undefined : keptOf(world, userId, pool.product);
  if (kept?.kept?.state === "pending" && (kept.expiresAt === null || kept.expiresAt > expiresAt)) {
    world.kept.set({ ...kept, expiresAt });
  }
}

/** One open invitation for an address; one that is over makes room for another. */
function endOlder(world: World, ctx: Context, address: string): Refusal | null {
  const key = foldName(address);
  for (const older of openInvitations(world)) {
    if (foldName(older.address) !== key) continue;
    if (older.expiresAt > world.now) {
      return refuse("Uniqueness", {
        field: "address",
        sentence: "There is an open invitation to this address; cancel it to invite again.",
      });
    }
    // Where the account is not at hand, the background ends it.
    if (world.users.has(older.userId)) endOver(world, ctx, older);
  }
  return null;
}

function awaitedUser(
  world: World,
  ctx: Context,
  invitationId: Id,
  { address, connectionId }: InvitationDraft,
): User {
  const userName = connectionId === null ? markOf(invitationId) : address;
  return {
    id: ctx.nextId(),
    organisationId: world.organisation.id,
    connectionId,
    externalId: markOf(invitationId),
    userName,
    displayName: null,
    active: true,
    deactivatedAt: null,
    document: { userName },
    version: 1,
    createdAt: world.now,
    updatedAt: world.now,
    lastSignInAt: null,
  };
}

export function factOf(
  world: World,
  invitationId: Id,
  { id }: Pick<User, "id">,
  { kind, name }: { readonly kind: "team" | "pool"; readonly name: string },
): Fact {
  const source = sourceOf(invitationId);
  return { userId: id, kind, name, value: true, source, since: world.now };
}

/** None for who has a seat of the product already (rules 60, 66, 67). */
export function poolFacts(
  world: World,
  invitationId: Id,
  user: Pick<User, "id">,
  pool: Pool | null,
): Fact[] {
  if (pool === null || seatOf(world, user.id, pool.product) !== undefined) return [];
  const kept = keptOf(world, user.id, pool.product)?.kept?.state;
  if (kept === "pending") return [];
  return [factOf(world, invitationId, user, { kind: "pool", name: pool.name })];
}

function reservesIn(pool: Pool | null): Pool | null {
  return pool?.policy.acquireOn === "invite" ? pool : null;
}

// ---------------------------------------------------------------------------------------------------------------
// How it ends without being accepted

export function endInvitation(
  world: World,
  ctx: Context,
  id: Id,
  state: "declined" | "cancelled",
): Verdict<Invitation> {
  const invitation = world.papers.invitations.get(id);
  if (invitation === undefined) return refuse("NotFound");
  const refusal = refusalOfEnded(world, invitation);
  if (refusal !== null) return refusal;
  catchUp(world);
  return { ok: end(world, ctx, invitation, state) };
}

/** For the background: what is over gives back what it kept. Who has taken it meanwhile keeps it. */
export function endDueInvitations(world: World, ctx: Context): void {
  catchUp(world);
  for (const invitation of openInvitations(world)) {
    if (invitation.expiresAt > world.now) continue;
    endOver(world, ctx, invitation);
  }
}

function endOver(world: World, ctx: Context, invitation: Invitation): void {
  if (isTaken(world, invitation)) {
    close(world, ctx, invitation, endedAs(world, invitation, "expired"));
  } else end(world, ctx, invitation, "expired");
}

const OVER: Record<Exclude<InvitationState, "pending">, string> = {
  accepted: "The invitation has been accepted already.",
  declined: "The invitation is over: it was declined.",
  cancelled: "The invitation is over: it was cancelled.",
  expired: "The invitation is over: it was not accepted in time.",
  revoked: "The invitation is over: the account was deactivated or deleted.",
};

export function refusalOfEnded(world: World, { state, expiresAt }: Invitation): Refusal | null {
  if (state === "pending" && expiresAt > world.now) return null;
  const word = state === "pending" ? "expired" : state;
  return refuse("Conflict", { sentence: OVER[word], detail: word });
}

function end(
  world: World,
  ctx: Context,
  invitation: Invitation,
  state: InvitationState,
): Invitation {
  const user = world.users.get(invitation.userId);
  if (user !== undefined) {
    if (isAwaited(user)) retire(world, ctx, user, state);
    else {
      takeBackGiven(world, invitation);
      evaluate(world, ctx, [user.id]);
    }
  }
  drain(world, ctx);
  return close(world, ctx, invitation, state);
}

/** An account for which nobody has come: nothing of it stays but its lines in the ledger. */
export function retire(world: World, ctx: Context, user: User, reason: string): void {
  for (const entry of world.waiting.group(user.id)) leaveList(world, ctx, entry, reason);
  for (const seat of world.kept.group(user.id)) giveUp(world, ctx, seat, reason);
  for (const seat of world.seats.group(user.id)) giveUp(world, ctx, seat, reason);
  for (const fact of world.facts.group(user.id)) world.facts.delete(factKey(fact));
  for (const { product } of world.requirements.group(user.id)) {
    world.requirements.delete(`${user.id} ${product}`);
  }
  if (!isNameless(user)) announceUser(world, ctx, "user.deleted", user);
  forget(world, user);
  world.users.delete(user.id);
}

/**
 * What the awaited account holds: an invitation, or a seat where the pool has ceased to give seats by invitation while the
 * account was on its list.
 */
export function giveUp(world: World, ctx: Context, seat: Seat, reason: string): void {
  if (seat.kept === undefined) releaseSeat(world, ctx, seat, "deleted");
  else dropKept(world, ctx, seat, reason);
}
