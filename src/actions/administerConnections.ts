import type { Connection, Id, JustInTime, SamlSettings } from "../domain/directory.js";
import type { Cause } from "../domain/history.js";
import { SeatkeeperError } from "../errors.js";
import { unknownName } from "../suggest.js";
import type { AdministerDeps } from "./administer.js";
import { invalid } from "./checkNames.js";
import { changedFlows, checkNameIdFormats, type FlowsInput, type Services } from "./samlFlows.js";
import type { SamlReader } from "./samlReader.js";
import { setupChange } from "./setupChange.js";

/** Connections: one link of an organisation to an identity provider, with its sign-in settings. */

export interface SamlInput extends FlowsInput {
  /** The provider's metadata, or the three values by hand. */
  readonly metadata?: string | undefined;
  readonly idpEntityId?: string | undefined;
  readonly ssoUrl?: string | undefined;
  readonly certificates?: readonly string[] | undefined;
  readonly justInTime?: JustInTime | undefined;
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

export async function createConnection(
  deps: AdministerDeps,
  organisationId: Id,
  input: ConnectionInput & { readonly name: string },
  cause?: Cause,
): Promise<Connection> {
  const connection = changedConnection(deps, input, {
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
  const change = setupChange(deps, cause, { connectionId: connection.id, name: connection.name });
  await deps.store.administration.createConnection(connection, change);
  return connection;
}

export async function updateConnection(
  deps: AdministerDeps,
  organisationId: Id,
  connectionId: Id,
  { cause, ...input }: ConnectionInput & { readonly cause?: Cause },
): Promise<Connection> {
  const before = await connectionOf(deps, organisationId, connectionId);
  const after = { ...changedConnection(deps, input, before), version: before.version + 1 };
  const details = { connectionId, name: after.name, fields: Object.keys(input) };
  const change = setupChange(deps, cause, details);
  await deps.store.administration.updateConnection(after, before.version, change);
  return after;
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
  input: ConnectionInput,
  before: Connection,
): Connection {
  const { name, plugin, enabled, applicationUrl, assignments, saml } = input;
  if (plugin !== undefined && !deps.pluginIds.includes(plugin)) {
    throw invalid("plugin", unknownName("plugin", plugin, deps.pluginIds));
  }
  if (applicationUrl != null) checkApplicationUrl(applicationUrl);
  return {
    ...before,
    name: name ?? before.name,
    plugin: plugin ?? before.plugin,
    enabled: enabled ?? before.enabled,
    applicationUrl: applicationUrl === undefined ? before.applicationUrl : applicationUrl,
    assignments: assignments ?? before.assignments,
    saml: changedSaml(deps.saml, saml, before.saml),
  };
}

/** Undefined leaves it as it is; null ends sign-in. */
function changedSaml(
  reader: SamlReader,
  input: SamlInput | null | undefined,
  before: SamlSettings | null,
): SamlSettings | null {
  if (input === undefined) return before;
  return input === null ? null : samlSettings(reader, input, before);
}

/** The browser carries a signed token there, so it must not be readable on the way, except on this machine. */
function checkApplicationUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
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
  input: SamlInput,
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
    justInTime: input.justInTime ?? justInTime,
    requireSignedResponse: input.requireSignedResponse ?? requireSignedResponse,
    nameIdFormats: checkNameIdFormats(input.nameIdFormats ?? nameIdFormats),
    allowCbc: input.allowCbc ?? allowCbc,
  };
}

type IdpSettings = Pick<SamlSettings, "idpEntityId" | "ssoUrl" | "certificates">;

/** `services`: addresses beside the one that every provider has. */
function idpSettings(
  reader: SamlReader,
  input: SamlInput,
  before: SamlSettings | null,
): IdpSettings & { readonly services: Services } {
  const { metadata, idpEntityId, ssoUrl, certificates } = input;
  if (metadata === undefined) {
    const idp = byHand(reader, {
      idpEntityId: idpEntityId ?? before?.idpEntityId,
      ssoUrl: ssoUrl ?? before?.ssoUrl,
      certificates: certificates ?? before?.certificates,
    });
    return { ...idp, services: before ?? {} };
  }
  if ([idpEntityId, ssoUrl, certificates].some((value) => value !== undefined)) {
    throw invalid("saml.metadata", "Give either the metadata or the single values, not both.");
  }
  const facts = reader.fromMetadata(metadata);
  return {
    ...{ idpEntityId: facts.entityId, ssoUrl: facts.ssoUrl, certificates: facts.certificates },
    services: { ssoPostUrl: facts.ssoPostUrl, logout: facts.logout },
  };
}

function byHand(
  reader: SamlReader,
  { idpEntityId, ssoUrl, certificates = [] }: Pick<SamlInput, keyof IdpSettings>,
): IdpSettings {
  if (idpEntityId === undefined || ssoUrl === undefined || certificates.length === 0) {
    throw invalid(
      "saml",
      "Give the metadata, or idpEntityId, ssoUrl and at least one of certificates.",
    );
  }
  const read = certificates.flatMap((certificate) => {
    const facts = reader.byHand({ entityId: idpEntityId, ssoUrl, certificate });
    return facts.certificates;
  });
  return { idpEntityId, ssoUrl, certificates: [...new Set(read)] };
}
