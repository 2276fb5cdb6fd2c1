import { SignJWT } from "jose";
import type { JsonObject } from "../plugin.js";
import type { TokenKeys } from "./keys.js";

/** A security event token (RFC 8417 §2.3), verified with the key set at /.well-known/jwks.json. */
export function signSecurityEvent(keys: TokenKeys, claims: JsonObject): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", typ: "secevent+jwt", kid: keys.kid })
    .sign(keys.privateKey);
}
