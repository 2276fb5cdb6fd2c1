import type { Id, Session, Timestamp, User } from "../domain/directory.js";

/** Part of src/ports.ts, which everybody imports. */

/** Session and sign-in state that is read or written outside the decision. */
export interface Sessions {
  /** A live session (not revoked, not expired at `now`) with its user, or null. */
  findSession(idHash: string, now: Timestamp): Promise<{ session: Session; user: User } | null>;
  touchSession(idHash: string, now: Timestamp): Promise<void>;
  /** Ends this one session (a sign-out). One that has ended already keeps its first reason. */
  endSession(idHash: string, now: Timestamp, reason: string): Promise<void>;
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
