import { X509Certificate } from "node:crypto";
import type { Connection, Timestamp } from "../domain/directory.js";
import type { Store } from "../ports.js";
import type { MetadataState } from "../ports/trust.js";
import { endOf, fingerprintOf } from "./pinned.js";
import { DAY_MS } from "../domain/durations.js";

/** What an administrator wants to know before a certificate runs out. */
export interface CertificatesReport {
  /** Null: the connection has no metadata address. */
  readonly metadata: MetadataState | null;
  readonly certificates: readonly CertificateReport[];
}

export interface CertificateReport {
  readonly fingerprint: string;
  readonly subject: string;
  /** "leaving": no longer announced, and kept until a new one has verified a sign-in. */
  readonly state: "trusted" | "leaving";
  readonly expiresAt: Timestamp;
  /** Whole days; negative once it has ended. */
  readonly daysLeft: number;
  /** To the hour; null: it has not verified a sign-in yet. */
  readonly verifiedAt: Timestamp | null;
}

export async function certificatesOf(
  { trust, clock }: Pick<Store, "trust" | "clock">,
  { id, saml }: Connection,
): Promise<CertificatesReport> {
  const [metadata, uses] = await Promise.all([trust.findMetadata(id), trust.certificateUses(id)]);
  const certificates = (saml?.certificates ?? []).map((pem): CertificateReport => {
    const fingerprint = fingerprintOf(pem);
    return {
      fingerprint,
      subject: new X509Certificate(pem).subject,
      state: saml?.leaving?.includes(pem) === true ? "leaving" : "trusted",
      expiresAt: endOf(pem),
      daysLeft: Math.floor((endOf(pem) - clock.now()) / DAY_MS),
      verifiedAt: uses.get(fingerprint)?.lastVerifiedAt ?? null,
    };
  });
  return { metadata, certificates };
}
