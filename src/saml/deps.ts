import type { MetadataActions } from "../actions/metadata.js";
import type { SeatActions } from "../actions/seats.js";
import type { SignInAction } from "../actions/signIn.js";
import type { SignInRehearsal } from "../actions/signInTests.js";
import type { Connection } from "../domain/directory.js";
import type { SessionKeeper } from "../http/session.js";
import type { Plugin } from "../plugin.js";
import type { Ids, Logger, Store } from "../ports.js";
import type { VerifiedDomains } from "../ports/domains.js";
import type { ServiceProviderKeys, TokenKeys } from "./keys.js";
import type { ServiceProvider } from "./serviceProvider.js";
import type { Verifier } from "./verify.js";

/** Everything the sign-in routes need; put together in app.ts. */
export interface SamlDeps {
  readonly store: Store;
  readonly actions: SignInAction & SignInRehearsal & SeatActions;
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly keeper: SessionKeeper;
  readonly verifier: Verifier;
  readonly keys: { readonly serviceProvider: ServiceProviderKeys; readonly token: TokenKeys };
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly signIn: {
    readonly sessionHours: number;
    readonly tokenSeconds: number;
    readonly clockSkewSeconds: number;
    readonly requestMinutes: number;
    readonly landingPath: string;
  };
  readonly bodyBytesMax: number;
  /** Absent: no domain is verified. */
  readonly domains?: VerifiedDomains;
  readonly trust: Pick<MetadataActions, "certificatesAfterRefusal" | "certificateWorked">;
}

/** What one request is about: the connection and our side of it. */
export interface SamlRequest {
  readonly connection: Connection & { readonly saml: NonNullable<Connection["saml"]> };
  readonly provider: ServiceProvider;
}
