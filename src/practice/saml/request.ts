import { createVerify } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { ASSERTION, BINDING_POST, PERSISTENT, PROTOCOL, RSA_SHA256, UNSPECIFIED } from "./names.js";
import type { ServiceProvider } from "./metadata.js";
import { childOf, parseXml } from "./xml.js";
import type { XmlElement } from "./xml.js";

/** A sign-in request that was understood and may be answered. */
export interface SignInRequest {
  readonly id: string;
  readonly serviceProvider: ServiceProvider;
  readonly acsUrl: string;
  readonly relayState: string | undefined;
}

/** The request cannot be answered; the sentence is for the person at the browser. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
}

export interface RequestContext {
  /** This IdP's own address for requests. */
  readonly ssoUrl: string;
  readonly serviceProvider: (entityId: string) => ServiceProvider | undefined;
  readonly now: number;
}

const MESSAGE_BYTES_MAX = 64 * 1024;
const RELAY_STATE_BYTES_MAX = 1_024;
const AGE_MILLISECONDS_MAX = 10 * 60_000;
const CLOCK_SKEW_MILLISECONDS = 60_000;
const ID_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/**
 * Reads an AuthnRequest of the HTTP-Redirect binding (SAML bindings §3.4). `query` is the raw query, because the
 * signature covers it as it was sent.
 * @throws RequestRefused with the first thing that is wrong.
 */
export function readSignInRequest(query: string, context: RequestContext): SignInRequest {
  const parameters = new URLSearchParams(query);
  const request = decodeRequest(parameters);
  const issuer = childOf(request, ASSERTION, "Issuer")?.text.trim() ?? "";
  const serviceProvider = context.serviceProvider(issuer);
  if (serviceProvider === undefined) {
    throw new RequestRefused("The request comes from a service provider that is not known here.");
  }
  if (serviceProvider.signsRequests) checkSignature(query, serviceProvider);
  checkMessage(request, context);
  checkNameFormat(request);
  const id = request.attributes["ID"] ?? "";
  if (!ID_PATTERN.test(id)) throw new RequestRefused("The request has no usable ID.");
  return {
    id,
    serviceProvider,
    acsUrl: chooseAcs(request, serviceProvider),
    relayState: readRelayState(parameters),
  };
}

function decodeRequest(parameters: URLSearchParams): XmlElement {
  const messages = parameters.getAll("SAMLRequest");
  const [message] = messages;
  if (message === undefined || messages.length > 1) {
    throw new RequestRefused("Sign-in starts at the application, not here.");
  }
  let root: XmlElement;
  try {
    const deflated = Buffer.from(message, "base64");
    const xml = inflateRawSync(deflated, { maxOutputLength: MESSAGE_BYTES_MAX });
    root = parseXml(new TextDecoder("utf-8", { fatal: true }).decode(xml));
  } catch {
    throw new RequestRefused("The sign-in request cannot be read.");
  }
  if (root.name !== "AuthnRequest" || root.namespace !== PROTOCOL) {
    throw new RequestRefused("The message is not a sign-in request.");
  }
  return root;
}

function checkMessage(request: XmlElement, context: RequestContext): void {
  if (request.attributes["Version"] !== "2.0") {
    throw new RequestRefused("The request is not of SAML 2.0.");
  }
  const destination = request.attributes["Destination"];
  if (destination !== undefined && destination !== context.ssoUrl) {
    throw new RequestRefused("The request was meant for another address.");
  }
  const age = context.now - Date.parse(request.attributes["IssueInstant"] ?? "");
  if (!(age >= -CLOCK_SKEW_MILLISECONDS && age <= AGE_MILLISECONDS_MAX)) {
    throw new RequestRefused("The request is too old. Start the sign-in again.");
  }
}

function checkNameFormat(request: XmlElement): void {
  const format = childOf(request, PROTOCOL, "NameIDPolicy")?.attributes["Format"];
  if (format !== undefined && format !== PERSISTENT && format !== UNSPECIFIED) {
    throw new RequestRefused("The request asks for a kind of name that is not offered here.");
  }
}

/** The response goes to an address from the metadata or nowhere: the request itself may be forged. */
function chooseAcs(request: XmlElement, serviceProvider: ServiceProvider): string {
  const binding = request.attributes["ProtocolBinding"];
  if (binding !== undefined && binding !== BINDING_POST) {
    throw new RequestRefused("The request asks for an answer in a way that is not offered here.");
  }
  const wanted = request.attributes["AssertionConsumerServiceURL"];
  const acsUrl = wanted ?? serviceProvider.acsUrls[0];
  if (acsUrl === undefined || !serviceProvider.acsUrls.includes(acsUrl)) {
    throw new RequestRefused("The request names an address that its metadata does not.");
  }
  return acsUrl;
}

function readRelayState(parameters: URLSearchParams): string | undefined {
  const relayState = parameters.get("RelayState") ?? undefined;
  if (relayState !== undefined && Buffer.byteLength(relayState) > RELAY_STATE_BYTES_MAX) {
    throw new RequestRefused("The request carries too much RelayState.");
  }
  return relayState;
}

/** The signature covers the parameters as they were encoded by the sender, in this order (bindings §3.4.4.1). */
function checkSignature(query: string, serviceProvider: ServiceProvider): void {
  const raw = new Map<string, string>();
  for (const pair of query.split("&")) {
    const [name = "", value = ""] = pair.split("=", 2);
    if (raw.has(name)) throw new RequestRefused("The request repeats a parameter.");
    raw.set(name, value);
  }
  const signed = ["SAMLRequest", "RelayState", "SigAlg"]
    .filter((name) => raw.has(name))
    .map((name) => `${name}=${raw.get(name) ?? ""}`)
    .join("&");
  const algorithm = decodeURIComponent(raw.get("SigAlg") ?? "");
  const signature = Buffer.from(decodeURIComponent(raw.get("Signature") ?? ""), "base64");
  const genuine =
    algorithm === RSA_SHA256 &&
    serviceProvider.certificates.some((certificate) =>
      createVerify("RSA-SHA256").update(signed).verify(certificate, signature),
    );
  if (!genuine) throw new RequestRefused("The request's signature is missing or wrong.");
}
