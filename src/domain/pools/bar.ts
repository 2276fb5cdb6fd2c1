import type { Pool } from "../directory.js";
import { aboveOf } from "./policy.js";
import type { State } from "../seats/states.js";

/** How much of a pool is in use, and for what (rules 56, 57 and 73). */

/** Seats that take one of those that were bought, by state: `consumesSeat` has been asked when they came into it. */
export interface PoolUse {
  readonly taken: readonly { readonly state: State; readonly seats: number }[];
  /** One seat of somebody in several teams counts in each of them. */
  readonly teams: readonly { readonly team: string; readonly seats: number }[];
  /** Seats that count for a reservation, by its group. */
  readonly reserved: readonly { readonly group: string; readonly seats: number }[];
}

/** How a pool stands by each of its reservations; `held` seats are kept free for the members. */
export function reservationsOf(
  { policy }: Pick<Pool, "policy">,
  { reserved }: Pick<PoolUse, "reserved">,
): { group: string; seats: number; filled: number; held: number }[] {
  return policy.reservations.map(({ group, seats }) => {
    const filled = reserved.find((one) => one.group === group)?.seats ?? 0;
    return { group, seats, filled, held: Math.max(0, seats - filled) };
  });
}

/** bought + overage + excess = active + pending + grace + unassigned + unused, always (I3). */
export interface Bar {
  readonly bought: number;
  readonly active: number;
  /** Invitations. */
  readonly pending: number;
  readonly grace: number;
  /** Of people who have lost every claim, or whose account is deactivated. */
  readonly unassigned: number;
  readonly unused: number;
  /** Above what was bought, as the policy allows. */
  readonly overage: number;
  /** Above all that may be held: left over from before fewer were bought. Not charged as overage (docs/adr/0023). */
  readonly excess: number;
}

/** Seats taken, in whatever state. */
export function takenIn({ taken }: Pick<PoolUse, "taken">): number {
  return taken.reduce((sum, { seats }) => sum + seats, 0);
}

export function barOf(
  pool: Pick<Pool, "capacity" | "policy">,
  { taken }: Pick<PoolUse, "taken">,
): Bar {
  const { capacity } = pool;
  const count = (...states: State[]): number =>
    taken.reduce((sum, { state, seats }) => sum + (states.includes(state) ? seats : 0), 0);
  const used = takenIn({ taken });
  return {
    bought: capacity,
    active: count("active"),
    pending: count("pending"),
    grace: count("grace"),
    unassigned: count("parked", "suspended"),
    unused: Math.max(0, capacity - used),
    ...aboveOf(pool, used),
  };
}
