import { SignedXml } from "xml-crypto";
import { markup } from "../markup.js";
import type { Markup } from "../markup.js";
import type { SigningKey } from "./keys.js";
import {
  ASSERTION,
  ENVELOPED,
  EXCLUSIVE_C14N,
  PERSISTENT,
  PROTOCOL,
  RSA_SHA256,
  SHA256,
} from "./names.js";

export interface SamlAttribute {
  readonly name: string;
  readonly values: readonly string[];
}

export interface ResponseContent {
  readonly idpEntityId: string;
  readonly spEntityId: string;
  readonly acsUrl: string;
  readonly inResponseTo: string;
  readonly nameId: string;
  readonly attributes: readonly SamlAttribute[];
  readonly now: number;
  /** Random, unguessable, fit for an XML ID. */
  readonly newId: () => string;
}

const VALID_MILLISECONDS = 5 * 60_000;
/** A service provider whose clock is a little behind still accepts the assertion at once. */
const BACKDATED_MILLISECONDS = 30_000;
const SESSION_MILLISECONDS = 8 * 3_600_000;

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const ATTRIBUTE_NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified";
/** Honest: nobody was asked for a password. */
const NO_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

/** A Response whose assertion and envelope are both signed; XML text. */
export function signedResponse(content: ResponseContent, key: SigningKey): string {
  const responseId = content.newId();
  const assertionId = content.newId();
  const issued = instant(content.now);
  const response = markup`<samlp:Response xmlns:samlp="${PROTOCOL}" xmlns:saml="${ASSERTION}" ID="${responseId}" Version="2.0" IssueInstant="${issued}" Destination="${content.acsUrl}" InResponseTo="${content.inResponseTo}"><saml:Issuer>${content.idpEntityId}</saml:Issuer><samlp:Status><samlp:StatusCode Value="${SUCCESS}"/></samlp:Status>${assertion(content, assertionId)}</samlp:Response>`;
  // The inner signature first: the outer one covers it.
  return sign(sign(response.text, "Assertion", assertionId, key), "Response", responseId, key);
}

function assertion(content: ResponseContent, id: string): Markup {
  const issued = instant(content.now);
  return markup`<saml:Assertion xmlns:saml="${ASSERTION}" ID="${id}" Version="2.0" IssueInstant="${issued}"><saml:Issuer>${content.idpEntityId}</saml:Issuer>${subject(content)}${conditions(content)}${authentication(content)}${attributeStatement(content.attributes)}</saml:Assertion>`;
}

function subject(content: ResponseContent): Markup {
  const until = instant(content.now + VALID_MILLISECONDS);
  return markup`<saml:Subject><saml:NameID Format="${PERSISTENT}">${content.nameId}</saml:NameID><saml:SubjectConfirmation Method="${BEARER}"><saml:SubjectConfirmationData InResponseTo="${content.inResponseTo}" NotOnOrAfter="${until}" Recipient="${content.acsUrl}"/></saml:SubjectConfirmation></saml:Subject>`;
}

function conditions(content: ResponseContent): Markup {
  const from = instant(content.now - BACKDATED_MILLISECONDS);
  const until = instant(content.now + VALID_MILLISECONDS);
  return markup`<saml:Conditions NotBefore="${from}" NotOnOrAfter="${until}"><saml:AudienceRestriction><saml:Audience>${content.spEntityId}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`;
}

function authentication(content: ResponseContent): Markup {
  const sessionEnds = instant(content.now + SESSION_MILLISECONDS);
  return markup`<saml:AuthnStatement AuthnInstant="${instant(content.now)}" SessionIndex="${content.newId()}" SessionNotOnOrAfter="${sessionEnds}"><saml:AuthnContext><saml:AuthnContextClassRef>${NO_PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
}

function attributeStatement(attributes: readonly SamlAttribute[]): Markup {
  const each = attributes.map(({ name, values }) => {
    const items = values.map(
      (value) => markup`<saml:AttributeValue>${value}</saml:AttributeValue>`,
    );
    return markup`<saml:Attribute Name="${name}" NameFormat="${ATTRIBUTE_NAME_FORMAT}">${items}</saml:Attribute>`;
  });
  return markup`<saml:AttributeStatement>${each}</saml:AttributeStatement>`;
}

/** Signs the one element with that ID and puts the signature after its Issuer, where the schema wants it. */
function sign(xml: string, element: string, id: string, key: SigningKey): string {
  const path = `//*[local-name(.)='${element}' and @ID='${id}']`;
  const signer = new SignedXml({
    privateKey: key.privateKey,
    publicCert: key.certificate,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
  });
  signer.addReference({
    xpath: path,
    transforms: [ENVELOPED, EXCLUSIVE_C14N],
    digestAlgorithm: SHA256,
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: { reference: `${path}/*[local-name(.)='Issuer']`, action: "after" },
  });
  return signer.getSignedXml();
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
