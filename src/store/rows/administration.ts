import type { PrincipalRef, Scope } from "../../domain/administration/scope.js";
import type { ApiToken, Connection, Organisation, SamlSettings } from "../../domain/directory.js";
import { checkId, checkOptional, checkText, documentText, LIMITS } from "../limits.js";
import type { OrganisationRow } from "./directory.js";
import { principalRefFrom, WITH_PERSON } from "./papers.js";

export function organisationToRow(organisation: Organisation): OrganisationRow {
  return {
    id: checkId(organisation.id),
    slug: checkText("slug", organisation.slug, LIMITS.slug),
    name: checkText("name", organisation.name, LIMITS.name),
    createdAt: organisation.createdAt,
  };
}

export interface ConnectionRow {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly plugin: string;
  readonly enabled: number;
  readonly saml: string | null;
  readonly lastProvider: string | null;
  readonly applicationUrl: string | null;
  readonly assignments: number;
  readonly version: number;
  readonly createdAt: number;
}

export function connectionFromRow(row: ConnectionRow): Connection {
  return {
    id: row.id,
    organisationId: row.organisationId,
    name: row.name,
    plugin: row.plugin,
    enabled: row.enabled !== 0,
    ...bindingFromRow(row),
    applicationUrl: row.applicationUrl,
    assignments: row.assignments !== 0,
    version: row.version,
    createdAt: row.createdAt,
  };
}

/** Of a connection that has SAML, its settings alone say whose it is. */
export function bindingFromRow({
  saml,
  lastProvider,
}: Pick<ConnectionRow, "saml" | "lastProvider">): Pick<Connection, "saml" | "lastProvider"> {
  if (saml !== null) return { saml: JSON.parse(saml) as SamlSettings };
  return { saml: null, ...(lastProvider === null ? {} : { lastProvider }) };
}

export function connectionToRow(connection: Connection): ConnectionRow {
  return {
    id: checkId(connection.id),
    organisationId: connection.organisationId,
    name: checkText("name", connection.name, LIMITS.name),
    plugin: checkText("plugin", connection.plugin, LIMITS.slug),
    enabled: Number(connection.enabled),
    saml: connection.saml === null ? null : documentText("saml", connection.saml),
    lastProvider: connection.lastProvider ?? null,
    applicationUrl: checkOptional("applicationUrl", connection.applicationUrl, LIMITS.address),
    assignments: Number(connection.assignments),
    version: connection.version,
    createdAt: connection.createdAt,
  };
}

export interface TokenRow {
  readonly publicId: string;
  readonly kind: ApiToken["kind"];
  readonly organisationId: string | null;
  readonly connectionId: string | null;
  readonly hash: string;
  readonly label: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  readonly principalId: string | null;
  /** JSON. */
  readonly scopes: string | null;
}

/** With the principal, where there is one, and whether the person has an active account. */
export interface TokenWithPrincipalRow extends TokenRow {
  readonly userId: string | null;
  readonly role: string | null;
  readonly extraScopes: string | null;
  readonly teams: string | null;
  readonly principalEndedAt: number | null;
  readonly personActive: number | null;
}

export const TOKEN_SELECT = `SELECT t.publicId, t.kind, t.organisationId, t.connectionId, t.hash, t.label, t.createdAt, t.expiresAt, t.lastUsedAt, t.revokedAt, t.principalId, t.scopes, p.userId, p.role, p.extraScopes, p.teams, p.endedAt AS principalEndedAt, u.active AS personActive FROM tokens t LEFT JOIN principals p ON p.organisationId = t.organisationId AND p.id = t.principalId ${WITH_PERSON}`;

export function tokenFromRow(row: TokenWithPrincipalRow): ApiToken {
  const { scopes } = row;
  return {
    ...(row.principalId === null ? {} : { principal: principalOf(row, row.principalId) }),
    ...(scopes === null ? {} : { scopes: JSON.parse(scopes) as Scope[] }),
    publicId: row.publicId,
    kind: row.kind,
    organisationId: row.organisationId,
    connectionId: row.connectionId,
    hash: row.hash,
    label: row.label,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    lastUsedAt: row.lastUsedAt,
    revokedAt: row.revokedAt,
  };
}

/** A principal that is not there may do nothing: never as if the token had none. */
function principalOf(row: TokenWithPrincipalRow, id: string): PrincipalRef {
  const { role, extraScopes, teams } = row;
  return role === null || extraScopes === null || teams === null
    ? { id, userId: null, role: "viewer", extraScopes: [], teams: [], isAble: false }
    : principalRefFrom({ ...row, id, role, extraScopes, teams });
}

export function tokenToRow(token: ApiToken): TokenRow {
  return {
    publicId: checkId(token.publicId),
    kind: token.kind,
    organisationId: token.organisationId,
    connectionId: token.connectionId,
    hash: checkText("hash", token.hash, LIMITS.word),
    label: checkText("label", token.label, LIMITS.label),
    createdAt: token.createdAt,
    expiresAt: token.expiresAt,
    lastUsedAt: token.lastUsedAt,
    revokedAt: token.revokedAt,
    principalId: token.principal?.id ?? null,
    scopes: token.scopes === undefined ? null : documentText("scopes", token.scopes),
  };
}
