import { generate } from "selfsigned";
import { SignedXml } from "xml-crypto";

/** A small identity provider in the dialect of Entra: each response has two signatures, ten attributes and five groups. */

const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const TRANSFORMS = ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE];
const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT = "http://schemas.microsoft.com";
const GROUPS = `${MICROSOFT}/ws/2008/06/identity/claims/groups`;
const MINUTE = 60_000;

/** @typedef {{ certificate: string, metadata: string, respond: (asked: Asked) => string }} Provider */
/** @typedef {{ base: string, requestId: string, userName: string, serial: number }} Asked `base`: the connection's addresses */

/** @returns {Promise<Provider>} `respond` returns XML */
export async function createProvider(entityId = "https://idp.example.com/saml") {
  const made = await generate([{ name: "commonName", value: "idp" }], {
    keySize: 2048,
    algorithm: "sha256",
  });
  const keys = { privateKey: made.private, publicCert: made.cert };
  return {
    certificate: made.cert,
    metadata: metadataOf(entityId, made.cert),
    respond: (asked) => signed(signed(responseOf(entityId, asked), "Assertion", keys), "*", keys),
  };
}

function metadataOf(entityId, certificate) {
  const base64 = certificate.replace(/-----[A-Z ]+-----|\s/g, "");
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
    `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
    `<ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
    `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>` +
    `</md:IDPSSODescriptor></md:EntityDescriptor>`
  );
}

function responseOf(entityId, { base, requestId, userName, serial }) {
  const now = Date.now();
  const at = (time) => new Date(time).toISOString();
  const acs = `${base}/acs`;
  const issuer = `<saml:Issuer>${entityId}</saml:Issuer>`;
  const about = `Version="2.0" IssueInstant="${at(now - 1_000)}"`;
  const confirmation = `NotOnOrAfter="${at(now + 5 * MINUTE)}" Recipient="${acs}" InResponseTo="${requestId}"`;
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
    ` ID="_r${serial}" ${about} Destination="${acs}" InResponseTo="${requestId}">${issuer}` +
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
    `<saml:Assertion ID="_a${serial}" ${about}>${issuer}` +
    `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${userName}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
    `<saml:SubjectConfirmationData ${confirmation}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${at(now - 5 * MINUTE)}" NotOnOrAfter="${at(now + 5 * MINUTE)}">` +
    `<saml:AudienceRestriction><saml:Audience>${base}/metadata</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${at(now - MINUTE)}" SessionIndex="_s${serial}"><saml:AuthnContext>` +
    `<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>` +
    `</saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${attributesOf(userName).map(attribute).join("")}</saml:AttributeStatement>` +
    `</saml:Assertion></samlp:Response>`
  );
}

/** Ten, of which one names the five groups. */
function attributesOf(userName) {
  const groups = [1, 2, 3, 4, 5].map((group) => `0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b7${group}`);
  return [
    [`${CLAIMS}/name`, userName],
    [`${CLAIMS}/emailaddress`, userName],
    [`${CLAIMS}/givenname`, "Ann"],
    [`${CLAIMS}/surname`, "Example"],
    [`${MICROSOFT}/identity/claims/displayname`, "Ann Example"],
    [`${MICROSOFT}/identity/claims/tenantid`, "0197e2a4-5b0c-7c1e-9d55-3a6d1f8e2b70"],
    [`${MICROSOFT}/identity/claims/objectidentifier`, userName],
    [`${MICROSOFT}/identity/claims/identityprovider`, "https://sts.windows.net/example/"],
    [`${MICROSOFT}/claims/authnmethodsreferences`, "password"],
    [GROUPS, ...groups],
  ];
}

function attribute([name, ...values]) {
  const written = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`);
  return `<saml:Attribute Name="${name}">${written.join("")}</saml:Attribute>`;
}

/** @param {string} name of the element: "*" is the root, anything else a child of it */
function signed(xml, name, keys) {
  const path = name === "*" ? "/*" : `/*/*[local-name()='${name}']`;
  const signer = new SignedXml({
    ...keys,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  signer.addReference({
    xpath: path,
    transforms: TRANSFORMS,
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: { reference: `${path}/*[local-name()='Issuer']`, action: "after" },
  });
  return signer.getSignedXml();
}
