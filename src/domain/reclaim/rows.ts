import type { Id, Seat, Timestamp } from "../directory.js";

/** What is stored beside seats and pools, as plain data. */

/** Whose seat is not taken back for want of use: parental leave, seasonal work. One person, or the members of a group. */
export interface Exemption {
  readonly id: Id;
  readonly organisationId: Id;
  readonly userId: Id | null;
  readonly groupId: Id | null;
  /** Null: until it is withdrawn. */
  readonly until: Timestamp | null;
  readonly reason: string;
  /** A token's public id or "command line". */
  readonly createdBy: string;
  readonly createdAt: Timestamp;
}

/** A pool will have fewer seats from a date on. */
export interface Contraction {
  readonly id: Id;
  readonly organisationId: Id;
  readonly poolId: Id;
  /** From the date on. */
  readonly capacity: number;
  readonly at: Timestamp;
  /** Done: the capacity is lowered, and everybody who has to go knows it. */
  readonly state: "planned" | "done";
  /** A token's public id or "command line". */
  readonly createdBy: string;
  readonly createdAt: Timestamp;
}

/**
 * A place in the order in which seats go (docs/reclaim.md): those that give no access, and those that go for want of use; then class by class of priority, the lowest
 * first, those never used, then the least recently used, then the oldest grant and the id. What is pinned goes last: nobody's
 * sign-in takes it, or an exemption holds.
 */
export interface Placed {
  readonly seat: Seat;
  readonly isPinned: boolean;
}

export interface DueContraction {
  readonly contraction: Contraction;
  /** Those that take a seat and have not to go already, in the order of `Placed`; not all of them. */
  readonly seats: readonly Seat[];
}

/** ready: the owner has a seat again and may switch it on; it is never switched on by itself (rule 86). */
export type ResourceState = "enabled" | "disabled" | "ready";

export interface Resource {
  readonly organisationId: Id;
  /** The application's own words. */
  readonly kind: string;
  readonly id: string;
  /** Null: no seat is needed for it (rule 79). */
  readonly product: string | null;
  /** The owner. */
  readonly userId: Id;
  /** Without this very owner it would break: an integration that works in the owner's name. */
  readonly indispensable: boolean;
  readonly state: ResourceState;
  /** As it was when the owner's seat went, for an undo. */
  readonly before: ResourceBefore | null;
  readonly updatedAt: Timestamp;
}

export interface ResourceBefore {
  readonly seatId: Id;
  readonly userId: Id;
  readonly state: ResourceState;
}

export function resourceKey({ kind, id }: Pick<Resource, "kind" | "id">): string {
  return `${kind} ${id}`;
}
