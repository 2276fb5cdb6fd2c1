import type { AccessToken } from "../domain/signIn/clients.js";
import type { Clock, Ids } from "../ports.js";
import type { Clients } from "../ports/clients.js";
import { newToken } from "../token.js";

export interface IssueDeps {
  readonly clients: Pick<Clients, "createAccessToken">;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Who has proved who it is: by which secret, or by an assertion (null). */
export type Grantee = Pick<
  AccessToken,
  "organisationId" | "connectionId" | "clientId" | "secretId"
>;

/** A token that opens the client's connection for so long. */
export async function issueAccess(
  { clients, clock, ids }: IssueDeps,
  grantee: Grantee,
  seconds: number,
): Promise<string> {
  const { token, publicId, hash } = newToken("access", ids);
  const { organisationId, connectionId, clientId, secretId } = grantee;
  const createdAt = clock.now();
  await clients.createAccessToken({
    ...{ publicId, organisationId, connectionId, clientId, secretId },
    ...{ hash, createdAt, expiresAt: createdAt + seconds * 1_000 },
  });
  return token;
}
