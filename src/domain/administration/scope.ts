/** Names of what may be done for an organisation; delegation.ts says who may. */

export const SCOPES = [
  /** Pools, people, seats, the ledger. */
  "licence.read",
  /** Invitations, and what is given and taken by hand. */
  "licence.assign",
  /** Policies of pools, mapping rules, who is charged by the day. */
  "licence.policy",
  /** Requests for more seats, their approval, and what they cost. */
  "licence.purchase",
  /** Links to identity providers, their credentials and what they sent. */
  "connection.manage",
  /** Principals and API tokens. */
  "access.manage",
  /** Who is signed in, and the end of sessions. */
  "session.manage",
  /** Erasing a person. */
  "person.erase",
  /** What an application asks about its users. */
  "seat.use",
] as const;
export type Scope = (typeof SCOPES)[number];

export const ROLES = ["owner", "licenceManager", "teamAdmin", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** What is read of a principal with each token of it. */
export interface PrincipalRef {
  readonly id: string;
  /** A person of the organisation; null: a service. */
  readonly userId: string | null;
  readonly role: Role;
  /** Beside those of the role. Q3: an owner may let a licence manager delegate by "access.manage". */
  readonly extraScopes: readonly Scope[];
  /** Of a team admin: the teams to which all is limited. */
  readonly teams: readonly string[];
  /** Whether it stands, and the person has an active account. */
  readonly isAble: boolean;
}
