import { constants, createDecipheriv, privateDecrypt, type KeyObject } from "node:crypto";
import { decodeUtf8 } from "./guard.js";
import { refuse } from "./reasons.js";
import { nameOf } from "./structure.js";
import { attributeOf, childNamed, childrenNamed, walk, type XmlElement } from "./xml.js";

/**
 * Encrypted assertions (XML Encryption 1.1). We decrypt ourselves, so that the plaintext passes the same guard as the
 * message before a DOM parser sees it: anybody can encrypt to the public key in our metadata.
 */
interface Cipher {
  readonly name: "aes-128-gcm" | "aes-256-gcm" | "aes-128-cbc" | "aes-256-cbc";
  readonly keyBytes: number;
}

const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ["http://www.w3.org/2009/xmlenc11#aes128-gcm", { name: "aes-128-gcm", keyBytes: 16 }],
  ["http://www.w3.org/2009/xmlenc11#aes256-gcm", { name: "aes-256-gcm", keyBytes: 32 }],
  ["http://www.w3.org/2001/04/xmlenc#aes128-cbc", { name: "aes-128-cbc", keyBytes: 16 }],
  ["http://www.w3.org/2001/04/xmlenc#aes256-cbc", { name: "aes-256-cbc", keyBytes: 32 }],
]);

const OAEP_MGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const OAEP = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

/** Digest of the OAEP label -> name for node:crypto. SHA-1 is sound here: OAEP needs no collision resistance. */
const OAEP_DIGESTS: ReadonlyMap<string, string> = new Map([
  ["http://www.w3.org/2000/09/xmldsig#sha1", "sha1"],
  ["http://www.w3.org/2001/04/xmlenc#sha256", "sha256"],
  ["http://www.w3.org/2001/04/xmlenc#sha512", "sha512"],
]);

const OAEP_MASKS: ReadonlyMap<string, string> = new Map([
  ["http://www.w3.org/2009/xmlenc11#mgf1sha1", "sha1"],
  ["http://www.w3.org/2009/xmlenc11#mgf1sha256", "sha256"],
  ["http://www.w3.org/2009/xmlenc11#mgf1sha512", "sha512"],
]);

const GCM_IV_BYTES = 12;
const GCM_TAG_BYTES = 16;
const CBC_BLOCK_BYTES = 16;
const BASE64_TEXT = /^[A-Za-z0-9+/=\s]+$/;

export interface EncryptedParts {
  readonly cipher: Cipher;
  readonly content: Buffer;
  readonly oaepDigest: string;
  readonly wrappedKey: Buffer;
}

export interface EncryptionPolicy {
  readonly allowCbc: boolean;
  readonly responseSigned: boolean;
}

/**
 * Checks form and algorithms. AES-CBC has no integrity of its own and is a padding oracle for whoever may change the
 * ciphertext; so besides the connection's consent it needs a signed response, verified before anything is decrypted.
 */
export function readEncryption(encrypted: XmlElement, policy: EncryptionPolicy): EncryptedParts {
  const data = only(encrypted, "EncryptedData");
  const key = findKey(encrypted, data);
  const algorithm = algorithmOf(data);
  const cipher = CIPHERS.get(algorithm) ?? refuse("EncryptionAlgorithm", algorithm);
  if (cipher.name.endsWith("cbc")) {
    if (!policy.allowCbc) refuse("EncryptionAlgorithm", algorithm);
    if (!policy.responseSigned) refuse("EncryptionNotAuthenticated");
  }
  return {
    cipher,
    content: cipherValue(data),
    oaepDigest: oaepDigestOf(only(key, "EncryptionMethod")),
    wrappedKey: cipherValue(key),
  };
}

/** The one EncryptedKey, inside the EncryptedData's KeyInfo or beside it. */
function findKey(encrypted: XmlElement, data: XmlElement): XmlElement {
  let keys = 0;
  for (const { name, attributes } of walk(encrypted)) {
    if (name === "EncryptedKey") keys += 1;
    if (attributes.some(({ namespace }) => namespace !== "")) refuse("EncryptionMalformed", name);
    if (name === "Signature" || name === "SignedInfo" || name === "Object") {
      refuse("EncryptionMalformed", name);
    }
  }
  if (keys !== 1) refuse("EncryptionMalformed", `${keys} EncryptedKey`);
  const keyInfo = childNamed(data, "signature", "KeyInfo");
  const inside = keyInfo && childNamed(keyInfo, "encryption", "EncryptedKey");
  return inside ?? only(encrypted, "EncryptedKey");
}

