import { createHash } from "node:crypto";
import type { Config } from "../config.js";

/** The configured secrets are texts of any length; the ciphers need 32 bytes. */
export function masterKeys({ secrets }: Pick<Config, "secrets">): [Uint8Array, ...Uint8Array[]] {
  const keyOf = (text: string): Uint8Array =>
    createHash("sha256").update(`seatkeeper master ${text}`).digest();
  const { master, masterPrevious } = secrets;
  return [keyOf(master), ...(masterPrevious === null ? [] : [keyOf(masterPrevious)])];
}
