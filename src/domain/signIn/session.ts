/** A sign-in that goes on until it ends. Times are in milliseconds since the epoch. */
export interface Session {
  /** Its name towards others (`sid`): no secret, and opens nothing. */
  readonly id: string;
  /** SHA-256 of the cookie's value, base64url. */
  readonly idHash: string;
  readonly organisationId: string;
  readonly userId: string;
  readonly connectionId: string;
  readonly nameId: string;
  readonly sessionIndex: string | null;
  /** As the provider said it, to name the person to it again. Absent: it said none. */
  readonly nameIdFormat?: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  /** Where the browser was, as far as that may be kept (`signIn.addresses`). */
  readonly address: string | null;
  /** SHA-256 of the cookie by which that browser is known, base64url. Absent: nobody noted it. */
  readonly browserHash?: string;
}
