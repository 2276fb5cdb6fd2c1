import type { LogoutService } from "../domain/signIn/samlFlows.js";

/** Reads the identity provider's side of a connection. @throws SeatkeeperError InvalidValue with `field` */
export interface SamlReader {
  /** `entityId`: the provider to whom the connection is bound; another one is refused. */
  fromMetadata(xml: string, entityId?: string): IdpFacts;
  /** The text at an https address in the public internet. */
  download(url: string): Promise<string>;
  /** Whether the address says by itself that it is not public. */
  isInside(url: string): boolean;
  /** Whether it is of this machine, and that counts as public: in practice. */
  isAllowedHere(url: string): boolean;
  byHand(values: { entityId: string; ssoUrl: string; certificate: string }): IdpFacts;
  /** An address to which browsers are sent with a message, as it was given. */
  address(url: string, field: string): string;
}

export interface IdpFacts {
  readonly entityId: string;
  readonly ssoUrl: string;
  readonly certificates: readonly string[];
  readonly nameIdFormats: readonly string[];
  readonly ssoPostUrl?: string | undefined;
  readonly logout?: LogoutService | undefined;
  /** `ssoUrl` is that for HTTP-POST, because there is no other. */
  readonly isPostOnly?: boolean | undefined;
}
