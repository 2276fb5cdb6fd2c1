import { gzipSync } from "node:zlib";

/** What is wrong before there is any XML: the form, its encoding, its size. `encoded` is a genuine response in base64. */
export interface BodyCase {
  readonly title: string;
  readonly body: (encoded: string) => string | URLSearchParams | FormData | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly told: string;
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const GZIP = { ...FORM, "content-encoding": "gzip" };
const field = (value: string, name = "SAMLResponse") =>
  `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
const bytesOf = (encoded: string) => Buffer.from(encoded, "base64");
const utf16 = (encoded: string) =>
  Buffer.from(`\ufeff${bytesOf(encoded).toString()}`, "utf16le").toString("base64");

function multipart(encoded: string): FormData {
  const data = new FormData();
  data.set("SAMLResponse", encoded);
  return data;
}

// prettier-ignore
export const BODIES: readonly BodyCase[] = [
  { title: "N-49 nothing",                    body: () => "",                                             headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "N-49 text",                       body: () => field("hello"),                                 headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "N-49 base64 of no XML",           body: () => field("aGVsbG8="),                              headers: FORM, status: 403, told: "SignInFailed TextOutsideRoot" },
  { title: "a blank in the base64",           body: (encoded) => field(`${encoded.slice(0, 8)} ${encoded.slice(8)}`), headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "base64url",                       body: (encoded) => field(`-_${encoded}`),                   headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "padding in the middle",           body: (encoded) => field(`PGE=${encoded}`),                 headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "four characters too many",        body: (encoded) => field(`${encoded}====`),                 headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "the same in base64 twice over",   body: (encoded) => field(Buffer.from(encoded).toString("base64")), headers: FORM, status: 403, told: "SignInFailed TextOutsideRoot" },
  { title: "UTF-16",                          body: (encoded) => field(utf16(encoded)),                   headers: FORM, status: 403, told: "SignInFailed NotUtf8" },
  { title: "an overlong form of <",           body: () => field(Buffer.from([0xc0, 0xbc]).toString("base64")), headers: FORM, status: 403, told: "SignInFailed NotUtf8" },
  { title: "two responses",                   body: (encoded) => `${field(encoded)}&${field(encoded)}`,   headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "a list of one",                   body: (encoded) => field(encoded, "SAMLResponse[]"),        headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "a part of an object",             body: (encoded) => field(encoded, "SAMLResponse[a]"),       headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "what an object inherits",         body: (encoded) => field(encoded, "__proto__[SAMLResponse]"), headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "another case of the field's name", body: (encoded) => field(encoded, "samlresponse"),         headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "a request instead",               body: (encoded) => field(encoded, "SAMLRequest"),           headers: FORM, status: 403, told: "SignInFailed NotBase64" },
  { title: "multipart",                       body: multipart,                                                           status: 403, told: "SignInFailed NotBase64" },
  { title: "JSON",                            body: (encoded) => JSON.stringify({ SAMLResponse: encoded }), headers: { "content-type": "application/json" }, status: 403, told: "SignInFailed NotBase64" },
  { title: "a character set that is not read", body: (encoded) => field(encoded),                         headers: { "content-type": `${FORM["content-type"]}; charset=utf-16` }, status: 400, told: "InvalidSyntax" },
  { title: "21 fields",                       body: (encoded) => `${"a=b&".repeat(20)}${field(encoded)}`, headers: FORM, status: 400, told: "InvalidSyntax" },
  { title: "N-48 more than 192 KB of base64", body: () => field("A".repeat(192 * 1024 + 4)),              headers: FORM, status: 403, told: "SignInFailed MessageTooLarge" },
  { title: "N-48 more than the body may have", body: () => field("A".repeat(300 * 1024)),                 headers: FORM, status: 413, told: "PayloadTooLarge" },
  { title: "N-48 small, but large once it is inflated", body: () => gzipSync(field("A".repeat(4 * 1024 * 1024))), headers: GZIP, status: 413, told: "PayloadTooLarge" },
];
