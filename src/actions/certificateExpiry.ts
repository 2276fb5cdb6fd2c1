import { X509Certificate } from "node:crypto";
import type { Connection } from "../domain/directory.js";
import { afterEnd, warningsDue } from "../domain/signIn/rollOver.js";
import type { Ids, Logger, Store } from "../ports.js";
import { endOf, fingerprintOf, isStale, pin, RETIRED } from "./pinned.js";

export interface ExpiryDeps {
  readonly store: Pick<Store, "administration" | "trust" | "clock">;
  readonly ids: Ids;
  readonly logger: Logger;
}

const REMEMBERED_MAX = 10_000;

/** Looks at every connection. What this process has told already it does not ask the database about again. */
export function watchCertificates(deps: ExpiryDeps): () => Promise<void> {
  const { administration } = deps.store;
  const warned = new Set<string>();
  return async () => {
    for (const { id } of await administration.listOrganisations()) {
      for (const connection of await administration.listConnections(id)) {
        await watch(deps, connection, warned);
      }
    }
  };
}

async function watch(deps: ExpiryDeps, connection: Connection, warned: Set<string>): Promise<void> {
  const { id, saml, enabled } = connection;
  if (saml === null || !enabled) return;
  const now = deps.store.clock.now();
  const ended = new Set(saml.certificates.filter((each) => endOf(each) <= now));
  const pinned = afterEnd(saml, ended);
  if (pinned !== null) {
    await pin(deps, connection, pinned, RETIRED).catch((error: unknown) => {
      if (!isStale(error)) throw error;
    });
  }
  for (const certificate of saml.certificates) {
    const [days, ...earlier] = warningsDue(endOf(certificate), now);
    if (days === undefined || saml.leaving?.includes(certificate) === true) continue;
    const fingerprint = fingerprintOf(certificate);
    const key = `${id} ${fingerprint} ${String(days)}`;
    if (warned.has(key)) continue;
    await warn(deps, connection, certificate, [days, ...earlier]);
    if (warned.size >= REMEMBERED_MAX) warned.clear();
    warned.add(key);
  }
}

async function warn(
  { store, ids, logger }: ExpiryDeps,
  connection: Connection,
  certificate: string,
  days: readonly [number, ...number[]],
): Promise<void> {
  const { id: connectionId, organisationId, name, saml } = connection;
  const fingerprint = fingerprintOf(certificate);
  const others = (saml?.certificates ?? []).filter((each) => each !== certificate);
  const data = {
    connectionId,
    connection: name,
    fingerprint,
    subject: new X509Certificate(certificate).subject,
    expiresAt: endOf(certificate),
    days: days[0],
    // During a roll-over the old one may end in peace.
    hasSuccessor: others.some((each) => endOf(each) > endOf(certificate)),
  };
  const at = store.clock.now();
  const event = {
    ...{ id: ids.next(), organisationId, userId: null, at, data },
    type: "certificate.expiring",
  } as const;
  const isFirst = await store.trust.warnOfCertificate({ connectionId, fingerprint, days }, event);
  if (isFirst) logger.warn(data, "a certificate of an identity provider ends soon");
}
