import type { Client, ClientSecret, Trust } from "../domain/signIn/clients.js";
import type { Id, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import type { ClientWithSecrets, Clients } from "../ports/clients.js";
import { newToken } from "../token.js";
import type { AdministerDeps } from "./administer.js";
import { connectionOf } from "./administerConnections.js";
import { invalid } from "./checkNames.js";
import { OVERLAP_DEFAULT, overlapMs } from "./overlap.js";
import type { RotationInput } from "./rotateToken.js";
import { setupChange } from "./setupChange.js";
import { DAY_MS } from "../domain/durations.js";

/** OAuth clients of a connection: with secrets of ours, or with the word of an issuer that is trusted. */

export interface ClientDeps extends AdministerDeps {
  readonly store: AdministerDeps["store"] & { readonly clients: Clients };
}

export interface NewSecret {
  /** The secret itself: the only time that anybody sees it. */
  readonly secret: string;
  readonly record: ClientSecret;
}

export interface ClientInput {
  readonly label: string;
  readonly expiresInDays?: number | undefined;
  readonly cause?: Cause;
}

/** @throws SeatkeeperError NotFound when the organisation has no such connection */
export async function createClient(
  deps: ClientDeps,
  organisationId: Id,
  connectionId: Id,
  input: ClientInput,
): Promise<NewSecret & { readonly client: Client }> {
  const client = await newClient(deps, organisationId, connectionId, input.label, null);
  const made = newSecret(deps, client.id, input.expiresInDays);
  const details = { clientId: client.id, connectionId: client.connectionId, label: client.label };
  const change = setupChange(deps, input.cause, details);
  await deps.store.clients.createClient(client, made.record, change);
  return { client, ...made };
}

/**
 * The connection's client that needs no secret; an earlier one is revoked.
 * @throws SeatkeeperError NotFound, InvalidValue
 */
export async function trustIssuer(
  deps: ClientDeps,
  organisationId: Id,
  connectionId: Id,
  { label, cause, ...trust }: Trust & { readonly label: string; readonly cause?: Cause },
): Promise<Client> {
  checkJwksUrl(deps, trust.jwksUrl);
  const client = await newClient(deps, organisationId, connectionId, label, trust);
  const { issuer, subject } = trust;
  const details = { clientId: client.id, connectionId: client.connectionId, issuer, subject };
  await deps.store.clients.createClient(client, null, setupChange(deps, cause, details));
  return client;
}

/** @throws SeatkeeperError NotFound; Conflict for a client that has no secrets because an issuer vouches for it */
export async function rotateClientSecret(
  deps: ClientDeps,
  where: ClientAddress,
  { overlap = OVERLAP_DEFAULT, expiresInDays }: RotationInput,
): Promise<NewSecret & { readonly client: Client; readonly othersEndAt: Timestamp }> {
  const { client } = await clientOf(deps, where);
  if (client.trust !== null) {
    throw new SeatkeeperError("Conflict", {
      sentence: "This client has no secret: its issuer vouches for it.",
    });
  }
  const othersEndAt = deps.store.clock.now() + overlapMs(overlap);
  const made = newSecret(deps, client.id, expiresInDays);
  const details = { clientId: client.id, publicId: made.record.publicId };
  const change = setupChange(deps, where.cause, details);
  await deps.store.clients.addSecret(client.organisationId, made.record, othersEndAt, change);
  return { client, ...made, othersEndAt };
}

/** Its secrets and the access tokens that it got end at once. @throws SeatkeeperError NotFound */
export async function revokeClient(deps: ClientDeps, where: ClientAddress): Promise<void> {
  const { client } = await clientOf(deps, where);
  const { clients, clock } = deps.store;
  const change = setupChange(deps, where.cause, { clientId: client.id });
  if (!(await clients.revokeClient(client.organisationId, client.id, clock.now(), change))) {
    throw new SeatkeeperError("NotFound");
  }
}

/** The access tokens that it got end with it. @throws SeatkeeperError NotFound */
export async function revokeClientSecret(
  deps: ClientDeps,
  where: ClientAddress,
  publicId: string,
): Promise<void> {
  const { client } = await clientOf(deps, where);
  const { clients, clock } = deps.store;
  const now = clock.now();
  const { id, organisationId } = client;
  const change = setupChange(deps, where.cause, { clientId: id, publicId });
  if (!(await clients.revokeSecret(organisationId, id, publicId, now, change))) {
    throw new SeatkeeperError("NotFound");
  }
}

export interface ClientAddress {
  readonly organisationId: Id;
  /** Absent: whichever connection of the organisation it belongs to. */
  readonly connectionId?: Id;
  readonly clientId: Id;
  /** Of a change. */
  readonly cause?: Cause;
}

/** A client that is not revoked. */
async function clientOf(
  deps: ClientDeps,
  { organisationId, connectionId, clientId }: ClientAddress,
): Promise<ClientWithSecrets> {
  const found = await deps.store.clients.findClient(organisationId, clientId);
  const elsewhere = connectionId !== undefined && found?.client.connectionId !== connectionId;
  if (found?.client.revokedAt !== null || elsewhere) throw new SeatkeeperError("NotFound");
  return found;
}

async function newClient(
  deps: ClientDeps,
  organisationId: Id,
  connectionId: Id,
  label: string,
  trust: Trust | null,
): Promise<Client> {
  const connection = await connectionOf(deps, organisationId, connectionId);
  return {
    id: deps.ids.next(),
    organisationId,
    connectionId: connection.id,
    label,
    trust,
    createdAt: deps.store.clock.now(),
    revokedAt: null,
  };
}

function newSecret(deps: ClientDeps, clientId: Id, expiresInDays: number | undefined): NewSecret {
  const { token, publicId, hash } = newToken("client", deps.ids);
  const now = deps.store.clock.now();
  const expiresAt = expiresInDays === undefined ? null : now + expiresInDays * DAY_MS;
  return {
    secret: token,
    record: {
      ...{ publicId, clientId, hash, createdAt: now, expiresAt },
      ...{ lastUsedAt: null, revokedAt: null },
    },
  };
}

/** As it will be fetched; where a name leads is checked then, every time (src/http/safeFetch.ts). */
function checkJwksUrl({ saml }: Pick<ClientDeps, "saml">, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !isFetched(url, saml.isAllowedHere(text))) {
    throw invalid("jwksUrl", "The address of the keys must begin with https://.");
  }
  if (saml.isInside(text) && !saml.isAllowedHere(text)) {
    throw invalid("jwksUrl", "The address of the keys must be in the public internet.");
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw invalid("jwksUrl", "The address of the keys must not hold credentials or a fragment.");
  }
}

function isFetched({ protocol }: URL, isHere: boolean): boolean {
  return protocol === "https:" || (isHere && protocol === "http:");
}
