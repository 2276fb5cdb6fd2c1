import { X509Certificate } from "node:crypto";
import { SeatkeeperError } from "../errors.js";

/** Certificates that an administrator pins. Their only use is the key in them; nobody's signature on them counts. */
const RSA_BITS_MIN = 2048;
/** What every library makes (FIPS 186-5 A.1.1). With small exponents mistakes in padding checks have been enough to forge. */
const RSA_EXPONENT_MIN = 65_537n;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

export interface CertificateFacts {
  readonly subject: string;
  /** SHA-256, colons between the bytes. */
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/**
 * One or several certificates as PEM, or one as bare base64. Returns normalised PEM without repetitions.
 * @throws SeatkeeperError InvalidValue
 */
export function readCertificates(text: string, field: string): readonly string[] {
  refusePrivateKey(text, field);
  const blocks = text.includes("-----BEGIN") ? (text.match(PEM_BLOCK) ?? []) : [text];
  const found = new Set(blocks.map((block) => readCertificate(block, field)));
  if (found.size === 0) throw invalid(field, "There is no certificate in the text.");
  return [...found];
}

/** A key pasted by mistake must not be stored or shown anywhere. */
export function refusePrivateKey(text: string, field: string): void {
  if (/PRIVATE KEY-----|<[^>]*:?(?:D|P|Q|DP|DQ|InverseQ)>\s*[A-Za-z0-9+/]{20}/.test(text)) {
    throw invalid(
      field,
      "This is a private key. Paste the certificate instead, and treat the key as known to others.",
    );
  }
}

function readCertificate(block: string, field: string): string {
  const base64 = block.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "");
  const certificate = parse(base64, field);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type !== "rsa") {
    throw invalid(field, `The certificate holds an ${String(type)} key; RSA is needed.`);
  }
  if ((details?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw invalid(field, `The certificate's RSA key is shorter than ${RSA_BITS_MIN} bits.`);
  }
  if ((details?.publicExponent ?? 0n) < RSA_EXPONENT_MIN) {
    throw invalid(field, `The certificate's RSA key has an exponent below ${RSA_EXPONENT_MIN}.`);
  }
  return certificate.toString();
}

function parse(base64: string, field: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(base64, "base64"));
  } catch (cause) {
    throw invalid(field, "The certificate cannot be read.", cause);
  }
}

/** For the console and for warnings before a pinned certificate runs out. */
export function certificateFacts(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  return {
    subject: certificate.subject,
    fingerprint: certificate.fingerprint256,
    expiresAt: Date.parse(certificate.validTo),
  };
}

export function invalid(field: string, sentence: string, cause?: unknown): SeatkeeperError {
  return new SeatkeeperError("InvalidValue", { field, sentence, cause });
}
