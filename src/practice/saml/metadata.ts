import { markup } from "../markup.js";
import { BINDING_POST, BINDING_REDIRECT, METADATA, PERSISTENT, PROTOCOL } from "./names.js";
import { XML_SIGNATURE } from "./names.js";
import { childrenOf, descendantsOf, parseXml } from "./xml.js";
import type { XmlElement } from "./xml.js";

/** What this IdP needs to know of a service provider. */
export interface ServiceProvider {
  readonly entityId: string;
  /** Where responses may go, nowhere else. */
  readonly acsUrls: readonly string[];
  readonly signsRequests: boolean;
  /** PEM. */
  readonly certificates: readonly string[];
}

export interface IdentityProvider {
  readonly entityId: string;
  readonly ssoUrl: string;
  /** PEM. */
  readonly certificate: string;
}

export function identityProviderMetadata(idp: IdentityProvider): string {
  const body = markup`<md:EntityDescriptor xmlns:md="${METADATA}" entityID="${idp.entityId}">
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${PROTOCOL}">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="${XML_SIGNATURE}">
        <ds:X509Data><ds:X509Certificate>${bare(idp.certificate)}</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:NameIDFormat>${PERSISTENT}</md:NameIDFormat>
    <md:SingleSignOnService Binding="${BINDING_REDIRECT}" Location="${idp.ssoUrl}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body.text}`;
}

/** @throws Error when the document does not describe exactly one service provider with an address for POST. */
export function readServiceProvider(xml: string): ServiceProvider {
  const root = parseXml(xml);
  const entityId = root.attributes["entityID"];
  const [descriptor, second] = childrenOf(root, METADATA, "SPSSODescriptor");
  if (root.name !== "EntityDescriptor" || root.namespace !== METADATA || entityId === undefined) {
    throw new Error("The service provider's metadata has no EntityDescriptor with an entityID.");
  }
  if (descriptor === undefined || second !== undefined) {
    throw new Error("The metadata must describe exactly one service provider.");
  }
  const acsUrls = childrenOf(descriptor, METADATA, "AssertionConsumerService")
    .filter((service) => service.attributes["Binding"] === BINDING_POST)
    .map((service) => service.attributes["Location"] ?? "");
  if (acsUrls.length === 0) throw new Error("The service provider takes no responses by POST.");
  return {
    entityId,
    acsUrls,
    signsRequests: descriptor.attributes["AuthnRequestsSigned"] === "true",
    certificates: childrenOf(descriptor, METADATA, "KeyDescriptor")
      .filter((key) => key.attributes["use"] !== "encryption")
      .flatMap((key) => descendantsOf(key, XML_SIGNATURE, "X509Certificate"))
      .map(pem),
  };
}

/** A certificate without the lines around it, as it stands in XML. */
export function bare(certificate: string): string {
  return certificate.replace(/-----[A-Z ]+-----/g, "").replace(/\s+/g, "");
}

function pem(element: XmlElement): string {
  const lines = element.text.replace(/\s+/g, "").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
