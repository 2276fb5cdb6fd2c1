import type { Id, Session, Timestamp } from "../directory.js";

/** What sign-ins and sign-outs need, get and change: parts of `Needs`, `Snapshot` and `Changes` (snapshot.ts). */

/** The request that is answered, null where none is, and the assertion that answers it. */
export interface SignInAsked {
  readonly connectionId: Id;
  readonly requestId: string | null;
  readonly browserHash: string;
  readonly assertionId: string;
  /** Entity ID of the provider whose word it is. */
  readonly provider?: string;
}

/** Of a connection and a provider. */
export function bindingKey(connectionId: Id, provider: string): string {
  return `${connectionId} ${provider}`;
}

/** Of a stored request. */
export function signInKey(
  request: Pick<SignInAsked, "connectionId" | "browserHash"> & { readonly requestId: string },
): string {
  return `${request.connectionId} ${request.requestId} ${request.browserHash}`;
}

/** A request of ours that may still be answered. */
export interface OpenRequest {
  readonly returnTo: string | null;
  /** When it was sent. Absent: a moment ago. */
  readonly createdAt?: Timestamp;
}

export interface SignInNeeds {
  readonly signIns?: readonly SignInAsked[];
  /** A logout message of the provider: whom it names, and whether it has come before. */
  readonly logouts?: readonly {
    readonly connectionId: Id;
    readonly nameId: string;
    readonly messageId: string;
  }[];
}

export interface SignInRows {
  /**
   * Of the sign-ins asked for: `signInKey` -> the request, present only while live. The browser is part of the key:
   * two browsers may be decided in one batch.
   */
  readonly signInRequests: ReadonlyMap<string, OpenRequest>;
  /** `${connectionId} ${assertionId}` of those asked for that were used before. */
  readonly usedAssertions: ReadonlySet<string>;
  /** `bindingKey` of those asked for that do not hold any more: the connection is disabled, or another provider's, or nobody's. */
  readonly bindingsEnded?: ReadonlySet<string>;
  /** Of the people whom logouts name: all their sessions that have not ended, of whatever connection. */
  readonly liveSessions?: readonly Session[];
  /** `${connectionId} ${messageId}` of those asked for that have come before. */
  readonly usedLogouts?: ReadonlySet<string>;
}

export interface LogoutChanges {
  /** Ends these sessions alone; one that has ended keeps its first reason. */
  readonly sessionsClosed: {
    readonly idHash: string;
    readonly at: Timestamp;
    readonly reason: string;
  }[];
  /** Must be remembered until then; one that is known already makes the save fail. */
  readonly logoutsReceived: {
    readonly connectionId: Id;
    readonly messageId: string;
    readonly expiresAt: Timestamp;
  }[];
}

export function noLogoutChanges(): LogoutChanges {
  return { sessionsClosed: [], logoutsReceived: [] };
}

/** Sessions in the working copy, as far as somebody asked for them, and those that begin in this batch. */
export class LiveSessions {
  readonly #live = new Map<string, Session>();
  readonly #opened = new Map<string, Session>();
  readonly #received = new Set<string>();
  readonly #changes = noLogoutChanges();

  load({ liveSessions = [], usedLogouts = new Set() }: Partial<SignInRows>): void {
    const closed = new Set(this.#changes.sessionsClosed.map(({ idHash }) => idHash));
    for (const session of liveSessions) {
      if (!closed.has(session.idHash)) this.#live.set(session.idHash, session);
    }
    for (const key of usedLogouts) this.#received.add(key);
  }

  open(session: Session): void {
    this.#live.set(session.idHash, session);
    this.#opened.set(session.idHash, session);
  }

  of(userId: Id): Session[] {
    return [...this.#live.values()].filter((session) => session.userId === userId);
  }

  close({ idHash }: Session, at: Timestamp, reason: string): void {
    this.#live.delete(idHash);
    const opened = this.#opened.get(idHash);
    if (opened === undefined) this.#changes.sessionsClosed.push({ idHash, at, reason });
    else this.#opened.set(idHash, { ...opened, endedAt: at, endReason: reason });
  }

  hasReceived(connectionId: Id, messageId: string): boolean {
    return this.#received.has(`${connectionId} ${messageId}`);
  }

  receive(connectionId: Id, messageId: string, expiresAt: Timestamp): void {
    this.#received.add(`${connectionId} ${messageId}`);
    this.#changes.logoutsReceived.push({ connectionId, messageId, expiresAt });
  }

  changes(): LogoutChanges & { readonly sessionsInserted: Session[] } {
    return { ...this.#changes, sessionsInserted: [...this.#opened.values()] };
  }
}
