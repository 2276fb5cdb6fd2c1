import type { Connection } from "../domain/directory.js";
import { providerOf } from "../domain/signIn/provider.js";
import { SeatkeeperError } from "../errors.js";
import type { JsonObject } from "../plugin.js";

/**
 * Whose word a connection takes is never changed in passing, nor by way of ending SAML in between: metadata of another
 * provider, pasted into the wrong place, would let strangers in under everybody's names. Whoever means it says so.
 *
 * @returns what the ledger says about it
 * @throws SeatkeeperError Conflict
 */
export function replacedProvider(
  before: Pick<Connection, "saml" | "lastProvider">,
  { saml: after }: Pick<Connection, "saml">,
  isMeant: boolean,
): JsonObject {
  const from = providerOf(before);
  if (from === null || after === null || from === after.idpEntityId) return {};
  if (isMeant) return { provider: { from, to: after.idpEntityId } };
  const bound =
    before.saml === null
      ? "to which this connection was bound last, and by whose NameIDs it still knows people"
      : "to which this connection is bound";
  throw new SeatkeeperError("Conflict", {
    field: "saml.replaceProvider",
    sentence: `What was given is of the identity provider ${after.idpEntityId}, and not of ${from}, ${bound}. If another provider is to take its place, send saml.replaceProvider: true with it (on the command line: --replace-provider).`,
  });
}
