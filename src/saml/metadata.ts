import { webAddress } from "../actions/webAddress.js";
import { invalid, readCertificates, refusePrivateKey } from "./certificates.js";
import { METADATA_LENGTH_MAX, METADATA_LIMITS, readXml } from "./guard.js";
import { parseInstant } from "./instants.js";
import type { LogoutService } from "../domain/signIn/samlFlows.js";
import { logoutService } from "./logoutService.js";
import { REASONS } from "./reasons.js";
import { attributeOf, childrenNamed, isNamed, walk, type XmlElement } from "./xml.js";

/**
 * The identity provider's side of a connection, from its metadata or by hand. Whoever saves it decides whom we trust,
 * so a signature inside the metadata is not looked at: it would be made by the same party.
 */
export interface IdentityProvider {
  readonly entityId: string;
  /** HTTP-Redirect binding; HTTP-POST where that is the only one. */
  readonly ssoUrl: string;
  readonly isPostOnly?: boolean;
  readonly ssoPostUrl: string | undefined;
  readonly logout: LogoutService | undefined;
  /** PEM; several during a roll-over. */
  readonly certificates: readonly string[];
  /** As the provider announces them; may be empty. */
  readonly nameIdFormats: readonly string[];
  readonly validUntil: number | undefined;
}

export interface MetadataReading {
  readonly now: number;
  /** When metadata is refreshed: another entity ID would be another provider (N-110). */
  readonly entityId?: string;
  /** http on this machine, for practice and tests. */
  readonly allowLoopback?: boolean;
}

const FIELD = "saml.metadata";
const BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:";
const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);
const ENTITY_ID_LENGTH_MAX = 1024;
const URL_LENGTH_MAX = 2048;

/** @throws SeatkeeperError InvalidValue with `field` and a sentence for the administrator. */
export function readIdentityProvider(text: string, reading: MetadataReading): IdentityProvider {
  const entity = findEntity(parse(text));
  const roles = childrenNamed(entity, "metadata", "IDPSSODescriptor");
  const [role, ...others] = roles;
  if (role === undefined) throw invalid(FIELD, "This is not the metadata of an identity provider.");
  if (others.length > 0) throw invalid(FIELD, "The metadata describes several identity providers.");
  const validUntil = checkValidity([entity, role], reading.now);
  return {
    entityId: checkEntityId(attributeOf(entity, "entityID") ?? "", FIELD, reading.entityId),
    ...signOnAddress(role, reading),
    ssoPostUrl: usable(locationOf(role, "HTTP-POST"), reading),
    logout: logoutService(role, (url) => usable(url, reading)),
    certificates: signingCertificates(role),
    nameIdFormats: childrenNamed(role, "metadata", "NameIDFormat").map(({ text: format }) =>
      format.trim(),
    ),
    validUntil,
  };
}

/** The same from three values typed in by hand. @throws SeatkeeperError InvalidValue */
export function readManualProvider(
  values: { readonly entityId: string; readonly ssoUrl: string; readonly certificate: string },
  reading: MetadataReading,
): IdentityProvider {
  return {
    entityId: checkEntityId(values.entityId, "saml.entityId", reading.entityId),
    ssoUrl: checkAddress(values.ssoUrl, "saml.ssoUrl", reading),
    ssoPostUrl: undefined,
    logout: undefined,
    certificates: readCertificates(values.certificate, "saml.certificate"),
    nameIdFormats: [],
    validUntil: undefined,
  };
}

function parse(text: string): XmlElement {
  if (text.length > METADATA_LENGTH_MAX) throw invalid(FIELD, "The metadata is larger than 1 MB.");
  refusePrivateKey(text, FIELD);
  const tree = readXml(text.replace(/^\ufeff/, "").trim(), METADATA_LIMITS);
  if (!tree.ok) throw invalid(FIELD, `The metadata cannot be used. ${REASONS[tree.reason]}`);
  return tree.value;
}

