import type { Connection, SamlSettings } from "../directory.js";

/** Whose word a connection takes. It outlives the settings, because the links between NameIDs and accounts do, too. */

/** The provider whose people the connection knows by their NameIDs, also when SAML has ended; null: nobody's, or unknown. */
export function providerOf({
  saml,
  lastProvider,
}: Pick<Connection, "saml" | "lastProvider">): string | null {
  return saml?.idpEntityId ?? lastProvider ?? null;
}

/** The connection with these settings; where SAML ends, it remembers of whom its links are. */
export function withSaml(before: Connection, saml: SamlSettings | null): Connection {
  const { lastProvider: _, ...rest } = before;
  const provider = saml === null ? providerOf(before) : null;
  return { ...rest, saml, ...(provider === null ? {} : { lastProvider: provider }) };
}
