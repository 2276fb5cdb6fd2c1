import { SeatkeeperError, type ErrorCode } from "../errors.js";
import { REASONS, type Refused, type SamlReason } from "./reasons.js";

/** A refusal as an error: a general sentence for the browser, the reason for the administrator. */
export function signInRefused(reason: SamlReason, more = ""): SeatkeeperError {
  return refusedBy("SignInFailed", { ok: false, reason, detail: more });
}

export function refusedBy(code: ErrorCode, refused: Refused | undefined): SeatkeeperError {
  const detail =
    refused === undefined
      ? "noReason"
      : `${refused.reason}: ${REASONS[refused.reason]} ${refused.detail ?? ""}`;
  // Nobody has looked at it: the browser may bring the same response again.
  const said = refused?.reason === "VerificationBusy" ? "Unavailable" : code;
  return new SeatkeeperError(said, { detail: detail.trim() });
}
