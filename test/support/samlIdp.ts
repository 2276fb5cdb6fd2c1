import {
  constants,
  createCipheriv,
  publicEncrypt,
  randomBytes,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import { SignedXml } from "xml-crypto";
import { lentKeyPair } from "./keys.js";
import { quickSigned } from "./quickSigner.js";

/**
 * A small identity provider for tests. It writes any response, right or wrong, and signs it truly, so that a test can
 * tell "the signature is bad" from "the signature is good and the content is refused".
 */
export interface TestIdp {
  readonly entityId: string;
  readonly privateKey: string;
  readonly certificate: string;
}

export async function createTestIdp(entityId = "https://idp.example.com/saml"): Promise<TestIdp> {
  const own = made;
  made += 1;
  return { entityId, ...(await lentKeyPair(own)) };
}

let made = 0;

type Attributes = readonly (readonly [name: string, ...values: string[]])[];

/** Everything that a response says. `undefined` leaves the attribute or element out. */
export interface Fields {
  readonly version: string;
  readonly responseId: string;
  readonly assertionId: string;
  readonly responseIssuer: string | undefined;
  readonly issuer: string | undefined;
  readonly responseIssuedAt: string;
  readonly issuedAt: string;
  readonly destination: string | undefined;
  readonly inResponseTo: string | undefined;
  readonly status: string;
  /** Inner XML of Subject before the confirmation. */
  readonly nameId: string | undefined;
  readonly nameIdFormat: string | undefined;
  readonly spNameQualifier: string | undefined;
  readonly confirmation: boolean;
  readonly method: string;
  readonly recipient: string | undefined;
  readonly confirmationNotBefore: string | undefined;
  readonly confirmationNotOnOrAfter: string | undefined;
  readonly confirmationInResponseTo: string | undefined;
  readonly conditions: boolean;
  readonly notBefore: string | undefined;
  readonly notOnOrAfter: string | undefined;
  /** One AudienceRestriction each. */
  readonly audiences: readonly string[];
  readonly authnStatement: boolean;
  readonly authnInstant: string;
  readonly sessionIndex: string | undefined;
  readonly sessionNotOnOrAfter: string | undefined;
  readonly authnContext: string;
  readonly attributes: Attributes;
  /** Raw XML at the end of these elements. */
  readonly inResponse: string;
  readonly inAssertion: string;
}

export const NAME_ID_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
export const PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
const MINUTE = 60_000;

export function at(time: number): string {
  return new Date(time).toISOString();
}

/** What an ordinary provider answers to request `_request1`. */
export function genuineFields(
  idp: TestIdp,
  provider: { readonly entityId: string; readonly acsUrl: string },
  now: number,
): Fields {
  return {
    version: "2.0",
    responseId: "_response1",
    assertionId: "_assertion1",
    responseIssuer: idp.entityId,
    issuer: idp.entityId,
    responseIssuedAt: at(now - 1_000),
    issuedAt: at(now - 1_000),
    destination: provider.acsUrl,
    inResponseTo: "_request1",
    status: SUCCESS,
    nameId: "alice",
    nameIdFormat: PERSISTENT,
    spNameQualifier: provider.entityId,
    confirmation: true,
    method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
    recipient: provider.acsUrl,
    confirmationNotBefore: undefined,
    confirmationNotOnOrAfter: at(now + 5 * MINUTE),
    confirmationInResponseTo: "_request1",
    conditions: true,
    notBefore: at(now - 5 * MINUTE),
    notOnOrAfter: at(now + 5 * MINUTE),
    audiences: [provider.entityId],
    authnStatement: true,
    authnInstant: at(now - 60 * MINUTE),
    sessionIndex: "_session1",
    sessionNotOnOrAfter: at(now + 480 * MINUTE),
    authnContext: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    attributes: [
      ["mail", "alice@example.com"],
      ["groups", "engineering", "admins"],
    ],
    inResponse: "",
    inAssertion: "",
  };
}

/** The unsigned document. Values are written as they are: XML in them stays XML. */
export function responseXml(fields: Fields): string {
  const response = {
    ID: fields.responseId,
    Version: fields.version,
    IssueInstant: fields.responseIssuedAt,
    Destination: fields.destination,
    InResponseTo: fields.inResponseTo,
  };
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"` +
    ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"${attributes(response)}>${element(
      "saml:Issuer",
      fields.responseIssuer,
    )}<samlp:Status><samlp:StatusCode Value="${fields.status}"/></samlp:Status>${assertionXml(
      fields,
    )}${fields.inResponse}</samlp:Response>`
  );
}

function assertionXml(fields: Fields): string {
  const own = { ID: fields.assertionId, Version: fields.version, IssueInstant: fields.issuedAt };
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"${attributes(own)}>${element(
    "saml:Issuer",
    fields.issuer,
  )}<saml:Subject>${nameIdXml(fields)}${confirmationXml(fields)}</saml:Subject>${conditionsXml(
    fields,
  )}${authnStatementXml(fields)}${attributeStatementXml(
    fields.attributes,
  )}${fields.inAssertion}</saml:Assertion>`;
}

