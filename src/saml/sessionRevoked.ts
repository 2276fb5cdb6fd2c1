import type { OutboxEvent } from "../domain/history.js";
import type { JsonObject } from "../plugin.js";

/** The end of a session as a security event (OpenID CAEP 1.0 §3.1), for receivers of shared signals. */
export const SESSION_REVOKED =
  "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

const INITIATORS: Readonly<Record<string, string>> = {
  signedOut: "user",
  revoked: "admin",
  connectionDisabled: "admin",
  providerReplaced: "admin",
};

/** The claims of the token (RFC 8417 §2.2), the same at every attempt. Null for anything else than the end of a session. */
export function sessionRevokedOf(
  { type, id, at, organisationId, data }: OutboxEvent,
  { issuer, audience }: { readonly issuer: string; readonly audience: string },
): JsonObject | null {
  const { userId, sessionId, reason } = data;
  if (type !== "session.ended" || typeof userId !== "string" || typeof sessionId !== "string") {
    return null;
  }
  const seconds = Math.floor(at / 1_000);
  const word = typeof reason === "string" ? reason : "ended";
  return {
    iss: issuer,
    aud: [audience],
    iat: seconds,
    jti: id,
    txn: id,
    sub_id: {
      format: "complex",
      user: { format: "iss_sub", iss: issuer, sub: userId },
      session: { format: "opaque", id: sessionId },
      tenant: { format: "opaque", id: organisationId },
    },
    events: {
      [SESSION_REVOKED]: {
        event_timestamp: seconds,
        // Everything else follows from what the identity provider says about the account.
        initiating_entity: INITIATORS[word] ?? "policy",
        reason_admin: { en: word },
      },
    },
  };
}
