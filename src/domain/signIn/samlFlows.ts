/** How sign-ins and sign-outs of a connection go. Part of `SamlSettings` (directory.ts); what is absent is the default. */
export interface SamlFlows {
  /** How the browser carries our question. Absent: redirect. */
  readonly requestBinding?: SamlBinding;
  /** The provider's sign-in address for the binding post. Absent: `ssoUrl`. */
  readonly ssoPostUrl?: string;
  /** Absent: true. */
  readonly signRequests?: boolean;
  /** The provider is to ask the person again at each sign-in; an older one there is refused. */
  readonly forceAuthn?: boolean;
  /** The person must have signed in by one of these methods (AuthnContextClassRef). Empty: by any. */
  readonly authnContexts?: readonly string[];
  /** Sign-ins that begin at the provider are accepted (docs/adr/0028). */
  readonly idpInitiated?: boolean;
  /** Our metadata names the key for encryption, too; some providers then encrypt without being asked. */
  readonly offerEncryption?: boolean;
  /** Logout messages are taken and sent. */
  readonly singleLogout?: boolean;
  /** Where the provider takes logout messages. Absent: it gets none. */
  readonly logout?: LogoutService;
}

export type SamlBinding = "redirect" | "post";

export interface LogoutService {
  readonly url: string;
  readonly binding: SamlBinding;
  /** For answers. Absent: `url`. */
  readonly responseUrl?: string;
}
