import type { Seat, WaitingEntry } from "../directory.js";

/** What became of one person's wish for a seat of one product. */
export type SeatOutcome =
  | { readonly type: "held"; readonly seat: Seat }
  | { readonly type: "waiting"; readonly entry: WaitingEntry }
  /** `reason` says why there is no seat and none is waited for. */
  | {
      readonly type: "none";
      readonly reason:
        | "NotEligible"
        | "Excluded"
        | "TierConflict"
        | "PoolFull"
        /** Seats are free, but kept for the members of other groups. */
        | "ReservationHeld"
        | "NoPool"
        | "Inactive"
        /** The first sign-in makes it the person's. */
        | "Invited"
        | "InvitationClosed"
        /** It was taken back because nobody used it; the next sign-in gives it again. */
        | "Reclaimed";
    };
