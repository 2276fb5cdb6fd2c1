import type { Connection, SamlSettings } from "../domain/directory.js";
import type { AdministerDeps } from "./administer.js";
import { invalid } from "./checkNames.js";
import { rolledOver } from "./pinned.js";
import type { IdpFacts } from "./samlReader.js";

/** Metadata that an administrator gives by its address is read once before anything is saved. */

interface Source {
  readonly metadata?: string | undefined;
  readonly metadataUrl?: string | null | undefined;
  readonly idpEntityId?: string | undefined;
  readonly ssoUrl?: string | undefined;
  readonly certificates?: readonly string[] | undefined;
  readonly replaceProvider?: boolean | undefined;
}

interface Sourced<S extends Source> {
  readonly saml?: S | null | undefined;
}

/** What was read at the address. */
export interface Pinnable {
  readonly pinned?: Pick<SamlSettings, "certificates" | "leaving" | "metadataUrl">;
}

const FIRST_REFRESH_MS = 3_600_000;

/** @throws SeatkeeperError InvalidValue when it cannot be read */
export async function withMetadata<S extends Source, I extends Sourced<S>>(
  { saml: reader, store }: AdministerDeps,
  input: I & Sourced<S>,
  before: Connection | null,
): Promise<Omit<I, "saml"> & Sourced<S & Pinnable>> {
  const url = input.saml?.metadataUrl;
  if (input.saml == null || url == null) return input;
  const { metadata, idpEntityId, ssoUrl, certificates } = input.saml;
  if ([metadata, idpEntityId, ssoUrl, certificates].some((value) => value !== undefined)) {
    throw invalid("saml.metadataUrl", "Give the metadata's address alone, or what it says.");
  }
  const text = await reader.download(url);
  const facts = reader.fromMetadata(text);
  const pinned = await pinnedOf(store, before, facts);
  const saml = { ...input.saml, metadata: text, pinned: { ...pinned, metadataUrl: url } };
  return { ...input, saml };
}

/** Of a provider that goes no certificate stays. */
async function pinnedOf(
  store: AdministerDeps["store"],
  before: Connection | null,
  { entityId, certificates }: Pick<IdpFacts, "entityId" | "certificates">,
): Promise<Pick<SamlSettings, "certificates" | "leaving">> {
  const isSame = before?.saml?.idpEntityId === entityId;
  return before !== null && isSame
    ? await rolledOver(store, before, certificates)
    : { certificates };
}

/** After the connection was saved: it need not be read again at once. */
export async function noteReading(
  { store: { trust, clock } }: Pick<AdministerDeps, "store">,
  { id }: Pick<Connection, "id">,
  input: Sourced<Source>,
): Promise<void> {
  if (input.saml?.metadataUrl == null) return;
  const now = clock.now();
  await trust.metadataRefreshed(id, now, now + FIRST_REFRESH_MS);
}
