import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, type JWK } from "jose";
import { SeatkeeperError } from "../errors.js";

/** The deployment's own keys: stored sealed (ports.ts `createSecret`), they take turns (keyRing.ts). */
export interface ServiceProviderKeys {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** PEM, self-signed: providers look at the key in it, not at who vouches for it. */
  readonly certificate: string;
  /** Those to come, then those that retire: announced, and good for decryption. */
  readonly others?: readonly ServiceProviderKeys[];
}

export interface TokenKeys {
  readonly privateKey: KeyObject;
  /** For the key set that applications fetch. */
  readonly publicJwk: JWK;
  /** RFC 7638 thumbprint, so that the same key has the same id everywhere. */
  readonly kid: string;
  /** Those to come, then those that retire: in the key set, and good for verification. */
  readonly others?: readonly TokenKeys[];
  /** Looks for newer keys, seldom enough. */
  readonly look?: () => Promise<void>;
}

/** The key set for applications (RFC 7517 §5), the key that signs first. */
export function publicKeysOf({ publicJwk, others = [] }: TokenKeys): JWK[] {
  return [publicJwk, ...others.map((other) => other.publicJwk)];
}

/** By the key id of a token. */
export async function tokenKeyFor(
  keys: TokenKeys,
  kid: string | undefined,
): Promise<KeyObject | null> {
  const find = () => [keys, ...(keys.others ?? [])].find((each) => each.kid === kid);
  if (find() === undefined) await keys.look?.();
  const found = find();
  return found === undefined ? null : createPublicKey(found.privateKey);
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
  // Loaded when there is something to make: a quarter of the time that the whole program takes to load.
  const { generate } = await import("selfsigned");
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

/** From the text that is stored sealed. @throws SeatkeeperError InvalidConfiguration */
export function readServiceProviderKeys(text: string): ServiceProviderKeys {
  const { privateKey, certificate }: Partial<ServiceProviderKeys> = parsed(text);
  if (typeof privateKey === "string" && typeof certificate === "string") {
    return { privateKey, certificate };
  }
  throw new SeatkeeperError("InvalidConfiguration", {
    sentence: "A stored secret does not hold the SAML keys that it should.",
  });
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

/** node-saml accepts PEM with \n only. */
function toPem(text: string): string {
  return `${text.replace(/\r\n?/g, "\n").trim()}\n`;
}
