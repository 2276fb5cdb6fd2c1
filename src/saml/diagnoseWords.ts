import type { SamlReason } from "./reasons.js";

/** The checks of a practice sign-in, which reason belongs to which, and what an administrator does about each. */

/** Up to the signed bytes, then what they say, then who it is. */
export type CheckName =
  | (typeof HANDLING_CHECKS)[number]
  | "version"
  | "issuer"
  | "destination"
  | "age"
  | "nameId"
  | "confirmation"
  | "recipient"
  | "request"
  | "times"
  | "audience"
  | "authentication"
  | "library"
  | "claims"
  | "account";

export const HANDLING_CHECKS = [
  "message",
  "response",
  "algorithm",
  "signed",
  "encryption",
  "signature",
] as const;

type HandlingCheck = (typeof HANDLING_CHECKS)[number];

const OF_REASON: Partial<Record<SamlReason, HandlingCheck>> = {
  NotAResponse: "response",
  StatusNotSuccess: "response",
  AssertionMissing: "response",
  SeveralAssertions: "response",
  UnexpectedElement: "response",
  UnexpectedText: "response",
  IdMalformed: "response",
  DuplicateId: "response",
  AssertionNotSigned: "signed",
  ResponseNotSigned: "signed",
  SignatureMalformed: "algorithm",
  SignatureAlgorithm: "algorithm",
  CanonicalizationAlgorithm: "algorithm",
  DigestAlgorithm: "algorithm",
  TransformRefused: "algorithm",
  ReferenceRefused: "algorithm",
  EncryptionMalformed: "encryption",
  EncryptionAlgorithm: "encryption",
  EncryptionNotAuthenticated: "encryption",
  DecryptionFailed: "encryption",
  SignatureInvalid: "signature",
  VerificationTimeout: "signature",
  VerificationBusy: "signature",
  VerificationFailed: "signature",
};

/** Whatever else can be wrong before that is wrong with the text itself. */
export function checkOf(reason: SamlReason): HandlingCheck {
  return OF_REASON[reason] ?? "message";
}

/** What to do at the identity provider, behind the sentence about what is wrong. */
export const ADVICE: Readonly<Record<CheckName, string>> = {
  message:
    "Something between the identity provider and here changes the message, or it is no SAML 2.0 provider.",
  response:
    "Look into the identity provider's log: often the person is not assigned to the application, or the request was refused there.",
  algorithm: "Choose RSA with SHA-256 for signature and digest at the identity provider.",
  signed: "Turn on signing of assertions (and of responses, where this connection demands it).",
  encryption:
    "Choose AES-GCM with RSA-OAEP for encrypted assertions, or allow AES-CBC for this connection (allowCbc) with signed responses.",
  signature:
    "Give this connection the identity provider's present metadata or certificate: it may have a new one.",
  version: "",
  issuer: "Give this connection the metadata of this identity provider, or correct its entity ID.",
  destination:
    "Enter the expected address as the single sign-on or reply address (ACS URL) at the identity provider.",
  age: "Set the clocks of both sides by NTP.",
  nameId:
    "Choose a NameID that stays the same for the same person, with format persistent or emailAddress, at the identity provider.",
  confirmation: "Choose the web browser sign-on profile of SAML 2.0 at the identity provider.",
  recipient:
    "Enter the expected address as recipient or ACS URL at the identity provider, letter by letter.",
  request: "The identity provider must answer the request that it was sent (InResponseTo).",
  times: "Set the clocks of both sides by NTP.",
  audience:
    "Enter the expected value as audience, identifier or service provider's entity ID at the identity provider.",
  authentication:
    "Change the sign-in policy at the identity provider, or what this connection demands (authnContexts, forceAuthn).",
  library: "",
  claims: "Send the user name as an attribute, or as NameID.",
  account: "",
};
