import { NAMESPACES } from "./xml.js";

/** Our side of one connection. Each has an entity ID of its own (docs/attacks.md N-91). */
export interface ServiceProvider {
  readonly entityId: string;
  /** Exact: Recipient and Destination are compared with it character by character. */
  readonly acsUrl: string;
  /** Takes logout messages, where the connection has that switched on. */
  readonly sloUrl?: string;
  /** PEM. Signs our requests and decrypts assertions. */
  readonly privateKey: string;
  /** PEM; the first belongs to `privateKey`, others are announced during a roll-over. */
  readonly certificates: readonly string[];
  /** PEM. During a roll-over assertions may be encrypted for any of these, too. */
  readonly otherPrivateKeys?: readonly string[];
}

export interface MetadataOptions {
  readonly nameIdFormats: readonly string[];
  /** Announces the key for encryption too. Some providers then encrypt without being asked. */
  readonly offerEncryption?: boolean;
  /** Names AES-CBC behind GCM, for providers that know nothing else. */
  readonly allowCbc?: boolean;
  /** Default true. */
  readonly signsRequests?: boolean;
  /** Where logout messages are taken, when they are. */
  readonly sloUrl?: string;
}

const BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:";

/** What an administrator uploads to the identity provider (SAML metadata §2.4.4). */
export function serviceProviderMetadata(
  provider: ServiceProvider,
  options: MetadataOptions,
): string {
  const lines = [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<md:EntityDescriptor xmlns:md="${NAMESPACES.metadata}" xmlns:ds="${NAMESPACES.signature}"` +
      ` entityID="${escapeXml(provider.entityId)}">`,
    `  <md:SPSSODescriptor AuthnRequestsSigned="${String(options.signsRequests ?? true)}" WantAssertionsSigned="true"` +
      ` protocolSupportEnumeration="${NAMESPACES.protocol}">`,
    ...provider.certificates.flatMap((certificate) => keyDescriptor("signing", certificate)),
    ...encryptionKeys(provider, options),
    ...logoutServices(options),
    ...options.nameIdFormats.map(
      (format) => `    <md:NameIDFormat>${escapeXml(format)}</md:NameIDFormat>`,
    ),
    `    <md:AssertionConsumerService index="0" isDefault="true"` +
      ` Binding="${BINDING}HTTP-POST" Location="${escapeXml(provider.acsUrl)}"/>`,
    `  </md:SPSSODescriptor>`,
    `</md:EntityDescriptor>`,
  ];
  return `${lines.join("\n")}\n`;
}

function encryptionKeys(provider: ServiceProvider, options: MetadataOptions): string[] {
  const current = provider.certificates[0];
  if (options.offerEncryption !== true || current === undefined) return [];
  return keyDescriptor("encryption", current, [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    ...(options.allowCbc === true ? CBC_METHODS : []),
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
  ]);
}

const CBC_METHODS = [
  "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
  "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
];

function logoutServices({ sloUrl }: MetadataOptions): string[] {
  if (sloUrl === undefined) return [];
  return ["HTTP-Redirect", "HTTP-POST"].map(
    (binding) =>
      `    <md:SingleLogoutService Binding="${BINDING}${binding}" Location="${escapeXml(sloUrl)}"/>`,
  );
}

function keyDescriptor(
  use: string,
  certificate: string,
  methods: readonly string[] = [],
): string[] {
  return [
    `    <md:KeyDescriptor use="${use}">`,
    `      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare(certificate)}` +
      `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
    ...methods.map((method) => `      <md:EncryptionMethod Algorithm="${method}"/>`),
    `    </md:KeyDescriptor>`,
  ];
}

function bare(certificate: string): string {
  return certificate.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "");
}

export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
