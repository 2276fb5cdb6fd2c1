import type { Connection, Id, JustInTime, SamlSettings } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { withSaml } from "../domain/signIn/provider.js";
import type { AttributePolicy, LinkBy, SamlIdentity } from "../domain/signIn/samlPolicy.js";
import { SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
import type { AdministerDeps } from "./administer.js";
import { replacedProvider } from "./replacedProvider.js";
import { noteReading, withMetadata, type Pinnable } from "./metadataAddress.js";
import { invalid, looksLikeId, taken } from "./invalid.js";
import { changedFlows, checkNameIdFormats, type FlowsInput, type Services } from "./samlFlows.js";
import type { SamlReader } from "./samlReader.js";
import { webAddress } from "./webAddress.js";
import { setupChange } from "./setupChange.js";

/** Connections: one link of an organisation to an identity provider, with its sign-in settings. */

export interface SamlInput extends FlowsInput {
  /** The provider's metadata, or the three values by hand. */
  readonly metadata?: string | undefined;
  /** Where the metadata is published; null ends reading it there. What is given in another way ends it, too. */
  readonly metadataUrl?: string | null | undefined;
  readonly idpEntityId?: string | undefined;
  readonly ssoUrl?: string | undefined;
  readonly certificates?: readonly string[] | undefined;
  /** What is given is of another provider than before, whose people are forgotten. */
  readonly replaceProvider?: boolean | undefined;
  readonly justInTime?: JustInTime | undefined;
  readonly linkBy?: LinkBy | undefined;
  readonly attributes?: AttributePolicy | undefined;
  readonly requireVerifiedDomain?: boolean | undefined;
  readonly requireSignedResponse?: boolean | undefined;
  readonly nameIdFormats?: readonly string[] | undefined;
  readonly allowCbc?: boolean | undefined;
}

export interface ConnectionInput {
  readonly name?: string | undefined;
  readonly plugin?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly applicationUrl?: string | null | undefined;
  readonly assignments?: boolean | undefined;
  readonly saml?: SamlInput | null | undefined;
}

/** As it was given, with what was read at the metadata's address. */
type SettledSaml = SamlInput & Pinnable;
type SettledInput = Omit<ConnectionInput, "saml"> & {
  readonly saml?: SettledSaml | null | undefined;
};

export async function createConnection(
  deps: AdministerDeps,
  organisationId: Id,
  input: ConnectionInput & { readonly name: string },
  cause?: Cause,
): Promise<Connection> {
  const settled = await withMetadata<SamlInput, ConnectionInput>(deps, input, null);
  const connection = changedConnection(deps, settled, {
    id: deps.ids.next(),
    organisationId,
    name: input.name,
    plugin: "generic",
    enabled: true,
    saml: null,
    applicationUrl: null,
    assignments: true,
    version: 1,
    createdAt: deps.store.clock.now(),
  });
  await checkFreeName(deps, connection);
  const change = setupChange(deps, cause, { connectionId: connection.id, name: connection.name });
  await deps.store.administration.createConnection(connection, change);
  await noteReading(deps, connection, input);
  return connection;
}

export async function updateConnection(
  deps: AdministerDeps,
  organisationId: Id,
  connectionId: Id,
  { cause, ...input }: ConnectionInput & { readonly cause?: Cause },
): Promise<Connection> {
  const before = await connectionOf(deps, organisationId, connectionId);
  const settled = await withMetadata<SamlInput, ConnectionInput>(deps, input, before);
  const after = { ...changedConnection(deps, settled, before), version: before.version + 1 };
  // Of two that have had one name from of old each can still be changed, by its id.
  if (after.name !== before.name) await checkFreeName(deps, after);
  const replaced = replacedProvider(before, after, input.saml?.replaceProvider === true);
  const details = { connectionId, name: after.name, fields: Object.keys(input), ...replaced };
  const change = setupChange(deps, cause, details);
  await deps.store.administration.updateConnection(after, before.version, change);
  await noteReading(deps, after, input);
  return after;
}

/** Commands say which connection is meant by its name: it has to mean one. */
async function checkFreeName(
  { store }: AdministerDeps,
  { id, organisationId, name }: Connection,
): Promise<void> {
  if (looksLikeId(name)) throw invalid("name", "A name must not look like an id.");
  const all = await store.administration.listConnections(organisationId);
  if (all.some((one) => one.name === name && one.id !== id)) {
    throw taken("name", `There already is a connection "${name}".`);
  }
}

/** @throws SeatkeeperError NotFound, also for another organisation's connection */
export async function connectionOf(
  deps: AdministerDeps,
  organisationId: Id,
  id: Id,
): Promise<Connection> {
  const connection = await deps.store.administration.findConnection(id);
  if (connection?.organisationId !== organisationId) throw new SeatkeeperError("NotFound");
  return connection;
}

function changedConnection(
  deps: AdministerDeps,
  input: SettledInput,
  before: Connection,
): Connection {
  const { name, plugin, enabled, applicationUrl, assignments, saml } = input;
  if (plugin !== undefined && !deps.pluginIds.includes(plugin)) {
    throw invalid("plugin", unknownName("plugin", plugin, deps.pluginIds));
  }
  if (applicationUrl != null) checkApplicationUrl(applicationUrl);
  return {
    ...withSaml(before, changedSaml(deps.saml, saml, before.saml)),
    name: name ?? before.name,
    plugin: plugin ?? before.plugin,
    enabled: enabled ?? before.enabled,
    applicationUrl: applicationUrl === undefined ? before.applicationUrl : applicationUrl,
    assignments: assignments ?? before.assignments,
  };
}

/** Undefined leaves it as it is; null ends sign-in. */
function changedSaml(
  reader: SamlReader,
  input: SettledSaml | null | undefined,
  before: SamlSettings | null,
): SamlSettings | null {
  if (input === undefined) return before;
  return input === null ? null : samlSettings(reader, input, before);
}

/** The browser carries a signed token there, so it must not be readable on the way, except on this machine. */
function checkApplicationUrl(text: string): void {
  // The token names it as its audience, to the letter.
  const url = text.includes(" ") ? null : webAddress(text);
  const local =
    url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url === null || (url.protocol !== "https:" && !local)) {
    throw invalid(
      "applicationUrl",
      "The application's address must begin with https:// (http only on this machine).",
    );
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw invalid(
      "applicationUrl",
      "The application's address must not hold credentials or a fragment.",
    );
  }
}

