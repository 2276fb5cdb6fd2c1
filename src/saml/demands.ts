import type { Request } from "express";
import type { SamlSettings } from "../domain/directory.js";
import type { SignIn } from "../domain/signIn/signIn.js";
import { clockSkewMs } from "./instants.js";
import type { AcceptedAssertion } from "./profile.js";
import type { Demands } from "./receive.js";
import { signInRefused } from "./refusals.js";

/** What a connection demands of a sign-in beyond the rules for everybody. */

interface Skewed {
  readonly clockSkewSeconds: number;
}

export function demandsOf(
  { authnContexts = [], idpInitiated = false }: SamlSettings,
  { clockSkewSeconds }: Skewed,
): Demands {
  return {
    clockSkewSeconds,
    ...(authnContexts.length === 0 ? {} : { authnContexts }),
    unsolicitedAllowed: idpInitiated,
  };
}

/** Since when is known only where the request is: in the transaction that consumes it. */
export function freshnessOf(
  { forceAuthn = false }: SamlSettings,
  { authnInstant }: Pick<AcceptedAssertion, "authnInstant">,
  skewed: Skewed,
): Pick<SignIn, "fresh"> {
  return forceAuthn ? { fresh: { authnInstant, skewMs: clockSkewMs(skewed) } } : {};
}

/**
 * Whoever has an account at the provider can make a response for it and have another person's browser post it here, who
 * would then work in a stranger's account (login CSRF). No request of ours binds it to a browser; but browsers say from
 * where they post, and only the provider's own page may.
 */
export function checkUnsolicited(settings: SamlSettings, request: Request): void {
  const origin = request.get("origin");
  if (origin === undefined) return;
  const own = [settings.ssoUrl, settings.ssoPostUrl ?? settings.ssoUrl];
  if (!own.some((url) => new URL(url).origin === origin)) {
    throw signInRefused("OriginRefused", origin.slice(0, 80));
  }
}
