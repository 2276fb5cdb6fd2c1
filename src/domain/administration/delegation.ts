import type { ApiToken, Id, Timestamp } from "../directory.js";
import { SCOPES, type PrincipalRef, type Role, type Scope } from "./scope.js";

/**
 * Who may do what for an organisation besides the operator: principals with a role, and tokens that say less than their
 * principal may (rules 19, 20, 55, 72, 77, 89-93; X13). Nobody needs a seat to administer.
 */

const SCOPES_OF: Record<Role, readonly Scope[]> = {
  owner: SCOPES,
  licenceManager: ["licence.read", "licence.assign", "licence.policy", "licence.purchase"],
  teamAdmin: ["licence.read", "licence.assign"],
  viewer: ["licence.read"],
};

export interface Principal extends PrincipalRef {
  readonly organisationId: Id;
  /** Of a service. A person's name is the account's. */
  readonly name: string | null;
  /** The actor. */
  readonly grantedBy: string;
  readonly createdAt: Timestamp;
  readonly endedAt: Timestamp | null;
  /** Of a service, which nobody is there without one: a token that is neither revoked nor over. */
  readonly hasToken?: boolean;
}

/** A person can be given a token at any time, by whoever signs in there; a service is what bears it. */
export function canAct({
  userId,
  isAble,
  hasToken,
}: Pick<Principal, "userId" | "isAble" | "hasToken">): boolean {
  return isAble && (userId !== null || hasToken === true);
}

/** What the bearer of a token may do. */
export interface Authority {
  readonly isOperator: boolean;
  readonly scopes: ReadonlySet<Scope>;
  /** Null: everybody; else people of these teams alone. */
  readonly teams: readonly string[] | null;
}

export const OPERATOR: Authority = { isOperator: true, scopes: new Set(SCOPES), teams: null };

/** A token, or one that is to be. */
export interface Bearer extends Pick<ApiToken, "organisationId"> {
  readonly principal?: PrincipalRef | undefined;
  readonly scopes?: readonly Scope[] | undefined;
}

/** A token without a principal is the organisation's own. */
export function authorityOf({ organisationId, principal, scopes }: Bearer): Authority {
  const held = principal == null ? SCOPES : scopesOf(principal);
  const said = scopes == null ? held : held.filter((scope) => scopes.includes(scope));
  return {
    isOperator: organisationId === null && scopes == null,
    scopes: new Set(said),
    teams: principal?.role === "teamAdmin" ? principal.teams : null,
  };
}

export function scopesOf({ role, extraScopes }: Pick<PrincipalRef, "role" | "extraScopes">) {
  return SCOPES.filter((scope) => SCOPES_OF[role].includes(scope) || extraScopes.includes(scope));
}

/** Nobody hands on, changes or ends what he could not do himself. */
export function mayGive(by: Authority, scopes: Iterable<Scope>): boolean {
  if (by.isOperator) return true;
  return by.teams === null && [...scopes].every((scope) => by.scopes.has(scope));
}

/**
 * Whether somebody may have the secret of such a token, a new one or one in place of another. What is done with it stands under
 * the principal's name, so it takes all that the principal may, also where the token says less; a token of one's own takes what it says.
 */
export function mayBear(by: Authority, own: PrincipalRef | undefined, token: Bearer): boolean {
  const { principal } = token;
  const isOwn = principal === undefined || principal.id === own?.id;
  return mayGive(by, isOwn ? authorityOf(token).scopes : scopesOf(principal));
}

/** Who did it, for the books: the person, else the service, else the public id of the organisation's own token. */
export function actorOf({ principal, publicId }: Pick<ApiToken, "principal" | "publicId">): string {
  return principal?.userId ?? principal?.id ?? publicId;
}

/** Whether somebody with these teams is within reach. */
export function reaches({ teams }: Pick<Authority, "teams">, others: readonly string[]): boolean {
  return teams === null || others.some((team) => teams.includes(team));
}

/** Whether every one of these teams is within reach, and there is one. */
export function reachesAll({ teams }: Authority, others: readonly string[]): boolean {
  return teams === null || (others.length > 0 && others.every((team) => teams.includes(team)));
}
