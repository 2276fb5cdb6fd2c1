import type { Connection, Id, Organisation } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { isPublicMail, mailDomain } from "../domain/signIn/mailDomain.js";
import { SeatkeeperError } from "../errors.js";
import type { Ids, Logger, Store } from "../ports.js";
import type { MailDomain, TxtRecords } from "../ports/domains.js";
import { invalid } from "./invalid.js";
import { setupChange } from "./setupChange.js";
import { DAY_MS } from "../domain/durations.js";

/** Which organisation signs in with which e-mail addresses: claimed, proved in DNS, and looked at again (docs/adr/0032). */

export interface DomainDeps {
  readonly store: Pick<Store, "domains" | "clock" | "administration">;
  readonly ids: Ids;
  readonly txtRecords: TxtRecords;
}

export const PROOF_PREFIX = "seatkeeper-verification=";
const PROOF_BYTES = 18;
const DOMAINS_MAX = 100;
const HOUR_MS = 3_600_000;
/** A record may go missing for a while, as when a zone is moved. */
export const MISSING_DAYS = 7;

/** The TXT record that proves it. */
export function proofOf({ proof }: Pick<MailDomain, "proof">): string {
  return PROOF_PREFIX + proof;
}

/** @throws SeatkeeperError InvalidValue; Uniqueness, TooMany */
export async function addDomain(
  deps: DomainDeps,
  organisation: Pick<Organisation, "id">,
  input: { readonly domain: string; readonly connectionId: Id | null },
  cause: Cause,
): Promise<MailDomain> {
  const { store, ids } = deps;
  const domain = mailDomain(input.domain);
  if (domain === null) {
    throw invalid("domain", "A domain is expected, such as acorn.example, without anything else.");
  }
  if (isPublicMail(domain)) {
    throw invalid("domain", `Anybody can have an address of ${domain}, so it belongs to nobody.`);
  }
  if ((await store.domains.list(organisation.id)).length >= DOMAINS_MAX) {
    throw new SeatkeeperError("TooMany", {
      sentence: `An organisation can have ${String(DOMAINS_MAX)} domains at most.`,
    });
  }
  const claimed: MailDomain = {
    ...{ id: ids.next(), organisationId: organisation.id, domain },
    ...{ proof: ids.secret(PROOF_BYTES), connectionId: input.connectionId },
    ...{ createdAt: store.clock.now(), verifiedAt: null, checkedAt: null },
    ...{ missingSince: null, nextCheckAt: null },
  };
  await store.domains.add(claimed, setupChange(deps, cause, { domain }));
  return claimed;
}

/** @throws SeatkeeperError NotFound */
export async function domainOf(
  { store }: Pick<DomainDeps, "store">,
  organisationId: Id,
  idOrDomain: string,
): Promise<MailDomain> {
  const found = await store.domains.find(organisationId, mailDomain(idOrDomain) ?? idOrDomain);
  if (found === null) throw new SeatkeeperError("NotFound");
  return found;
}

/** Whom the domain leads to. */
export async function leadTo(
  deps: DomainDeps,
  domain: MailDomain,
  connectionId: Id | null,
  cause: Cause,
): Promise<MailDomain> {
  const changed = { ...domain, connectionId };
  const details = { domain: domain.domain, connectionId };
  await deps.store.domains.update(changed, setupChange(deps, cause, details));
  return changed;
}

export async function removeDomain(
  deps: DomainDeps,
  { organisationId, id, domain }: MailDomain,
  cause: Cause,
): Promise<void> {
  await deps.store.domains.remove(organisationId, id, setupChange(deps, cause, { domain }));
}

/**
 * Looks for the record now.
 * @throws SeatkeeperError Conflict where it is not there, or another organisation has the domain; Unavailable without DNS
 */
