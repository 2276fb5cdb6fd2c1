import type { Id } from "../directory.js";
import type { FloatingKind, Use } from "./uses.js";

/** What was used, and what seats of each kind cost. */
export interface MixQuestion {
  /** As from `mergedUses`. */
  readonly uses: readonly Use[];
  /** Minor units for the whole time. Of each person: what a seat of one's own costs, and of which kind. */
  readonly own: ReadonlyMap<Id, OwnSeat>;
  readonly floating: readonly FloatingOffer[];
  /** Refusals and interruptions that are accepted in the whole time. */
  readonly refusalsMax: number;
}

export interface OwnSeat {
  readonly kind: "named" | "daily";
  readonly price: number;
}

export interface FloatingOffer {
  readonly kind: FloatingKind;
  /** Minor units for the whole time. */
  readonly price: number;
}
