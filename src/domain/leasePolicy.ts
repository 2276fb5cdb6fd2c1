/** How a lease of a concurrent pool is kept and given back. Part of the policy (policy.ts). */

export interface LeasePolicy {
  /** How often the application promises to renew; 0: it promises nothing. */
  readonly heartbeatSeconds: number;
  /** How late a renewal may arrive: networks, and clocks that differ. */
  readonly driftSeconds: number;
  /** For how long a lease that was given back is kept for the same person; 0: it is free at once. */
  readonly lingerSeconds: number;
}

export const LEASE_DEFAULTS: LeasePolicy = {
  heartbeatSeconds: 0,
  driftSeconds: 5,
  lingerSeconds: 0,
};

/** One renewal may be lost without the lease being lost: two heartbeats, and what the second one may be late. */
export function leastLeaseSeconds({ heartbeatSeconds, driftSeconds }: LeasePolicy): number {
  return heartbeatSeconds === 0 ? 0 : 2 * heartbeatSeconds + driftSeconds;
}
