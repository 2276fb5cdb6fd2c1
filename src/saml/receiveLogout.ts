import type { SamlSettings } from "../domain/directory.js";
import { findSignature } from "./algorithms.js";
import { decodeMessage, readXml, type XmlLimits } from "./guard.js";
import {
  ASSERTION_AGE_MS_MAX,
  clockSkewMs,
  instantOf,
  isPastEnd,
  optionalInstantOf,
} from "./instants.js";
import { attempt, refusal, refuse, type Outcome } from "./reasons.js";
import { readRedirected, type MessageField } from "./redirectBinding.js";
import type { ServiceProvider } from "./serviceProvider.js";
import { checkLogoutShape } from "./structure.js";
import { nameIdOf } from "./subject.js";
import type { Verifier } from "./verify.js";
import { attributeOf, childNamed, childrenNamed, type XmlElement } from "./xml.js";

/**
 * Logout messages of the provider: signed or refused (docs/attacks.md N-104 to N-106). The same guard, list of elements and
 * algorithms, keys and worker as for responses. Nothing is stored or ended here.
 */
export interface LogoutTrust {
  readonly idpEntityId: string;
  readonly spEntityId: string;
  readonly sloUrl: string;
  readonly acsUrl: string;
  readonly certificates: readonly string[];
  readonly nameIdFormats: readonly string[];
  readonly clockSkewSeconds: number;
}

export interface ReceivedRequest {
  readonly type: "request";
  readonly id: string;
  readonly nameId: string;
  /** Empty: all sessions of the person. */
  readonly sessionIndexes: readonly string[];
  /** It must be remembered until then. */
  readonly usableUntil: number;
}

export interface ReceivedResponse {
  readonly type: "response";
  readonly inResponseTo: string;
  /** False: sessions elsewhere may go on. */
  readonly succeeded: boolean;
}

export interface ReceivedLogout {
  readonly message: ReceivedRequest | ReceivedResponse;
  /** To be given back with the answer. */
  readonly relayState: string | undefined;
}

/** A request names as many sessions as the person has had; the rest is a handful of elements. */
const LIMITS: XmlLimits = {
  elementsMax: 300,
  childrenMax: 250,
  depthMax: 16,
  attributesMax: 16,
  attributesTotalMax: 600,
  referencesMax: 600,
  commentsAllowed: false,
};

const ELEMENTS = { SAMLRequest: "LogoutRequest", SAMLResponse: "LogoutResponse" } as const;
/** SAML bindings §3.4.3 allows 80 bytes; some send more. */
const RELAY_STATE_LENGTH_MAX = 1_024;
const SESSION_INDEX_LENGTH_MAX = 512;

export function logoutTrustOf(
  settings: SamlSettings,
  provider: ServiceProvider,
  clockSkewSeconds: number,
): LogoutTrust {
  const { idpEntityId, certificates, nameIdFormats } = settings;
  const { entityId: spEntityId, acsUrl, sloUrl = "" } = provider;
  return { idpEntityId, spEntityId, sloUrl, acsUrl, certificates, nameIdFormats, clockSkewSeconds };
}

export function receiveRedirected(
  rawQuery: string,
  trust: LogoutTrust,
  now: number,
): Outcome<ReceivedLogout> {
  return attempt(() => {
    const { field, xml, relayState } = readRedirected(rawQuery, trust.certificates);
    const root = treeOf(xml);
    checkLogoutShape(root, ELEMENTS[field]);
    // The signature is in the address; one in the message is not looked at, so it must not be there (§3.4.4.1).
    if (childNamed(root, "signature", "Signature") !== undefined) refuse("SignatureMalformed");
    return received(root, relayState, trust, now);
  });
}

