/** What an assertion must say to be accepted for one connection. */
export interface Expectation {
  readonly idpEntityId: string;
  /** One per connection, so that the audience alone tells tenants apart (docs/attacks.md N-91). */
  readonly spEntityId: string;
  readonly acsUrl: string;
  /** Empty means DEFAULT_NAME_ID_FORMATS. */
  readonly nameIdFormats: readonly string[];
  /** 60 to 120; 60 when absent. */
  readonly clockSkewSeconds?: number;
  /** With ForceAuthn: when the request was sent. An older sign-in at the provider is refused (N-69). */
  readonly authnNotBefore?: number;
  /** When present, one of these classes is demanded (N-73). */
  readonly authnContexts?: readonly string[];
  /** A response that answers no request of ours is accepted, if it says nothing else (N-87). */
  readonly unsolicitedAllowed?: boolean;
}