function nameIdXml({ nameId, nameIdFormat, spNameQualifier }: Fields): string {
  if (nameId === undefined) return "";
  const own = attributes({ Format: nameIdFormat, SPNameQualifier: spNameQualifier });
  return `<saml:NameID${own}>${nameId}</saml:NameID>`;
}

function confirmationXml(fields: Fields): string {
  if (!fields.confirmation) return "";
  const data = {
    NotBefore: fields.confirmationNotBefore,
    NotOnOrAfter: fields.confirmationNotOnOrAfter,
    Recipient: fields.recipient,
    InResponseTo: fields.confirmationInResponseTo,
  };
  return (
    `<saml:SubjectConfirmation Method="${fields.method}">` +
    `<saml:SubjectConfirmationData${attributes(data)}/></saml:SubjectConfirmation>`
  );
}

function conditionsXml(fields: Fields): string {
  if (!fields.conditions) return "";
  const own = { NotBefore: fields.notBefore, NotOnOrAfter: fields.notOnOrAfter };
  const audiences = fields.audiences.map(
    (audience) =>
      `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`,
  );
  return `<saml:Conditions${attributes(own)}>${audiences.join("")}</saml:Conditions>`;
}

function authnStatementXml(fields: Fields): string {
  if (!fields.authnStatement) return "";
  const own = {
    AuthnInstant: fields.authnInstant,
    SessionIndex: fields.sessionIndex,
    SessionNotOnOrAfter: fields.sessionNotOnOrAfter,
  };
  return (
    `<saml:AuthnStatement${attributes(own)}><saml:AuthnContext><saml:AuthnContextClassRef>` +
    `${fields.authnContext}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`
  );
}

