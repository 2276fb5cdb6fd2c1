import type { Id } from "../directory.js";

/** What a practice sign-in has shown: each check, and what a real one would have done. Nothing of it has happened. */

export type CheckState =
  | "passed"
  | "failed"
  /** An earlier check failed, and this one would have said nothing. */
  | "notChecked";

export interface Check {
  /** Stable: "signature", "audience", ... */
  readonly name: string;
  readonly state: CheckState;
  /** The code that a real sign-in would be refused with. */
  readonly reason?: string;
  /** What was found wrong, and what to do about it. */
  readonly sentence?: string;
  readonly expected?: string;
  readonly found?: string;
}

/** Who it would be in our words, as the connection's plugin reads the assertion. */
export interface ReadPerson {
  readonly nameId: string;
  readonly nameIdFormat: string | null;
  readonly userName: string;
  readonly displayName: string | null;
  readonly email: string | null;
  /** Null: the assertion says nothing about groups. */
  readonly groups: readonly string[] | null;
  /** Names of all attributes that came, to find one that was overlooked. */
  readonly attributes: readonly string[];
}

export interface AccountForecast {
  /** known: the NameID has signed in before. linked, created: it would be tied to this account from now on. */
  readonly what: "known" | "linked" | "created" | "refused";
  readonly userId: Id | null;
  readonly userName: string | null;
  /** Of a refusal. */
  readonly reason: string | null;
}

export interface SeatForecast {
  readonly product: string;
  readonly state: "held" | "waiting" | "none";
  readonly tier: string | null;
  readonly poolId: Id | null;
  readonly reason: string | null;
}

export interface SignInForecast {
  readonly account: AccountForecast;
  readonly seats: readonly SeatForecast[];
}

export interface SignInReport {
  /** Whether a real sign-in would have opened a session. */
  readonly wouldSignIn: boolean;
  readonly checks: readonly Check[];
  readonly person: ReadPerson | null;
  readonly account: AccountForecast | null;
  readonly seats: readonly SeatForecast[];
}
