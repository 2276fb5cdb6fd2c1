import { REASONS } from "./reasons.js";

/**
 * Every reason in the sign-in log with its sentence for the administrator: those of the message itself, and those that come after
 * its signature was found good. Codes are stable for ever.
 */
const AFTERWARDS = {
  unknownRequest:
    "The response answers no sign-in that began here in this browser, or that sign-in has expired.",
  connectionChanged:
    "While the response was looked at, the connection was disabled, its SAML ended, or another provider took its place.",
  replay: "The assertion was used before.",
  notProvisioned:
    "Nobody of this name has been provisioned, and the connection creates no accounts at the sign-in.",
  nameOfAnotherAccount:
    "An account of this name belongs to another connection or was made by hand; it is never taken over.",
  linkedToAnotherNameId:
    "The account of this name is linked to another NameID of the same provider already; it is not taken over. If the provider calls the person differently now, an administrator can forget the old link.",
  cannotCreate: "An account could not be created from what the assertion says.",
  identityWithoutUser: "The account that this identity belongs to does not exist any more.",
  severalAccounts: "Several accounts fit what the assertion says, so none of them is taken.",
  onlyAnAddress:
    "Only an e-mail address names the person, and the organisation has not verified its domain.",
  domainNotVerified:
    "The e-mail address is not of a domain that the organisation has verified, and the connection demands one.",
  unsolicited: "The sign-in began at the identity provider, which the connection does not allow.",
  deactivated: "The account is deactivated.",
  Flood: "More attempts than are written down one by one; `count` says how many.",
} as const;

export const SIGN_IN_REASONS: Readonly<Record<string, string>> = { ...REASONS, ...AFTERWARDS };

const LEADING_WORD = /^([A-Za-z]{1,64})(?=:|$)/;

/** The stable word at the beginning of what an error says for the log; else its code. */
export function reasonOf({
  code,
  detail = "",
}: {
  readonly code: string;
  readonly detail?: string | undefined;
}): string {
  return LEADING_WORD.exec(detail)?.[1] ?? code;
}