function attributeStatementXml(list: Attributes): string {
  if (list.length === 0) return "";
  const written = list.map(([name, ...values]) => {
    const items = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`);
    return `<saml:Attribute Name="${name}">${items.join("")}</saml:Attribute>`;
  });
  return `<saml:AttributeStatement>${written.join("")}</saml:AttributeStatement>`;
}

function attributes(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === undefined ? "" : ` ${name}="${value}"`))
    .join("");
}

function element(name: string, text: string | undefined): string {
  return text === undefined ? "" : `<${name}>${text}</${name}>`;
}

export type SigningMode = "assertion" | "response" | "both";

export interface Signing {
  readonly privateKey: string;
  /** Goes into KeyInfo; nobody should look at it. */
  readonly certificate: string;
  /** False: there is no KeyInfo. */
  readonly keyInfo?: boolean;
  readonly signatureAlgorithm?: string;
  readonly digestAlgorithm?: string;
  readonly canonicalization?: string;
  readonly transforms?: string[];
  readonly emptyUri?: boolean;
  /** A second Reference, to this element. */
  readonly alsoSigns?: string;
  /** Prefixes that are rendered wherever they are declared. */
  readonly inclusiveNamespaces?: string[];
  /** The certificate's text is the secret of an HMAC. */
  readonly hmac?: boolean;
}

export const ALGORITHMS = {
  rsaSha1: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
  rsaSha256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  rsaSha512: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
  hmacSha1: "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
  sha1: "http://www.w3.org/2000/09/xmldsig#sha1",
  sha256: "http://www.w3.org/2001/04/xmlenc#sha256",
  sha512: "http://www.w3.org/2001/04/xmlenc#sha512",
  enveloped: "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
  exclusive: "http://www.w3.org/2001/10/xml-exc-c14n#",
  exclusiveWithComments: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
  inclusive: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
} as const;

export const ASSERTION_PATH = "/*/*[local-name()='Assertion']";

/** Signs the assertion first, as the response's signature covers it. */
export function signResponse(xml: string, signing: Signing, mode: SigningMode): string {
  const inner = mode === "response" ? xml : signElement(xml, ASSERTION_PATH, signing);
  return mode === "assertion" ? inner : signElement(inner, "/*", signing);
}

/** What a provider is, and whether it shows its certificate: all else is not usual. */
const USUAL = new Set(["entityId", "ssoUrl", "privateKey", "certificate", "keyInfo"]);

export function signElement(xml: string, path: string, signing: Signing): string {
  const isUsual = Object.keys(signing).every((key) => USUAL.has(key));
  const name = path === ASSERTION_PATH ? "Assertion" : path === "/*" ? "Response" : null;
  const quick = isUsual && name !== null ? quickSigned(xml, name, signing) : null;
  return quick ?? signWithXmlCrypto(xml, path, signing);
}

/** Whatever the document and the signing. Exported for the test that compares. */
export function signWithXmlCrypto(xml: string, path: string, signing: Signing): string {
  const signer = new SignedXml({
    privateKey: signing.hmac === true ? signing.certificate : signing.privateKey,
    ...(signing.keyInfo === false ? {} : { publicCert: signing.certificate }),
    signatureAlgorithm: signing.signatureAlgorithm ?? ALGORITHMS.rsaSha256,
    canonicalizationAlgorithm: signing.canonicalization ?? ALGORITHMS.exclusive,
  });
  if (signing.hmac === true) signer.enableHMAC();
  const reference = {
    transforms: signing.transforms ?? [ALGORITHMS.enveloped, ALGORITHMS.exclusive],
    digestAlgorithm: signing.digestAlgorithm ?? ALGORITHMS.sha256,
    ...(signing.inclusiveNamespaces === undefined
      ? {}
      : { inclusiveNamespacesPrefixList: signing.inclusiveNamespaces }),
  };
  signer.addReference({ ...reference, xpath: path, isEmptyUri: signing.emptyUri ?? false });
  if (signing.alsoSigns !== undefined) {
    signer.addReference({ ...reference, xpath: signing.alsoSigns });
  }
  signer.computeSignature(xml, {
    prefix: "ds",
    location: { reference: `${path}/*[local-name()='Issuer']`, action: "after" },
  });
  return signer.getSignedXml();
}

export function encode(xml: string): string {
  return Buffer.from(xml).toString("base64");
}

export interface Encryption {
  readonly certificate: string;
  readonly cipher?: "aes128-gcm" | "aes256-gcm" | "aes128-cbc" | "aes256-cbc";
  readonly keyTransport?: string;
  /** Changes the ciphertext before it is written. */
  readonly damage?: (ciphertext: Buffer) => Buffer;
}

/** Replaces the assertion by its encrypted form. */
export function encryptAssertion(xml: string, encryption: Encryption): string {
  const begin = xml.indexOf("<saml:Assertion");
  const end = xml.indexOf("</saml:Assertion>") + "</saml:Assertion>".length;
  const encrypted = encryptedXml(xml.slice(begin, end), encryption);
  return xml.slice(0, begin) + encrypted + xml.slice(end);
}

export function encryptedXml(plaintext: string, encryption: Encryption): string {
  const { cipher = "aes256-gcm", damage = (bytes: Buffer) => bytes } = encryption;
  const key = randomBytes(cipher.startsWith("aes128") ? 16 : 32);
  const namespace = cipher.endsWith("gcm")
    ? "http://www.w3.org/2009/xmlenc11#"
    : "http://www.w3.org/2001/04/xmlenc#";
  const wrapped = publicEncrypt(
    {
      key: publicKeyOf(encryption.certificate),
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: "sha1",
    },
    key,
  );
  const content = damage(encryptBytes(cipher, key, Buffer.from(plaintext)));
  const transport = encryption.keyTransport ?? "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
  return (
    `<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"` +
    ` Type="http://www.w3.org/2001/04/xmlenc#Element">` +
    `<xenc:EncryptionMethod Algorithm="${namespace}${cipher}"/>` +
    `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>` +
    `<xenc:EncryptionMethod Algorithm="${transport}"/>${cipherData(wrapped)}` +
    `</xenc:EncryptedKey></ds:KeyInfo>${cipherData(content)}` +
    `</xenc:EncryptedData></saml:EncryptedAssertion>`
  );
}

const publicKeys = new Map<string, KeyObject>();

function publicKeyOf(certificate: string): KeyObject {
  const key = publicKeys.get(certificate) ?? new X509Certificate(certificate).publicKey;
  publicKeys.set(certificate, key);
  return key;
}

function cipherData(bytes: Buffer): string {
  const value = bytes.toString("base64");
  return `<xenc:CipherData><xenc:CipherValue>${value}</xenc:CipherValue></xenc:CipherData>`;
}

function encryptBytes(name: string, key: Buffer, plaintext: Buffer): Buffer {
  const bits = key.length * 8;
  if (name.endsWith("gcm")) {
    const iv = randomBytes(12);
    const cipher = createCipheriv(bits === 128 ? "aes-128-gcm" : "aes-256-gcm", key, iv);
    const encrypted = Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([encrypted, cipher.getAuthTag()]);
  }
  const iv = randomBytes(16);
  const cipher = createCipheriv(`aes-${bits}-cbc`, key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
}