const SAML_DEFAULTS = {
  justInTime: "link",
  requireSignedResponse: false,
  nameIdFormats: [],
  allowCbc: false,
} as const satisfies Partial<SamlSettings>;

function samlSettings(
  reader: SamlReader,
  input: SettledSaml,
  before: SamlSettings | null,
): SamlSettings {
  const { justInTime, requireSignedResponse, nameIdFormats, allowCbc } = {
    ...SAML_DEFAULTS,
    ...before,
  };
  const { services, ...idp } = idpSettings(reader, input, before);
  return {
    ...changedFlows(reader, input, before, services),
    ...idp,
    ...identitySettings(input, before),
    justInTime: input.justInTime ?? justInTime,
    requireSignedResponse: input.requireSignedResponse ?? requireSignedResponse,
    nameIdFormats:
      input.nameIdFormats === undefined ? nameIdFormats : checkNameIdFormats(input.nameIdFormats),
    allowCbc: input.allowCbc ?? allowCbc,
  };
}

/** What nobody has ever set stays absent. */
function identitySettings(input: SamlInput, before: SamlSettings | null): SamlIdentity {
  const linkBy = input.linkBy ?? before?.linkBy;
  const attributes = input.attributes ?? before?.attributes;
  const requireVerifiedDomain = input.requireVerifiedDomain ?? before?.requireVerifiedDomain;
  return {
    ...(linkBy === undefined ? {} : { linkBy }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(requireVerifiedDomain === undefined ? {} : { requireVerifiedDomain }),
  };
}

type IdpSettings = Pick<
  SamlSettings,
  "idpEntityId" | "ssoUrl" | "certificates" | "metadataUrl" | "leaving"
>;

/** `services`: addresses beside the one that every provider has. */
function idpSettings(
  reader: SamlReader,
  input: SettledSaml,
  before: SamlSettings | null,
): IdpSettings & { readonly services: Services } {
  const { metadata, idpEntityId, ssoUrl, certificates, pinned } = input;
  const isByHand = [idpEntityId, ssoUrl, certificates].some((value) => value !== undefined);
  if (metadata === undefined) {
    return {
      ...byHand(reader, singleValues(input, before)),
      ...(isByHand || input.metadataUrl === null ? {} : sourceOf(before)),
      services: before ?? {},
    };
  }
  if (isByHand) {
    throw invalid("saml.metadata", "Give either the metadata or the single values, not both.");
  }
  const facts = reader.fromMetadata(metadata);
  return {
    ...{ idpEntityId: facts.entityId, ssoUrl: facts.ssoUrl, certificates: facts.certificates },
    ...pinned,
    services: { ssoPostUrl: facts.ssoPostUrl, logout: facts.logout, isPostOnly: facts.isPostOnly },
  };
}

function singleValues(
  { idpEntityId, ssoUrl, certificates }: SettledSaml,
  before: SamlSettings | null,
): Pick<SamlInput, "idpEntityId" | "ssoUrl" | "certificates"> {
  return {
    idpEntityId: idpEntityId ?? before?.idpEntityId,
    ssoUrl: ssoUrl ?? before?.ssoUrl,
    certificates: certificates ?? before?.certificates,
  };
}

/** What other changes leave alone. */
function sourceOf(before: SamlSettings | null): Partial<IdpSettings> {
  const { metadataUrl, leaving } = before ?? {};
  return {
    ...(metadataUrl === undefined ? {} : { metadataUrl }),
    ...(leaving === undefined ? {} : { leaving }),
  };
}

function byHand(
  reader: SamlReader,
  {
    idpEntityId,
    ssoUrl,
    certificates = [],
  }: Pick<SamlInput, "idpEntityId" | "ssoUrl" | "certificates">,
): IdpSettings {
  if (idpEntityId === undefined || ssoUrl === undefined || certificates.length === 0) {
    throw invalid(
      "saml",
      "Give the metadata, its address (metadataUrl), or idpEntityId, ssoUrl and at least one of certificates.",
    );
  }
  const read = certificates.flatMap((certificate) => {
    const facts = reader.byHand({ entityId: idpEntityId, ssoUrl, certificate });
    return facts.certificates;
  });
  return { idpEntityId, ssoUrl, certificates: [...new Set(read)] };
}
