import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, type JWK } from "jose";
import { generate } from "selfsigned";
import { SeatkeeperError } from "../errors.js";
import type { Ids } from "../ports.js";
import { seal, unseal } from "./seal.js";

/** The deployment's own keys: made once, stored sealed (ports.ts `createSecret`), opened at start. */
export interface ServiceProviderKeys {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** PEM, self-signed: providers look at the key in it, not at who vouches for it. */
  readonly certificate: string;
}

export interface TokenKeys {
  readonly privateKey: KeyObject;
  /** For the key set that applications fetch. */
  readonly publicJwk: JWK;
  /** RFC 7638 thumbprint, so that the same key has the same id everywhere. */
  readonly kid: string;
}

const RSA_BITS = 3072;
/** Where a newcomer waits for the start, and nothing is protected. */
export const PRACTICE_RSA_BITS = 2048;
const CERTIFICATE_YEARS = 10;
const TOKEN_ALGORITHM = "ES256";

/** Takes a second or two. */
export async function createServiceProviderKeys(
  now: number,
  bits: number = RSA_BITS,
): Promise<ServiceProviderKeys> {
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + CERTIFICATE_YEARS);
  const made = await generate([{ name: "commonName", value: "Seatkeeper SAML service provider" }], {
    keySize: bits,
    algorithm: "sha256",
    notBeforeDate: new Date(now),
    notAfterDate: end,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    ],
  });
  return { privateKey: toPem(made.private), certificate: toPem(made.cert) };
}

/** PEM of the key for signed tokens (PKCS #8). */
export async function createTokenKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  return await exportPKCS8(privateKey);
}

export async function readTokenKeys(pem: string): Promise<TokenKeys> {
  const publicJwk = await exportJWK(createPublicKey(pem));
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    privateKey: createPrivateKey(pem),
    publicJwk: { ...publicJwk, kid, alg: TOKEN_ALGORITHM, use: "sig" },
    kid,
  };
}

export function sealServiceProviderKeys(
  master: Uint8Array,
  name: string,
  keys: ServiceProviderKeys,
  ids: Ids,
): string {
  return seal(master, name, JSON.stringify(keys), ids);
}

/** @throws SeatkeeperError InvalidConfiguration */
export function unsealServiceProviderKeys(
  master: Uint8Array,
  name: string,
  sealed: string,
): ServiceProviderKeys {
  const keys: unknown = JSON.parse(unseal(master, name, sealed));
  if (isServiceProviderKeys(keys)) return keys;
  throw new SeatkeeperError("InvalidConfiguration", {
    sentence: `The stored secret "${name}" does not hold SAML keys.`,
  });
}

function isServiceProviderKeys(value: unknown): value is ServiceProviderKeys {
  return (
    typeof value === "object" &&
    value !== null &&
    "privateKey" in value &&
    typeof value.privateKey === "string" &&
    "certificate" in value &&
    typeof value.certificate === "string"
  );
}

/** node-saml accepts PEM with \n only. */
function toPem(text: string): string {
  return `${text.replace(/\r\n?/g, "\n").trim()}\n`;
}
