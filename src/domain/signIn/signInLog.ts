import type { Id, Timestamp } from "../directory.js";

/** The administrator's answer to "who tried to sign in, and why was it refused?" */
export interface SignInRecord {
  readonly id: Id;
  readonly organisationId: Id;
  readonly connectionId: Id;
  readonly at: Timestamp;
  /** The reference that the person was shown; also leads to the server's log and to the ledger. */
  readonly requestId: string;
  /** Error code of the refusal (src/errors.ts); null: it was none. */
  readonly code: string | null;
  /** Stable word for the reason of a refusal; null likewise. */
  readonly reason: string | null;
  /** Who it was. Null unless the identity provider's signature says so and the account is known. */
  readonly userId: Id | null;
  /** As the account, or the verified assertion, has it. */
  readonly userName: string | null;
  /** Of who got in. */
  readonly sessionId: Id | null;
  /** As far as it may be kept. */
  readonly address: string | null;
  /** How many attempts the line stands for: more than one where a flood was counted instead of written down. */
  readonly count: number;
  /** What was sent, sealed; only while a trace is on. */
  readonly trace: string | null;
  /** When that is forgotten. */
  readonly traceUntil: Timestamp | null;
}

/** What the door knows of an attempt before it is decided: the line in the log, unless there is no log. */
export type SignInNote = Pick<SignInRecord, "id" | "trace" | "traceUntil">;

/** Every live session of the person ends. */
export interface SessionEnding {
  readonly userId: Id;
  readonly at: Timestamp;
  readonly reason: string;
}
