import type { Id, Pool, User } from "../directory.js";
import { announceUser } from "../events.js";
import { arrived, isAwaited, isNameless, refusalOfMark, type Invitation } from "./invitation.js";
import { close } from "./closing.js";
import { factOf, giveUp, poolFacts, refusalOfEnded, retire } from "./invitations.js";
import { grantSeat } from "../seats/ledger.js";
import { factKey } from "../mapping.js";
import { evaluate } from "../evaluate.js";
import { forget, holderOf, remember } from "../people/provisioning.js";
import { keptOf, seatOf, waitingOf } from "../waiting/queue.js";
import { occupies } from "../seats/states.js";
import { catchUp } from "../seats/settle.js";
import { refuse, type Verdict } from "../verdict.js";
import { leaveList, waitForSeat } from "../waiting/waitingList.js";
import type { Context, World } from "../world.js";

/**
 * An invitation is accepted (rules 62, 67). Whoever asks has shown the secret. Whom it is for is said by the application,
 * which has signed the person in; an address never finds anybody.
 */

export interface Acceptance {
  readonly id: Id;
  /** An account that exists. */
  readonly userId?: Id;
  /** Or one that is made of the invitation: for people whom no identity provider knows. */
  readonly account?: Pick<User, "userName" | "displayName">;
}

export interface Accepted {
  readonly invitation: Invitation;
  readonly user: User;
}

export function acceptInvitation(
  world: World,
  ctx: Context,
  acceptance: Acceptance,
): Verdict<Accepted> {
  const invitation = world.papers.invitations.get(acceptance.id);
  if (invitation === undefined) return refuse("NotFound");
  const refusal = refusalOfEnded(world, invitation);
  if (refusal !== null) return refusal;
  catchUp(world);
  const invited = world.users.get(invitation.userId);
  if (invited === undefined) return refuse("Conflict", { sentence: "The account is gone." });
  const found = isNameless(invited)
    ? personFor(world, acceptance, invited)
    : ownAccount(acceptance, invited);
  if ("refused" in found) return found;
  const person = found.ok;
  if (!person.active) return refuse("Inactive");

  // From here on nothing may fail.
  const user = settle(world, ctx, { invitation, invited, person });
  evaluate(world, ctx, [user.id], "accept");
  // From now on it is about the person, so that erasing the person erases the address.
  const about = { ...invitation, userId: user.id };
  return { ok: { invitation: close(world, ctx, about, "accepted"), user } };
}

/** Of an invitation to an account: that account and no other. */
function ownAccount({ userId, account }: Acceptance, invited: User): Verdict<User> {
  if (account === undefined && (userId === undefined || userId === invited.id)) {
    return { ok: invited };
  }
  return refuse("Conflict", { sentence: "The invitation is for another account." });
}

/** Of an invitation to an address: whoever has the secret, as the application knows them. */
function personFor(world: World, { userId, account }: Acceptance, invited: User): Verdict<User> {
  if (userId !== undefined) {
    const user = world.users.get(userId);
    return user === undefined || isAwaited(user) ? refuse("NotFound") : { ok: user };
  }
  if (account === undefined) {
    return refuse("Conflict", { sentence: "Say which account accepts the invitation." });
  }
  const misnamed = refusalOfMark({ ...account, externalId: null });
  if (misnamed !== null) return { ...misnamed, field: "account.userName" };
  const holder = holderOf(world, account.userName);
  if (holder !== undefined) {
    return refuse("Uniqueness", {
      field: "account.userName",
      sentence: `There is an account with the userName "${account.userName}" already: let it accept by its userId, or choose another name.`,
    });
  }
  const { userName } = account;
  const version = invited.version + 1;
  const document = { ...invited.document, userName };
  return { ok: { ...invited, ...account, document, externalId: null, version } };
}

interface Match {
  readonly invitation: Invitation;
  readonly invited: User;
  readonly person: User;
}

function settle(world: World, ctx: Context, { invitation, invited, person }: Match): User {
  const pool = world.pools.get(invitation.poolId ?? "") ?? null;
  // Before the seat is handed on: who has none yet gets the claim with it.
  const claims = poolFacts(world, invitation.id, person, pool);
  const user = matched(world, ctx, { invited, person, pool });
  const teams = invitation.teams.map((name) =>
    factOf(world, invitation.id, user, { kind: "team", name }),
  );
  for (const fact of [...teams, ...claims]) {
    if (!world.facts.has(factKey(fact))) world.facts.set(fact);
  }
  return user;
}

/** From now on the account has its person. */
function matched(world: World, ctx: Context, { invited, person, pool }: HandingOn): User {
  const isNew = isNameless(invited);
  if (isNew && person.id !== invited.id) {
    handOn(world, ctx, { invited, person, pool });
    return person;
  }
  const user = isNew ? person : arrived(invited, world.now);
  if (user === undefined || user === invited) return invited;
  const present = { ...user, updatedAt: world.now };
  forget(world, invited);
  remember(world, present);
  if (isNew) announceUser(world, ctx, "user.created", present);
  return present;
}

interface HandingOn {
  readonly invited: User;
  readonly person: User;
  readonly pool: Pool | null;
}

/** The place that was kept is the person's; who has a seat already needs no second one, and the place is free. */
function handOn(world: World, ctx: Context, { invited, person, pool }: HandingOn): void {
  if (pool !== null) {
    handOnSeat(world, ctx, { invited, person }, pool);
    handOnPlace(world, ctx, { invited, person }, pool);
  }
  retire(world, ctx, invited, "accepted");
}

type Both = Pick<HandingOn, "invited" | "person">;

function handOnSeat(world: World, ctx: Context, { invited, person }: Both, pool: Pool): void {
  const place = keptOf(world, invited.id, pool.product) ?? seatOf(world, invited.id, pool.product);
  if (place === undefined) return;
  const needsIt = occupies(place) && seatOf(world, person.id, pool.product) === undefined;
  giveUp(world, ctx, place, "accepted");
  // While a lowered capacity is exceeded nothing is given, not even what was freed a moment ago (I1).
  if (!needsIt || world.room(pool) <= 0) return;
  const entry = waitingOf(world, person.id, pool.product);
  if (entry !== undefined) leaveList(world, ctx, entry, "granted");
  const own = world.poolNow(pool);
  grantSeat(world, ctx, { user: person, pool: own, tier: place.tier, reason: "claimed" });
}

function handOnPlace(world: World, ctx: Context, { invited, person }: Both, pool: Pool): void {
  const place = waitingOf(world, invited.id, pool.product);
  const product = ctx.catalogue.products.get(pool.product);
  if (place === undefined || product === undefined) return;
  leaveList(world, ctx, place, "accepted");
  const has = seatOf(world, person.id, product.id) ?? waitingOf(world, person.id, product.id);
  if (has !== undefined) return;
  const wish = { user: person, product, requirement: null, directPools: [pool.name] };
  const { tier, since } = place;
  waitForSeat(world, ctx, { wish, entry: undefined, tier, atTheDoor: false, since });
}
