import { X509Certificate } from "node:crypto";
import type { Connection, SamlSettings, Timestamp } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { rollOver, type Pinned } from "../domain/signIn/rollOver.js";
import { SeatkeeperError } from "../errors.js";
import type { Store } from "../ports.js";

/** The certificates that a connection trusts, and how a change of them is saved. */

const SYSTEM = { type: "timer", actor: "system", requestId: null } as const;
export const REFRESHED: Cause = { ...SYSTEM, action: "connection.metadataRefreshed" };
export const RETIRED: Cause = { ...SYSTEM, action: "connection.certificateRetired" };

/** By what is known of the certificates that this connection has had. */
export async function rolledOver(
  { trust, clock }: Pick<Store, "trust" | "clock">,
  connection: Connection,
  announced: readonly string[],
): Promise<Pinned> {
  const certificates = connection.saml?.certificates ?? [];
  const uses = await trust.certificateUses(connection.id);
  const all = [...certificates, ...announced];
  return rollOver({ certificates }, announced, {
    proven: new Set(all.filter((each) => uses.has(fingerprintOf(each)))),
    ended: new Set(all.filter((each) => endOf(each) <= clock.now())),
  });
}

/** Saves it, if it is anything new, with an entry in the ledger. @throws SeatkeeperError VersionMismatch */
export async function pin(
  { store }: { readonly store: Pick<Store, "administration" | "clock"> },
  connection: Connection,
  changes: Pinned &
    Partial<Pick<SamlSettings, "ssoUrl" | "ssoPostUrl" | "requestBinding" | "logout">>,
  cause: Cause,
): Promise<void> {
  if (connection.saml === null) return;
  const before = connection.saml;
  const saml: SamlSettings = { ...before, ...changes };
  const isSame =
    sameServices(before, saml) &&
    sameSet(before.certificates, saml.certificates) &&
    sameSet(before.leaving ?? [], saml.leaving ?? []);
  if (isSame) return;
  const after = { ...connection, saml, version: connection.version + 1 };
  const details = {
    connectionId: connection.id,
    name: connection.name,
    certificatesAdded: beyond(saml.certificates, before.certificates),
    certificatesRemoved: beyond(before.certificates, saml.certificates),
    certificatesLeaving: (saml.leaving ?? []).map(fingerprintOf),
  };
  const change = { cause, at: store.clock.now(), details };
  await store.administration.updateConnection(after, connection.version, change);
}

function sameServices(one: SamlSettings, other: SamlSettings): boolean {
  const partsOf = ({ ssoUrl, ssoPostUrl, requestBinding, logout }: SamlSettings) =>
    JSON.stringify([
      ...[ssoUrl, ssoPostUrl, requestBinding],
      ...[logout?.url, logout?.binding, logout?.responseUrl],
    ]);
  return partsOf(one) === partsOf(other);
}

function beyond(all: readonly string[], known: readonly string[]): string[] {
  return all.filter((each) => !known.includes(each)).map(fingerprintOf);
}

export function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each));
}

export function isStale(error: unknown): boolean {
  return error instanceof SeatkeeperError && error.code === "VersionMismatch";
}

/** SHA-256, colons between the bytes. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

export function endOf(certificate: string): Timestamp {
  return Date.parse(new X509Certificate(certificate).validTo);
}
