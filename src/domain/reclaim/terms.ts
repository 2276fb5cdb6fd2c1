/** What a pool's policy says about seats that nobody uses, and about what hangs on a seat that is lost. */

/** What silence leads to. ask: to nothing; the holder is asked, and somebody else decides. */
export const IDLE_ACTIONS = ["ask", "downgrade", "reclaim"] as const;
export type IdleAction = (typeof IDLE_ACTIONS)[number];

/**
 * A seat cannot be free at once and kept for who lost it: that would sell it twice. guaranteed: it is kept, and gives access,
 * until the time for an undo is over. ifFree: it is free at once, and an undo needs a free seat. Nobody has chosen: nothing
 * can be taken back (docs/adr/0023).
 */
export const UNDO_CHOICES = ["undecided", "guaranteed", "ifFree"] as const;
export type UndoChoice = (typeof UNDO_CHOICES)[number];

/** signIn: signing in is use. application: only what the application reports is. */
export const USE_SIGNALS = ["signIn", "application"] as const;
export type UseSignal = (typeof USE_SIGNALS)[number];

/** Rules 82, 84, 85 and Q14. Nothing is ever deleted. */
export const ON_UNASSIGN = ["disable", "keep", "transfer"] as const;
export type OnUnassign = (typeof ON_UNASSIGN)[number];

export interface ReclaimTerms {
  /** A seat that was not used for so many days is idle; 0: never. */
  readonly idleDays: number;
  /** A seat that was never used is idle so many days after the grant: a clock of its own. */
  readonly neverUsedDays: number;
  readonly idleAction: IdleAction;
  /** So long after the question the holder is reminded; 0: not at all. */
  readonly remindDays: number;
  /** So long after the question silence is an answer; 0: nobody is asked. */
  readonly answerDays: number;
  /** Who has answered, or has got the seat back, is left in peace for so long. */
  readonly askAgainDays: number;
  /** How long a seat that is taken back can be had back in one step. */
  readonly graceDays: number;
  readonly undo: UndoChoice;
  readonly useSignal: UseSignal;
  readonly onUnassign: OnUnassign;
  /** The id of the user who gets what the holder had; empty unless onUnassign is transfer. */
  readonly transferTo: string;
}

/** Where seats come and go with every sign-in, what hangs on them stays as it is. */
export function defaultTerms(kind: "locked" | "shared" | "concurrent"): ReclaimTerms {
  return {
    idleDays: 0,
    neverUsedDays: 30,
    idleAction: "ask",
    remindDays: 7,
    answerDays: 14,
    askAgainDays: 90,
    graceDays: 7,
    undo: "undecided",
    useSignal: "signIn",
    onUnassign: kind === "locked" ? "disable" : "keep",
    transferTo: "",
  };
}
