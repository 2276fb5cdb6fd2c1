import { SAML, ValidateInResponseTo, type SamlConfig } from "@node-saml/node-saml";
import type { SamlSettings } from "../domain/directory.js";
import type { Ids } from "../ports.js";
import type { ServiceProvider } from "./serviceProvider.js";

/** Our question to the identity provider: by redirect (SAML bindings §3.4) or by a form (§3.5). */
export interface AuthnRequestPlan {
  /** From `newRequestId`; stored before the browser leaves. */
  readonly requestId: string;
  /** Opaque; never an address. */
  readonly relayState: string;
}

const REQUEST_ID_BYTES = 20;

/** An XML name may not begin with a digit. SAML core §1.3.4 asks for at least 128 random bits. */
export function newRequestId(ids: Ids): string {
  return `_${ids.secret(REQUEST_ID_BYTES)}`;
}

export async function createAuthnRequest(
  settings: SamlSettings,
  provider: ServiceProvider,
  plan: AuthnRequestPlan,
): Promise<{ readonly url: string; readonly requestId: string }> {
  const saml = new SAML(requestConfig(settings, provider, plan));
  const url = await saml.getAuthorizeUrlAsync(plan.relayState, undefined, {});
  return { url, requestId: plan.requestId };
}

/** The same as the fields of a form, which the browser posts to `action`. */
export async function createAuthnForm(
  settings: SamlSettings,
  provider: ServiceProvider,
  plan: AuthnRequestPlan,
): Promise<{ readonly action: string; readonly fields: Readonly<Record<string, string>> }> {
  const config = requestConfig(settings, provider, plan);
  // Only a redirect is compressed.
  const saml = new SAML({ ...config, skipRequestCompression: true });
  const message = await saml.getAuthorizeMessageAsync(plan.relayState, undefined, {});
  const fields = { SAMLRequest: String(message["SAMLRequest"]), RelayState: plan.relayState };
  return { action: addressOf(settings), fields };
}

function addressOf({ requestBinding, ssoUrl, ssoPostUrl }: SamlSettings): string {
  return requestBinding === "post" ? (ssoPostUrl ?? ssoUrl) : ssoUrl;
}

/**
 * Options for node-saml and passport-saml. Only requests are made with them: responses go through receive.ts, and
 * InResponseTo is checked where it is consumed.
 */
export function requestConfig(
  settings: SamlSettings,
  provider: ServiceProvider,
  plan: AuthnRequestPlan,
): SamlConfig {
  const { signRequests = true, forceAuthn = false, authnContexts = [] } = settings;
  const [onlyFormat, ...others] = settings.nameIdFormats;
  return {
    issuer: provider.entityId,
    callbackUrl: provider.acsUrl,
    entryPoint: addressOf(settings),
    idpCert: [...settings.certificates],
    ...(signRequests ? { privateKey: provider.privateKey } : {}),
    signatureAlgorithm: "sha256",
    digestAlgorithm: "sha256",
    // Asking for one of several formats would forbid the others.
    identifierFormat: onlyFormat !== undefined && others.length === 0 ? onlyFormat : null,
    ...(authnContexts.length === 0
      ? { disableRequestedAuthnContext: true }
      : { authnContext: [...authnContexts], racComparison: "exact" }),
    forceAuthn,
    validateInResponseTo: ValidateInResponseTo.never,
    generateUniqueId: () => plan.requestId,
  };
}
