import type { JsonObject } from "../../plugin.js";
import type { Catalogue } from "../catalogue.js";
import type { Fact, Id } from "../directory.js";
import { refuse, type Refusal } from "../verdict.js";
import type { Context, World } from "../world.js";

/**
 * People without whom something breaks (I23): the owner of an integration that others rely on, the last one who may administer.
 * A hand is stopped and asked; an identity provider is never refused, but what happened is said wherever somebody looks.
 */

export type ReliedOn =
  | { readonly what: "resource"; readonly kind: string; readonly id: string }
  | { readonly what: "role"; readonly role: string };

/** Roles of which at least one active person must be left. */
export function guardedRoles({ roles }: Pick<Catalogue, "roles">): string[] {
  return [...roles.values()]
    .filter(({ indispensable }) => indispensable === true)
    .map(({ id }) => id);
}

export function holderKey(role: string, otherThan: Id): string {
  return `${role} ${otherThan}`;
}

/** What the decision must know to say whether somebody is the last one. */
export function holdersToAsk(
  world: World,
  roles: readonly string[],
  userId: Id,
): { readonly role: string; readonly otherThan: Id }[] {
  if (world.users.get(userId)?.active !== true) return [];
  return rolesOf(world, userId)
    .filter((role) => roles.includes(role))
    .map((role) => ({ role, otherThan: userId }));
}

function rolesOf(world: World, userId: Id): string[] {
  const facts = world.facts.group(userId).filter(({ kind }) => kind === "role");
  return [...new Set(facts.map(({ name }) => name))];
}

/** @param only the role that goes; absent: the person goes */
export function reliedOn(world: World, ctx: Context, userId: Id, only?: string): ReliedOn[] {
  const owned = world.resources
    .group(userId)
    .filter(({ indispensable }) => indispensable && only === undefined)
    .map(({ kind, id }): ReliedOn => ({ what: "resource", kind, id }));
  const guarded = guardedRoles(ctx.catalogue);
  const last = rolesOf(world, userId)
    .filter((role) => guarded.includes(role) && (only === undefined || role === only))
    .filter((role) => !world.heldByOthers.has(holderKey(role, userId)))
    .map((role): ReliedOn => ({ what: "role", role }));
  return world.users.get(userId)?.active === true ? [...owned, ...last] : owned;
}

/** Who would be missed when a hand takes this back. What a rule gives as well stays. */
export function reliedOnFor(
  world: World,
  ctx: Context,
  userId: Id,
  { kind, name }: Pick<Fact, "kind" | "name">,
): ReliedOn[] {
  if (kind !== "role") return [];
  const same = world.facts.group(userId).filter((one) => one.kind === kind && one.name === name);
  const isLost = same.every(({ source }) => source.type === "hand");
  return isLost ? reliedOn(world, ctx, userId, name) : [];
}

/** To be called before anything has changed. */
export function refusedByGuard(relied: readonly ReliedOn[]): Refusal | null {
  if (relied.length === 0) return null;
  const names = relied.map(reliedOnWords).join(" and ");
  return refuse("Indispensable", {
    field: "confirm",
    sentence: `Without this person there is nobody for ${names}. Hand it over first, or say "confirm": true.`,
  });
}

export function reliedOnWords(relied: ReliedOn): string {
  return relied.what === "role"
    ? `the role ${relied.role}`
    : `the ${relied.kind} ${relied.id}, which others rely on`;
}

/** Said, not refused. */
export function warnOfLoss(
  world: World,
  ctx: Context,
  userId: Id,
  action: "deactivated" | "deleted" | "erased" | "roleTaken",
  relied: readonly ReliedOn[],
): void {
  if (relied.length === 0) return;
  const data: JsonObject = { userId, action, reliedOn: relied.map((one) => ({ ...one })) };
  world.announce({ id: ctx.nextId(), userId, type: "person.indispensable", data });
}
