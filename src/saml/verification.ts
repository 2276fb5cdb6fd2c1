import { SAML, ValidateInResponseTo, type CacheProvider } from "@node-saml/node-saml";
import { DOMParser } from "@xmldom/xmldom";
import { SignedXml } from "xml-crypto";
import { findSignature } from "./algorithms.js";
import { decrypt, readEncryption } from "./encryption.js";
import { RESPONSE_LIMITS, readXml } from "./guard.js";
import { privateKeyOf } from "./keyObjects.js";
import { isSurelyForged } from "./precheck.js";
import { attempt, refusal, refuse, type Outcome } from "./reasons.js";
import { checkAssertionShape } from "./structure.js";
import { NAMESPACES, childNamed, type XmlElement } from "./xml.js";

/**
 * The costly part: canonicalisation and signatures, by node-saml and xml-crypto. Runs in a worker (verifyWorker.ts),
 * because one verification blocks its thread for 10 to 70 ms.
 */
export interface VerificationJob {
  /** Has passed the guard and `checkResponse`. */
  readonly xml: string;
  /** The connection's pinned certificates, PEM. Certificates in the message are never used. */
  readonly certificates: readonly string[];
  readonly spEntityId: string;
  readonly acsUrl: string;
  /** The Response element has a signature; then it must be valid. */
  readonly responseSigned: boolean;
  readonly encrypted: boolean;
  /** A message without an assertion (logout): the signature of its root alone. */
  readonly rootOnly?: boolean;
  readonly allowCbc: boolean;
  /** PEM; only needed when `encrypted`. */
  readonly decryptionKey?: string;
  /** PEM; tried after that one, during a roll-over of our own keys. */
  readonly otherDecryptionKeys?: readonly string[];
}

/** Only what a valid signature covers. */
export interface VerifiedBytes {
  /** Canonical signed bytes whose root is the message when that is signed, otherwise the Assertion. */
  readonly signedXml: string;
  /** Canonical signed bytes of the Response around an encrypted assertion, when that is signed. */
  readonly responseXml?: string;
  /** What node-saml found wrong with the content after the signatures were good. */
  readonly objection?: string;
  /** The one of `VerificationJob.certificates` that verified the last signature. */
  readonly certificate?: string;
}

export async function runVerification(job: VerificationJob): Promise<Outcome<VerifiedBytes>> {
  if (isSurelyForged(job.xml, job.certificates)) return refusal("SignatureInvalid");
  return await verify(job);
}

/** What decides: with the libraries, whatever the look before said. Exported for the tests of what they do alone. */
export async function verify(job: VerificationJob): Promise<Outcome<VerifiedBytes>> {
  if (job.rootOnly === true) return attempt(() => ({ signedXml: verifyRoot(job) }));
  if (!job.encrypted) return await verifySignatures(job, job.xml, job.responseSigned);
  const opened = attempt(() => openEncrypted(job));
  if (!opened.ok) return opened;
  const { wrapped, responseXml } = opened.value;
  if (isSurelyForged(wrapped, job.certificates)) return refusal("SignatureInvalid");
  const verified = await verifySignatures(job, wrapped, false);
  if (!verified.ok || responseXml === undefined) return verified;
  return { ok: true, value: { ...verified.value, responseXml } };
}

/**
 * Decrypts and puts the assertion into a bare Response, so that node-saml sees a plain signed assertion. The order
 * matters: a signed response is verified before its ciphertext is touched.
 */
function openEncrypted(job: VerificationJob): { wrapped: string; responseXml: string | undefined } {
  const root = unwrap(readXml(job.xml, RESPONSE_LIMITS));
  const encrypted = childNamed(root, "assertion", "EncryptedAssertion");
  if (encrypted === undefined || job.decryptionKey === undefined) return refuse("DecryptionFailed");
  const parts = readEncryption(encrypted, job);
  const responseXml = job.responseSigned ? verifyRoot(job) : undefined;
  const keys = [job.decryptionKey, ...(job.otherDecryptionKeys ?? [])];
  const plaintext = decrypt(parts, keys.map(privateKeyOf));
  const assertion = plaintext.replace(/^<\?xml[^>]*\?>\s*/, "");
  const tree = unwrap(readXml(assertion, RESPONSE_LIMITS));
  checkAssertionShape(tree);
  if (findSignature(tree) === undefined) refuse("AssertionNotSigned");
  const wrapped = `<r:Response xmlns:r="${NAMESPACES.protocol}">${assertion}</r:Response>`;
  return { wrapped, responseXml };
}

