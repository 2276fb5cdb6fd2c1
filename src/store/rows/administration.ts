import type { ApiToken, Connection, Organisation, SamlSettings } from "../../domain/directory.js";
import { checkId, checkOptional, checkText, documentText, LIMITS } from "../limits.js";
import type { OrganisationRow } from "./directory.js";

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
    saml: row.saml === null ? null : (JSON.parse(row.saml) as SamlSettings),
    applicationUrl: row.applicationUrl,
    assignments: row.assignments !== 0,
    version: row.version,
    createdAt: row.createdAt,
  };
}

export function connectionToRow(connection: Connection): ConnectionRow {
  return {
    id: checkId(connection.id),
    organisationId: connection.organisationId,
    name: checkText("name", connection.name, LIMITS.name),
    plugin: checkText("plugin", connection.plugin, LIMITS.slug),
    enabled: Number(connection.enabled),
    saml: connection.saml === null ? null : documentText("saml", connection.saml),
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
}

export const TOKEN_SELECT =
  "publicId, kind, organisationId, connectionId, hash, label, createdAt, expiresAt, lastUsedAt, revokedAt";

export function tokenFromRow(row: TokenRow): ApiToken {
  return {
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

export function tokenToRow(token: ApiToken): TokenRow {
  return {
    ...tokenFromRow(token),
    publicId: checkId(token.publicId),
    hash: checkText("hash", token.hash, LIMITS.word),
    label: checkText("label", token.label, LIMITS.label),
  };
}
