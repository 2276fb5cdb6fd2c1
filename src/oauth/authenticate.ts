import type { Grantee } from "../actions/issueAccess.js";
import type { Clients } from "../ports/clients.js";
import type { Clock } from "../ports.js";
import { hashOfToken, isLive, parseToken, sameHash } from "../token.js";
import { type AssertionDeps, checkAssertion } from "./assertion.js";
import type { Credentials } from "./credentials.js";

/** Who it is, or why not: the reason is for the log alone. */
export type Verdict = { readonly grantee: Grantee } | { readonly refused: string };

export interface AuthenticateDeps extends AssertionDeps {
  readonly clients: Pick<Clients, "findSecret" | "findTrusting" | "useAssertion">;
  readonly clock: Clock;
}

/** @throws SeatkeeperError Unavailable when the issuer's keys cannot be had */
export function authenticate(
  deps: AuthenticateDeps,
  connectionId: string,
  credentials: Credentials | null,
): Promise<Verdict> {
  return credentials?.by === "assertion"
    ? bySignedWord(deps, connectionId, credentials)
    : bySecret(deps, connectionId, credentials);
}

/** Compared with when there is no secret, so that unknown and wrong take the same time. */
const NO_HASH = hashOfToken("");

/** One statement and one comparison, whatever is wrong. */
async function bySecret(
  { clients, clock }: AuthenticateDeps,
  connectionId: string,
  credentials: Extract<Credentials, { by: "secret" }> | null,
): Promise<Verdict> {
  const { clientId, secret } = credentials ?? { clientId: "", secret: "" };
  const parsed = parseToken(secret);
  const publicId = parsed?.kind === "client" ? parsed.publicId : "";
  const found = await clients.findSecret({ connectionId, clientId, publicId });
  const same = sameHash(hashOfToken(secret), found?.hash ?? NO_HASH);
  if (found === null || !same) return { refused: "no such client and secret" };
  if (!isLive({ expiresAt: found.expiresAt, revokedAt: null }, clock.now())) {
    return { refused: "the secret has expired" };
  }
  return {
    grantee: {
      organisationId: found.organisationId,
      connectionId: found.connectionId,
      clientId: found.clientId,
      secretId: found.publicId,
    },
  };
}

async function bySignedWord(
  deps: AuthenticateDeps,
  connectionId: string,
  { assertion, clientId }: Extract<Credentials, { by: "assertion" }>,
): Promise<Verdict> {
  const client = await deps.clients.findTrusting(connectionId);
  if (client?.trust == null) return { refused: "the connection trusts no issuer" };
  const { issuer: _, jwksUrl: __, ...names } = client.trust;
  // RFC 7521 §4.2: a client_id beside the assertion must name the same client. Entra sends the id of its application.
  if (clientId !== null && ![client.id, ...Object.values(names)].includes(clientId)) {
    return { refused: "client_id is not the client of the assertion" };
  }
  const checked = await checkAssertion(deps, client.trust, assertion);
  if ("refused" in checked) return checked;
  const { assertionId, until } = checked;
  const used =
    assertionId !== null && !(await deps.clients.useAssertion(client.id, assertionId, until));
  if (used) return { refused: "the assertion was used before" };
  return {
    grantee: {
      organisationId: client.organisationId,
      connectionId: client.connectionId,
      clientId: client.id,
      secretId: null,
    },
  };
}
