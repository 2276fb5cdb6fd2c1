/**
 * Why a SAML message was refused. A code is stable for ever: it stands in the audit trail and in the
 * administrator's view. The browser sees one general sentence for all of them (errors.ts SignInFailed), so
 * that an attacker learns nothing about how far a message came.
 */
export const REASONS = {
  // What came with the message.
  FieldRefused: "A SAML message came to an address that takes none there.",
  OriginRefused:
    "The sign-in began elsewhere and came from a page that is not the identity provider's. Let the tile in its portal lead to the login address instead.",

  // The form field, before anything was parsed.
  NotBase64: "The message is missing or is not base64.",
  MessageTooLarge: "The message is larger than allowed.",
  NotUtf8: "The message is not UTF-8 text.",

  // XML that no genuine identity provider sends (guard.ts).
  EncodingRefused: "The XML declares another version than 1.0 or another encoding than UTF-8.",
  NotWellFormed: "The message is not well-formed XML.",
  TextOutsideRoot: "There is text before or after the XML document.",
  SeveralRoots: "The message has more than one root element.",
  DoctypeRefused: "The message has a document type declaration.",
  CommentRefused: "The message has a comment.",
  InstructionRefused: "The message has a processing instruction.",
  CdataRefused: "The message has a CDATA section.",
  EntityRefused: "The message refers to an entity that XML does not predefine.",
  NamespaceRefused: "The message declares an unusual namespace.",
  TooManyReferences: "The message has too many character references.",
  TooManyElements: "The message has too many elements.",
  TooManyChildren: "An element of the message has too many children.",
  TooDeep: "The message is nested too deeply.",
  TooManyAttributes: "An element of the message has too many attributes.",

  // The shape of the response (structure.ts).
  NotAResponse: "The message is not a SAML 2.0 response.",
  StatusNotSuccess: "The identity provider reports that the sign-in did not succeed.",
  AssertionMissing: "The response has no assertion.",
  SeveralAssertions: "The response has more than one assertion.",
  UnexpectedElement: "The response has an element where none of that name belongs.",
  UnexpectedText: "The response has text where none belongs.",
  IdMalformed: "An ID in the response is missing or has the wrong form.",
  DuplicateId: "Two elements of the response have the same ID.",

  // Logout messages (receiveLogout.ts).
  QueryRefused: "The address has a parameter that is unknown, repeated or not of this message.",
  NotDeflated: "The message is not compressed as the redirect binding demands.",
  NotALogoutMessage: "The message is not a SAML 2.0 logout request or response.",
  MessageNotSigned:
    "The logout message is not signed. Turn on signing of logout messages at the identity provider.",
  MessageExpired: "The logout message has expired.",
  LogoutUnknownRequest: "The response answers no sign-out of this browser.",

  // Signatures, before their values are looked at (algorithms.ts).
  AssertionNotSigned:
    "The assertion is not signed. Turn on signing of assertions at the identity provider.",
  ResponseNotSigned:
    "The response is not signed, and this connection demands it. Turn on signing of responses.",
  SignatureMalformed: "A signature does not have the only form that is accepted.",
  SignatureAlgorithm: "The signature algorithm is not allowed. Use RSA with SHA-256 or SHA-512.",
  CanonicalizationAlgorithm:
    "The canonicalisation is not allowed. Use exclusive XML canonicalisation.",
  DigestAlgorithm: "The digest algorithm is not allowed. Use SHA-256 or SHA-512.",
  TransformRefused:
    "A signature has other transforms than enveloped signature and exclusive canonicalisation.",
  ReferenceRefused: "A signature does not refer to exactly the element that it stands in.",

  // Encryption (encryption.ts).
  EncryptionMalformed: "The encrypted assertion does not have the only form that is accepted.",
  EncryptionAlgorithm: "The encryption algorithm is not allowed. Use AES-GCM with RSA-OAEP.",
  EncryptionNotAuthenticated:
    "An assertion encrypted with AES-CBC is accepted only inside a signed response.",
  DecryptionFailed: "The assertion could not be decrypted with the key of this connection.",

  // Verification (verify.ts).
  SignatureInvalid:
    "The signature was not made with a certificate of this connection, or the content was changed.",
  VerificationTimeout: "The verification took too long and was stopped.",
  VerificationBusy: "Too many sign-ins are being verified at the moment.",
  VerificationFailed: "The verification stopped with an error.",
  VerifierObjection: "The SAML library refused what our own rules would have accepted.",

  // What the signed bytes say (profile.ts).
  VersionRefused: "The message is not SAML version 2.0.",
  IssuerMissing: "The issuer is missing.",
  IssuerMismatch: "The issuer is not the entity ID of this connection's identity provider.",
  DestinationMissing: "The signed response does not name its destination.",
  DestinationMismatch: "The response was made for another address.",
  TimestampMalformed: "A time in the message is missing or is not in UTC form.",
  IssuedInFuture: "The message was issued in the future. Check the clocks.",
  AssertionTooOld: "The message was issued too long ago.",
  NameIdMissing: "The assertion has no NameID.",
  NameIdMalformed:
    "The NameID is empty, too long, or has surrounding blanks or control characters.",
  NameIdFormatRefused: "The format of the NameID is not allowed for this connection.",
  NameIdQualifierMismatch: "The NameID was made for another service provider.",
  ConfirmationMissing: "The assertion has no subject confirmation.",
  ConfirmationMethod: "The subject confirmation is not of method bearer.",
  ConfirmationNotBefore: "The subject confirmation has a NotBefore, which the profile forbids.",
  ConfirmationExpiryMissing: "The subject confirmation has no NotOnOrAfter.",
  ConfirmationExpired: "The subject confirmation has expired.",
  ConfirmationWindow: "The subject confirmation is valid for longer than a day.",
  RecipientMissing: "The subject confirmation names no recipient.",
  RecipientMismatch: "The subject confirmation was made for another address.",
  InResponseToMissing: "The assertion does not answer a sign-in that began here.",
  InResponseToMismatch: "The response and its assertion answer different requests.",
  ConditionsMissing: "The assertion has no conditions.",
  ConditionsTimesMissing: "The conditions lack NotBefore or NotOnOrAfter.",
  ConditionsNotYetValid: "The assertion is not valid yet. Check the clocks.",
  ConditionsExpired: "The assertion has expired.",
  AudienceMissing: "The assertion has no audience restriction.",
  AudienceMismatch:
    "The assertion was made for another audience than the entity ID of this connection.",
  AuthnStatementMissing: "The assertion does not say that and when the person signed in.",
  AuthnInstantInFuture:
    "The person signed in at the identity provider in the future. Check the clocks.",
  AuthnTooOld: "A fresh sign-in was demanded, and the identity provider used an older one.",
  SessionExpired: "The person's session at the identity provider has ended.",
  AuthnContextRefused: "The person signed in by another method than the one demanded.",
} as const satisfies Record<string, string>;

export type SamlReason = keyof typeof REASONS;

export interface Refused {
  readonly ok: false;
  readonly reason: SamlReason;
  /** For the log: names of elements and algorithms, never values of the assertion. */
  readonly detail?: string;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;

/** Unwinds a stage from wherever the reason was found; `attempt` turns it into a value at the stage's border. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: SamlReason;
  readonly detail: string | undefined;

  constructor(reason: SamlReason, detail: string | undefined) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

const DETAIL_LENGTH_MAX = 120;

/** Leaves the stage that `attempt` runs. `detail` may hold names that an attacker chose, so it is kept short. */
export function refuse(reason: SamlReason, detail?: string): never {
  throw new Refusal(reason, detail?.slice(0, DETAIL_LENGTH_MAX));
}

export function refusal(reason: SamlReason, detail?: string): Refused {
  return detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
}

/** Runs a stage. Any other exception is a mistake of ours and goes on. */
export function attempt<T>(stage: () => T): Outcome<T> {
  try {
    return { ok: true, value: stage() };
  } catch (error) {
    if (error instanceof Refusal) return refusal(error.reason, error.detail);
    throw error;
  }
}
