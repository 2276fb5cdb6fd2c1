import type { ClientSecret } from "../domain/signIn/clients.js";
import type { Timestamp } from "../domain/directory.js";
import type { ClientWithSecrets } from "../ports/clients.js";
import { credentialState } from "../token.js";
import { time, timeOrNull } from "./present.js";

/** How OAuth clients look in answers of the API and of commands with --json; secrets only when they are made. */

export function presentClient({ client, secrets }: ClientWithSecrets, now: Timestamp) {
  const { id, organisationId, connectionId, label, trust, createdAt, revokedAt } = client;
  return {
    id,
    organisationId,
    connectionId,
    label,
    trust,
    createdAt: time(createdAt),
    revokedAt: timeOrNull(revokedAt),
    secrets: secrets.map((secret) =>
      presentSecret({ ...secret, revokedAt: secret.revokedAt ?? revokedAt }, now),
    ),
  };
}

export function presentSecret(secret: ClientSecret, now: Timestamp) {
  const { publicId, createdAt, expiresAt, lastUsedAt, revokedAt } = secret;
  return {
    publicId,
    state: credentialState(secret, now),
    createdAt: time(createdAt),
    expiresAt: timeOrNull(expiresAt),
    lastUsedAt: timeOrNull(lastUsedAt),
    revokedAt: timeOrNull(revokedAt),
  };
}
