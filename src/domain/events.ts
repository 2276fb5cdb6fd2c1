import type { Fact, Id, Requirement, User } from "./directory.js";
import type { Context, World } from "./world.js";

/** Messages to the application about people; those about seats are written where seats change hands (ledger.ts). */

type UserEvent =
  "user.created" | "user.updated" | "user.activated" | "user.deactivated" | "user.deleted";

export function announceUser(world: World, ctx: Context, type: UserEvent, user: User): void {
  const { id, userName, displayName, externalId, active, connectionId } = user;
  world.announce({
    id: ctx.nextId(),
    userId: id,
    type,
    data: { userId: id, userName, displayName, externalId, active, connectionId },
  });
}

/** Teams and roles after a change, with what came and what went. Silent when both stayed the same. */
export function announceMemberships(
  world: World,
  ctx: Context,
  userId: Id,
  before: readonly Fact[],
): void {
  const after = world.facts.group(userId);
  const teams = difference(namesOf(before, "team"), namesOf(after, "team"));
  const roles = difference(namesOf(before, "role"), namesOf(after, "role"));
  if ([teams, roles].every(({ added, removed }) => added.length + removed.length === 0)) return;
  world.announce({
    id: ctx.nextId(),
    userId,
    type: "membership.changed",
    data: {
      userId,
      teams: namesOf(after, "team"),
      roles: namesOf(after, "role"),
      teamsAdded: teams.added,
      teamsRemoved: teams.removed,
      rolesAdded: roles.added,
      rolesRemoved: roles.removed,
    },
  });
}

interface TierChange {
  readonly userId: Id;
  readonly product: string;
  readonly before: Requirement | undefined;
  readonly after: Requirement | undefined;
}

/** The tier that is needed, which is not the seat that is held. */
export function announceTier(
  world: World,
  ctx: Context,
  { userId, product, before, after }: TierChange,
): void {
  const was = needOf(before);
  const is = needOf(after);
  if (JSON.stringify(was) === JSON.stringify(is)) return;
  const data = { userId, product, tierBefore: was.tier, ...is };
  world.announce({ id: ctx.nextId(), userId, type: "tier.changed", data });
}

function needOf(requirement: Requirement | undefined) {
  if (requirement === undefined) return { tier: null, addOns: [], blocked: null };
  const { tier, addOns, blocked } = requirement;
  return { tier, addOns: [...addOns], blocked };
}

/** Sorted and without repetition: one team given for two reasons is one team. */
export function namesOf(facts: readonly Fact[], kind: "team" | "role" | "permission"): string[] {
  return [...new Set(facts.filter((fact) => fact.kind === kind).map(({ name }) => name))].sort();
}

function difference(before: string[], after: string[]): { added: string[]; removed: string[] } {
  return {
    added: after.filter((name) => !before.includes(name)),
    removed: before.filter((name) => !after.includes(name)),
  };
}
