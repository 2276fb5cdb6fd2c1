import { InvalidArgumentError, Option, type Command } from "commander";
import { repeated } from "./command.js";

/** Options of a connection that say how sign-ins and sign-outs go. */
export interface FlowOptions {
  readonly requestBinding?: "redirect" | "post";
  readonly signRequests?: boolean;
  readonly forceAuthn?: boolean;
  readonly authnContext?: readonly string[];
  readonly nameIdFormat?: readonly string[];
  readonly idpInitiated?: boolean;
  readonly requireSignedResponse?: boolean;
  readonly offerEncryption?: boolean;
  readonly allowCbc?: boolean;
  readonly singleLogout?: boolean;
  readonly logoutUrl?: string;
  readonly logoutBinding?: "redirect" | "post";
}

const BINDINGS = ["redirect", "post"];
const NONE = "none";

const SWITCHES = [
  ["--sign-requests", "sign our sign-in requests (on unless said otherwise)"],
  ["--force-authn", "demand a fresh sign-in at the identity provider each time"],
  ["--idp-initiated", "take sign-ins that begin at the identity provider"],
  ["--require-signed-response", "the response must be signed besides the assertion"],
  ["--offer-encryption", "name our key for encrypted assertions in our metadata"],
  ["--allow-cbc", "take AES-CBC, although GCM is preferred"],
  ["--single-logout", "take and send logout messages"],
] as const;

export function flowOptions(command: Command): Command {
  for (const [flag, description] of SWITCHES) {
    command.addOption(new Option(`${flag} <on|off>`, description).argParser(onOrOff));
  }
  return command
    .addOption(
      new Option("--request-binding <how>", "how the browser carries our request").choices(
        BINDINGS,
      ),
    )
    .option(
      "--authn-context <class>",
      'demand this method of signing in; may be given several times; "none" for any',
      repeated,
    )
    .option(
      "--name-id-format <format>",
      'accept this NameID format only; may be given several times; "none" for the usual ones',
      repeated,
    )
    .option("--logout-url <url>", 'where the identity provider takes logout messages; or "none"')
    .addOption(
      new Option("--logout-binding <how>", "how the browser carries them there").choices(BINDINGS),
    );
}

function onOrOff(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new InvalidArgumentError("on or off is expected.");
}

/** As `saml` of the API's form. */
export function flowInput(options: FlowOptions): object {
  const { authnContext, nameIdFormat, logoutUrl, logoutBinding } = options;
  const given = {
    requestBinding: options.requestBinding,
    signRequests: options.signRequests,
    forceAuthn: options.forceAuthn,
    authnContexts: listOrNone(authnContext),
    nameIdFormats: listOrNone(nameIdFormat),
    idpInitiated: options.idpInitiated,
    requireSignedResponse: options.requireSignedResponse,
    offerEncryption: options.offerEncryption,
    allowCbc: options.allowCbc,
    singleLogout: options.singleLogout,
    logout: logoutUrl === undefined ? undefined : logoutOf(logoutUrl, logoutBinding),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function listOrNone(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.includes(NONE) === true ? [] : names;
}

function logoutOf(url: string, binding: string | undefined): object | null {
  if (url === NONE) return null;
  return { url, ...(binding === undefined ? {} : { binding }) };
}
