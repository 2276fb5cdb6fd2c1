import type { SamlSettings } from "../directory.js";
import { DAY_MS } from "../durations.js";

/**
 * Which certificates of an identity provider count when its metadata announces others than before. The last one that
 * worked is never dropped: whoever withdraws a certificate too early would lock everybody out.
 */
export type Pinned = Required<Pick<SamlSettings, "certificates" | "leaving">>;

export interface KnownCertificates {
  /** Verified a sign-in of this connection at some time. PEM. */
  readonly proven: ReadonlySet<string>;
  /** Past their end. PEM. */
  readonly ended: ReadonlySet<string>;
}

/**
 * What is announced counts at once. What is announced no longer stays, if it has verified something, until one of the
 * announced has verified something too, or until its own end.
 */
export function rollOver(
  before: Pick<SamlSettings, "certificates">,
  announced: readonly string[],
  { proven, ended }: KnownCertificates,
): Pinned {
  const hasSuccessor = announced.some((certificate) => proven.has(certificate));
  const leaving = hasSuccessor
    ? []
    : before.certificates.filter(
        (certificate) =>
          !announced.includes(certificate) && proven.has(certificate) && !ended.has(certificate),
      );
  return { certificates: [...announced, ...leaving], leaving };
}

/** After a sign-in that `certificate` verified. Null: nothing changes. */
export function afterUse(settings: SamlSettings, certificate: string): Pinned | null {
  const { certificates, leaving = [] } = settings;
  const isAnnounced = certificates.includes(certificate) && !leaving.includes(certificate);
  return leaving.length > 0 && isAnnounced ? withoutLeaving(settings, () => false) : null;
}

/** When time has passed. Null: nothing changes. */
export function afterEnd(settings: SamlSettings, ended: ReadonlySet<string>): Pinned | null {
  const hasEnded = (settings.leaving ?? []).some((certificate) => ended.has(certificate));
  return hasEnded ? withoutLeaving(settings, (certificate) => !ended.has(certificate)) : null;
}

function withoutLeaving(
  { certificates, leaving = [] }: SamlSettings,
  stays: (certificate: string) => boolean,
): Pinned {
  const kept = leaving.filter(stays);
  const counts = (certificate: string) =>
    !leaving.includes(certificate) || kept.includes(certificate);
  return { certificates: certificates.filter(counts), leaving: kept };
}

/** Days before the end at which the application is told. */
export const WARNING_DAYS = [30, 7, 1] as const;

/** The thresholds that have been passed, the latest first; none once it has ended, for then it is too late to warn. */
export function warningsDue(expiresAt: number, now: number): number[] {
  if (expiresAt <= now) return [];
  return WARNING_DAYS.filter((days) => expiresAt - now <= days * DAY_MS).sort((a, b) => a - b);
}
