import type { Id, Pool, WaitingEntry } from "../directory.js";
import { isGroupNamed } from "../mapping.js";
import type { OnFull, OnFullOfGroup, PoolPolicy } from "./policy.js";
import type { World } from "../world.js";

/**
 * Groups that the policies of pools name, and who is in them: for reservations, and for what is done when every seat is taken.
 * Nobody's groups are read for that but those of the people whom a decision is about; a place on the waiting list says itself
 * which of the named groups the person is in.
 */

/** Somebody who wants a seat, or holds one. */
export interface Asker {
  readonly userId: Id;
  /** For those who are not loaded, what their place on the list says. */
  readonly entry?: WaitingEntry | undefined;
}

/** As the policy writes them. */
export function groupsNamedBy({
  reservations,
  onFullByGroup,
}: Pick<PoolPolicy, "reservations" | "onFullByGroup">): string[] {
  return [...reservations, ...onFullByGroup].map(({ group }) => group);
}

/** Those of the groups named by the pools of the product that the person is in, as the policies name them. */
export function namedGroups(world: World, userId: Id, product: string): string[] {
  const named = world
    .allPools()
    .filter((pool) => pool.product === product)
    .flatMap(({ policy }) => groupsNamedBy(policy));
  if (named.length === 0) return [];
  const groups = world.members.ofUser(userId);
  return [...new Set(named)].filter((name) => groups.some((group) => isGroupNamed(name, group)));
}

export function isIn(
  world: World,
  { userId, entry }: Asker,
  product: string,
): (group: string) => boolean {
  const names = world.users.has(userId)
    ? namedGroups(world, userId, product)
    : (entry?.reservedIn ?? []);
  return (group) => names.includes(group);
}

/** What the pool does for this person when it is full, step by step (B3: `onFull` may differ by group). */
export function stepsFor(world: World, pool: Pool, asker: Asker): readonly OnFull[] {
  const { policy } = world.poolNow(pool);
  // The usual case, and for no groups at all there is nothing to look up.
  if (policy.onFullByGroup.length === 0) return policy.onFull;
  return listOf(policy, isIn(world, asker, pool.product))?.onFull ?? policy.onFull;
}

/** The list of a group that counts for who is in these groups: the first that fits. Undefined: `onFull`. */
export function listOf(
  { onFullByGroup }: Pick<PoolPolicy, "onFullByGroup">,
  belongs: (group: string) => boolean,
): OnFullOfGroup | undefined {
  return onFullByGroup.find(({ group }) => belongs(group));
}
