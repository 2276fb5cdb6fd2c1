import type { JsonObject, JsonValue } from "../plugin.js";
import type { BreakGlass } from "./emergency/glass.js";
import type { Grace, Idle, Kept } from "./keeping/kept.js";
import type { PoolKind, PoolPolicy } from "./pools/policy.js";
import type { SamlFlows } from "./signIn/samlFlows.js";
import type { AssertedGroups, SamlIdentity, SamlTrust } from "./signIn/samlPolicy.js";
import type { PrincipalRef, Scope } from "./administration/scope.js";

export type { Grace, Idle, Kept } from "./keeping/kept.js";
export type { PoolKind, PoolPolicy } from "./pools/policy.js";
export type { Session } from "./signIn/session.js";
export type { AssertedGroups } from "./signIn/samlPolicy.js";
export type { MappingRule, RuleGives, RuleMatch } from "./rules.js";

/** The things an organisation owns, as plain data. Nothing here knows how it is stored. */

export type Id = string;
/** Milliseconds since the epoch. */
export type Timestamp = number;

export interface Organisation {
  readonly id: Id;
  /** Lower-case letters, digits and hyphens; unique; used in commands. */
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Timestamp;
  /** IANA; whose days are counted. Absent: UTC. */
  readonly timeZone?: string;
}

/** What happens when somebody signs in whom this connection has not provisioned. */
export type JustInTime =
  /** Nobody: SCIM must have created the account. */
  | "refuse"
  /** The account that this connection provisioned under the same userName; never another's. */
  | "link"
  /** As `link`; where there is none, a new account. */
  | "create";

export interface SamlSettings extends SamlFlows, SamlTrust, SamlIdentity {
  readonly idpEntityId: string;
  readonly ssoUrl: string;
  /** PEM; several during a roll-over. */
  readonly certificates: readonly string[];
  readonly justInTime: JustInTime;
  /** The Response element must be signed besides the assertion. */
  readonly requireSignedResponse: boolean;
  readonly nameIdFormats: readonly string[];
  /** AES-CBC accepted although GCM is preferred. */
  readonly allowCbc: boolean;
}

/** One link of an organisation to an identity provider: dialect, credentials, sign-in settings. */
export interface Connection {
  readonly id: Id;
  readonly organisationId: Id;
  readonly name: string;
  /** A plugin's id. */
  readonly plugin: string;
  readonly enabled: boolean;
  readonly saml: SamlSettings | null;
  /** Where SAML has ended: the entity ID to which it was bound last. Absent: SAML is set, or that is not known. */
  readonly lastProvider?: string;
  /** Where the browser goes with the signed token after sign-in; null: stays on our own page. */
  readonly applicationUrl: string | null;
  /** Whether `roles` and `entitlements` that name what is on offer give it (assignments.ts). */
  readonly assignments: boolean;
  readonly version: number;
  readonly createdAt: Timestamp;
}

export interface ApiToken {
  readonly publicId: string;
  /** scim: one connection. api: one organisation, or all (`organisationId` null). */
  readonly kind: "scim" | "api";
  readonly organisationId: Id | null;
  readonly connectionId: Id | null;
  /** SHA-256 of the whole token, base64url. */
  readonly hash: string;
  readonly label: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp | null;
  readonly lastUsedAt: Timestamp | null;
  readonly revokedAt: Timestamp | null;
  /** api: whose it is. Absent: the organisation's own, or an operator's. */
  readonly principal?: PrincipalRef;
  /** api: at most these of what its principal may do. Absent: all. */
  readonly scopes?: readonly Scope[];
}

export interface User {
  readonly id: Id;
  readonly organisationId: Id;
  /** The connection that owns the account; null: made by hand. */
  readonly connectionId: Id | null;
  /** Exact. */
  readonly externalId: string | null;
  /** As sent; compared by `foldName`. */
  readonly userName: string;
  readonly displayName: string | null;
  readonly active: boolean;
  /** When `active` last went from true to false; null while active, and for who was created inactive. */
  readonly deactivatedAt: Timestamp | null;
  /** The SCIM document without id, meta, groups and password. */
  readonly document: JsonObject;
  readonly version: number;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly lastSignInAt: Timestamp | null;
  /** Absent: no assertion has said anything about groups, or nothing that counts. */
  readonly asserted?: AssertedGroups;
}

export interface Group {
  readonly id: Id;
  readonly organisationId: Id;
  readonly connectionId: Id;
  readonly externalId: string | null;
  readonly displayName: string;
  /**
   * Still called as it was created, where a creation with the same externalId and displayName counts as a repetition.
   * At most one of those who share both names in a connection has this.
   */
  readonly refusesTwins?: boolean;
  /** The SCIM document without id, meta and members. */
  readonly document: JsonObject;
  readonly version: number;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
}

/** One person at one IdP: (connection, NameID) and nothing else (docs/attacks.md N-97). */
export interface LinkedIdentity {
  readonly connectionId: Id;
  readonly nameId: string;
  readonly userId: Id;
}

// ---------------------------------------------------------------------------------------------------------------
// Mapping

/** Of a tier itself: at least, at most, just this one. */
export type TierFact = "tierFloor" | "tierCeiling" | "tierChoice";
export type FactKind =
  | "team"
  | "role"
  | "permission"
  | "setting"
  | TierFact
  | "pool"
  | "exclusion"
  | "claim"
  | "priority"
  | "breakGlass";

export type FactSource =
  /** `via` names what matched: `group:<id>`, `attribute:<name>` or `everyone`. */
  | { readonly type: "rule"; readonly ruleId: Id; readonly via: string }
  /** Assigned by the identity provider; `via` is `attribute:roles` or `attribute:entitlements`. */
  | { readonly type: "attribute"; readonly via: string }
  | { readonly type: "hand"; readonly by: string };

