import type { Id, Timestamp } from "../domain/directory.js";
import type { SignInReport } from "../domain/signIn/signInReport.js";
import type { SetupChange } from "./setup.js";

/** Part of src/ports.ts, which everybody imports. */

/** Practice sign-ins: minutes old, then gone. None is found when its time is over. */
export interface SignInTests {
  /** With its line in the ledger. */
  create(test: CreatedSignInTest, change?: SetupChange): Promise<void>;
  /** Once: the live one that has not begun begins, bound to this browser. False when there is none. */
  begin(
    test: { readonly connectionId: Id; readonly secretHash: string },
    question: SignInTestQuestion,
    now: Timestamp,
  ): Promise<boolean>;
  /** The live one that has begun in this browser and has no report yet. */
  findBegun(
    question: Omit<SignInTestQuestion, "requestId"> & { readonly connectionId: Id },
    now: Timestamp,
  ): Promise<BegunSignInTest | null>;
  /** False when it has a report already. */
  finish(test: BegunSignInTest, report: SignInReport, now: Timestamp): Promise<boolean>;
  find(
    test: { readonly organisationId: Id; readonly connectionId: Id; readonly id: Id },
    now: Timestamp,
  ): Promise<SignInTest | null>;
}

export interface CreatedSignInTest {
  readonly id: Id;
  readonly organisationId: Id;
  readonly connectionId: Id;
  readonly secretHash: string;
  readonly createdBy: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
}

export interface SignInTestQuestion {
  readonly requestId: string;
  readonly relayState: string;
  readonly browserHash: string;
}

export interface BegunSignInTest {
  readonly id: Id;
  readonly organisationId: Id;
  readonly requestId: string;
  readonly startedAt: Timestamp;
}

export interface SignInTest extends Omit<CreatedSignInTest, "secretHash"> {
  readonly startedAt: Timestamp | null;
  readonly finishedAt: Timestamp | null;
  readonly report: SignInReport | null;
}
