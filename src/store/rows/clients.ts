import type { AccessToken, Client, ClientSecret, Trust } from "../../domain/signIn/clients.js";
import type { ApiToken } from "../../domain/directory.js";
import type { SqlValue } from "../sql.js";
import { checkId, checkText, documentText, LIMITS } from "../limits.js";

export interface ClientRow {
  readonly id: string;
  readonly organisationId: string;
  readonly connectionId: string;
  readonly label: string;
  readonly trust: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export const CLIENT_COLUMNS = [
  "id",
  "organisationId",
  "connectionId",
  "label",
  "trust",
  "createdAt",
  "revokedAt",
] as const;

export function clientFromRow(row: ClientRow): Client {
  return {
    id: row.id,
    organisationId: row.organisationId,
    connectionId: row.connectionId,
    label: row.label,
    trust: row.trust === null ? null : (JSON.parse(row.trust) as Trust),
    createdAt: row.createdAt,
    revokedAt: row.revokedAt,
  };
}

export function clientValues(client: Client): SqlValue[] {
  return [
    checkId(client.id),
    client.organisationId,
    client.connectionId,
    checkText("label", client.label, LIMITS.label),
    client.trust === null ? null : documentText("trust", client.trust),
    client.createdAt,
    client.revokedAt,
  ];
}

export const SECRET_COLUMNS = [
  "publicId",
  "clientId",
  "hash",
  "createdAt",
  "expiresAt",
  "lastUsedAt",
  "revokedAt",
] as const;

export function secretFromRow(row: ClientSecret): ClientSecret {
  return {
    publicId: row.publicId,
    clientId: row.clientId,
    hash: row.hash,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    lastUsedAt: row.lastUsedAt,
    revokedAt: row.revokedAt,
  };
}

export function secretValues(secret: ClientSecret): SqlValue[] {
  return [
    checkId(secret.publicId),
    secret.clientId,
    checkText("hash", secret.hash, LIMITS.word),
    secret.createdAt,
    secret.expiresAt,
    secret.lastUsedAt,
    secret.revokedAt,
  ];
}

export const ACCESS_COLUMNS = [
  "publicId",
  "organisationId",
  "connectionId",
  "clientId",
  "secretId",
  "hash",
  "createdAt",
  "expiresAt",
] as const;

export function accessValues(token: AccessToken): SqlValue[] {
  return [
    checkId(token.publicId),
    token.organisationId,
    token.connectionId,
    token.clientId,
    token.secretId,
    checkText("hash", token.hash, LIMITS.word),
    token.createdAt,
    token.expiresAt,
  ];
}

export interface AccessRow {
  readonly publicId: string;
  readonly organisationId: string;
  readonly connectionId: string;
  readonly hash: string;
  readonly label: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export function tokenFromAccessRow(row: AccessRow): ApiToken {
  return {
    publicId: row.publicId,
    kind: "scim",
    organisationId: row.organisationId,
    connectionId: row.connectionId,
    hash: row.hash,
    label: row.label,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  };
}
