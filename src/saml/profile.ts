import type { SamlProfile } from "../plugin.js";
import { checkConditions } from "./conditions.js";
import type { Expectation } from "./expectation.js";
import { attempt, refuse, type Outcome } from "./reasons.js";
import { readConfirmation, readNameId } from "./subject.js";
import {
  ASSERTION_AGE_MS_MAX,
  clockSkewMs,
  instantOf,
  isPastEnd,
  optionalInstantOf,
} from "./instants.js";
import { NAMESPACES, attributeOf, childNamed, childrenNamed, type XmlElement } from "./xml.js";

/**
 * The strict second stage: what a signed assertion must say to be a sign-in here and now. node-saml accepts most of
 * what is refused in these files (docs/attacks.md N-54 to N-76). Pure; reads nothing but verified bytes, except for the
 * attributes of an unsigned Response, which can only lead to a refusal.
 */
/** What verification handed over, as trees of the guarded XML. */
export interface SignedDocument {
  readonly assertion: XmlElement;
  readonly response: XmlElement;
  /** Whether `response` comes from signed bytes. */
  readonly responseSigned: boolean;
}

export interface AcceptedAssertion {
  readonly profile: SamlProfile;
  readonly assertionId: string;
  /**
   * To be matched with the stored request, the browser and the connection, and consumed, in one transaction. Null: the
   * sign-in began at the provider, and the connection allows that.
   */
  readonly inResponseTo: string | null;
  readonly issuer: string;
  /** The earliest of all ends that apply, including our own limit on the age. */
  readonly notOnOrAfter: number;
  /** Nothing is accepted from here on; a replay must be remembered until then. */
  readonly usableUntil: number;
  readonly sessionIndex: string | undefined;
  readonly authnInstant: number;
  readonly authnContext: string | undefined;
  /** The pinned certificate that verified it, PEM; where it is known. */
  readonly certificate?: string;
}

/** The ladder, in the order in which an administrator can use the answers. */
export function readProfile(
  document: SignedDocument,
  expectation: Expectation,
  now: number,
): Outcome<AcceptedAssertion> {
  return attempt(() => {
    const { assertion, response } = document;
    checkVersions(response, assertion);
    checkIssuers(document, expectation);
    checkDestination(document, expectation);
    const age = checkAge(document, expectation, now);
    const { nameId, nameIdFormat } = readNameId(assertion, expectation);
    const confirmation = readConfirmation(assertion, expectation, age.issuedAt, now);
    checkInResponseTo(response, confirmation.inResponseTo);
    const conditionsEnd = checkConditions(assertion, expectation, now);
    const authn = readAuthnStatement(assertion, expectation, now);
    const notOnOrAfter = Math.min(age.end, confirmation.notOnOrAfter, conditionsEnd);
    return {
      profile: { nameId, nameIdFormat, attributes: readAttributes(assertion) },
      assertionId: attributeOf(assertion, "ID") ?? refuse("IdMalformed"),
      inResponseTo: confirmation.inResponseTo,
      issuer: expectation.idpEntityId,
      notOnOrAfter,
      usableUntil: notOnOrAfter + clockSkewMs(expectation),
      ...authn,
    };
  });
}

export function checkVersions(response: XmlElement, assertion: XmlElement): void {
  for (const element of [response, assertion]) {
    if (attributeOf(element, "Version") !== "2.0") refuse("VersionRefused");
    if (attributeOf(element, "ID") === undefined) refuse("IdMalformed");
  }
}

/** SAML profiles §4.1.4.2: the Response's Issuer may be absent unless the Response is signed. */
export function checkIssuers(
  { assertion, response, responseSigned }: SignedDocument,
  expectation: Expectation,
): void {
  const outer = childNamed(response, "assertion", "Issuer");
  if (outer === undefined && responseSigned) refuse("IssuerMissing");
  const inner = childNamed(assertion, "assertion", "Issuer") ?? refuse("IssuerMissing");
  for (const issuer of outer === undefined ? [inner] : [outer, inner]) {
    const format = attributeOf(issuer, "Format");
    const isEntity =
      format === undefined || format === "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
    if (!isEntity || issuer.text !== expectation.idpEntityId) refuse("IssuerMismatch");
  }
}

