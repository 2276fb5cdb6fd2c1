import type { SamlReason } from "../../../src/saml/reasons.js";
import { ALGORITHMS, type Signing, type TestIdp } from "../../support/samlIdp.js";

/** Responses signed truly by the provider, but not as we accept it, and responses signed by somebody else. */
export interface SigningCase {
  readonly title: string;
  readonly signing: (idp: TestIdp, stranger: TestIdp) => Partial<Signing>;
  readonly reason: SamlReason;
}

const RSA_PSS = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";

// prettier-ignore
export const SIGNINGS: readonly SigningCase[] = [
  { title: "N-04 by a stranger with the stranger's certificate", signing: (_, stranger) => stranger,                                    reason: "SignatureInvalid" },
  { title: "N-05 by a stranger with the provider's certificate", signing: (idp, stranger) => ({ ...stranger, certificate: idp.certificate }), reason: "SignatureInvalid" },
  { title: "by a stranger with both certificates, as a chain",   signing: (idp, stranger) => ({ ...stranger, certificate: stranger.certificate + idp.certificate }), reason: "SignatureInvalid" },
  { title: "by a stranger with both, the other way round",       signing: (idp, stranger) => ({ ...stranger, certificate: idp.certificate + stranger.certificate }), reason: "SignatureInvalid" },
  { title: "N-08 with RSA-SHA1",                                 signing: () => ({ signatureAlgorithm: ALGORITHMS.rsaSha1 }),            reason: "SignatureAlgorithm" },
  { title: "with RSA-PSS",                                       signing: () => ({ signatureAlgorithm: RSA_PSS }),                       reason: "SignatureAlgorithm" },
  { title: "N-09 with a SHA-1 digest",                           signing: () => ({ digestAlgorithm: ALGORITHMS.sha1 }),                  reason: "DigestAlgorithm" },
  { title: "N-15 with the certificate as HMAC secret",           signing: () => ({ hmac: true, signatureAlgorithm: ALGORITHMS.hmacSha1 }), reason: "SignatureAlgorithm" },
  { title: "N-16 with a third transform",                        signing: () => ({ transforms: [ALGORITHMS.enveloped, ALGORITHMS.exclusive, ALGORITHMS.exclusive] }), reason: "TransformRefused" },
  { title: "with comments in the digest",                        signing: () => ({ transforms: [ALGORITHMS.enveloped, ALGORITHMS.exclusiveWithComments] }), reason: "TransformRefused" },
  { title: "with inclusive canonicalisation of the digest",      signing: () => ({ transforms: [ALGORITHMS.enveloped, ALGORITHMS.inclusive] }), reason: "TransformRefused" },
  { title: "without canonicalisation",                           signing: () => ({ transforms: [ALGORITHMS.enveloped] }),                reason: "TransformRefused" },
  { title: "with inclusive canonicalisation",                    signing: () => ({ canonicalization: ALGORITHMS.inclusive }),            reason: "CanonicalizationAlgorithm" },
  { title: "with comments in SignedInfo",                        signing: () => ({ canonicalization: ALGORITHMS.exclusiveWithComments }), reason: "CanonicalizationAlgorithm" },
  { title: "N-17 with a reference to everything",                signing: () => ({ emptyUri: true }),                                    reason: "ReferenceRefused" },
  { title: "N-18 with two references",                           signing: () => ({ alsoSigns: "//*[local-name()='Assertion']" }),        reason: "ReferenceRefused" },
];