/**
 * rsa-oaep-mgf1p fixes the mask function to SHA-1, rsa-oaep names it; node:crypto uses one digest for label and mask,
 * so only equal ones work. RSA 1.5 is refused (Bleichenbacher).
 */
function oaepDigestOf(method: XmlElement): string {
  const algorithm = attributeOf(method, "Algorithm") ?? "none";
  const maskMethod = childNamed(method, "encryption11", "MGF");
  if (childNamed(method, "encryption", "OAEPparams") !== undefined) {
    refuse("EncryptionMalformed", "OAEPparams");
  }
  const known = algorithm === OAEP || (algorithm === OAEP_MGF1P && maskMethod === undefined);
  const digest = digestNamed(childNamed(method, "signature", "DigestMethod"), OAEP_DIGESTS);
  const mask = digestNamed(maskMethod, OAEP_MASKS);
  if (!known || digest === undefined || digest !== mask) refuse("EncryptionAlgorithm", algorithm);
  return digest;
}

/** SHA-1 where nothing is said (XML Encryption 1.1 §5.5.2). */
function digestNamed(
  element: XmlElement | undefined,
  digests: ReadonlyMap<string, string>,
): string | undefined {
  return element === undefined ? "sha1" : digests.get(attributeOf(element, "Algorithm") ?? "");
}

function only(parent: XmlElement, name: string): XmlElement {
  const [element, ...others] = childrenNamed(parent, "encryption", name);
  if (element === undefined || others.length > 0) {
    return refuse("EncryptionMalformed", `${name} in ${nameOf(parent)}`);
  }
  return element;
}

function algorithmOf(data: XmlElement): string {
  return attributeOf(only(data, "EncryptionMethod"), "Algorithm") ?? "none";
}

function cipherValue(parent: XmlElement): Buffer {
  const value = only(only(parent, "CipherData"), "CipherValue");
  if (value.children.length > 0 || !BASE64_TEXT.test(value.text)) {
    refuse("EncryptionMalformed", "CipherValue");
  }
  return Buffer.from(value.text, "base64");
}

/** One reason for every failure: which step failed must not be told apart (N-50), nor with which of our keys. */
export function decrypt(parts: EncryptedParts, privateKeys: readonly KeyObject[]): string {
  for (const privateKey of privateKeys) {
    const plaintext = tryDecrypt(parts, privateKey);
    if (plaintext !== undefined) return plaintext;
  }
  return refuse("DecryptionFailed");
}

/** Wrong padding looks right one time in sixteen and leaves garbage: that is told like wrong padding. */
function tryDecrypt(parts: EncryptedParts, privateKey: KeyObject): string | undefined {
  try {
    const key = privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: parts.oaepDigest },
      parts.wrappedKey,
    );
    if (key.length !== parts.cipher.keyBytes) return undefined;
    const { name } = parts.cipher;
    const plaintext =
      name === "aes-128-gcm" || name === "aes-256-gcm"
        ? decryptGcm(name, key, parts.content)
        : decryptCbc(name, key, parts.content);
    return decodeUtf8(plaintext);
  } catch {
    return undefined;
  }
}

/** XML Encryption 1.1 §5.2.4: 96 bits of IV, ciphertext, 128 bits of tag. Never a shorter tag. */
function decryptGcm(name: "aes-128-gcm" | "aes-256-gcm", key: Buffer, content: Buffer): Buffer {
  const iv = content.subarray(0, GCM_IV_BYTES);
  const decipher = createDecipheriv(name, key, iv, { authTagLength: GCM_TAG_BYTES });
  decipher.setAuthTag(content.subarray(-GCM_TAG_BYTES));
  const encrypted = content.subarray(GCM_IV_BYTES, -GCM_TAG_BYTES);
  return Buffer.concat([decipher.update(encrypted), decipher.final()]);
}

/** XML Encryption 1.1 §5.2: the last byte tells the length of the padding; the others are arbitrary. */
function decryptCbc(name: string, key: Buffer, content: Buffer): Buffer {
  const decipher = createDecipheriv(name, key, content.subarray(0, CBC_BLOCK_BYTES));
  decipher.setAutoPadding(false);
  const padded = Buffer.concat([
    decipher.update(content.subarray(CBC_BLOCK_BYTES)),
    decipher.final(),
  ]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > CBC_BLOCK_BYTES) throw new RangeError("padding");
  return padded.subarray(0, -padding);
}
