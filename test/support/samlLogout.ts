import { createSign } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { ALGORITHMS, at, PERSISTENT, signElement, type Signing } from "./samlIdp.js";

/** Logout messages of the test provider, right or wrong. `undefined` leaves the attribute or element out. */
export interface LogoutFields {
  readonly element: string;
  readonly id: string;
  readonly version: string;
  readonly issuedAt: string;
  readonly destination: string | undefined;
  readonly notOnOrAfter: string | undefined;
  readonly inResponseTo: string | undefined;
  readonly issuer: string | undefined;
  readonly nameId: string | undefined;
  readonly nameIdFormat: string | undefined;
  readonly sessionIndexes: readonly string[];
  readonly status: string | undefined;
  /** Raw XML at the end. */
  readonly inside: string;
}

let serial = 0;

export function logoutRequest(issuer: string, destination: string): LogoutFields {
  serial += 1;
  return {
    element: "LogoutRequest",
    id: `_logout${String(serial)}x${String(Date.now())}`,
    version: "2.0",
    issuedAt: at(Date.now() - 1_000),
    destination,
    notOnOrAfter: at(Date.now() + 300_000),
    inResponseTo: undefined,
    issuer,
    nameId: "alice",
    nameIdFormat: PERSISTENT,
    sessionIndexes: [],
    status: undefined,
    inside: "",
  };
}

export function logoutResponse(
  issuer: string,
  destination: string,
  inResponseTo: string,
): LogoutFields {
  return {
    ...logoutRequest(issuer, destination),
    element: "LogoutResponse",
    notOnOrAfter: undefined,
    nameId: undefined,
    inResponseTo,
    status: "urn:oasis:names:tc:SAML:2.0:status:Success",
  };
}

export function logoutXml(fields: LogoutFields): string {
  const own = {
    ID: fields.id,
    Version: fields.version,
    IssueInstant: fields.issuedAt,
    Destination: fields.destination,
    NotOnOrAfter: fields.notOnOrAfter,
    InResponseTo: fields.inResponseTo,
  };
  const attributes = Object.entries(own)
    .map(([name, value]) => (value === undefined ? "" : ` ${name}="${value}"`))
    .join("");
  const format = fields.nameIdFormat === undefined ? "" : ` Format="${fields.nameIdFormat}"`;
  const parts = [
    `<samlp:${fields.element} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"`,
    ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"${attributes}>`,
    fields.issuer === undefined ? "" : `<saml:Issuer>${fields.issuer}</saml:Issuer>`,
    fields.nameId === undefined ? "" : `<saml:NameID${format}>${fields.nameId}</saml:NameID>`,
    ...fields.sessionIndexes.map((index) => `<samlp:SessionIndex>${index}</samlp:SessionIndex>`),
    fields.status === undefined
      ? ""
      : `<samlp:Status><samlp:StatusCode Value="${fields.status}"/></samlp:Status>`,
    `${fields.inside}</samlp:${fields.element}>`,
  ];
  return parts.join("");
}

export function fieldOf({ element }: Pick<LogoutFields, "element">): string {
  return element.endsWith("Response") ? "SAMLResponse" : "SAMLRequest";
}

/** For the POST binding. */
export function signedLogout(fields: LogoutFields, signing: Signing): string {
  return signElement(logoutXml(fields), "/*", signing);
}

const DIGESTS: Readonly<Record<string, string>> = {
  [ALGORITHMS.rsaSha1]: "RSA-SHA1",
  [ALGORITHMS.rsaSha256]: "RSA-SHA256",
  [ALGORITHMS.rsaSha512]: "RSA-SHA512",
};

/** The query of the redirect binding, with its signature. */
export function redirectQuery(
  field: string,
  xml: string | Buffer,
  signing: Pick<Signing, "privateKey" | "signatureAlgorithm">,
  relayState?: string,
): string {
  const algorithm = signing.signatureAlgorithm ?? ALGORITHMS.rsaSha256;
  const signed = [
    `${field}=${encodeURIComponent(deflateRawSync(xml).toString("base64"))}`,
    ...(relayState === undefined ? [] : [`RelayState=${encodeURIComponent(relayState)}`]),
    `SigAlg=${encodeURIComponent(algorithm)}`,
  ].join("&");
  const signature = createSign(DIGESTS[algorithm] ?? "RSA-SHA256")
    .update(signed)
    .sign(signing.privateKey, "base64");
  return `${signed}&Signature=${encodeURIComponent(signature)}`;
}
