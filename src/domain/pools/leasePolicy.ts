/** How a lease of a concurrent pool is kept and given back. Part of the policy (policy.ts). */

/** Who has a lease: the person, whatever number of sessions there are, or each session or device (Q16, Q17). */
export const LEASE_UNITS = ["user", "session", "device"] as const;
export type LeaseUnit = (typeof LEASE_UNITS)[number];

export interface LeasePolicy {
  readonly leaseUnit: LeaseUnit;
  /** How often the application promises to renew; 0: it promises nothing. */
  readonly heartbeatSeconds: number;
  /** How late a renewal may arrive: networks, and clocks that differ. */
  readonly driftSeconds: number;
  /** For how long a lease that was given back is kept for the same person; 0: it is free at once. */
  readonly lingerSeconds: number;
  /** For how long after its end a lease that nobody renewed may be revived, if a seat is free; 0: not at all. */
  readonly reviveSeconds: number;
  /** For how long a lease may be borrowed, to live without renewal; 0: not at all. */
  readonly maxBorrowSeconds: number;
}

export const LEASE_DEFAULTS: LeasePolicy = {
  leaseUnit: "user",
  heartbeatSeconds: 0,
  driftSeconds: 5,
  lingerSeconds: 0,
  reviveSeconds: 0,
  maxBorrowSeconds: 0,
};

/** Whether the application says for which session or device of a person it asks. */
export function isForUnits({ leaseUnit }: LeasePolicy): boolean {
  return leaseUnit !== "user";
}

/** One renewal may be lost without the lease being lost: two heartbeats, and what the second one may be late. */
export function leastLeaseSeconds({ heartbeatSeconds, driftSeconds }: LeasePolicy): number {
  return heartbeatSeconds === 0 ? 0 : 2 * heartbeatSeconds + driftSeconds;
}
