import type { Fact, Id, Timestamp, WaitingEntry } from "../directory.js";
import { PRIORITY_MAX } from "../pools/sharing.js";
import type { World } from "../world.js";

/**
 * Priority on the waiting list. A class is a head start: so many times `ageingSeconds` of waiting that the person need not
 * wait any more. It is the same as being raised by one class after each `ageingSeconds`, but the order of two entries never
 * changes while they wait, so that the list is one index and a place on it only ever gets better by itself.
 *
 * Bounded overtaking follows at once: whoever has waited since t with class c is behind nobody who came later than
 * t + (PRIORITY_MAX - c) * ageingSeconds. And within a class whoever came first is first (I10).
 */

/** The highest class that anything gives, of one product. */
export function priorityOf(facts: readonly Fact[], product: string): number {
  const given = facts.filter(({ kind, name }) => kind === "priority" && name === product);
  return given.reduce((most, { value }) => Math.max(most, classOf(value)), 0);
}

/** What is stored may be older than what is allowed now. */
function classOf(value: unknown): number {
  return typeof value === "number" ? Math.min(Math.max(Math.trunc(value), 0), PRIORITY_MAX) : 0;
}

/** One list serves all pools of a product, so the longest of their times counts for all of them. */
function ageingOf(world: World, product: string): number {
  return world
    .allPools()
    .filter((pool) => pool.product === product)
    .reduce((longest, { policy }) => Math.max(longest, policy.ageingSeconds), 0);
}

/** What decides who is first: the moment at which somebody of class 0 would have had to come. */
export function turnOf(entry: Pick<WaitingEntry, "since" | "turn">): Timestamp {
  return entry.turn ?? entry.since;
}

/** Class and turn of somebody whose facts are loaded, as they are stored: what is as usual is left out. */
export function standingInLine(
  world: World,
  userId: Id,
  product: string,
  since: Timestamp,
): Pick<WaitingEntry, "priority" | "turn"> {
  const priority = priorityOf(world.facts.group(userId), product);
  if (priority === 0) return {};
  const headStart = priority * ageingOf(world, product) * 1_000;
  return headStart === 0 ? { priority } : { priority, turn: since - headStart };
}
