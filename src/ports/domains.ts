import type { Id } from "../domain/directory.js";

/** Part of src/ports.ts, which everybody imports. */

/** Domains of which an organisation has shown that they are its own. */
export interface VerifiedDomains {
  /** @param domain in lower case, such as "acme.example" */
  isVerified(organisationId: Id, domain: string): Promise<boolean>;
}
