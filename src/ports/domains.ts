import type { Id, Timestamp } from "../domain/directory.js";
import type { SetupChange } from "./setup.js";

/** Part of src/ports.ts, which everybody imports. */

/** A domain of e-mail addresses that an organisation claims. */
export interface MailDomain {
  readonly id: Id;
  readonly organisationId: Id;
  /** ASCII, lower case (src/domain/signIn/mailDomain.ts). */
  readonly domain: string;
  /** Stands in a TXT record of the domain while the organisation has it. No secret: DNS is public. */
  readonly proof: string;
  /** Whom it leads to; null: to every connection of the organisation that can sign in, of which the person chooses. */
  readonly connectionId: Id | null;
  readonly createdAt: Timestamp;
  /** Null: not verified. At most one organisation has verified a domain. */
  readonly verifiedAt: Timestamp | null;
  /** When somebody last looked. */
  readonly checkedAt: Timestamp | null;
  /** Verified, but the record has been missing since. */
  readonly missingSince: Timestamp | null;
  /** When to look again; null: not by itself. */
  readonly nextCheckAt: Timestamp | null;
}

/** Domains of which an organisation has shown that they are its own. */
export interface VerifiedDomains {
  /** @param domain in lower case, such as "acme.example" */
  isVerified(organisationId: Id, domain: string): Promise<boolean>;
}

export interface Domains extends VerifiedDomains {
  /** @throws SeatkeeperError Uniqueness when the organisation has it already */
  add(domain: MailDomain, change?: SetupChange): Promise<void>;
  list(organisationId: Id): Promise<MailDomain[]>;
  /** By id or by the domain itself. */
  find(organisationId: Id, idOrDomain: string): Promise<MailDomain | null>;
  /**
   * What was found out or decided: everything but id, organisation, domain and proof.
   * @throws SeatkeeperError Uniqueness when another organisation has verified it
   */
  update(domain: MailDomain, change?: SetupChange): Promise<void>;
  /** False: there was none. */
  remove(organisationId: Id, id: Id, change?: SetupChange): Promise<boolean>;
  /** Whose it is, of all organisations; null: nobody has verified it. */
  findVerified(domain: string): Promise<MailDomain | null>;
  /** At most `limit` that are to be looked at again, of all organisations; each is put off until `putOffUntil`. */
  takeDue(now: Timestamp, limit: number, putOffUntil: Timestamp): Promise<MailDomain[]>;
}

/** The texts of a domain's TXT records. None at all is an empty list. @throws when DNS gives no answer */
export type TxtRecords = (domain: string) => Promise<readonly string[]>;
