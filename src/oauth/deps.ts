import type { RateLimits } from "../http/rateLimit.js";
import type { Clock, Ids, Logger } from "../ports.js";
import type { Clients } from "../ports/clients.js";
import type { KeySource } from "./keys.js";

/** What the token endpoint needs; put together in app.ts. */
export interface OAuthDeps {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly rateLimits: Pick<RateLimits, "refusals" | "tokenRequests" | "publicRequests">;
  /** Public keys of trusted issuers. */
  readonly keys: KeySource;
  readonly tokenSeconds: number;
  /** How far an issuer's clock may be off. */
  readonly skewSeconds: number;
}
