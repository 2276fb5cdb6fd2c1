import { createSign, randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { DOMParser } from "@xmldom/xmldom";
import { SignedXml } from "xml-crypto";
import { loadOrCreateKey } from "../../../src/practice/saml/keys.js";
import type { SigningKey } from "../../../src/practice/saml/keys.js";
import type { ServiceProvider } from "../../../src/practice/saml/metadata.js";
import { memoryStorage } from "./memoryStorage.js";

export const NOW = Date.UTC(2026, 4, 4, 8, 0, 0);
export const IDP = "urn:acorn.example:practice-idp";
export const SSO_URL = "http://127.0.0.1:4601/saml/sso";
export const SP: ServiceProvider = {
  entityId: "http://127.0.0.1:4600/saml/c1/metadata",
  acsUrls: ["http://127.0.0.1:4600/saml/c1/acs"],
  signsRequests: false,
  certificates: [],
};

let key: Promise<SigningKey> | undefined;
/** One key for all tests of a file: making one takes a tenth of a second. */
export function testKey(): Promise<SigningKey> {
  key ??= loadOrCreateKey(memoryStorage(), NOW);
  return key;
}

export function newId(): string {
  return `_${randomBytes(20).toString("hex")}`;
}

export interface RequestParts {
  readonly issuer?: string;
  readonly acsUrl?: string | null;
  readonly destination?: string;
  readonly issueInstant?: string;
  readonly id?: string;
  readonly inner?: string;
}

export function authnRequest(parts: RequestParts = {}): string {
  const acs = parts.acsUrl === undefined ? SP.acsUrls[0] : parts.acsUrl;
  return [
    '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"',
    ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0"',
    ` ID="${parts.id ?? "_request1"}" Destination="${parts.destination ?? SSO_URL}"`,
    acs === null ? "" : ` AssertionConsumerServiceURL="${acs}"`,
    ` IssueInstant="${parts.issueInstant ?? new Date(NOW).toISOString()}">`,
    `<saml:Issuer>${parts.issuer ?? SP.entityId}</saml:Issuer>${parts.inner ?? ""}`,
    "</samlp:AuthnRequest>",
  ].join("");
}

export function redirectQuery(xml: string, relayState?: string): string {
  const message = encodeURIComponent(deflateRawSync(xml).toString("base64"));
  const state = relayState === undefined ? "" : `&RelayState=${encodeURIComponent(relayState)}`;
  return `SAMLRequest=${message}${state}`;
}

export function signQuery(query: string, privateKey: string): string {
  const algorithm = encodeURIComponent("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
  const signed = `${query}&SigAlg=${algorithm}`;
  const signature = createSign("RSA-SHA256").update(signed).sign(privateKey, "base64");
  return `${signed}&Signature=${encodeURIComponent(signature)}`;
}

/** The canonical text that the signature directly below the element really covers. @throws when it is not genuine. */
export function verifiedXml(
  xml: string,
  parent: "Response" | "Assertion",
  certificate: string,
): string {
  const document = new DOMParser().parseFromString(xml, "text/xml");
  const signatures = Array.from(
    document.getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "Signature"),
  ).filter((one) => (one.parentNode as Element).localName === parent);
  if (signatures.length !== 1) throw new Error(`${parent} has ${signatures.length} signatures`);
  const verifier = new SignedXml({ publicCert: certificate, getCertFromKeyInfo: () => null });
  verifier.loadSignature(signatures[0] as unknown as Node);
  if (!verifier.checkSignature(xml)) throw new Error(`the signature of ${parent} is wrong`);
  const [covered] = verifier.getSignedReferences();
  if (covered === undefined) throw new Error("nothing is signed");
  return covered;
}
