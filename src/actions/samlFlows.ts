import type { LogoutService, SamlBinding, SamlFlows } from "../domain/signIn/samlFlows.js";
import { unknownName } from "../suggest.js";
import { invalid } from "./invalid.js";
import type { SamlReader } from "./samlReader.js";

/** How sign-ins and sign-outs of a connection go, as an administrator sets it. */

/** What is not given stays; null takes an address away. */
export interface FlowsInput {
  readonly requestBinding?: SamlBinding | undefined;
  readonly ssoPostUrl?: string | null | undefined;
  readonly signRequests?: boolean | undefined;
  readonly forceAuthn?: boolean | undefined;
  readonly authnContexts?: readonly string[] | undefined;
  readonly idpInitiated?: boolean | undefined;
  readonly offerEncryption?: boolean | undefined;
  readonly singleLogout?: boolean | undefined;
  readonly logout?: LogoutInput | null | undefined;
}

export interface LogoutInput {
  readonly url: string;
  /** Default redirect. */
  readonly binding?: SamlBinding | undefined;
  readonly responseUrl?: string | undefined;
}

/** Addresses of the provider, as its metadata or an earlier setting names them. */
export interface Services {
  readonly ssoPostUrl?: string | undefined;
  readonly logout?: LogoutService | undefined;
  /** The provider takes our requests by a form and in no other way. */
  readonly isPostOnly?: boolean | undefined;
}

/** @throws SeatkeeperError InvalidValue */
export function changedFlows(
  reader: SamlReader,
  input: FlowsInput,
  before: SamlFlows | null,
  services: Services,
): SamlFlows {
  const { isPostOnly = false } = services;
  if (isPostOnly && input.requestBinding === "redirect") {
    throw invalid(
      "saml.requestBinding",
      "The identity provider takes requests by a form only (HTTP-POST). Leave requestBinding out, or set it to post.",
    );
  }
  checkAuthnContexts(input.authnContexts);
  const flows: SamlFlows = {
    ...givenOf(before ?? {}),
    ...givenOf(input),
    ...(isPostOnly ? { requestBinding: "post" as const } : {}),
    ...withoutAbsent({
      ssoPostUrl: postUrl(reader, input.ssoPostUrl, services.ssoPostUrl),
      logout: logoutService(reader, input.logout, services.logout),
    }),
  };
  if (flows.forceAuthn === true && flows.idpInitiated === true) {
    throw invalid(
      "saml.idpInitiated",
      "A connection that demands a fresh sign-in each time (forceAuthn) cannot take sign-ins that begin at the provider: nobody has demanded anything there.",
    );
  }
  return flows;
}

function postUrl(
  reader: SamlReader,
  given: string | null | undefined,
  otherwise: string | undefined,
): string | undefined {
  if (given === undefined) return otherwise;
  return given === null ? undefined : reader.address(given, "saml.ssoPostUrl");
}

function logoutService(
  reader: SamlReader,
  given: LogoutInput | null | undefined,
  otherwise: LogoutService | undefined,
): LogoutService | undefined {
  if (given === undefined) return otherwise;
  if (given === null) return undefined;
  const { url, binding = "redirect", responseUrl } = given;
  return {
    url: reader.address(url, "saml.logout.url"),
    binding,
    ...(responseUrl === undefined
      ? {}
      : { responseUrl: reader.address(responseUrl, "saml.logout.responseUrl") }),
  };
}

const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/** What people call the formats (SAML core §8.3). */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ["persistent", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
  ["emailAddress", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"],
  ["unspecified", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"],
  ["transient", TRANSIENT],
]);

/** Formats and methods are URIs (SAML core §8.3, §2.7.2.2); any other text is equal to nothing that a provider sends. */
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/;

/**
 * The formats by their whole names. One that no provider can send would keep everybody out.
 * @throws SeatkeeperError InvalidValue
 */
export function checkNameIdFormats(formats: readonly string[]): readonly string[] {
  const whole = formats.map((format) => SHORT_NAMES.get(format) ?? format);
  if (whole.includes(TRANSIENT)) {
    throw invalid(
      "saml.nameIdFormats",
      "A transient NameID is another one at every sign-in, so nobody could be recognised by it. Use persistent or emailAddress.",
    );
  }
  const strange = whole.find((format) => !ABSOLUTE_URI.test(format));
  if (strange === undefined) return whole;
  throw invalid(
    "saml.nameIdFormats",
    `${unknownName("NameID format", strange, SHORT_NAMES.keys())} Others are given by their whole name, urn:...`,
  );
}

/** @throws SeatkeeperError InvalidValue */
function checkAuthnContexts(classes: readonly string[] = []): void {
  const strange = classes.find((one) => !ABSOLUTE_URI.test(one));
  if (strange === undefined) return;
  throw invalid(
    "saml.authnContexts",
    `"${strange}" is no method of signing in: a whole name is expected, such as urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport.`,
  );
}

/** What is stored as it was given. */
const PLAIN = [
  "requestBinding",
  "signRequests",
  "forceAuthn",
  "authnContexts",
  "idpInitiated",
  "offerEncryption",
  "singleLogout",
] as const satisfies readonly (keyof SamlFlows)[];

function givenOf(flows: FlowsInput | SamlFlows): SamlFlows {
  return withoutAbsent(Object.fromEntries(PLAIN.map((name) => [name, flows[name]])));
}

type Draft = { readonly [Key in keyof SamlFlows]: SamlFlows[Key] | undefined };

function withoutAbsent(draft: Draft): SamlFlows {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}
