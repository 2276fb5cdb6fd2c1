import type { Request } from "express";
import { SeatkeeperError } from "../errors.js";

/**
 * How a client says who it is: RFC 6749 §2.3.1 (Basic, or id and secret in the form), RFC 7523 §2.2 (an assertion).
 * What is in the form but means nothing here is ignored (RFC 6749 §3.2), such as Entra's baseAddress.
 */
export type Credentials =
  | { readonly by: "secret"; readonly clientId: string; readonly secret: string }
  | { readonly by: "assertion"; readonly assertion: string; readonly clientId: string | null };

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Nothing that could be a credential belongs into an address, which ends up in logs (RFC 6749 §2.3.1). */
const NEVER_IN_QUERY = [
  ...["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type"],
  ...["access_token", "assertion", "username", "password", "scope"],
];

/** @throws SeatkeeperError InvalidSyntax, UnsupportedGrant: mistakes in the form, whoever asks */
export function checkRequest(request: Request, form: URLSearchParams): void {
  const inQuery = NEVER_IN_QUERY.find((name) => name in request.query);
  if (inQuery !== undefined) {
    throw badRequest(`${inQuery} belongs into the body, not into the address.`, inQuery);
  }
  const repeated = [...form.keys()].find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) throw badRequest("A parameter is given more than once.", repeated);
  const grant = valueOf(form, "grant_type");
  if (grant === null) throw badRequest("grant_type is missing.", "grant_type");
  if (grant !== "client_credentials") throw new SeatkeeperError("UnsupportedGrant");
}

/**
 * Null: there are none that could be right.
 * @throws SeatkeeperError InvalidSyntax when they are given in two ways at once
 */
export function readCredentials(request: Request, form: URLSearchParams): Credentials | null {
  const header = request.get("authorization");
  const clientId = valueOf(form, "client_id");
  const secret = valueOf(form, "client_secret");
  const assertion = valueOf(form, "client_assertion");
  if ([header ?? null, secret, assertion].filter((given) => given !== null).length > 1) {
    throw badRequest("The client's credentials are given in more than one way.");
  }
  if (header !== undefined) return fromBasic(header, clientId);
  if (assertion !== null) {
    const known = valueOf(form, "client_assertion_type") === ASSERTION_TYPE;
    return known ? { by: "assertion", assertion, clientId } : null;
  }
  return clientId === null || secret === null ? null : { by: "secret", clientId, secret };
}

const BASIC = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i;

/** Id and secret are form-encoded before they are joined and put into base64. */
function fromBasic(header: string, inForm: string | null): Credentials | null {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const clientId = formDecoded(text.slice(0, colon));
  const secret = formDecoded(text.slice(colon + 1));
  if (clientId === null || secret === null || (inForm ?? clientId) !== clientId) return null;
  return { by: "secret", clientId, secret };
}

function formDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}

/** A parameter without a value counts as left out (RFC 6749 §3.2). */
export function valueOf(form: URLSearchParams, name: string): string | null {
  const value = form.get(name);
  return value === "" ? null : value;
}

function badRequest(sentence: string, field?: string): SeatkeeperError {
  return new SeatkeeperError("InvalidSyntax", {
    sentence,
    ...(field === undefined ? {} : { field }),
  });
}
