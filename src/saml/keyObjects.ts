import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";

/** Parsing a PEM key costs more than using it. */
const privateKeys = new Map<string, KeyObject>();
const publicKeys = new Map<string, KeyObject>();
const KEYS_MAX = 256;

export function privateKeyOf(pem: string): KeyObject {
  return remembered(privateKeys, pem, () => createPrivateKey(pem));
}

/** The key in a certificate. */
export function publicKeyOf(certificate: string): KeyObject {
  return remembered(publicKeys, certificate, () => new X509Certificate(certificate).publicKey);
}

function remembered(keys: Map<string, KeyObject>, pem: string, parse: () => KeyObject): KeyObject {
  const known = keys.get(pem);
  if (known !== undefined) return known;
  const key = parse();
  if (keys.size >= KEYS_MAX) keys.clear();
  keys.set(pem, key);
  return key;
}