/**
 * One thing that is true of a user, with its one reason. The same fact from two reasons is two facts, so that taking
 * one reason away never takes what the other gave.
 *
 * `name` is the team, role, permission, setting key, product (tierFloor, tierCeiling, tierChoice, exclusion, claim,
 * priority, breakGlass) or pool name; `value` is true, the setting's value, the tier, the class on the waiting list, or the terms
 * of a break-glass claim (entitlement/breakGlass.ts). A permission given by hand may be false: it is withheld, whoever else
 * gives it.
 */
export interface Fact {
  readonly userId: Id;
  readonly kind: FactKind;
  readonly name: string;
  readonly value: JsonValue;
  readonly source: FactSource;
  readonly since: Timestamp;
}

// ---------------------------------------------------------------------------------------------------------------
// Entitlement and seats

/** One demand with the chain that leads to it: ["group:Support", "role:team-leader", "permission:statistics"]. */
export interface Reason {
  /** What is demanded: "statistics", "skills=3", "tier>=professional", "tier<=standard", "tier=standard". */
  readonly requires: string;
  readonly because: readonly string[];
}

/** The tier that a user needs of one product: computed, or where its `tierMode` says so, chosen. */
export interface Requirement {
  readonly userId: Id;
  readonly product: string;
  /** Null when nothing fits (`blocked` says why). */
  readonly tier: string | null;
  readonly addOns: readonly string[];
  readonly blocked: "TierConflict" | "Excluded" | null;
  /** The smallest set of demands that alone forces the tier (I6). */
  readonly witness: readonly Reason[];
  /** A claim by hand that no exclusion outweighs, while there is one. */
  readonly breakGlass?: BreakGlass;
}

/** Seats bought of a product and a set of its tiers, with a policy. */
export interface Pool {
  readonly id: Id;
  readonly organisationId: Id;
  /** Unique in the organisation. */
  readonly name: string;
  readonly product: string;
  /** Tiers that a seat of this pool may have. */
  readonly tiers: readonly string[];
  readonly kind: PoolKind;
  readonly capacity: number;
  /** Seats held now. Kept by the database itself; read-only here. */
  readonly used: number;
  /** Lower is tried first among equals. */
  readonly priority: number;
  readonly policy: PoolPolicy;
  readonly version: number;
  readonly createdAt: Timestamp;
}

/** One assignment of one seat of its pool. A seat that is given back is no row; the ledger remembers it. */
export interface Seat {
  readonly id: Id;
  readonly organisationId: Id;
  readonly poolId: Id;
  readonly product: string;
  readonly userId: Id;
  readonly tier: string;
  readonly grantedAt: Timestamp;
  readonly lastUsedAt: Timestamp;
  readonly lastSignInAt: Timestamp | null;
  /** Leases only. Past it the seat is free by definition, whether or not the row is still there. */
  readonly expiresAt: Timestamp | null;
  /** Fencing: a renewal with an older generation fails (I20). */
  readonly generation: number;
  /** Absent: it gives access. */
  readonly kept?: Kept;
  /** It will be taken back at `expiresAt`, unless that is undone. */
  readonly grace?: Grace;
  /** Of a lease for a session or device: which one. Absent: the seat is the person's, the only one of the product. */
  readonly unit?: string;
  /** Until when a borrowed lease lives without renewal; with a later `expiresAt` it is a lease like any other. */
  readonly borrowedUntil?: Timestamp;
  /** The group whose reservation in the pool it counts for. */
  readonly reservation?: string;
  /** Where the pool takes back what nobody uses. */
  readonly idle?: Idle;
  /** Nothing claims it any more; it stays because of the brake, as long as that loss is not approved (brake.ts). */
  readonly heldBy?: Id;
  /** Since when the person has this licence, where that is not the grant (bound.ts). */
  readonly boundSince?: Timestamp;
  /** Wants to leave the pool; looked at again then, because the place is bound until that moment. */
  readonly movesAt?: Timestamp;
  /** Nobody's sign-in takes it before this moment. */
  readonly protectedUntil?: Timestamp;
  /** How often others have taken it in the 24 hours that began with `since`, and when last. */
  readonly evicted?: {
    readonly count: number;
    readonly since: Timestamp;
    readonly last: Timestamp;
  };
}

export interface WaitingEntry {
  readonly id: Id;
  readonly organisationId: Id;
  readonly userId: Id;
  readonly product: string;
  readonly tier: string;
  /** Only this pool will do (a direct pool rule), or one of `alsoPools`; null: any pool of the product and tier. */
  readonly poolId: Id | null;
  readonly alsoPools?: readonly Id[];
  readonly since: Timestamp;
  /**
   * Asked for at a sign-in: seats that are given at sign-in will do, too. Who waits only for what provisioning gives
   * gets no seat of a sign-in pool (rule 11), and may hold one meanwhile.
   */
  readonly atTheDoor: boolean;
  /**
   * Restricted: as PoolFull, and the application is told so. ReservationHeld: what is free is kept for others. Bundle: given
   * only together with other products. HoldsMore: keeps a higher seat until a lower one is free.
   */
  readonly reason:
    "PoolFull" | "NoPool" | "Restricted" | "ReservationHeld" | "Bundle" | "HoldsMore";
  /** The class on the list (ageing.ts). Absent: 0. */
  readonly priority?: number;
  /** The moment by which the list is ordered. Absent: `since`. */
  readonly turn?: Timestamp;
  /** Of the groups that the pools' policies name, those that the person is in (ownTerms.ts). Absent: none. */
  readonly reservedIn?: readonly string[];
}

/** userName comparison form (RFC 7643 §4.1.1: case-insensitive). The store keeps it in a column of its own. */
export function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
