import { assertedMemberships, withoutReplaced } from "./people/assertedGroups.js";
import { assignedFacts } from "./people/assignments.js";
import type { Fact, Id, Requirement, User } from "./directory.js";
import { requirementFor } from "./entitlement.js";
import { announceMemberships, announceTier } from "./events.js";
import { isAwaited, mayClaim } from "./invitations/invitation.js";
import { factKey, mapSubject } from "./mapping.js";
import { endOverdue } from "./emergency/breakGlass.js";
import type { Occasion } from "./seats/candidates.js";
import { drain } from "./waiting/drain.js";
import { reapExpired } from "./seats/deadlines.js";
import { recount } from "./pools/reservations.js";
import type { SeatOutcome } from "./seats/seats.js";
import { catchUp, settleAlone, settleTogether, type Outcomes } from "./seats/settle.js";
import { wishFor } from "./seats/wish.js";
import type { Context, World } from "./world.js";

export type { Outcomes } from "./seats/settle.js";

/**
 * The pipeline on one page: directory -> mapping -> entitlement -> seats -> ledger.
 * Every door (SCIM, SAML, admin, timer) calls `evaluate` for the users it has touched, and nothing else moves seats.
 */

/**
 * Brings facts, requirements and seats of these users in line with the directory.
 *
 * The result does not depend on the order of `userIds` (settle.ts), nor on that of the requests of a batch, where seats
 * are settled together at its end (I14). Who stands at the door is served now, after everything that was put off.
 *
 * @returns nothing for who is settled at the end
 */
export function evaluate(
  world: World,
  ctx: Context,
  userIds: readonly Id[],
  occasion: Occasion = "provision",
): Map<Id, Outcomes> {
  reapExpired(world, ctx);
  const users = inOrder(world, userIds);
  for (const user of users) deriveFacts(world, ctx, user);
  for (const user of users) deriveRequirements(world, ctx, user);
  for (const { id } of users) recount(world, id);

  if (occasion !== "provision") {
    catchUp(world);
    const outcomes = users.map(({ id }) => {
      const user = world.users.get(id);
      const settled: Outcomes = user ? settleSeats(world, ctx, user, occasion) : new Map();
      return [id, settled] as const;
    });
    drain(world, ctx);
    return new Map(outcomes);
  }
  if (!world.putOff.isOn) {
    return settleTogether(
      world,
      ctx,
      users.map(({ id }) => ({ userId: id, ctx })),
    );
  }
  for (const { id } of users) world.putOff.settle(id, ctx);
  return new Map();
}

function inOrder(world: World, userIds: readonly Id[]): User[] {
  return [...new Set(userIds)]
    .flatMap((id) => world.users.get(id) ?? [])
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** Mapping. Facts given by hand are not looked at: a sync never takes what a person gave. */
function deriveFacts(world: World, ctx: Context, stored: User): void {
  endOverdue(world, ctx, stored.id);
  const user = withoutReplaced(stored, world.members.ofUser(stored.id).length > 0);
  if (user !== stored) world.users.set(user);
  const before = world.facts.group(user.id);
  const derived = derivedFacts(world, ctx, user);
  for (const fact of before) {
    const key = factKey(fact);
    if (fact.source.type !== "hand" && !derived.has(key)) world.facts.delete(key);
  }
  for (const [key, fact] of derived) if (!world.facts.has(key)) world.facts.set(fact);
  announceMemberships(world, ctx, user.id, before);
}

/** What the rules and the identity provider give this account as it is described; it need not be stored yet. */
export function derivedFacts(
  world: World,
  { catalogue }: Pick<Context, "catalogue">,
  user: User,
): Map<string, Fact> {
  if (isAwaited(user)) return new Map();
  const groups = world.members.ofUser(user.id);
  const subject = {
    userId: user.id,
    connectionId: user.connectionId,
    groups: [...groups, ...assertedMemberships(user, groups.length > 0)],
    document: user.document,
  };
  const assigned = world.ignoresAssignments(user.connectionId)
    ? []
    : assignedFacts(catalogue, subject, world.now);
  return new Map(
    [...mapSubject(world.rules, subject, world.now), ...assigned].map((fact) => [
      factKey(fact),
      fact,
    ]),
  );
}

/** Entitlement. */
function deriveRequirements(world: World, ctx: Context, user: User): void {
  const facts = world.facts.group(user.id);
  const pools = productsByPool(world);
  for (const product of ctx.catalogue.products.values()) {
    const key = `${user.id} ${product.id}`;
    const before = world.requirements.get(key);
    const needed = mayClaim(user, product.id, facts, pools)
      ? requirementFor(ctx.catalogue, product, facts, pools)
      : null;
    if (needed === null) {
      world.requirements.delete(key);
    } else if (before === undefined || !sameRequirement(before, needed)) {
      world.requirements.set({ userId: user.id, ...needed });
    }
    announceTier(world, ctx, {
      userId: user.id,
      product: product.id,
      before,
      after: world.requirements.get(key),
    });
  }
}

export function productsByPool(world: World): Map<string, string> {
  return new Map(world.allPools().map(({ name, product }) => [name, product]));
}

/** Key order may differ between what was stored and what was computed, so the parts are compared one by one. */
function sameRequirement(a: Requirement, b: Omit<Requirement, "userId">): boolean {
  return partsOf(a) === partsOf(b);
}

function partsOf(needed: Omit<Requirement, "userId">): string {
  const { tier, blocked, addOns, witness, breakGlass: glass } = needed;
  return JSON.stringify([
    tier,
    blocked,
    addOns,
    witness.map(({ requires, because }) => [requires, because]),
    glass === undefined ? null : [glass.until, glass.by, glass.reason, glass.despite],
  ]);
}

/** Seats, of one person now, such as at the door. */
export function settleSeats(world: World, ctx: Context, user: User, occasion: Occasion): Outcomes {
  const outcomes = new Map<string, SeatOutcome>();
  for (const product of ctx.catalogue.products.values()) {
    const outcome = settleAlone(world, ctx, wishFor(world, user, product), occasion);
    if (outcome.type !== "none" || world.requirements.has(`${user.id} ${product.id}`)) {
      outcomes.set(product.id, outcome);
    }
  }
  return outcomes;
}
