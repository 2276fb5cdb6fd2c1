/** How a pool's seats are shared out among those who want them. Part of the policy (policy.ts). */

/** Seats that are kept free for the members of a group (I11). */
export interface Reservation {
  /** Of the directory: its displayName, letter case ignored, or its id. */
  readonly group: string;
  readonly seats: number;
}

export interface SharingPolicy {
  /** Who is in several of these groups counts for the first that has a place left: the most specific one comes first. */
  readonly reservations: readonly Reservation[];
  /** So long a wait raises somebody on the list by one priority class; 0: classes count for nothing. */
  readonly ageingSeconds: number;
}

export const SHARING_DEFAULTS: SharingPolicy = { reservations: [], ageingSeconds: 3_600 };

/** Class 0 is everybody's who was given none. */
export const PRIORITY_MAX = 9;
