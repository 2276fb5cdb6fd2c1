import type { Connection, Id, Timestamp } from "../domain/directory.js";
import type { OutboxEvent } from "../domain/history.js";
import type { Keys } from "./keys.js";

/** Part of src/ports.ts, which everybody imports. */

/** What is known of the metadata of one connection, besides what it says: that is in the connection. */
export interface MetadataState {
  readonly connectionId: Id;
  readonly organisationId: Id;
  readonly url: string;
  /** When it was last read and could be used. */
  readonly refreshedAt: Timestamp | null;
  readonly nextRefreshAt: Timestamp;
  /** Since the last success: when it last failed, how often, and why, in a sentence for the administrator. */
  readonly failedAt: Timestamp | null;
  readonly failures: number;
  readonly failure: string | null;
  /** Somebody reads it until then at most. */
  readonly claimedUntil: Timestamp;
}

export interface CertificateUse {
  readonly firstVerifiedAt: Timestamp;
  /** Coarse: to the hour. */
  readonly lastVerifiedAt: Timestamp;
}

/** A claim: until `until` nobody else reads this metadata, on any node. */
export interface MetadataClaim {
  readonly now: Timestamp;
  readonly until: Timestamp;
}

/** Where trust in identity providers comes from: their metadata by address, and what their certificates have done. */
export interface Trust {
  /** Up to `limit` whose time has come, claimed for the caller; the longest waiting first. */
  claimDueMetadata(limit: number, claim: MetadataClaim): Promise<MetadataState[]>;
  /**
   * This one, out of turn; null while it is claimed, or when that was done since `notSince` already (then by whom does
   * not matter).
   */
  claimMetadata(
    connectionId: Id,
    claim: MetadataClaim & { readonly notSince: Timestamp },
  ): Promise<MetadataState | null>;
  findMetadata(connectionId: Id): Promise<MetadataState | null>;
  /** Both end the claim. */
  metadataRefreshed(connectionId: Id, at: Timestamp, nextAt: Timestamp): Promise<void>;
  metadataFailed(
    connectionId: Id,
    at: Timestamp,
    nextAt: Timestamp,
    failure: string,
  ): Promise<void>;

  /** A certificate, by its fingerprint, has verified a sign-in. */
  certificateVerified(
    connection: Pick<Connection, "id" | "organisationId">,
    fingerprint: string,
    at: Timestamp,
  ): Promise<void>;
  /** By fingerprint. */
  certificateUses(connectionId: Id): Promise<Map<string, CertificateUse>>;
  /**
   * Notes that a warning was given for these thresholds (days) and sends the event, in one transaction. False, and no
   * event, when the first of them is noted already: whichever node comes second says nothing.
   */
  warnOfCertificate(
    warning: {
      readonly connectionId: Id;
      readonly fingerprint: string;
      readonly days: readonly [number, ...number[]];
    },
    event: OutboxEvent,
  ): Promise<boolean>;
}

/** The part of the store that is about whom we trust, and why others trust us. */
export interface TrustStore {
  readonly trust: Trust;
  readonly keys: Keys;
}
