import { sign, verify } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { SIGNATURE_ALGORITHMS } from "./algorithms.js";
import { decodeUtf8, ENCODED_LENGTH_MAX } from "./guard.js";
import { privateKeyOf, publicKeyOf } from "./keyObjects.js";
import { refuse } from "./reasons.js";

/**
 * Logout messages in an address (SAML bindings §3.4). The signature covers the query as the other side wrote it, so the raw
 * text is taken apart here and never put together again from decoded values. It is looked at first: nothing is inflated
 * or parsed for somebody who could not sign.
 */
export type MessageField = "SAMLRequest" | "SAMLResponse";

export interface RedirectedMessage {
  readonly field: MessageField;
  readonly xml: string;
  /** Decoded; to be given back with the answer. */
  readonly relayState: string | undefined;
}

/** Node refuses longer ones itself, by default. */
const QUERY_LENGTH_MAX = 16 * 1024;
const NAMES = new Set([
  ...["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"],
]);
const DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Runs inside `attempt`. @param rawQuery what stands behind the question mark, unchanged */
export function readRedirected(
  rawQuery: string,
  certificates: readonly string[],
): RedirectedMessage {
  if (rawQuery.length > QUERY_LENGTH_MAX) refuse("MessageTooLarge");
  const fields = takeApart(rawQuery);
  const field = fieldOf(fields);
  checkSignature(fields, field, certificates);
  const encoding = fields.get("SAMLEncoding");
  if (encoding !== undefined && decoded(encoding) !== DEFLATE) refuse("QueryRefused", "encoding");
  const relayState = fields.get("RelayState");
  return {
    field,
    xml: decodeUtf8(inflated(base64Of(fields.get(field) ?? ""))),
    relayState: relayState === undefined ? undefined : decoded(relayState),
  };
}

/** Each name once and written plainly; otherwise two readers could see two messages. */
function takeApart(rawQuery: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of rawQuery === "" ? [] : rawQuery.split("&")) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(at, 0));
    if (!NAMES.has(name) || fields.has(name)) refuse("QueryRefused", name);
    fields.set(name, part.slice(at + 1));
  }
  return fields;
}

function fieldOf(fields: ReadonlyMap<string, string>): MessageField {
  const isRequest = fields.has("SAMLRequest");
  if (isRequest === fields.has("SAMLResponse")) {
    refuse(isRequest ? "QueryRefused" : "NotBase64", "SAMLRequest or SAMLResponse");
  }
  return isRequest ? "SAMLRequest" : "SAMLResponse";
}

/** The order is fixed (SAML bindings §3.4.4.1), whatever it is in the address. */
function checkSignature(
  fields: ReadonlyMap<string, string>,
  field: MessageField,
  certificates: readonly string[],
): void {
  const signature = fields.get("Signature");
  const sigAlg = fields.get("SigAlg");
  if (signature === undefined || sigAlg === undefined) return refuse("MessageNotSigned");
  const algorithm = SIGNATURE_ALGORITHMS.get(decoded(sigAlg));
  if (algorithm === undefined) return refuse("SignatureAlgorithm", decoded(sigAlg));
  const signed = [field, "RelayState", "SigAlg"].flatMap((name) => {
    const value = fields.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const bytes = Buffer.from(signed.join("&"));
  const value = base64Of(signature);
  const fits = certificates.some((pem) => verify(algorithm, bytes, publicKeyOf(pem), value));
  if (!fits) refuse("SignatureInvalid");
}

/** Some providers leave the plus of base64 as it is; decodeURIComponent does, too. */
function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return refuse("QueryRefused", "percent-encoding");
  }
}

function base64Of(raw: string): Buffer {
  const text = decoded(raw).replace(/[\r\n]/g, "");
  if (text.length % 4 !== 0 || !BASE64.test(text)) return refuse("NotBase64");
  return Buffer.from(text, "base64");
}

function inflated(bytes: Buffer): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: ENCODED_LENGTH_MAX });
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error && error.code;
    return refuse(code === "ERR_BUFFER_TOO_LARGE" ? "MessageTooLarge" : "NotDeflated");
  }
}

/** The address that carries a message of ours, signed. */
export function redirectUrl(
  address: string,
  { field, xml, relayState }: RedirectedMessage,
  privateKey: string,
): string {
  const [[sigAlg, algorithm] = ["", ""]] = [...SIGNATURE_ALGORITHMS];
  const parts = [
    [field, deflateRawSync(xml).toString("base64")],
    ...(relayState === undefined ? [] : [["RelayState", relayState]]),
    ["SigAlg", sigAlg],
  ].map(([name = "", value = ""]) => `${name}=${encodeURIComponent(value)}`);
  const signed = parts.join("&");
  const signature = sign(algorithm, Buffer.from(signed), privateKeyOf(privateKey));
  const separator = address.includes("?") ? "&" : "?";
  return `${address}${separator}${signed}&Signature=${encodeURIComponent(signature.toString("base64"))}`;
}