function unwrap(outcome: Outcome<XmlElement>): XmlElement {
  return outcome.ok ? outcome.value : refuse(outcome.reason, outcome.detail);
}

/** The root's signature alone: of logout messages, and of responses whose assertion cannot be read yet. */
function verifyRoot(job: VerificationJob): string {
  const root = new DOMParser().parseFromString(job.xml, "text/xml").documentElement;
  const signatures = root.getElementsByTagNameNS(NAMESPACES.signature, "Signature");
  const signature = signatures.item(0);
  if (signature === null || signature.parentNode !== root) return refuse("ResponseNotSigned");
  for (const publicCert of job.certificates) {
    const bytes = verifyWith(publicCert, signature, job.xml);
    if (bytes !== undefined) return bytes;
  }
  return refuse("SignatureInvalid");
}

function verifyWith(publicCert: string, signature: Node, xml: string): string | undefined {
  const verifier = new SignedXml({ publicCert });
  try {
    verifier.loadSignature(signature);
    if (!verifier.checkSignature(xml)) return undefined;
  } catch {
    return undefined;
  }
  const references = verifier.getSignedReferences();
  return references.length === 1 ? references[0] : undefined;
}

/** With several certificates, the first that fits wins; a signature that none of them fits ends in `SignatureInvalid`. */
async function verifySignatures(
  job: VerificationJob,
  xml: string,
  responseSigned: boolean,
): Promise<Outcome<VerifiedBytes>> {
  const saml = new CapturingSaml(job, responseSigned);
  try {
    await saml.validatePostResponseAsync({ SAMLResponse: Buffer.from(xml).toString("base64") });
  } catch (error) {
    if (saml.signedXml === undefined) return refusal("SignatureInvalid");
    const objection = error instanceof Error ? error.message : "unknown";
    return { ok: true, value: { signedXml: saml.signedXml, objection } };
  }
  if (saml.signedXml === undefined) return refusal("SignatureInvalid");
  const certificate = job.certificates[saml.lastTried];
  const value = {
    signedXml: saml.signedXml,
    ...(certificate === undefined ? {} : { certificate }),
  };
  return { ok: true, value };
}

/** InResponseTo is ours to check, in the transaction that consumes it; node-saml gets a memory that holds nothing. */
const NO_CACHE: CacheProvider = {
  saveAsync: () => Promise.resolve(null),
  getAsync: () => Promise.resolve(null),
  removeAsync: () => Promise.resolve(null),
};

/**
 * node-saml returns a profile, but neither the verified bytes of the Response nor, when only its content check failed,
 * those of the assertion. Both pass through `getSignedAssertion` once every demanded signature was found valid.
 */
class CapturingSaml extends SAML {
  signedXml: string | undefined;
  /** Index among the certificates: node-saml tries one after the other and stops at the one that fits. */
  lastTried = -1;

  constructor(job: VerificationJob, responseSigned: boolean) {
    super({
      issuer: job.spEntityId,
      audience: job.spEntityId,
      callbackUrl: job.acsUrl,
      idpCert: [...job.certificates],
      wantAssertionsSigned: true,
      wantAuthnResponseSigned: responseSigned,
      validateInResponseTo: ValidateInResponseTo.never,
      // Times are judged in profile.ts against the clock that all nodes share, not against this thread's.
      acceptedClockSkewMs: -1,
      cacheProvider: NO_CACHE,
    });
  }

  protected override async getSignedAssertion(signedXml: string): Promise<string | null> {
    this.signedXml = signedXml;
    return await super.getSignedAssertion(signedXml);
  }

  protected override async getKeyInfosAsPem(): Promise<string[]> {
    const certificates = [...(await super.getKeyInfosAsPem())];
    const note = (index: number) => (this.lastTried = index);
    certificates[Symbol.iterator] = function* (): ArrayIterator<string> {
      for (let index = 0; index < this.length; index += 1) {
        note(index);
        yield this[index] ?? "";
      }
    };
    return certificates;
  }
}
