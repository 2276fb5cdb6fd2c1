import type { Storage } from "../storage.js";

/** The practice IdP's signing key and the certificate that its metadata shows. Both PEM. */
export interface SigningKey {
  readonly privateKey: string;
  readonly certificate: string;
}

const KEY_FILE = "practice-idp.key";
const CERTIFICATE_FILE = "practice-idp.crt";
const VALID_YEARS = 10;

/** Made once and kept, so that a restart needs no new trust. */
export async function loadOrCreateKey(storage: Storage, now: number): Promise<SigningKey> {
  const privateKey = storage.read(KEY_FILE);
  const certificate = storage.read(CERTIFICATE_FILE);
  if (privateKey !== undefined && certificate !== undefined) return { privateKey, certificate };

  const notAfterDate = new Date(now);
  notAfterDate.setUTCFullYear(notAfterDate.getUTCFullYear() + VALID_YEARS);
  // Loaded when there is something to make, because it takes long.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "Seatkeeper practice IdP" }], {
    keySize: 2048,
    algorithm: "sha256",
    notBeforeDate: new Date(now - 60_000),
    notAfterDate,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
    ],
  });
  storage.write(KEY_FILE, made.private);
  storage.write(CERTIFICATE_FILE, made.cert);
  return { privateKey: made.private, certificate: made.cert };
}