export async function receivePosted(
  body: Readonly<Record<string, unknown>>,
  trust: LogoutTrust,
  verifier: Verifier,
  now: number,
): Promise<Outcome<ReceivedLogout>> {
  const field = fieldOf(body);
  if (field === undefined) return refusal("NotBase64");
  const message = decodeMessage(body[field]);
  if (!message.ok) return message;
  const checked = attempt(() => {
    const root = treeOf(message.value);
    checkLogoutShape(root, ELEMENTS[field]);
    if (findSignature(root) === undefined) refuse("MessageNotSigned");
  });
  if (!checked.ok) return checked;
  const { certificates, spEntityId, acsUrl } = trust;
  const verified = await verifier.verify({
    ...{ xml: message.value, certificates, spEntityId, acsUrl },
    ...{ responseSigned: true, encrypted: false, allowCbc: false, rootOnly: true },
  });
  if (!verified.ok) return verified;
  return attempt(() => {
    const root = treeOf(verified.value.signedXml);
    checkLogoutShape(root, ELEMENTS[field]);
    const relayState = body["RelayState"];
    return received(root, typeof relayState === "string" ? relayState : undefined, trust, now);
  });
}

function fieldOf(body: Readonly<Record<string, unknown>>): MessageField | undefined {
  const found = (["SAMLRequest", "SAMLResponse"] as const).filter(
    (field) => body[field] !== undefined,
  );
  return found.length === 1 ? found[0] : undefined;
}

function treeOf(xml: string): XmlElement {
  const tree = readXml(xml, LIMITS);
  return tree.ok ? tree.value : refuse(tree.reason, tree.detail);
}

function received(
  root: XmlElement,
  relayState: string | undefined,
  trust: LogoutTrust,
  now: number,
): ReceivedLogout {
  if ((relayState?.length ?? 0) > RELAY_STATE_LENGTH_MAX) refuse("MessageTooLarge", "RelayState");
  const issuedAt = checkEnvelope(root, trust, now);
  const message =
    root.name === "LogoutRequest" ? requestOf(root, issuedAt, trust, now) : responseOf(root);
  return { message, relayState };
}

/** SAML core §3.2: from whom, to whom and when. All of it is signed. @returns IssueInstant */
function checkEnvelope(root: XmlElement, trust: LogoutTrust, now: number): number {
  if (attributeOf(root, "Version") !== "2.0") refuse("VersionRefused");
  const issuer = childNamed(root, "assertion", "Issuer") ?? refuse("IssuerMissing");
  const format = attributeOf(issuer, "Format");
  const isEntity =
    format === undefined || format === "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
  if (!isEntity || issuer.text !== trust.idpEntityId) refuse("IssuerMismatch");
  const destination = attributeOf(root, "Destination") ?? refuse("DestinationMissing");
  if (destination !== trust.sloUrl) refuse("DestinationMismatch");
  const issuedAt = instantOf(root, "IssueInstant");
  if (issuedAt > now + clockSkewMs(trust)) refuse("IssuedInFuture");
  if (isPastEnd(issuedAt + ASSERTION_AGE_MS_MAX, trust, now)) refuse("MessageExpired");
  return issuedAt;
}

function requestOf(
  root: XmlElement,
  issuedAt: number,
  trust: LogoutTrust,
  now: number,
): ReceivedRequest {
  const end = optionalInstantOf(root, "NotOnOrAfter");
  if (end !== undefined && isPastEnd(end, trust, now)) refuse("MessageExpired");
  const { nameId } = nameIdOf(childNamed(root, "assertion", "NameID"), trust);
  const indexes = childrenNamed(root, "protocol", "SessionIndex").map(({ text }) => text);
  // An empty one must not turn into "all sessions".
  if (indexes.some((text) => text === "" || text.length > SESSION_INDEX_LENGTH_MAX)) {
    refuse("UnexpectedText", "SessionIndex");
  }
  return {
    type: "request",
    id: attributeOf(root, "ID") ?? refuse("IdMalformed"),
    nameId,
    sessionIndexes: indexes,
    usableUntil: issuedAt + ASSERTION_AGE_MS_MAX + clockSkewMs(trust),
  };
}

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

function responseOf(root: XmlElement): ReceivedResponse {
  const status = childNamed(root, "protocol", "Status");
  const code = status && childNamed(status, "protocol", "StatusCode");
  return {
    type: "response",
    inResponseTo: attributeOf(root, "InResponseTo") ?? refuse("InResponseToMissing"),
    succeeded: (code && attributeOf(code, "Value")) === SUCCESS,
  };
}
