import type { Connection } from "../domain/directory.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";

/**
 * Whose word a connection takes is never changed in passing: metadata of another provider, pasted into the wrong place, would
 * let strangers in under everybody's names. Whoever means it says so.
 *
 * @returns what the ledger says about it
 * @throws SeatkeeperError Conflict
 */
export function replacedProvider(
  { saml: before }: Pick<Connection, "saml">,
  { saml: after }: Pick<Connection, "saml">,
  isMeant: boolean,
): JsonObject {
  if (before === null || after === null || before.idpEntityId === after.idpEntityId) return {};
  if (isMeant) return { provider: { from: before.idpEntityId, to: after.idpEntityId } };
  throw new SeatkeeperError("Conflict", {
    field: "saml.replaceProvider",
    sentence: `This connection is bound to the identity provider ${before.idpEntityId}, and what was given is of ${after.idpEntityId}. If another provider is to take its place, send saml.replaceProvider: true with it.`,
  });
}
