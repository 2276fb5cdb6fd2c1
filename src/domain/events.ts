import type { JsonObject, JsonValue } from "../plugin.js";
import type { Fact, Group, Id, Requirement, User } from "./directory.js";
import type { Context, World } from "./world.js";

/**
 * Messages to the application about people and groups; those about seats are written where seats change hands
 * (ledger.ts).
 */

type Change = "created" | "updated" | "activated" | "deactivated" | "deleted";

/** `before`: of a change, so that the message can name the attributes that are different. */
export function announceUser(
  world: World,
  ctx: Context,
  type: `user.${Change}`,
  user: User,
  before?: User,
): void {
  const { id, userName, displayName, externalId, active, connectionId, version } = user;
  world.announce({
    id: ctx.nextId(),
    userId: id,
    type,
    data: {
      userId: id,
      userName,
      displayName,
      externalId,
      active,
      connectionId,
      version,
      attributes: changedAttributes(before?.document, user.document),
      method: methodOf(ctx),
    },
  });
}

/** As `user.deleted`, without anything that tells who it was. */
export function announceErased(world: World, ctx: Context, { id, connectionId }: User): void {
  world.announce({
    id: ctx.nextId(),
    userId: id,
    type: "user.deleted",
    data: erasedData({ userId: id, connectionId }),
  });
}

/** What may stay of the data of a `user.*` event when the person is erased. The shape stays, the person goes. */
export function erasedData({ userId, connectionId }: JsonObject): JsonObject {
  return {
    userId: userId ?? null,
    userName: null,
    displayName: null,
    externalId: null,
    active: false,
    connectionId: connectionId ?? null,
    erased: true,
  };
}

/** `members` is one name among the attributes: a large group's message is no larger than a small one's. */
export function announceGroup(
  world: World,
  ctx: Context,
  type: `group.${"created" | "updated" | "deleted"}`,
  group: Group,
  changed: readonly string[],
): void {
  const { id, displayName, externalId, connectionId, version } = group;
  world.announce({
    id: ctx.nextId(),
    userId: null,
    type,
    data: {
      groupId: id,
      displayName,
      externalId,
      connectionId,
      version,
      attributes: [...changed],
      method: methodOf(ctx),
    },
  });
}

/**
 * Names of the attributes that differ, as PATCH paths (RFC 7644 §3.5.2): "emails", "name", and within an extension
 * "urn:...:User:department". Without `before`, of all there are.
 */
export function changedAttributes(before: JsonObject = {}, after: JsonObject = {}): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    // Of a new account everything is different, and need not be compared.
    if (was === is) return [];
    const isComparable = was !== undefined && is !== undefined;
    if (isComparable && JSON.stringify(was) === JSON.stringify(is)) return [];
    if (!name.startsWith("urn:")) return [name];
    return changedAttributes(objectOf(was), objectOf(is)).map((inner) => `${name}:${inner}`);
  });
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** How the change was asked for: a replacement says what it means by saying everything. */
function methodOf({ cause }: Context): "put" | "patch" {
  return cause.action.endsWith(".replaced") ? "put" : "patch";
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
  if (JSON.stringify(was.addOns) !== JSON.stringify(is.addOns)) {
    recordAddOns(world, ctx, { userId, product, tier: is.tier, addOns: is.addOns });
  }
}

/** Add-ons cost something and belong to no seat of their own: the ledger says from when to when they were needed. */
function recordAddOns(
  world: World,
  ctx: Context,
  needed: { userId: Id; product: string; tier: string | null; addOns: string[] },
): void {
  const { addOns, ...about } = needed;
  world.record({
    id: ctx.nextId(),
    kind: "addOns.changed",
    ...about,
    ...{ poolId: null, seatId: null, delta: 0 },
    reason: "requirementChanged",
    cause: ctx.cause,
    details: { addOns },
  });
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
