import type { Id, Timestamp } from "../domain/directory.js";
import type { SignInRecord } from "../domain/signIn/signInLog.js";
import type { SetupChange } from "./setup.js";

/** Part of src/ports.ts, which everybody imports. */

export interface SignInLogQuery {
  /** Inclusive. */
  readonly from?: Timestamp;
  /** Exclusive. */
  readonly to?: Timestamp;
  /** About one of these accounts, or naming this (folded) userName. */
  readonly person?: { readonly userIds: readonly Id[]; readonly userName: string };
  readonly refused?: boolean;
  readonly reason?: string;
  /** The reference or its beginning. */
  readonly requestId?: string;
  /** Past this line, in the direction of the list. */
  readonly after?: { readonly at: Timestamp; readonly id: Id };
  readonly limit: number;
  readonly newestFirst?: boolean;
}

/** For how long what is sent is kept, sealed, with each attempt. */
export interface SignInTrace {
  readonly connectionId: Id;
  readonly startedAt: Timestamp;
  /** The actor. */
  readonly startedBy: string;
  readonly endsAt: Timestamp;
  /** How many messages were kept. */
  readonly taken: number;
}

interface OfConnection {
  readonly organisationId: Id;
  readonly connectionId: Id;
}

/** Attempts to sign in. Those that succeed are written by `save`, in the transaction of the sign-in. */
export interface SignInLog {
  /** Refused attempts of any organisations, in one statement. */
  append(records: readonly SignInRecord[]): Promise<void>;
  /** By time, then by id. `trace` is null; `hasTrace` says whether there is one. */
  list(scope: OfConnection, query: SignInLogQuery): Promise<SignInLine[]>;
  find(scope: OfConnection, id: Id): Promise<SignInLine | null>;
  /** The sealed message, or null; who looks is written to the ledger in the same transaction. */
  readTrace(scope: OfConnection, id: Id, change: SetupChange): Promise<string | null>;
  /** At most `limit` lines, of all organisations; resolves to how many there were. */
  deleteBefore(at: Timestamp, limit: number): Promise<number>;
  /** Forgets messages whose time is over; resolves to how many there were. */
  clearTraces(now: Timestamp, limit: number): Promise<number>;

  /** Null: there is none, or it has ended at `now`. */
  findTrace(connectionId: Id, now: Timestamp): Promise<SignInTrace | null>;
  /** Takes the place of an earlier one. */
  startTrace(
    organisationId: Id,
    trace: Omit<SignInTrace, "taken">,
    change: SetupChange,
  ): Promise<void>;
  /** Also forgets what was kept. False: there was nothing. */
  endTrace(scope: OfConnection, change: SetupChange): Promise<boolean>;
  /** One message more, if a trace is on that has kept fewer than `max`. */
  takeTrace(connectionId: Id, now: Timestamp, max: number): Promise<boolean>;
}

export interface SignInLine extends SignInRecord {
  readonly hasTrace: boolean;
}
