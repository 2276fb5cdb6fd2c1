import { SignedXml } from "xml-crypto";
import type { ServiceProvider } from "./serviceProvider.js";
import { escapeXml } from "./serviceProvider.js";
import { NAMESPACES } from "./xml.js";

/** Logout messages of ours (SAML core §3.7). */

export interface LogoutRequestFields {
  readonly id: string;
  readonly issuedAt: number;
  readonly destination: string;
  readonly nameId: string;
  readonly nameIdFormat: string | undefined;
  readonly sessionIndex: string | null;
}

/** A browser needs seconds to carry it. */
const REQUEST_MS = 5 * 60_000;

export function logoutRequestXml(provider: ServiceProvider, fields: LogoutRequestFields): string {
  const { id, issuedAt, destination, nameId, nameIdFormat, sessionIndex } = fields;
  const end = new Date(issuedAt + REQUEST_MS).toISOString();
  const format = nameIdFormat === undefined ? "" : ` Format="${escapeXml(nameIdFormat)}"`;
  const index =
    sessionIndex === null
      ? ""
      : `<samlp:SessionIndex>${escapeXml(sessionIndex)}</samlp:SessionIndex>`;
  return (
    `${head("LogoutRequest", { id, issuedAt, destination })} NotOnOrAfter="${end}">` +
    `${issuer(provider)}<saml:NameID${format}>${escapeXml(nameId)}</saml:NameID>${index}</samlp:LogoutRequest>`
  );
}

const STATUS = "urn:oasis:names:tc:SAML:2.0:status:";

export interface LogoutResponseFields {
  readonly id: string;
  readonly issuedAt: number;
  readonly destination: string;
  readonly inResponseTo: string;
  /** UnknownPrincipal: nobody has ever signed in here under that name. */
  readonly status: "Success" | "UnknownPrincipal";
}

export function logoutResponseXml(
  provider: ServiceProvider,
  { id, issuedAt, destination, inResponseTo, status }: LogoutResponseFields,
): string {
  const code =
    status === "Success"
      ? `<samlp:StatusCode Value="${STATUS}Success"/>`
      : `<samlp:StatusCode Value="${STATUS}Requester"><samlp:StatusCode Value="${STATUS}${status}"/></samlp:StatusCode>`;
  return (
    `${head("LogoutResponse", { id, issuedAt, destination })} InResponseTo="${escapeXml(inResponseTo)}">` +
    `${issuer(provider)}<samlp:Status>${code}</samlp:Status></samlp:LogoutResponse>`
  );
}

function head(
  name: string,
  { id, issuedAt, destination }: { id: string; issuedAt: number; destination: string },
): string {
  return (
    `<samlp:${name} xmlns:samlp="${NAMESPACES.protocol}" xmlns:saml="${NAMESPACES.assertion}"` +
    ` ID="${id}" Version="2.0" IssueInstant="${new Date(issuedAt).toISOString()}"` +
    ` Destination="${escapeXml(destination)}"`
  );
}

function issuer({ entityId }: ServiceProvider): string {
  return `<saml:Issuer>${escapeXml(entityId)}</saml:Issuer>`;
}

/** For the POST binding, where the signature stands in the message (SAML bindings §3.5.4). */
export function signedXml(xml: string, { privateKey }: ServiceProvider): string {
  const signer = new SignedXml({
    privateKey,
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: "http://www.w3.org/2001/10/xml-exc-c14n#",
  });
  signer.addReference({
    xpath: "/*",
    transforms: [
      "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
      "http://www.w3.org/2001/10/xml-exc-c14n#",
    ],
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: { reference: "/*/*[local-name()='Issuer']", action: "after" },
  });
  return signer.getSignedXml();
}