export async function verifyDomain(
  deps: DomainDeps,
  domain: MailDomain,
  cause: Cause,
): Promise<MailDomain> {
  const isThere = await hasProof(deps, domain).catch((error: unknown) => {
    throw new SeatkeeperError("Unavailable", {
      cause: error,
      sentence: `DNS gave no answer about ${domain.domain}. Try again later.`,
    });
  });
  const now = deps.store.clock.now();
  if (!isThere) {
    // Only time takes away what was verified: whoever asks too early must not lose it.
    await deps.store.domains.update(afterMissing(domain, now).domain);
    throw new SeatkeeperError("Conflict", {
      sentence: `${domain.domain} has no TXT record ${proofOf(domain)}. It may take an hour until a new record is seen.`,
    });
  }
  const found = afterFinding(domain, now);
  const change = domain.verifiedAt === null ? { domain: domain.domain } : null;
  try {
    await deps.store.domains.update(
      found,
      change === null ? undefined : setupChange(deps, cause, change),
    );
  } catch (error) {
    if (error instanceof SeatkeeperError && error.code === "Uniqueness") {
      throw new SeatkeeperError("Conflict", {
        sentence: `Another organisation has verified ${domain.domain}. It has to give the domain up first.`,
      });
    }
    throw error;
  }
  return found;
}

async function hasProof({ txtRecords }: DomainDeps, domain: MailDomain): Promise<boolean> {
  const wanted = proofOf(domain);
  return (await txtRecords(domain.domain)).some((text) => text.trim() === wanted);
}

function afterFinding(domain: MailDomain, now: number): MailDomain {
  const { verifiedAt } = domain;
  return {
    ...domain,
    ...{ verifiedAt: verifiedAt ?? now, checkedAt: now, missingSince: null },
    nextCheckAt: now + DAY_MS,
  };
}

function afterMissing(
  domain: MailDomain,
  now: number,
): { readonly domain: MailDomain; readonly isLost: boolean } {
  if (domain.verifiedAt === null) return { domain: { ...domain, checkedAt: now }, isLost: false };
  const missingSince = domain.missingSince ?? now;
  const isLost = now - missingSince >= MISSING_DAYS * DAY_MS;
  const seen = { ...domain, checkedAt: now };
  return isLost
    ? { domain: { ...seen, verifiedAt: null, missingSince: null, nextCheckAt: null }, isLost }
    : { domain: { ...seen, missingSince, nextCheckAt: now + DAY_MS }, isLost };
}

// ---------------------------------------------------------------------------------------------------------------
// Again and again

const CHECKS_A_TURN = 20;

/** Looks at verified domains once a day. An answer that cannot be had takes nothing away. */
export function createDomainChecks(deps: DomainDeps & { readonly logger: Logger }): {
  checkDue(): Promise<void>;
} {
  const { store, logger } = deps;
  return {
    checkDue: async () => {
      const now = store.clock.now();
      const due = await store.domains.takeDue(now, CHECKS_A_TURN, now + HOUR_MS);
      for (const domain of due) {
        const isThere = await hasProof(deps, domain).catch((error: unknown) => {
          logger.warn({ error, name: domain.domain }, "a domain could not be looked at");
          return null;
        });
        if (isThere === true) await store.domains.update(afterFinding(domain, now));
        if (isThere === false) await noteMissing(deps, domain, now);
      }
    },
  };
}

async function noteMissing(
  deps: DomainDeps & { readonly logger: Logger },
  domain: MailDomain,
  now: number,
): Promise<void> {
  const missing = afterMissing(domain, now);
  const cause: Cause = { type: "timer", action: "domain.lost", actor: "system", requestId: null };
  const change = missing.isLost ? setupChange(deps, cause, { domain: domain.domain }) : undefined;
  await deps.store.domains.update(missing.domain, change);
  const text = missing.isLost ? "a domain was lost" : "the record of a domain is missing";
  deps.logger.warn({ name: domain.domain }, text);
}

// ---------------------------------------------------------------------------------------------------------------
// Finding the way

/** Connections through which people with addresses of the domain sign in; none where nobody has verified it. */
export async function doorsOf(
  { store }: { readonly store: Pick<Store, "domains" | "administration"> },
  domain: string,
): Promise<Connection[]> {
  const found = await store.domains.findVerified(domain);
  if (found === null) return [];
  const all = await store.administration.listConnections(found.organisationId);
  return all.filter(
    ({ id, enabled, saml }) =>
      enabled && saml !== null && (found.connectionId === null || found.connectionId === id),
  );
}
