import { createCipheriv, createDecipheriv } from "node:crypto";
import { SeatkeeperError } from "../errors.js";
import type { Ids } from "../ports.js";

/**
 * Secrets at rest: AES-256-GCM under the deployment's master secret. The name of the row is authenticated too, so
 * that a sealed value cannot be moved to another row.
 *
 *   v1.<iv>.<ciphertext>.<tag>        each part base64url
 */
const CIPHER = "aes-256-gcm";
const VERSION = "v1";
const MASTER_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function seal(master: Uint8Array, name: string, secret: string, ids: Ids): string {
  const iv = Buffer.from(ids.secret(IV_BYTES), "base64url");
  const cipher = createCipheriv(CIPHER, checkMaster(master), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(name));
  const ciphertext = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  const parts = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString("base64url"));
  return [VERSION, ...parts].join(".");
}

/** @throws SeatkeeperError InvalidConfiguration when the master secret is another or the value was changed. */
export function unseal(master: Uint8Array, name: string, sealed: string): string {
  const [version, ...parts] = sealed.split(".");
  const [iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, "base64url"));
  const complete = iv !== undefined && ciphertext !== undefined && tag !== undefined;
  if (version !== VERSION || parts.length !== 3 || !complete) throw unreadable(name);
  const key = checkMaster(master);
  try {
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(name));
    decipher.setAuthTag(tag);
    return decipher.update(ciphertext, undefined, "utf8") + decipher.final("utf8");
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/** With the present master secret, or with the previous one while secrets are sealed anew. */
export function unsealEither(
  [master, ...previous]: readonly [Uint8Array, ...Uint8Array[]],
  name: string,
  sealed: string,
): { readonly text: string; readonly isOld: boolean } {
  try {
    return { text: unseal(master, name, sealed), isOld: false };
  } catch (error) {
    const [other] = previous;
    if (other === undefined) throw error;
    return { text: unseal(other, name, sealed), isOld: true };
  }
}

function additionalData(name: string): Buffer {
  return Buffer.from(`${VERSION}:${name}`);
}

function checkMaster(master: Uint8Array): Uint8Array {
  if (master.length === MASTER_BYTES) return master;
  throw new SeatkeeperError("InvalidConfiguration", {
    sentence: `The master secret must be ${MASTER_BYTES} bytes long.`,
  });
}

function unreadable(name: string, cause?: unknown): SeatkeeperError {
  return new SeatkeeperError("InvalidConfiguration", {
    sentence: `The stored secret "${name}" cannot be opened with this master secret.`,
    cause,
  });
}
