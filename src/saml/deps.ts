import type { MetadataActions } from "../actions/metadata.js";
import type { SeatActions } from "../actions/seats.js";
import type { SessionActions } from "../actions/sessions.js";
import type { SignInAction } from "../actions/signIn.js";
import type { SignInRehearsal } from "../actions/signInTests.js";
import type { Connection } from "../domain/directory.js";
import type { AddressChoice } from "../http/keptAddress.js";
import type { RateLimits } from "../http/rateLimit.js";
import type { SessionKeeper } from "../http/session.js";
import type { Plugin } from "../plugin.js";
import type { Ids, Logger, Store } from "../ports.js";
import type { VerifiedDomains } from "../ports/domains.js";
import type { SignInLogDoor } from "./attempts.js";
import type { ServiceProviderKeys, TokenKeys } from "./keys.js";
import type { ServiceProvider } from "./serviceProvider.js";
import type { Verifier } from "./verify.js";

/** Everything the sign-in routes need; put together in app.ts. */
export interface SamlDeps {
  readonly store: Store;
  readonly actions: SignInAction &
    SignInRehearsal &
    SeatActions &
    Pick<SessionActions, "endOlderSessions">;
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
    readonly addresses: AddressChoice;
  };
  readonly bodyBytesMax: number;
  readonly domains: VerifiedDomains;
  readonly trust: Pick<MetadataActions, "certificatesAfterRefusal" | "certificateWorked">;
  /** Null or absent: attempts are not recorded. */
  readonly signInLog?: SignInLogDoor | null;
  readonly rateLimits: Pick<RateLimits, "signIns" | "refusedResponses" | "publicRequests">;
}

/** What one request is about: the connection and our side of it. */
export interface SamlRequest {
  readonly connection: Connection & { readonly saml: NonNullable<Connection["saml"]> };
  readonly provider: ServiceProvider;
}
