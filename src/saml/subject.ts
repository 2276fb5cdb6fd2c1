import type { Expectation } from "./expectation.js";
import { instantOf, isPastEnd } from "./instants.js";
import { refuse } from "./reasons.js";
import { attributeOf, childNamed, type XmlElement } from "./xml.js";

/** Who the assertion is about, and why whoever presents it may be taken for that person (SAML profiles §4.1.4.2). */
export const NAME_ID_FORMATS = {
  persistent: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  unspecified: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
  transient: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
} as const;

export const DEFAULT_NAME_ID_FORMATS: readonly string[] = [
  NAME_ID_FORMATS.persistent,
  NAME_ID_FORMATS.emailAddress,
  NAME_ID_FORMATS.unspecified,
];

const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/** SAML core §8.3.7 allows 256 characters in a persistent identifier. */
const NAME_ID_LENGTH_MAX = 256;
/** Ours are much shorter; what is longer is not looked up. */
const REQUEST_ID_LENGTH_MAX = 256;
const CONFIRMATION_MS_MAX = 24 * 3_600_000;
// eslint-disable-next-line no-control-regex -- refusing control characters is the point
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

/** The NameID exactly as signed: never trimmed, folded or normalised (docs/attacks.md N-76). */
export function readNameId(
  assertion: XmlElement,
  expectation: Expectation,
): { nameId: string; nameIdFormat: string | undefined } {
  const subject = childNamed(assertion, "assertion", "Subject");
  return nameIdOf(subject && childNamed(subject, "assertion", "NameID"), expectation);
}

/** The same of the element itself, wherever it stands. */
export function nameIdOf(
  element: XmlElement | undefined,
  expectation: Pick<Expectation, "nameIdFormats" | "spEntityId">,
): { nameId: string; nameIdFormat: string | undefined } {
  if (element === undefined) refuse("NameIdMissing");
  const { text } = element;
  if (text === "" || text.length > NAME_ID_LENGTH_MAX) refuse("NameIdMalformed");
  if (text.trim() !== text || CONTROL_CHARACTERS.test(text)) refuse("NameIdMalformed");
  const format = attributeOf(element, "Format");
  checkFormat(format ?? NAME_ID_FORMATS.unspecified, expectation);
  const qualifier = attributeOf(element, "SPNameQualifier");
  if (qualifier !== undefined && qualifier !== expectation.spEntityId) {
    refuse("NameIdQualifierMismatch");
  }
  return { nameId: text, nameIdFormat: format };
}

/** A transient NameID is another one at every sign-in, so it can never be a key (N-77), even if it was configured. */
function checkFormat(format: string, { nameIdFormats }: Pick<Expectation, "nameIdFormats">): void {
  const allowed = nameIdFormats.length === 0 ? DEFAULT_NAME_ID_FORMATS : nameIdFormats;
  if (format === NAME_ID_FORMATS.transient || !allowed.includes(format)) {
    refuse("NameIdFormatRefused", format);
  }
}

/** The one bearer confirmation. Each demand is one line of SAML profiles §4.1.4.2 or §4.1.4.3. */
export function readConfirmation(
  assertion: XmlElement,
  expectation: Expectation,
  issuedAt: number,
  now: number,
): { inResponseTo: string | null; notOnOrAfter: number } {
  const data = confirmationOf(assertion);
  checkRecipient(data, expectation);
  const notOnOrAfter = readExpiry(data, expectation, issuedAt, now);
  return { inResponseTo: readInResponseTo(data, expectation), notOnOrAfter };
}

/** What the confirmation says, once it is one of the only kind that counts. */
export function confirmationOf(assertion: XmlElement): XmlElement {
  const subject = childNamed(assertion, "assertion", "Subject");
  const confirmation = subject && childNamed(subject, "assertion", "SubjectConfirmation");
  if (confirmation === undefined) return refuse("ConfirmationMissing");
  if (attributeOf(confirmation, "Method") !== BEARER) refuse("ConfirmationMethod");
  const data = childNamed(confirmation, "assertion", "SubjectConfirmationData");
  return data ?? refuse("ConfirmationMissing");
}

/**
 * Unless the connection has chosen otherwise, nobody can send a response here that was not asked for: that is how a
 * stranger's account would be signed in. Null: it answers nothing.
 */
export function readInResponseTo(
  data: XmlElement,
  { unsolicitedAllowed = false }: Expectation,
): string | null {
  const inResponseTo = attributeOf(data, "InResponseTo");
  if (inResponseTo === undefined && unsolicitedAllowed) return null;
  if (
    inResponseTo === undefined ||
    inResponseTo === "" ||
    inResponseTo.length > REQUEST_ID_LENGTH_MAX
  ) {
    return refuse("InResponseToMissing");
  }
  return inResponseTo;
}

export function checkRecipient(data: XmlElement, expectation: Expectation): void {
  const recipient = attributeOf(data, "Recipient");
  if (recipient === undefined) refuse("RecipientMissing");
  if (recipient !== expectation.acsUrl) refuse("RecipientMismatch");
}

export function readExpiry(
  data: XmlElement,
  expectation: Expectation,
  issuedAt: number,
  now: number,
): number {
  if (attributeOf(data, "NotBefore") !== undefined) refuse("ConfirmationNotBefore");
  if (attributeOf(data, "NotOnOrAfter") === undefined) refuse("ConfirmationExpiryMissing");
  const notOnOrAfter = instantOf(data, "NotOnOrAfter");
  if (isPastEnd(notOnOrAfter, expectation, now)) refuse("ConfirmationExpired");
  if (notOnOrAfter - issuedAt > CONFIRMATION_MS_MAX) refuse("ConfirmationWindow");
  return notOnOrAfter;
}
