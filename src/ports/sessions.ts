import type { Id, Session, Timestamp, User } from "../domain/directory.js";
import type { SetupChange } from "./setup.js";

/** Part of src/ports.ts, which everybody imports. */

/** Session and sign-in state that is read or written outside the decision. */
export interface Sessions {
  /**
   * A live session with its user, or null: neither ended nor expired at `now`, of a connection that is enabled. Always read
   * from the database, so that what ended on another node has ended here.
   */
  findSession(idHash: string, now: Timestamp): Promise<LiveSession | null>;
  /** The same by the name that others know it by. */
  findSessionById(id: Id, now: Timestamp): Promise<LiveSession | null>;
  touchSession(idHash: string, now: Timestamp): Promise<void>;
  /** Ends this one session (a sign-out). One that has ended already keeps its first reason. */
  endSession(idHash: string, now: Timestamp, reason: string): Promise<void>;
  /** Of this browser, in whatever organisation: those that have neither ended nor expired. */
  findSessionsOfBrowser(browserHash: string, now: Timestamp): Promise<Session[]>;
  /** Live sessions with who is signed in, the newest first. */
  listSessions(organisationId: Id, query: SessionQuery): Promise<LiveSession[]>;
  /**
   * Ends the live sessions that are meant, with their messages and the line in the ledger, in one transaction. No line where
   * there was none to end. Resolves to how many there were.
   */
  endSessions(
    organisationId: Id,
    which: SessionChoice,
    ending: { readonly at: Timestamp; readonly reason: string; readonly change?: SetupChange },
  ): Promise<number>;
  /** A sign-in request that was sent to the IdP. Kept until it is consumed or expires. */
  createSignInRequest(request: SignInRequest): Promise<void>;
  /** A logout request that was sent to the provider. Kept until it is answered or expires. */
  createLogoutRequest(request: LogoutRequestSent): Promise<void>;
  /** Whether there was this live one; it is gone then. */
  consumeLogoutRequest(
    request: Pick<LogoutRequestSent, "id" | "connectionId" | "browserHash">,
    now: Timestamp,
  ): Promise<boolean>;
}

export interface LogoutRequestSent {
  readonly id: string;
  readonly connectionId: Id;
  /** As of a sign-in request: only that browser brings the answer. */
  readonly browserHash: string;
  readonly expiresAt: Timestamp;
}

export interface LiveSession {
  readonly session: Session;
  readonly user: User;
}

/** Without a key: all of the organisation. */
export interface SessionChoice {
  readonly id?: Id;
  readonly userId?: Id;
  readonly connectionId?: Id;
}

export interface SessionQuery extends Omit<SessionChoice, "id"> {
  readonly now: Timestamp;
  /** Sessions last seen before this moment have ended by themselves. */
  readonly seenSince: Timestamp;
  /** Past this session. */
  readonly before?: Id;
  readonly limit: number;
}

export interface SignInRequest {
  readonly id: string;
  readonly connectionId: Id;
  /** SHA-256 of the short-lived browser cookie, base64url. */
  readonly browserHash: string;
  /** Where to go afterwards: a path of ours or of the application. Never sent to the IdP. */
  readonly returnTo: string | null;
  readonly relayState: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
}
