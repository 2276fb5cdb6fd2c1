import type { SamlSettings } from "../domain/directory.js";
import { findSignature } from "./algorithms.js";
import { readEncryption } from "./encryption.js";
import type { Expectation } from "./expectation.js";
import { RESPONSE_LIMITS, decodeMessage, readXml } from "./guard.js";
import { readProfile, type AcceptedAssertion, type SignedDocument } from "./profile.js";
import { attempt, refusal, refuse, type Outcome } from "./reasons.js";
import type { ServiceProvider } from "./serviceProvider.js";
import { checkAssertionShape, checkResponseShape } from "./structure.js";
import type { VerificationJob, VerifiedBytes } from "./verification.js";
import type { Verifier } from "./verify.js";
import { childNamed, isNamed, type XmlElement } from "./xml.js";

/** What a connection trusts and demands. */
export interface Trust extends Expectation {
  readonly certificates: readonly string[];
  readonly requireSignedResponse: boolean;
  readonly allowCbc: boolean;
  /** PEM of the key whose certificate is in our metadata. */
  readonly decryptionKey: string;
  /** PEM; tried after that one. */
  readonly otherDecryptionKeys?: readonly string[];
}

/** What is demanded of one response only: a fresh sign-in, a method. */
export type Demands = Pick<
  Expectation,
  "clockSkewSeconds" | "authnNotBefore" | "authnContexts" | "unsolicitedAllowed"
>;

export function trustOf(
  settings: SamlSettings,
  provider: ServiceProvider,
  demands: Demands = {},
): Trust {
  return {
    ...demands,
    idpEntityId: settings.idpEntityId,
    spEntityId: provider.entityId,
    acsUrl: provider.acsUrl,
    nameIdFormats: settings.nameIdFormats,
    certificates: settings.certificates,
    requireSignedResponse: settings.requireSignedResponse,
    allowCbc: settings.allowCbc,
    decryptionKey: provider.privateKey,
    otherDecryptionKeys: provider.otherPrivateKeys ?? [],
  };
}

/**
 * The pipeline from form field to accepted assertion. Nothing is stored or consumed here, so a message that is refused
 * leaves no trace but its reason.
 *
 *   decode ─▶ guard ─▶ shape, algorithms ─▶ signatures (worker) ─▶ guard ─▶ shape ─▶ profile
 *   └──────────── unverified, refusals only ──────────┘            └──── signed bytes ────┘
 */
export async function receiveResponse(
  encoded: unknown,
  trust: Trust,
  verifier: Verifier,
  now: number,
): Promise<Outcome<AcceptedAssertion>> {
  const verified = await verifyResponse(encoded, trust, verifier);
  if (!verified.ok) return verified;
  const { document, objection, certificate } = verified.value;
  const accepted = readProfile(document, trust, now);
  if (!accepted.ok) return accepted;
  if (objection !== undefined) return refusal("VerifierObjection", objection);
  return certificate === undefined
    ? accepted
    : { ok: true, value: { ...accepted.value, certificate } };
}

export interface VerifiedResponse {
  readonly document: SignedDocument;
  /** What the library found wrong beside the signatures. Whoever accepts the content must refuse it for that. */
  readonly objection: string | undefined;
  /** The pinned one that verified it. */
  readonly certificate: string | undefined;
}

/** The pipeline without its last step: what was signed, before anybody has judged what it says. */
export async function verifyResponse(
  encoded: unknown,
  trust: Trust,
  verifier: Verifier,
): Promise<Outcome<VerifiedResponse>> {
  const message = decodeMessage(encoded);
  if (!message.ok) return message;
  const tree = readXml(message.value, RESPONSE_LIMITS);
  if (!tree.ok) return tree;
  const checked = attempt(() => checkResponse(tree.value, trust));
  if (!checked.ok) return checked;
  const verified = await verifier.verify({ ...jobOf(trust, checked.value), xml: message.value });
  if (!verified.ok) return verified;
  return attempt(() => ({
    document: readSigned(verified.value, tree.value, checked.value),
    objection: verified.value.objection,
    certificate: verified.value.certificate,
  }));
}

interface Signing {
  readonly responseSigned: boolean;
  readonly encrypted: boolean;
}

/**
 * Everything that can be refused without looking at a signature value. Each signature that is present will have to be
 * valid; here only who must have one and what it may look like.
 */
function checkResponse(root: XmlElement, trust: Trust): Signing {
  checkResponseShape(root);
  const responseSigned = findSignature(root) !== undefined;
  if (trust.requireSignedResponse && !responseSigned) refuse("ResponseNotSigned");
  const encrypted = childNamed(root, "assertion", "EncryptedAssertion");
  const assertion = childNamed(root, "assertion", "Assertion");
  if (encrypted !== undefined) readEncryption(encrypted, { ...trust, responseSigned });
  else if (assertion === undefined || findSignature(assertion) === undefined) {
    refuse("AssertionNotSigned");
  }
  return { responseSigned, encrypted: encrypted !== undefined };
}

function jobOf(trust: Trust, signing: Signing): Omit<VerificationJob, "xml"> {
  const { certificates, spEntityId, acsUrl, allowCbc } = trust;
  const { decryptionKey, otherDecryptionKeys = [] } = trust;
  const job = { certificates, spEntityId, acsUrl, allowCbc, ...signing };
  return signing.encrypted ? { ...job, decryptionKey, otherDecryptionKeys } : job;
}

/** From here on the unverified tree is only used for the attributes of an unsigned Response. */
function readSigned(
  verified: VerifiedBytes,
  unverified: XmlElement,
  signing: Signing,
): SignedDocument {
  const signed = treeOf(verified.signedXml);
  if (isNamed(signed, "protocol", "Response")) {
    checkResponseShape(signed);
    const assertion = childNamed(signed, "assertion", "Assertion") ?? refuse("AssertionMissing");
    return { assertion, response: signed, responseSigned: true };
  }
  checkAssertionShape(signed);
  if (!signing.responseSigned) {
    return { assertion: signed, response: unverified, responseSigned: false };
  }
  // A signed Response around an encrypted assertion: both parts came back.
  const response = treeOf(verified.responseXml ?? refuse("SignatureInvalid"));
  checkResponseShape(response);
  return { assertion: signed, response, responseSigned: true };
}

function treeOf(xml: string): XmlElement {
  const tree = readXml(xml, RESPONSE_LIMITS);
  return tree.ok ? tree.value : refuse(tree.reason, tree.detail);
}
