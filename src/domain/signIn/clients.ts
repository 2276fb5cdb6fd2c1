import type { Id, Timestamp } from "../directory.js";

/** OAuth clients of a connection, as plain data: identity providers that fetch their access themselves. */

/** Whose signed word counts in place of a secret (RFC 7523). */
export interface Trust {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Where the issuer's public keys are. */
  readonly jwksUrl: string;
}

export interface Client {
  readonly id: Id;
  readonly organisationId: Id;
  readonly connectionId: Id;
  readonly label: string;
  /** Null: it shows a secret. A connection has at most one client with a trust. */
  readonly trust: Trust | null;
  readonly createdAt: Timestamp;
  readonly revokedAt: Timestamp | null;
}

export interface ClientSecret {
  readonly publicId: string;
  readonly clientId: Id;
  /** SHA-256 of the whole secret, base64url. */
  readonly hash: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp | null;
  /** When it last got an access token, to the minute. */
  readonly lastUsedAt: Timestamp | null;
  readonly revokedAt: Timestamp | null;
}

/** What a client got for its secret or assertion; it opens the client's connection. */
export interface AccessToken {
  readonly publicId: string;
  readonly organisationId: Id;
  readonly connectionId: Id;
  readonly clientId: Id;
  /** Null: for an assertion. */
  readonly secretId: string | null;
  /** SHA-256 of the whole token, base64url. */
  readonly hash: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
}