/** SAML bindings §3.5.5.2: demanded on a signed message, checked on any. */
export function checkDestination(
  { response, responseSigned }: SignedDocument,
  expectation: Expectation,
): void {
  const destination = attributeOf(response, "Destination");
  if (destination === undefined) {
    if (responseSigned) refuse("DestinationMissing");
    return;
  }
  if (destination !== expectation.acsUrl) refuse("DestinationMismatch");
}

/**
 * Providers differ widely in how long an assertion claims to be valid (Entra: an hour). A browser needs seconds to
 * carry it here, so it counts for ten minutes from its issue, whatever it claims.
 */
export function checkAge(
  { assertion, response }: SignedDocument,
  expectation: Expectation,
  now: number,
): { issuedAt: number; end: number } {
  const skew = clockSkewMs(expectation);
  for (const element of [response, assertion]) {
    const instant = instantOf(element, "IssueInstant");
    if (instant > now + skew) refuse("IssuedInFuture");
    if (isPastEnd(instant + ASSERTION_AGE_MS_MAX, expectation, now)) refuse("AssertionTooOld");
  }
  // Not the Response's: where that is unsigned, its time could shorten the memory of replays.
  const issuedAt = instantOf(assertion, "IssueInstant");
  return { issuedAt, end: issuedAt + ASSERTION_AGE_MS_MAX };
}

export function checkInResponseTo(response: XmlElement, confirmed: string | null): void {
  const outer = attributeOf(response, "InResponseTo");
  // One that answers a request without confirming it is neither an answer nor unsolicited.
  if (outer !== undefined && outer !== confirmed) refuse("InResponseToMismatch");
}

export function readAuthnStatement(assertion: XmlElement, expectation: Expectation, now: number) {
  const statement =
    childNamed(assertion, "assertion", "AuthnStatement") ?? refuse("AuthnStatementMissing");
  const skew = clockSkewMs(expectation);
  const authnInstant = instantOf(statement, "AuthnInstant");
  if (authnInstant > now + skew) refuse("AuthnInstantInFuture");
  const { authnNotBefore } = expectation;
  if (authnNotBefore !== undefined && authnInstant < authnNotBefore - skew) refuse("AuthnTooOld");
  const sessionEnd = optionalInstantOf(statement, "SessionNotOnOrAfter");
  if (sessionEnd !== undefined && isPastEnd(sessionEnd, expectation, now)) refuse("SessionExpired");
  const authnContext = readAuthnContext(statement, expectation);
  return { sessionIndex: attributeOf(statement, "SessionIndex"), authnInstant, authnContext };
}

function readAuthnContext(statement: XmlElement, expectation: Expectation): string | undefined {
  const context = childNamed(statement, "assertion", "AuthnContext");
  const reference = context && childNamed(context, "assertion", "AuthnContextClassRef");
  const demanded = expectation.authnContexts;
  if (demanded !== undefined && !demanded.includes(reference?.text ?? "")) {
    refuse("AuthnContextRefused");
  }
  return reference?.text;
}

/**
 * A Map, so that attributes called `nameID` or `__proto__` are attributes and nothing else (N-75). Values that hold
 * XML and nil values are left out; an attribute that is named twice has the values of both.
 */
function readAttributes(assertion: XmlElement): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, string[]>();
  for (const statement of childrenNamed(assertion, "assertion", "AttributeStatement")) {
    for (const attribute of childrenNamed(statement, "assertion", "Attribute")) {
      const name = attributeOf(attribute, "Name");
      if (name === undefined) continue;
      const values = attributes.get(name) ?? [];
      for (const value of childrenNamed(attribute, "assertion", "AttributeValue")) {
        if (value.children.length === 0 && !isNil(value)) values.push(value.text);
      }
      attributes.set(name, values);
    }
  }
  return attributes;
}

function isNil(value: XmlElement): boolean {
  return value.attributes.some(
    (item) =>
      item.namespace === NAMESPACES.schemaInstance &&
      item.name === "nil" &&
      (item.value === "true" || item.value === "1"),
  );
}
