import type { Principal } from "../../domain/administration/delegation.js";
import { foldName } from "../../domain/directory.js";
import type { Invitation } from "../../domain/invitations/invitation.js";
import type { Purchase } from "../../domain/administration/purchase.js";
import type { PrincipalRef, Role, Scope } from "../../domain/administration/scope.js";
import { checkId, checkOptional, checkText, documentText, KEY_LIMITS, LIMITS } from "../limits.js";
import type { SqlValue } from "../sql.js";

/** Principals, invitations and purchases. Lists are JSON. */

/** The account is looked at with each reading: whoever is deactivated may do nothing from that commit on. */
export interface PrincipalRow extends Omit<
  Principal,
  "extraScopes" | "teams" | "isAble" | "hasToken"
> {
  readonly extraScopes: string;
  readonly teams: string;
  readonly personActive: number | null;
  readonly hasToken: number;
}

/** To be used with `p` for principals and `u` for users. */
/** Of a service: a token that is alive at the time that is the parameter. */
export const HAS_TOKEN =
  "CASE WHEN p.userId IS NULL AND EXISTS (SELECT 1 FROM tokens t WHERE t.organisationId = p.organisationId AND t.principalId = p.id AND t.revokedAt IS NULL AND (t.expiresAt IS NULL OR t.expiresAt > ?)) THEN 1 ELSE 0 END";
/** The first parameter is the time. */
export const PRINCIPAL_SELECT = `p.id, p.organisationId, p.userId, p.name, p.role, p.extraScopes, p.teams, p.grantedBy, p.createdAt, p.endedAt, u.active AS personActive, ${HAS_TOKEN} AS hasToken`;
export const WITH_PERSON =
  "LEFT JOIN users u ON u.organisationId = p.organisationId AND u.id = p.userId AND u.deletedAt IS NULL";

/** The parameters are the time and the organisation. */
export const STANDING_PRINCIPALS = `SELECT ${PRINCIPAL_SELECT} FROM principals p ${WITH_PERSON} WHERE p.organisationId = ? AND p.endedAt IS NULL ORDER BY p.id`;

export function principalFromRow(row: PrincipalRow): Principal {
  const { id, organisationId, userId, name, role, grantedBy, createdAt, endedAt } = row;
  const lists = principalRefFrom({ ...row, principalEndedAt: endedAt });
  const one = { ...lists, id, organisationId, userId, name, role, grantedBy, createdAt, endedAt };
  return row.hasToken === 1 ? { ...one, hasToken: true } : one;
}

interface RefRow {
  readonly id: string;
  readonly userId: string | null;
  readonly role: string;
  readonly extraScopes: string;
  readonly teams: string;
  readonly principalEndedAt: number | null;
  readonly personActive: number | null;
}

export function principalRefFrom(row: RefRow): PrincipalRef {
  return {
    id: row.id,
    userId: row.userId,
    role: row.role as Role,
    extraScopes: JSON.parse(row.extraScopes) as Scope[],
    teams: JSON.parse(row.teams) as string[],
    isAble: row.principalEndedAt === null && (row.userId === null || row.personActive === 1),
  };
}

export const PRINCIPAL_KEY = ["organisationId", "id"] as const;
export const PRINCIPAL_CHANGEABLE = [
  ...["userId", "name", "role", "extraScopes", "teams"],
  ...["grantedBy", "createdAt", "endedAt"],
] as const;

export function principalValues(principal: Principal): SqlValue[] {
  const { userId, role, extraScopes, teams, grantedBy, createdAt, endedAt } = principal;
  return [
    ...[principal.organisationId, checkId(principal.id), userId],
    checkOptional("name", principal.name, LIMITS.name),
    ...[role, documentText("extraScopes", extraScopes), documentText("teams", teams)],
    ...[grantedBy, createdAt, endedAt],
  ];
}

export interface InvitationRow extends Omit<Invitation, "isNew" | "teams"> {
  readonly isNew: number;
  readonly teams: string;
}

const INVITATION_TEXTS = ["publicId", "hash", "address"] as const;
const INVITATION_REST = [
  ...["userId", "isNew", "teams", "poolId", "state", "invitedBy"],
  ...["createdAt", "expiresAt", "endedAt"],
] as const;
export const INVITATION_SELECT = ["organisationId", "id", ...INVITATION_TEXTS, ...INVITATION_REST]
  .map((column) => `i.${column}`)
  .join(", ");
export const INVITATION_KEY = ["organisationId", "id"] as const;
export const INVITATION_CHANGEABLE = [...INVITATION_TEXTS, "addressKey", ...INVITATION_REST];

export function invitationFromRow({ isNew, teams, ...row }: InvitationRow): Invitation {
  return { ...row, isNew: isNew !== 0, teams: JSON.parse(teams) as string[] };
}

export function invitationValues(invitation: Invitation): SqlValue[] {
  const { userId, isNew, teams, poolId, state, invitedBy } = invitation;
  const address = checkText("address", invitation.address, LIMITS.userName);
  return [
    ...[invitation.organisationId, checkId(invitation.id)],
    ...[invitation.publicId, checkText("hash", invitation.hash, LIMITS.word), address],
    checkText("address", foldName(address), KEY_LIMITS.userName),
    ...[userId, Number(isNew), documentText("teams", teams), poolId, state, invitedBy],
    ...[invitation.createdAt, invitation.expiresAt, invitation.endedAt],
  ];
}

export interface PurchaseRow extends Omit<Purchase, "note" | "quote" | "steps"> {
  readonly details: string;
}

export const PURCHASE_KEY = ["organisationId", "id"] as const;
export const PURCHASE_CHANGEABLE = [
  ...["poolId", "product", "seats", "state"],
  ...["dueAt", "details", "version", "createdAt"],
] as const;
export const PURCHASE_SELECT = [...PURCHASE_KEY, ...PURCHASE_CHANGEABLE].join(", ");

export function purchaseFromRow({ details, ...row }: PurchaseRow): Purchase {
  return { ...row, ...(JSON.parse(details) as Pick<Purchase, "note" | "quote" | "steps">) };
}

export function purchaseValues(purchase: Purchase): SqlValue[] {
  const { note, quote, steps, poolId, seats, state, dueAt, version, createdAt } = purchase;
  return [
    ...[purchase.organisationId, checkId(purchase.id), poolId],
    checkText("product", purchase.product, LIMITS.word),
    ...[seats, state, dueAt, documentText("details", { note, quote, steps }), version, createdAt],
  ];
}
