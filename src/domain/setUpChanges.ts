import type { BrakeState } from "./brake/brake.js";
import type { Id, MappingRule, Timestamp } from "./directory.js";

/** What a decision may change of the organisation's set-up, beside its pools. Part of `Changes` (snapshot.ts). */
export interface SetUpChanges {
  /** A new rule, or one in the place of the rule with the same id. Nobody is put on the stale list for it. */
  readonly rulesSaved: MappingRule[];
  readonly rulesDeleted: Id[];
  /** At most one. */
  readonly brakeChanged: BrakeState[];
  /** Who holds a seat because of these held losses is put on the stale list. */
  readonly heldReleased: Id[];
  /** Plans that are done by these changes; one that is done already makes the whole save fail. */
  readonly plansApplied: { readonly id: Id; readonly at: Timestamp; readonly by: string }[];
}

export function noSetUpChanges(): SetUpChanges {
  return {
    rulesSaved: [],
    rulesDeleted: [],
    brakeChanged: [],
    heldReleased: [],
    plansApplied: [],
  };
}
