/** Parts of the sign-in settings of a connection. What is absent is as it was before the setting existed. */

/** Where the identity provider's certificates come from. */
export interface SamlTrust {
  /** Where the provider publishes its metadata; it is read again from time to time. */
  readonly metadataUrl?: string;
  /** Of `certificates`: those that the metadata announces no longer (rollOver.ts). */
  readonly leaving?: readonly string[];
}

/** By what an assertion is linked to an account that the same connection has provisioned. */
export type LinkBy =
  /** Letters of ASCII may differ in case, for providers write one name in two ways; nothing else may differ. */
  | "userName"
  /** Byte for byte. */
  | "externalId";

/** What the attributes and groups of an assertion do to the account. */
export type AttributePolicy =
  /** They make the account that is created at the door; afterwards what SCIM or people say counts. */
  | "bootstrap"
  /** They count at every sign-in. What the assertion does not say stays as it is. */
  | "authoritative"
  /** Nothing: a created account has its userName only. */
  | "ignore";

/** Who an assertion is about, and what it may change (identity.ts). */
export interface SamlIdentity {
  /** Absent: "userName". */
  readonly linkBy?: LinkBy;
  /** Absent: "bootstrap". */
  readonly attributes?: AttributePolicy;
  /** Nobody is linked or created whose address is in a domain that the organisation has not verified. */
  readonly requireVerifiedDomain?: boolean;
}

/** The groups of a person as the last assertion named them, which SCIM knows nothing of. */
export interface AssertedGroups {
  readonly groups: readonly string[];
  /** They count beside the groups of SCIM; otherwise only until SCIM puts the person into a group. */
  readonly isAuthoritative: boolean;
}

/** Part of what a decision needs to see. */
export interface IdentityNeeds {
  /** Who the connection calls so, exactly; two of them where there are several. Into `users`. */
  readonly provisionedAs?: readonly {
    readonly connectionId: string;
    readonly externalId: string;
  }[];
  /** By which NameIDs of the connection these accounts are known: into `identities`. */
  readonly linksOf?: readonly { readonly connectionId: string; readonly userId: string }[];
}
