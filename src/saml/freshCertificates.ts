import type { Connection } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { SamlDeps, SamlRequest } from "./deps.js";
import type { AcceptedAssertion } from "./profile.js";
import type { SamlReason } from "./reasons.js";

/**
 * A signature that no pinned certificate verifies may be that of the provider's next key: its metadata is read once
 * more, seldom, and if it announces other certificates, the response is judged again. Nothing has been consumed by then.
 */
export async function withFreshCertificates<T>(
  { trust }: Pick<SamlDeps, "trust">,
  asked: SamlRequest,
  verify: (asked: SamlRequest) => Promise<T>,
): Promise<{ readonly accepted: T; readonly connection: SamlRequest["connection"] }> {
  try {
    return { accepted: await verify(asked), connection: asked.connection };
  } catch (error) {
    if (!isUnknownSignature(error)) throw error;
    const after = await trust.certificatesAfterRefusal(asked.connection);
    // Of another provider it would be another question.
    if (after?.saml == null || after.saml.idpEntityId !== asked.connection.saml.idpEntityId) {
      throw error;
    }
    const connection = { ...after, saml: after.saml };
    return { accepted: await verify({ ...asked, connection }), connection };
  }
}

/** The detail of a refusal begins with its reason. */
function isUnknownSignature(error: unknown): boolean {
  const reason: SamlReason = "SignatureInvalid";
  return error instanceof SeatkeeperError && error.detail?.startsWith(`${reason}:`) === true;
}

/** Of who is signed in by now: a failure here is for the log. */
export async function noteCertificate(
  { trust, logger }: Pick<SamlDeps, "trust" | "logger">,
  connection: Connection,
  { certificate }: Pick<AcceptedAssertion, "certificate">,
): Promise<void> {
  if (certificate === undefined) return;
  try {
    await trust.certificateWorked(connection, certificate);
  } catch (error) {
    logger.warn({ connectionId: connection.id, error }, "the use of a certificate was not noted");
  }
}