function findEntity(root: XmlElement): XmlElement {
  const entities = [...walk(root)].filter((element) =>
    isNamed(element, "metadata", "EntityDescriptor"),
  );
  const [entity, ...others] = entities;
  if (entity === undefined) throw invalid(FIELD, "This is not SAML 2.0 metadata.");
  if (others.length > 0) {
    throw invalid(
      FIELD,
      "The metadata describes several entities. Give that of one identity provider.",
    );
  }
  const isOutermost = entity === root || isNamed(root, "metadata", "EntitiesDescriptor");
  if (!isOutermost) throw invalid(FIELD, "This is not SAML 2.0 metadata.");
  return entity;
}

/** The earliest end that is stated. */
function checkValidity(elements: readonly XmlElement[], now: number): number | undefined {
  const ends: number[] = [];
  for (const element of elements) {
    const text = attributeOf(element, "validUntil");
    if (text === undefined) continue;
    const end = parseInstant(text);
    if (end === undefined) throw invalid(FIELD, "The metadata's validUntil is not a time in UTC.");
    if (end <= now) throw invalid(FIELD, "The metadata has expired (validUntil).");
    ends.push(end);
  }
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function checkEntityId(entityId: string, field: string, expected: string | undefined): string {
  if (entityId === "" || entityId.trim() !== entityId || entityId.length > ENTITY_ID_LENGTH_MAX) {
    throw invalid(field, "The entity ID is missing, too long or has surrounding blanks.");
  }
  if (expected !== undefined && entityId !== expected) {
    throw invalid(field, `The entity ID is not ${expected}, to which this connection is bound.`);
  }
  return entityId;
}

/** A KeyDescriptor without `use` serves for signing too (SAML metadata §2.4.1.1). */
function signingCertificates(role: XmlElement): readonly string[] {
  const found = new Set<string>();
  for (const key of childrenNamed(role, "metadata", "KeyDescriptor")) {
    if ((attributeOf(key, "use") ?? "signing") !== "signing") continue;
    for (const element of walk(key)) {
      if (!isNamed(element, "signature", "X509Certificate")) continue;
      for (const certificate of readCertificates(element.text, FIELD)) found.add(certificate);
    }
  }
  if (found.size === 0) throw invalid(FIELD, "The metadata has no certificate for signing.");
  return [...found];
}

function signOnAddress(
  role: XmlElement,
  reading: MetadataReading,
): Pick<IdentityProvider, "ssoUrl" | "isPostOnly"> {
  const location = locationOf(role, "HTTP-Redirect");
  if (location !== undefined) return { ssoUrl: checkAddress(location, FIELD, reading) };
  const form = locationOf(role, "HTTP-POST");
  if (form !== undefined) return { ssoUrl: checkAddress(form, FIELD, reading), isPostOnly: true };
  throw invalid(
    FIELD,
    "The metadata offers no sign-in address with the HTTP-Redirect or the HTTP-POST binding.",
  );
}

/** What nobody needs is left out where it cannot be used: it is no reason to refuse the rest. */
function usable(location: string | undefined, reading: MetadataReading): string | undefined {
  return location === undefined || refusalOf(location, reading) !== null ? undefined : location;
}

function locationOf(role: XmlElement, binding: "HTTP-Redirect" | "HTTP-POST"): string | undefined {
  const service = childrenNamed(role, "metadata", "SingleSignOnService").find(
    (element) => attributeOf(element, "Binding") === BINDING + binding,
  );
  return service && attributeOf(service, "Location");
}

/** An address to which browsers are sent with a message. @throws SeatkeeperError InvalidValue */
export function checkAddress(text: string, field: string, reading: MetadataReading): string {
  const refusal = refusalOf(text, reading);
  if (refusal !== null) throw invalid(field, refusal);
  return text;
}

function refusalOf(text: string, reading: MetadataReading): string | null {
  const url = text.length > URL_LENGTH_MAX ? null : webAddress(text);
  if (url === null) return "The address is not a URL.";
  const isLoopback = url.protocol === "http:" && LOOPBACK_HOSTS.has(url.hostname);
  if (url.protocol !== "https:" && !(isLoopback && reading.allowLoopback === true)) {
    return "The address must begin with https://.";
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    return "The address must not hold credentials or a fragment.";
  }
  return null;
}
