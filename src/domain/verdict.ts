/**
 * Outcomes are values: a decision either gives its result or one named refusal. Exceptions are left to broken programs.
 * The names are error codes of src/errors.ts, which says what each means on the wire.
 */
export type RefusalCode =
  | "NotFound"
  | "InvalidValue"
  | "VersionMismatch"
  | "Uniqueness"
  | "UnknownMember"
  | "Mutability"
  | "Conflict"
  | "NotEligible"
  | "TierConflict"
  | "TierTooLow"
  | "ProfileIncomplete"
  | "SeatRefused"
  | "PoolFull"
  | "Indispensable"
  | "LeaseLost"
  | "Inactive"
  | "LastOwner"
  | "MissingScope"
  | "SignInFailed"
  | "LogoutRefused"
  | "SignInUnknownUser";

export interface Refusal {
  readonly refused: RefusalCode;
  /** For the person. */
  readonly sentence?: string;
  readonly field?: string;
  /** For the log and the administrator: "replay", "unknown request". */
  readonly detail?: string;
}

export type Verdict<T> = { readonly ok: T } | Refusal;

export function refuse(refused: RefusalCode, more: Omit<Refusal, "refused"> = {}): Refusal {
  return { refused, ...more };
}
