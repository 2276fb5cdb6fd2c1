import type { AccessToken, Client, ClientSecret } from "../domain/signIn/clients.js";
import type { ApiToken, Id, Timestamp } from "../domain/directory.js";
import type { SetupChange } from "./setup.js";

/** OAuth clients, their secrets, and the access tokens that they were given. */
export interface Clients {
  /** With its first secret, or none for a client with a trust, which takes the place of the connection's earlier one. */
  createClient(client: Client, secret: ClientSecret | null, change?: SetupChange): Promise<void>;
  /** Revoked ones included; in order of creation. */
  listClients(organisationId: Id): Promise<ClientWithSecrets[]>;
  findClient(organisationId: Id, id: Id): Promise<ClientWithSecrets | null>;
  /** The client's other secrets end at `othersEndAt`, unless they end earlier. */
  addSecret(
    organisationId: Id,
    secret: ClientSecret,
    othersEndAt: Timestamp,
    change?: SetupChange,
  ): Promise<void>;
  /** Ends its secrets and access tokens with it, at once. False when there was none. */
  revokeClient(organisationId: Id, id: Id, at: Timestamp, change?: SetupChange): Promise<boolean>;
  /** Ends the access tokens that it got, at once. False when there was none. */
  revokeSecret(
    organisationId: Id,
    clientId: Id,
    publicId: string,
    at: Timestamp,
    change?: SetupChange,
  ): Promise<boolean>;

  /**
   * A secret that is not revoked, of a client that is not, of this connection, which is enabled. The caller compares
   * the hash in constant time and checks the expiry.
   */
  findSecret(where: SecretAddress): Promise<FoundSecret | null>;
  /** The client with a trust of this connection, neither revoked; the connection is enabled. */
  findTrusting(connectionId: Id): Promise<Client | null>;
  /** True the first time, on any node, for this assertion's id; it is remembered until `until`. */
  useAssertion(clientId: Id, assertionId: string, until: Timestamp): Promise<boolean>;
  /** Notes the use of the secret with it, at most once a minute. */
  createAccessToken(token: AccessToken): Promise<void>;
  /**
   * As a SCIM token; never one whose client or secret is revoked. The caller compares the hash in constant time and
   * checks the expiry and whether the connection is enabled.
   */
  findAccessToken(publicId: string): Promise<ApiToken | null>;
}

export interface ClientWithSecrets {
  readonly client: Client;
  readonly secrets: readonly ClientSecret[];
}

export interface SecretAddress {
  readonly connectionId: Id;
  readonly clientId: Id;
  readonly publicId: string;
}

export interface FoundSecret extends SecretAddress {
  readonly organisationId: Id;
  readonly hash: string;
  readonly expiresAt: Timestamp | null;
}
