import type { Trust } from "../../../src/saml/receive.js";
import type { SamlReason } from "../../../src/saml/reasons.js";
import { NAME_ID_FORMATS } from "../../../src/saml/subject.js";
import { at, type Fields } from "../../support/samlIdp.js";

/**
 * What a truly signed response says (docs/attacks.md N-51 to N-79), and beside each refusal the twin that differs in one value. These
 * need the provider's key: they are made of the scripted and of the practice provider's responses, not of SimpleSAMLphp's.
 */
export interface SignedCase {
  readonly title: string;
  readonly change: Partial<Fields>;
  /** Asks for another policy than the usual one; only judged by the pipeline. */
  readonly trust?: Partial<Trust>;
  readonly reason: SamlReason | "accepted";
  /** Where the case makes sense in some ways of signing only. */
  readonly modes?: readonly ("assertion" | "both" | "encrypted")[];
}

export interface SignedContext {
  readonly now: number;
  readonly entityId: string;
  readonly acsUrl: string;
  readonly idpEntityId: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SIGNED_RESPONSE = ["both", "encrypted"] as const;
const responder = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const other = "https://other.example.com";

// prettier-ignore
export function signedCases({ now, entityId, acsUrl, idpEntityId }: SignedContext): readonly SignedCase[] {
  return [
    { title: "nothing changed",                              change: {},                                                            reason: "accepted" },

    { title: "N-51 another audience",                        change: { audiences: [other] },                                        reason: "AudienceMismatch" },
    { title: "N-51 an audience that begins like ours",       change: { audiences: [`${entityId}/`] },                      reason: "AudienceMismatch" },
    { title: "N-51 an audience with a blank",                change: { audiences: [` ${entityId}`] },                      reason: "AudienceMismatch" },
    { title: "N-51 one restriction of two not ours",         change: { audiences: [entityId, other] },                     reason: "AudienceMismatch" },
    { title: "two restrictions that are ours",               change: { audiences: [entityId, entityId] },         reason: "accepted" },
    { title: "two audiences in one restriction",             change: { audiences: [`${other}</saml:Audience><saml:Audience>${entityId}`] }, reason: "accepted" },
    { title: "N-52 no AudienceRestriction",                  change: { audiences: [] },                                             reason: "AudienceMissing" },
    { title: "N-53 no Conditions",                           change: { conditions: false },                                         reason: "ConditionsMissing" },
    { title: "N-54 no NotBefore",                            change: { notBefore: undefined },                                      reason: "ConditionsTimesMissing" },
    { title: "N-54 no NotOnOrAfter",                         change: { notOnOrAfter: undefined },                                   reason: "ConditionsTimesMissing" },
    { title: "N-55 another Destination",                     change: { destination: `${other}/acs` },                               reason: "DestinationMismatch" },
    { title: "N-55 an empty Destination",                    change: { destination: "" },                                           reason: "DestinationMismatch" },
    { title: "N-55 a Destination in other letters",          change: { destination: acsUrl.toUpperCase() },                reason: "DestinationMismatch" },
    { title: "N-56 no Destination on a signed response",     change: { destination: undefined },                                    reason: "DestinationMissing", modes: SIGNED_RESPONSE },
    { title: "no Destination on an unsigned response",       change: { destination: undefined },                                    reason: "accepted", modes: ["assertion"] },
    { title: "N-57 another Recipient",                       change: { recipient: `${other}/acs` },                                 reason: "RecipientMismatch" },
    { title: "N-58 no Recipient",                            change: { recipient: undefined },                                      reason: "RecipientMissing" },
    { title: "N-59 another Issuer of both",                  change: { responseIssuer: other, issuer: other },                      reason: "IssuerMismatch" },
    { title: "another Issuer of the response",               change: { responseIssuer: other },                                     reason: "IssuerMismatch" },
    { title: "another Issuer of the assertion",              change: { issuer: other },                                             reason: "IssuerMismatch" },
    { title: "an Issuer with a blank",                       change: { issuer: `${idpEntityId} ` },                   reason: "IssuerMismatch" },

    { title: "N-61 expired conditions",                      change: { notOnOrAfter: at(now - MINUTE) },                            reason: "ConditionsExpired" },
    { title: "expired within the skew",                      change: { notOnOrAfter: at(now - MINUTE + 1) },                        reason: "accepted" },
    { title: "N-62 conditions not yet valid",                change: { notBefore: at(now + MINUTE + 1) },                           reason: "ConditionsNotYetValid" },
    { title: "not yet valid within the skew",                change: { notBefore: at(now + MINUTE) },                               reason: "accepted" },
    { title: "a longer skew",                                change: { notBefore: at(now + 2 * MINUTE) },  trust: { clockSkewSeconds: 120 },   reason: "accepted" },
    { title: "a skew beyond two minutes is not given",       change: { notBefore: at(now + 3 * MINUTE) },  trust: { clockSkewSeconds: 9_999 }, reason: "ConditionsNotYetValid" },
    { title: "a skew below a minute is not given",           change: { notBefore: at(now + MINUTE) },      trust: { clockSkewSeconds: 0 },     reason: "accepted" },
    { title: "N-63 an expired confirmation",                 change: { confirmationNotOnOrAfter: at(now - MINUTE) },                reason: "ConfirmationExpired" },
    { title: "N-64 a confirmation without NotOnOrAfter",     change: { confirmationNotOnOrAfter: undefined },                       reason: "ConfirmationExpiryMissing" },
    { title: "a confirmation with NotBefore",                change: { confirmationNotBefore: at(now - MINUTE) },                   reason: "ConfirmationNotBefore" },
    { title: "a confirmation for more than a day",           change: { confirmationNotOnOrAfter: at(now + 25 * 60 * MINUTE) },      reason: "ConfirmationWindow" },
    { title: "a confirmation for an hour, as Entra's",       change: { confirmationNotOnOrAfter: at(now + 60 * MINUTE), notOnOrAfter: at(now + 60 * MINUTE) }, reason: "accepted" },
    { title: "an hour's confirmation, 11 minutes old",       change: { issuedAt: at(now - 11 * MINUTE), confirmationNotOnOrAfter: at(now + 49 * MINUTE) },   reason: "AssertionTooOld" },
    { title: "N-65 no confirmation",                         change: { confirmation: false },                                       reason: "ConfirmationMissing" },
    { title: "N-66 method sender-vouches",                   change: { method: "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches" },   reason: "ConfirmationMethod" },
    { title: "N-66 method holder-of-key",                    change: { method: "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key" },    reason: "ConfirmationMethod" },
    { title: "N-67 status Responder with an assertion",      change: { status: responder },                                         reason: "StatusNotSuccess" },
    { title: "N-67 an unknown status",                       change: { status: "Success" },                                         reason: "StatusNotSuccess" },
    { title: "N-107 status NoPassive",                       change: { status: "urn:oasis:names:tc:SAML:2.0:status:NoPassive" },    reason: "StatusNotSuccess" },
    { title: "N-68 no AuthnStatement",                       change: { authnStatement: false },                                     reason: "AuthnStatementMissing" },
    { title: "N-69 an old sign-in where a fresh one is demanded", change: { authnInstant: at(now - 5 * MINUTE) }, trust: { authnNotBefore: now - MINUTE }, reason: "AuthnTooOld" },
    { title: "a fresh sign-in where one is demanded",        change: { authnInstant: at(now - MINUTE) }, trust: { authnNotBefore: now - MINUTE },            reason: "accepted" },
    { title: "a sign-in in the future",                      change: { authnInstant: at(now + 2 * MINUTE) },                        reason: "AuthnInstantInFuture" },
    { title: "N-70 an ended session",                        change: { sessionNotOnOrAfter: at(now - MINUTE) },                     reason: "SessionExpired" },
    { title: "no end of session",                            change: { sessionNotOnOrAfter: undefined },                            reason: "accepted" },
    { title: "N-73 a weaker method than demanded",           change: {}, trust: { authnContexts: ["urn:mfa"] },                     reason: "AuthnContextRefused" },
    { title: "the demanded method",                          change: { authnContext: "urn:mfa" }, trust: { authnContexts: ["urn:mfa"] }, reason: "accepted" },

    { title: "N-74 no NameID",                               change: { nameId: undefined },                                         reason: "NameIdMissing" },
    { title: "N-74 an empty NameID",                         change: { nameId: "" },                                                reason: "NameIdMalformed" },
    { title: "N-76 a NameID of blanks",                      change: { nameId: "   " },                                             reason: "NameIdMalformed" },
    { title: "N-76 a blank before the NameID",               change: { nameId: " alice" },                                          reason: "NameIdMalformed" },
    { title: "N-76 a no-break space after the NameID",       change: { nameId: "alice\u00a0" },                                     reason: "NameIdMalformed" },
    { title: "N-76 a line break in the NameID",              change: { nameId: "ali&#10;ce" },                                      reason: "NameIdMalformed" },
    { title: "a NameID of 257 characters",                   change: { nameId: "a".repeat(257) },                                   reason: "NameIdMalformed" },
    { title: "a NameID of 256 characters",                   change: { nameId: "a".repeat(256) },                                   reason: "accepted" },
    { title: "an element in the NameID",                     change: { nameId: "alice<x/>" },                                       reason: "UnexpectedElement" },
    { title: "an EncryptedID",                               change: { nameId: "alice</saml:NameID><saml:EncryptedID/><saml:NameID>bob" }, reason: "UnexpectedElement" },
    { title: "two NameIDs",                                  change: { nameId: "alice</saml:NameID><saml:NameID>bob" },             reason: "UnexpectedElement" },
    { title: "N-77 a transient NameID",                      change: { nameIdFormat: NAME_ID_FORMATS.transient },                   reason: "NameIdFormatRefused" },
    { title: "N-77 a transient NameID that was configured",  change: { nameIdFormat: NAME_ID_FORMATS.transient }, trust: { nameIdFormats: [NAME_ID_FORMATS.transient] }, reason: "NameIdFormatRefused" },
    { title: "an unknown NameID format",                     change: { nameIdFormat: "urn:x" },                                     reason: "NameIdFormatRefused" },
    { title: "a NameID format that is not the configured one", change: {}, trust: { nameIdFormats: [NAME_ID_FORMATS.emailAddress] }, reason: "NameIdFormatRefused" },
    { title: "an e-mail address",                            change: { nameIdFormat: NAME_ID_FORMATS.emailAddress },                reason: "accepted" },
    { title: "no NameID format",                             change: { nameIdFormat: undefined },                                   reason: "accepted" },
    { title: "a NameID for another service",                 change: { spNameQualifier: other },                                    reason: "NameIdQualifierMismatch" },
    { title: "no qualifier",                                 change: { spNameQualifier: undefined },                                reason: "accepted" },

    { title: "N-79 no InResponseTo in the confirmation",     change: { confirmationInResponseTo: undefined },                       reason: "InResponseToMissing" },
    { title: "an empty InResponseTo in the confirmation",    change: { confirmationInResponseTo: "", inResponseTo: "" },            reason: "InResponseToMissing" },
    { title: "an InResponseTo that is no id of ours",        change: { confirmationInResponseTo: "x".repeat(300), inResponseTo: undefined }, reason: "InResponseToMissing" },
    { title: "another InResponseTo of the response",         change: { inResponseTo: "_request2" },                                 reason: "InResponseToMismatch" },
    { title: "no InResponseTo of the response",              change: { inResponseTo: undefined },                                   reason: "accepted" },

    { title: "version 1.1",                                  change: { version: "1.1" },                                            reason: "VersionRefused" },
    { title: "no Issuer of a signed response",               change: { responseIssuer: other }, trust: { idpEntityId: other },      reason: "IssuerMismatch" },
    { title: "issued in the future",                         change: { issuedAt: at(now + 2 * MINUTE) },                            reason: "IssuedInFuture" },
    { title: "a response issued in the future",              change: { responseIssuedAt: at(now + 2 * MINUTE) },                    reason: "IssuedInFuture" },
    { title: "issued more than ten minutes and the skew ago", change: { issuedAt: at(now - 11 * MINUTE) },                          reason: "AssertionTooOld" },
    { title: "issued just before that",                      change: { issuedAt: at(now - 11 * MINUTE + 1) },                       reason: "accepted" },
    { title: "a time with an offset",                        change: { notBefore: "2026-06-01T12:00:00+02:00" },                    reason: "TimestampMalformed" },
    { title: "a time without a zone",                        change: { notOnOrAfter: "2027-06-01T12:00:00" },                       reason: "TimestampMalformed" },
    { title: "a day that does not exist",                    change: { notOnOrAfter: "2027-02-30T12:00:00Z" },                      reason: "TimestampMalformed" },
    { title: "no time at all",                               change: { authnInstant: "yesterday" },                                 reason: "TimestampMalformed" },

    { title: "an unknown condition",                         change: { audiences: [`${entityId}</saml:Audience></saml:AudienceRestriction><saml:Condition/><saml:AudienceRestriction><saml:Audience>${entityId}`] }, reason: "UnexpectedElement" },
    { title: "an EncryptedAttribute",                        change: { inAssertion: "<saml:AttributeStatement><saml:EncryptedAttribute/></saml:AttributeStatement>" }, reason: "UnexpectedElement" },
    { title: "a foreign statement",                          change: { inAssertion: `<x:Statement xmlns:x="urn:x"/>` },             reason: "UnexpectedElement" },
    { title: "an AuthzDecisionStatement",                    change: { inAssertion: "<saml:AuthzDecisionStatement/>" },             reason: "UnexpectedElement" },
  ];
}
