import type { Asserted } from "../domain/people/identity.js";
import type { SignIn } from "../domain/signIn/signIn.js";
import type { Identity } from "../plugin.js";
import type { VerifiedDomains } from "../ports/domains.js";

/** What an assertion says about the person besides the names, as the sign-in decision takes it. */
export function assertedBy({ groups, externalId, isNamedByAddress }: Identity): Asserted {
  return {
    ...(groups === undefined ? {} : { groups: groups.filter(isUsableName) }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(isNamedByAddress === true ? { isNamedByAddress } : {}),
  };
}

/** As long as a group's name may be. */
const NAME_LENGTH_MAX = 1_024;

function isUsableName(name: string): boolean {
  return name !== "" && name.length <= NAME_LENGTH_MAX && name.isWellFormed();
}

/** With the answer to whether every address of the person is in a domain that the organisation has verified. */
export async function withVerifiedDomain(
  domains: VerifiedDomains | undefined,
  attempt: SignIn,
): Promise<SignIn> {
  const found = addressesOf(attempt).map(domainOf);
  if (found.length === 0 || domains === undefined) return attempt;
  const { organisationId } = attempt.connection;
  const verified = await Promise.all(
    found.map(async (domain) => domain !== null && domains.isVerified(organisationId, domain)),
  );
  return { ...attempt, isDomainVerified: verified.every(Boolean) };
}

function addressesOf({ userName, document }: SignIn): string[] {
  const emails = Array.isArray(document["emails"]) ? document["emails"] : [];
  const values = emails.flatMap((email) =>
    typeof email === "object" && email !== null && !Array.isArray(email) ? [email["value"]] : [],
  );
  const all = [...values, ...(userName.includes("@") ? [userName] : [])];
  return [...new Set(all.filter((value) => typeof value === "string"))];
}

/** In lower case; null for what is no address. */
function domainOf(address: string): string | null {
  const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
  return address.includes("@") && domain !== "" ? domain : null;
}
